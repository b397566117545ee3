import { sha256 } from '@noble/hashes/sha2.js'
import { expose, proxy, wrap, type Remote } from 'comlink'
import { createDataClient } from '../src/data/data-client.ts'
import { createVerify } from '../src/identity/web-identity.ts'
import { createPortPipe } from '../src/link/port-pipe.ts'
import { createNeuron, type Neuron } from '../src/neuron/neuron.ts'
import { openWebSocket } from '../src/pubsub/web-socket.ts'
import type { DialEvent, EngineProcess, NeuronStart, RemoteDialer } from '../src/runtime/processes.ts'
import { createSystemClock, createSystemRandom } from '../src/runtime/system.ts'

let neuron: Neuron | null = null

const start = (given: NeuronStart, ports: { data: MessagePort; engine: MessagePort }, dialer: Remote<RemoteDialer>) => {
  const clock = createSystemClock()
  const engine = wrap<EngineProcess>(ports.engine)
  neuron = createNeuron({
    ...given,
    clock,
    random: createSystemRandom(),
    sha256,
    verify: createVerify(),
    data: createDataClient(createPortPipe(ports.data), { clock }),
    openSocket: openWebSocket,
    getSample: (file) => fetch(`${given.samplesUrl}${file}`),
    setEnginePaused: (paused) => void engine.setPaused(paused),
    dialer: {
      open: (dial) => void dialer.open(dial),
      signal: (key, signal) => void dialer.signal(key, signal),
      abandon: (key) => void dialer.abandon(key),
    },
  })
  const { onEngineReport, onEngineFailure, commands } = neuron
  void engine.listen(proxy(onEngineReport), proxy(onEngineFailure))
  return proxy(commands)
}

expose({ start, onDial: (event: DialEvent) => neuron?.onDial(event) })
