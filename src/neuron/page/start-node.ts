import { proxy, transfer, wrap, type Remote } from 'comlink'
import { failureOf, fail, ok, type Result } from '../../base/result.ts'
import { createPageDialer } from '../../link/page/dialer.ts'
import type { DialEvent } from '../../ports/dialer.ts'
import type { DataProcess, NeuronStart, RemoteDialer, StartedData } from '../../runtime/processes.ts'
import type { NeuronCommands } from '../snapshot.ts'
import { withDeadlines } from './neuron-proxy.ts'

export interface NodeSettings {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly samplesUrl: string
  readonly paused: boolean
  /** Milliseconds that the check of the browser took. */
  readonly checkedMs: number
}

export interface RunningNode {
  readonly neuron: NeuronCommands
  /** Ends all three workers at once. */
  stop(): void
}

interface NeuronProcess {
  start(
    given: NeuronStart,
    ports: { readonly data: MessagePort; readonly engine: MessagePort },
    dialer: RemoteDialer,
  ): NeuronCommands
  onDial(event: DialEvent): void
}

/** A worker that has not started by then will not, milliseconds; a large database opens within one second. */
const START_MS = 30_000

/**
 * Starts the three workers and joins them by ports: the data worker first, then whoever asks it. `onCrash` is told when
 * one of them dies; the node is stopped then.
 */
export const startNode = async (
  settings: NodeSettings,
  onCrash: (what: string, message: string) => void,
): Promise<Result<RunningNode>> => {
  const workers = createWorkers()
  const stop = (): void => {
    for (const worker of Object.values(workers)) worker.terminate()
  }
  for (const [name, worker] of Object.entries(workers))
    worker.onerror = (event: ErrorEvent) => {
      stop()
      onCrash(`The ${name} worker`, event.message)
    }
  const data = wrap<DataProcess>(workers.data)
  const starting = data.start(settings.profile) as Promise<Result<StartedData>>
  const started = await within(START_MS, starting, 'The data worker did not start.')
  if (!started.ok) {
    stop()
    return started
  }
  if (!started.value.ok) {
    stop()
    return started.value
  }
  const { publicKey, openedMs, identityMs } = started.value.value
  const engineFor = performance.now()
  const neuronPort = localPort(data, 'neuron')
  const enginePort = localPort(data, 'engine')
  const engineControl = new MessageChannel()
  workers.engine.postMessage({ data: enginePort, neuron: engineControl.port1 }, [enginePort, engineControl.port1])
  const took = { browser: settings.checkedMs, data: openedMs, identity: identityMs, engine: performance.now() - engineFor }
  const neuron = wrap<NeuronProcess>(workers.neuron)
  const ports = { data: neuronPort, engine: engineControl.port2 }
  const commands = await within(
    START_MS,
    neuron.start({ ...settings, publicKey, took }, transfer(ports, [ports.data, ports.engine]), proxy(dialerFor(data, neuron))),
    'The neuron worker did not start.',
  )
  if (!commands.ok) {
    stop()
    return commands
  }
  return ok({ neuron: withDeadlines(commands.value as unknown as Remote<NeuronCommands>), stop })
}

const createWorkers = () => ({
  data: new Worker(new URL('../../../workers/data.worker.ts', import.meta.url), { type: 'module', name: 'data' }),
  engine: new Worker(new URL('../../../workers/engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' }),
  neuron: new Worker(new URL('../../../workers/neuron.worker.ts', import.meta.url), { type: 'module', name: 'neuron' }),
})

/** A fresh port of the data worker; what it may do was decided by handing it over as this role. */
const localPort = (data: Remote<DataProcess>, role: 'neuron' | 'engine'): MessagePort => {
  const { port1, port2 } = new MessageChannel()
  void data.attachLocal(transfer(port1, [port1]), role)
  return port2
}

const dialerFor = (data: Remote<DataProcess>, neuron: Remote<NeuronProcess>): RemoteDialer => {
  const dialer = createPageDialer({
    attach: (port, facts) => void data.attachPeer(transfer(port, [port]), facts),
    emit: (event) => void neuron.onDial(event),
  })
  return {
    open: async (dial) => {
      dialer.open(dial)
    },
    signal: async (key, signal) => {
      dialer.signal(key, signal)
    },
    abandon: async (key) => {
      dialer.abandon(key)
    },
  }
}

/** A dead worker never settles a call: every one gets a deadline. */
const within = async <T>(limitMs: number, call: Promise<T>, message: string): Promise<Result<T>> => {
  const late = new Promise<Result<T>>((resolve) => {
    setTimeout(() => {
      resolve(fail('no-answer', message))
    }, limitMs)
  })
  return Promise.race([call.then(ok, (thrown: unknown) => ({ ok: false as const, error: failureOf(thrown) })), late])
}
