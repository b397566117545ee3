import { proxy, transfer, wrap, type Remote } from 'comlink'
import { failureOf, fail, ok, type Result } from '../../base/result.ts'
import type { PublicKey } from '../../domain/stream.ts'
import type { PageDialer } from '../../link/page/dialer.ts'
import { createLateDialer } from '../../link/page/late-dialer.ts'
import type { PeerServer } from '../../link/page/peer-server.ts'
import { createDataClient } from '../../data/data-client.ts'
import type { LocalRole } from '../../data/sessions/local-rights.ts'
import { createPortPipe } from '../../link/port-pipe.ts'
import type { DataClient } from '../../ports/data-client.ts'
import type { DialEvent, IceServer } from '../../ports/dialer.ts'
import type { Log } from '../../ports/log.ts'
import type { DataProcess, EngineWorker, KeepText, NeuronStart, RemoteDialer, StartedData } from '../../runtime/processes.ts'
import { watchBattery } from '../../runtime/page/battery.ts'
import { idleTurn, nextTurn } from '../../runtime/page/turns.ts'
import { watchWaking } from '../../runtime/page/waking.ts'
import { createSystemClock, createSystemRandom } from '../../runtime/system.ts'
import type { NeuronCommands, WorkerCommands } from '../neuron-commands.ts'
import type { Care } from './household.ts'
import { withDeadlines } from './neuron-proxy.ts'
import { createPlotReader } from './plot-reader.ts'
import { createSupervisor } from './supervisor.ts'

export interface NodeSettings {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly samplesUrl: string
  /** Introduces nodes that dial each other by id. */
  readonly peerServer: PeerServer
  /** It is the one beside the app. */
  readonly ownPeerServer: boolean
  /** Asked beside those that the server names. */
  readonly iceServers: readonly IceServer[]
  readonly restored: NeuronStart['restored']
  readonly paused: boolean
  readonly engineSettings: string | null
  readonly keptBans: string | null
  /** What the node has kept on the page, and what keeps more. */
  readonly knownPeers: string | null
  readonly keepPeers: KeepText
  readonly keptLog: string | null
  readonly keepLog: KeepText
  /** Milliseconds that the check of the browser took. */
  readonly checkedMs: number
}

export interface RunningNode {
  readonly neuron: NeuronCommands
  readonly care: Care
  /** Into the log that the neuron keeps. */
  readonly log: Log
  /** Ends all three workers at once. */
  stop(): void
}

interface NeuronProcess {
  start(given: NeuronStart, data: MessagePort, dialer: RemoteDialer, keepPeers: KeepText, keepLog: KeepText): WorkerCommands
  attachData(port: MessagePort): void
  attachEngine(port: MessagePort): void
  onDial(event: DialEvent): void
  woke(): void
  battery(onBattery: boolean): void
  log: Log
  ping(): void
}

/** A worker that has not started by then will not, milliseconds; a large database opens within one second. */
const START_MS = 30_000

/**
 * Starts the three workers, joins them by ports and keeps them alive: data and engine are started anew when they die and
 * the others get fresh ports. The neuron holds what the window shows: when it dies, or a worker dies again and again,
 * `onCrash` is told and the node is stopped.
 */
