import { sha256 } from '@noble/hashes/sha2.js'
import { expose, proxy, wrap, type Remote } from 'comlink'
import { createDataClient } from '../src/data/data-client.ts'
import { createVerify } from '../src/identity/web-identity.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import { createNeuron, type Neuron } from '../src/neuron/neuron.ts'
import { openWebSocket } from '../src/pubsub/web-socket.ts'
import type { DialEvent, EngineProcess, NeuronStart, RemoteDialer } from '../src/runtime/processes.ts'
import { createSystemClock, createSystemRandom, dieOfUnhandledRejections } from '../src/runtime/system.ts'

dieOfUnhandledRejections()
let neuron: Neuron | null = null

const start = (given: NeuronStart, data: MessagePort, dialer: Remote<RemoteDialer>) => {
  const clock = createSystemClock()
  neuron = createNeuron({
    ...given,
    clock,
    random: createSystemRandom(),
    sha256,
    verify: createVerify(),
    data: createDataClient(createPortPipe(data), { clock }),
    openSocket: openWebSocket,
    getSample: (file) => fetch(`${given.samplesUrl}${file}`),
    dialer: {
      open: (dial) => void dialer.open(dial),
      signal: (key, signal) => void dialer.signal(key, signal),
      abandon: (key) => void dialer.abandon(key),
    },
  })
  return proxy(neuron.commands)
}

expose({
  start,
  attachData: (port: MessagePort) => neuron?.attachData(createPortPipe(port)),
  attachEngine: (port: MessagePort) => neuron?.attachEngine(wrap<EngineProcess>(port), proxy),
  onDial: (event: DialEvent) => neuron?.onDial(event),
  ping: () => undefined,
})
