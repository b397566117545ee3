import { sha256 } from '@noble/hashes/sha2.js'
import { expose, proxy, wrap, type Remote } from 'comlink'
import { createDataClient } from '../src/data/data-client.ts'
import { createVerify } from '../src/identity/web-identity.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import { loadAhead, remedies } from '../src/neuron/later.ts'
import { createNeuron, type Neuron } from '../src/neuron/neuron.ts'
import { openWebSocket } from '../src/pubsub/web-socket.ts'
import type { DialEvent, EngineProcess, KeepText, NeuronStart, RemoteDialer } from '../src/runtime/processes.ts'
import { dialerOf } from '../src/runtime/remote-dialer.ts'
import { createSystemClock, createSystemRandom, dieOfUnhandledRejections } from '../src/runtime/system.ts'

dieOfUnhandledRejections()
let neuron: Neuron | null = null

const start = (given: NeuronStart, data: MessagePort, dialer: Remote<RemoteDialer>, keepPeers: Remote<KeepText>, keepLog: Remote<KeepText>) => {
  const clock = createSystemClock()
  neuron = createNeuron({
    ...given,
    ...{ clock, sha256, random: createSystemRandom(), verify: createVerify(), loadAhead, remedies },
    data: createDataClient(createPortPipe(data), { clock }),
    openSocket: openWebSocket,
    keepPeers: (text) => void keepPeers(text),
    keepLog: (text) => void keepLog(text),
    getSample: (file) => fetch(`${given.samplesUrl}${file}`),
    dialer: dialerOf(dialer),
  })
  return proxy(neuron.commands)
}

expose({
  start,
  attachData: (port: MessagePort) => neuron?.attachData(createPortPipe(port)),
  attachEngine: (port: MessagePort) => neuron?.attachEngine(wrap<EngineProcess>(port), proxy),
  onDial: (event: DialEvent) => neuron?.onDial(event),
  woke: () => neuron?.woke(),
  battery: (onBattery: boolean) => neuron?.battery(onBattery),
  log: (entry: Parameters<Neuron['log']>[0]) => neuron?.log(entry),
  ping: () => undefined,
})
