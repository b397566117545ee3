import { sha256 } from '@noble/hashes/sha2.js'
import { expose } from 'comlink'
import { createDataClient } from '../src/data/data-client.ts'
import { createForecaster, restoreForecaster } from '../src/engine/forecaster.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import type { DataClient } from '../src/ports/data-client.ts'
import { startEngineHost } from '../src/runtime/engine-host.ts'
import type { EngineProcess, EngineWorker } from '../src/runtime/processes.ts'
import { createSystemClock, dieOfUnhandledRejections, forecastersFor } from '../src/runtime/system.ts'

dieOfUnhandledRejections()

const clock = createSystemClock()
let client: DataClient | null = null

const start = (data: DataClient): EngineProcess => {
  let listeners: Parameters<EngineProcess['listen']> | null = null
  const { setShare, tellAll } = startEngineHost({
    ...{ data, createForecaster, restoreForecaster, sha256, clock },
    elapsed: () => performance.now(),
    mostAwake: forecastersFor(navigator),
    report: (report) => listeners?.[0](report),
    complain: (stream, failure) => listeners?.[1](stream, failure),
  })
  const listen: EngineProcess['listen'] = (...both) => {
    listeners = both
    tellAll()
  }
  return { setShare, listen }
}

expose({
  attach: (data, neuron) => {
    const pipe = createPortPipe(data)
    if (client !== null) return client.reconnect(pipe)
    client = createDataClient(pipe, { clock })
    if (neuron !== undefined) expose(start(client), neuron)
  },
  ping: () => undefined,
} satisfies EngineWorker)
