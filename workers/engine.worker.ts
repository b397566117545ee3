import { sha256 } from '@noble/hashes/sha2.js'
import { expose } from 'comlink'
import { createDataClient } from '../src/data/data-client.ts'
import { createForecaster } from '../src/engine/forecaster.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import { startEngineHost, type EngineHost, type EngineReport } from '../src/runtime/engine-host.ts'
import type { EngineProcess } from '../src/runtime/processes.ts'
import { createSystemClock } from '../src/runtime/system.ts'

let host: EngineHost | null = null
let listeners: Parameters<EngineProcess['listen']> | null = null
let early: EngineReport[] = []

const api: EngineProcess = {
  start: (port) => {
    const data = createDataClient(createPortPipe(port), { clock: createSystemClock() })
    host = startEngineHost({
      data,
      createForecaster,
      sha256,
      report: (report) => {
        if (listeners === null) early.push(report)
        else listeners[0](report)
      },
      complain: (stream, failure) => listeners?.[1](stream, failure),
    })
  },
  setPaused: (paused) => host?.setPaused(paused),
  listen: (...both) => {
    listeners = both
    for (const report of early) both[0](report)
    early = []
  },
}

self.onmessage = ({ data }: MessageEvent<{ readonly data: MessagePort; readonly neuron: MessagePort }>) => {
  api.start(data.data)
  expose(api, data.neuron)
}