export const startNode = async (
  settings: NodeSettings,
  onCrash: (what: string, message: string) => void,
): Promise<Result<RunningNode>> => {
  const supervisor = createSupervisor(createSystemClock(), (what, message) => {
    stop()
    onCrash(what, message)
  })
  const stop = (): void => {
    hasStopped = true
    supervisor.stop()
    dialer.stop()
    stopWatching()
    stopBattery()
  }
  const tab = crypto.randomUUID()
  let hasStarted = false
  let hasStopped = false
  let data: Remote<DataProcess>
  let engine: Remote<EngineWorker> | null = null
  let ownId: PublicKey
  let reader: DataClient | null = null
  const pagePort = () => createPortPipe(localPort(data, 'page'))
  const neuron: Remote<NeuronProcess> = wrap<NeuronProcess>(supervisor.start('neuron', neuronWorker, () => neuron.ping()))
  const emit = (event: DialEvent): void => void neuron.onDial(event)
  const loadDialer = async (): Promise<PageDialer> => {
    const [{ createPageDialer }, { openPeerJs }] = await Promise.all([import('../../link/page/dialer.ts'), import('../../link/page/peerjs-client.ts')])
    return createPageDialer({
      attach: (port, facts, key) => void data.attachPeer(transfer(port, [port]), facts, key),
      holdBulk: (key, channel) => void data.holdBulk(key, transfer(channel, [channel as unknown as Transferable])),
      dropBulk: (key) => void data.dropBulk(key),
      emit,
      clock: createSystemClock(),
      random: createSystemRandom(),
      ownId: () => ownId,
      peerServer: settings.peerServer,
      openPeerJs,
    })
  }
  const dialer = createLateDialer(loadDialer, emit)
  const stopWatching = watchWaking(() => void neuron.woke())
  let stopBattery = (): void => undefined
  const startData = async (): Promise<Result<StartedData>> => {
    data = wrap<DataProcess>(supervisor.start('data', dataWorker, () => data.ping(), restartData))
    const started = await within(START_MS, data.start(settings.profile, { tab, first: !hasStarted }) as Promise<Result<StartedData>>, 'The data worker did not start.')
    hasStarted ||= started.ok && started.value.ok
    return started.ok ? started.value : started
  }
  const startEngine = (): void => {
    const started: Remote<EngineWorker> = wrap<EngineWorker>(supervisor.start('engine', engineWorker, () => started.ping(), startEngine))
    engine = started
    const { port1, port2 } = new MessageChannel()
    const ownData = localPort(data, 'engine')
    void started.attach(transfer(ownData, [ownData]), transfer(port1, [port1]))
    void neuron.attachEngine(transfer(port2, [port2]))
  }
  const restartData = (): void => {
    // Its links died with it; their connections would be held by nobody, and the peers would wait.
    dialer.closeAll()
    void startData().then((started) => {
      if (!started.ok) {
        stop()
        onCrash('The data worker', started.error.message)
        return
      }
      const fresh = localPort(data, 'neuron')
      void neuron.attachData(transfer(fresh, [fresh]))
      reader?.reconnect(pagePort())
      if (engine === null) return
      const forEngine = localPort(data, 'engine')
      void engine.attach(transfer(forEngine, [forEngine]))
    })
  }
  const begin = async (): Promise<Result<NeuronCommands>> => {
    const started = await startData()
    if (!started.ok) return started
    const { publicKey, openedMs, identityMs } = started.value
    ownId = publicKey
    const port = localPort(data, 'neuron')
    const took = { browser: settings.checkedMs, data: openedMs, identity: identityMs }
    // Functions do not cross as they are.
    const { keepPeers, keepLog, iceServers, ...given } = settings
    const starting = neuron.start({ ...given, publicKey, took }, transfer(port, [port]), proxy(remoteOf(dialer, iceServers)), proxy(keepPeers), proxy(keepLog))
    const commands = await within(START_MS, starting as unknown as Promise<Remote<WorkerCommands>>, 'The neuron worker did not start.')
    if (!commands.ok) return commands
    void attend()
    reader = createDataClient(pagePort(), { clock: createSystemClock() })
    const rows = reader
    const exportCsv: NeuronCommands['exportCsv'] = async (...wanted) => {
      const { createCsvExport } = await import('./csv-export.ts')
      return createCsvExport(rows)(...wanted)
    }
    return ok({ ...withDeadlines(commands.value), series: createPlotReader(reader), exportCsv })
  }
  /** What the window need not wait for, each in a turn of its own. What peers need is there before one comes; the window, the histories and the engine come first. */
  const attend = async (): Promise<void> => {
    const later = [() => void data.prepare(), () => (stopBattery = watchBattery((onBattery) => void neuron.battery(onBattery))), () => dialer.warm()]
    await nextTurn()
    if (!hasStopped) startEngine()
    for (const step of later) {
      await idleTurn()
      if (hasStopped) return
      step()
    }
  }
  const begun = await begin()
  if (begun.ok) return ok({ neuron: begun.value, care: careOf(() => data), log: (entry) => void neuron.log(entry), stop })
  stop()
  return begun
}

const dataWorker = () =>
  new Worker(new URL('../../../workers/data.worker.ts', import.meta.url), { type: 'module', name: 'data' })
const engineWorker = () =>
  new Worker(new URL('../../../workers/engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' })
const neuronWorker = () =>
  new Worker(new URL('../../../workers/neuron.worker.ts', import.meta.url), { type: 'module', name: 'neuron' })

/** A fresh port of the data worker; what it may do was decided by handing it over as this role. */
const localPort = (data: Remote<DataProcess>, role: LocalRole): MessagePort => {
  const { port1, port2 } = new MessageChannel()
  void data.attachLocal(transfer(port1, [port1]), role)
  return port2
}

/** The dialer as the neuron's worker calls it: across a port every answer is a promise. */
const remoteOf = (dialer: PageDialer, own: readonly IceServer[]): RemoteDialer => ({
  open: async (dial) => {
    dialer.open({ ...dial, iceServers: [...dial.iceServers, ...own] })
  },
  signal: async (key, signal) => {
    dialer.signal(key, signal)
  },
  abandon: async (key) => {
    dialer.abandon(key)
  },
  reach: async (how) => {
    dialer.reach(how && { ...how, iceServers: [...how.iceServers, ...own] })
  },
  woke: async () => {
    dialer.woke()
  },
})

/** The data process of the moment, as the person's own hand on it. */
const careOf = (data: () => Remote<DataProcess>): Care => {
  const answered = async <T>(call: Promise<Result<T>>): Promise<Result<T>> => {
    const answer = await within(START_MS, call, 'The data worker did not answer. Reload the page and try again.')
    return answer.ok ? answer.value : answer
  }
  return {
    backUp: (passphrase) => answered(data().backUp(passphrase)),
    restore: (file, passphrase) => answered(data().restore(file, passphrase)),
    erase: () => answered(data().erase()),
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
