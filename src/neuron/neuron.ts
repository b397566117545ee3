import { failureOf, type Failure } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { contradicts, isNewer } from '../domain/head.ts'
import { PAGE_ROWS } from '../domain/page.ts'
import type { PredictionRow } from '../domain/row.ts'
import { displayName, followedBy, isKeyless, isStreamId, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import { fromHex, type Bytes } from '../base/bytes.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient, DataNotice } from '../ports/data-client.ts'
import type { Dialer, DialEvent } from '../ports/dialer.ts'
import type { Verify } from '../ports/identity.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { RandomDep } from '../ports/random.ts'
import type { StreamState } from '../protocol/local.ts'
import { createSignalingClient, type ServerState, type SignalingNotice, type TextSocket } from '../pubsub/signaling-client.ts'
import { watchClockGap } from '../runtime/clock-gap.ts'
import type { EngineReport } from '../runtime/engine-host.ts'
import { createCommands } from './commands.ts'
import { createDirectory, type Directory } from './directory.ts'
import { changeEngineSettings, readEngineSettings, shareOf } from './engine-settings.ts'
import { createJournal } from './journal.ts'
import { readKnownPeers, writeKnownPeers } from './known-peers.ts'
import { readKeptLog, writeKeptLog } from './kept-log.ts'
import { findListed } from './listing.ts'
import { createMemberships } from './memberships.ts'
import { createNewestHeads } from './newest-heads.ts'
import { createPeering } from './peering.ts'
import { createPredictionOutlet } from './prediction-outlet.ts'
import { createPublishing } from './publishing.ts'
import { createRateMeter } from './rate-meter.ts'
import { createRecovery, type Restored } from './recovery.ts'
import { createSamples } from './samples.ts'
import type { Snapshot, StreamView, WorkerCommands } from './snapshot.ts'
import { createStartup } from './startup.ts'
import { isObservation, viewStream, type Listed } from './stream-views.ts'

export interface NeuronDeps extends ClockDep, RandomDep {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly publicKey: PublicKey
  readonly paused: boolean
  /** How hard the engine may work, as the page has kept it. */
  readonly engineSettings: string | null
  /** The identity came from a backup; left out: it did not. */
  readonly restored?: Restored
  /** The PeerServer is the one of the signaling server. */
  readonly ownPeerServer: boolean
  /** Milliseconds that the steps before took. */
  readonly took: Readonly<Record<'browser' | 'data' | 'identity', number>>
  readonly data: DataClient
  readonly sha256: Sha256
  readonly verify: Verify
  readonly openSocket: (url: string) => TextSocket
  readonly dialer: Dialer
  readonly getSample: (file: string) => Promise<Response>
  /** Whom to look for without a server, as an earlier life has said by `keepPeers`. */
  readonly knownPeers: string | null
  readonly keepPeers: (text: string) => void
  /** The newest lines of the log, as an earlier life has said by `keepLog`; left out: none are kept. */
  readonly keptLog?: string | null
  readonly keepLog?: (text: string) => void
}

export interface Neuron {
  readonly commands: WorkerCommands
  onDial(event: DialEvent): void
  /** The machine slept, the page was frozen or the network is another: what is connected may be so no more. */
  woke(): void
  /** The machine runs on its battery, or no longer does. */
  battery(onBattery: boolean): void
  /** The data process was started anew; its links are gone with it. */
  attachData(pipe: Pipe): void
  /** The engine was started, or started anew. `share` makes a callback that can cross to it. */
  attachEngine(engine: EngineControl, share: <F extends object>(callback: F) => F): void
}

/** The engine worker from afar: every call is a message. */
export interface EngineControl {
  /** Share of one core that it may take, 0 … 1; 0: it rests. */
  setShare(share: number): Promise<void>
  listen(report: (report: EngineReport) => void, complain: (stream: StreamId, failure: Failure) => void): Promise<void>
}

/** The window sees a new snapshot at most this often, milliseconds. */
const SNAPSHOT_EVERY_MS = 200

/** Log lines in a snapshot; the whole log is exported on request. */
const SNAPSHOT_LOG_LINES = 300

/** What the engine said of its use of the processor is of that long, milliseconds: having said nothing since, it rests. */
const USED_MS = 10_000

/** Coordination: keeps the streams this node wants in step with the server, the peers, the engine and the window. */
export const createNeuron = (deps: NeuronDeps): Neuron => {
  const { clock, data } = deps
  const states = new Map<StreamId, StreamState>()
  const predictions = new Map<StreamId, PredictionRow>()
  const reports = new Map<StreamId, EngineReport>()
  const observers = new Map<number, (snapshot: Snapshot) => void>()
  const rates = createRateMeter({ clock }, PAGE_ROWS)
  let nodePaused = deps.paused
  let engineSettings = readEngineSettings(deps.engineSettings)
  let onBattery: boolean | null = null
  let used: { readonly share: number; readonly at: number } = { share: 0, at: 0 }
  let engine: EngineControl | null = null
  let nextObserver = 1
  let listedEdition = 0
  let announced = false

  const changed = (): void => {
    if (announced) return
    announced = true
    clock.after(SNAPSHOT_EVERY_MS, () => {
      announced = false
      const now = snapshot()
      for (const observe of observers.values()) observe(now)
    })
  }
  const nameOf = (stream: StreamId): string | null => {
    const identity = identityOf(stream)
    if (identity === undefined) return null
    const follows = followedBy(identity)
    return follows === null ? displayName(identity) : `predictions of ${nameOf(follows) ?? follows.slice(0, 8)}`
  }
  const identityOf = (stream: StreamId) => states.get(stream)?.identity ?? directory.get(stream)?.identity
  const journal = createJournal({ clock, nameOf, changed, kept: readKeptLog(deps.keptLog ?? null), keep: (lines) => deps.keepLog?.(writeKeptLog(lines)) })
  const { log } = journal
  const startup = createStartup({ clock, changed })

  const onServerState = (state: ServerState): void => {
    changed()
    if (state.is === 'waiting') startup.end('server', `${state.error} It is tried again by itself.`)
    newestHeads.onServer(state)
    recovery.onServer(state)
    if (state.is !== 'connecting') log({ level: state.is === 'checked-in' ? 'info' : 'warn', message: serverLine(state) })
    peering.onServer(state)
    tellShare()
    if (state.is === 'checked-in') onCheckedIn()
  }
  const onCheckedIn = (): void => {
    startup.end('server')
    startup.begin('streams')
    publishing.reset()
    predictionOutlet.reset()
    memberships.reset()
    for (const state of states.values()) {
      if (state.own && state.rows > 0) listOwn(state)
      attend(state)
    }
    void directory.refresh(server).then((isWhole) => {
      startup.end('streams')
      if (isWhole) void recovery.settle()
    })
  }
  const server = createSignalingClient({
    ...deps,
    url: deps.serverUrl,
    prove: (nonce, host) => data.prove(nonce, host),
    yields: () => recovery.yields,
    onState: (state) => {
      // The first state is told while the client is still being made.
      queueMicrotask(() => {
        onServerState(state)
      })
    },
    onNotice: (notice) => {
      onNotice(notice)
    },
  })
  /** What the server lists of a stream. */
  const lookUp = async (stream: StreamId, identity: StreamIdentity): Promise<Listed | undefined> => {
    const answer = await server.request({ type: 'directory', after: null, search: stream, follows: followedBy(identity) })
    if (answer.ok && answer.value.type === 'entries') for (const entry of answer.value.entries) await directory.take(entry)
    return directory.get(stream)
  }
  /** It knows an own stream beyond what is here: the data process judges that, and fetches it or finds the fork. */
  const onAhead = async (stream: StreamId, identity: StreamIdentity): Promise<void> => {
    const listed = await lookUp(stream, identity)
    if (listed !== undefined) await tellHead(listed)
  }
  const publishing = createPublishing({ log, server, ahead: (stream, identity) => void onAhead(stream, identity) })
  const predictionOutlet = createPredictionOutlet({ clock, server, publishing })
  /** The head of an own stream, to where it belongs. */
  const listOwn = (state: StreamState): void => {
    if (isObservation(state.identity)) publishing.register(state)
    else predictionOutlet.head(state)
  }
  const newestHeads = createNewestHeads({
    server,
    find: async (stream, identity) => (await lookUp(stream, identity))?.head ?? null,
    answer: (stream, head) => void data.newest(stream, head),
  })
  const peering = createPeering({
    ...deps,
    self: deps.publicKey,
    log,
    server,
    rowsOf: (stream) => {
      const state = states.get(stream)
      if (state !== undefined && !isServed(state)) return 0
      // Without signed rows those without a signature are worth meeting for; each side says which it has.
      return state?.rows || (state?.loose?.rows ?? 0)
    },
    authorOf: (stream) => {
      const identity = identityOf(stream)
      return identity === undefined || isKeyless(identity) ? null : identity.author
    },
    known: readKnownPeers(deps.knownPeers, clock.now()),
    keepKnown: (known) => {
      deps.keepPeers(writeKnownPeers(known))
    },
    changed,
  })
  const memberships = createMemberships({
    ...deps,
    log,
    server,
    positionOf: (stream) => {
      const state = states.get(stream)
      return state?.subscribed === true ? { epoch: state.head?.head.epoch ?? 0, rows: state.rows } : null
    },
  })
  const onListed = (listed: Listed, before: Listed | undefined): void => {
    listedEdition++
    changed()
    if (listed.online && before?.online === false) {
      peering.hurry(listed.id)
      peering.arrived(listed.id, listed.identity.author)
    }
    if (!listed.online && before?.online === true) peering.departed(listed.identity.author)
    const state = states.get(listed.id)
    if (state === undefined || (!state.subscribed && !state.own)) return
    // Of two heads that cannot both be true the data process makes evidence, also where neither is further.
    const [mine, theirs] = [state.head?.head, listed.head.head]
    if (mine === undefined || isNewer(theirs, mine) || contradicts(theirs, mine)) void tellHead(listed)
  }
  const directory: Directory = createDirectory({ ...deps, log, changed: onListed })
  const recovery = createRecovery({
    restored: deps.restored ?? null,
    self: deps.publicKey,
    data,
    log,
    server,
    directory,
    states,
    changed: () => {
      tellShare()
    },
  })
  const tellHead = async (listed: Listed): Promise<void> => {
    const told = await data.deliverHead(listed.head)
    if (!told.ok) log({ level: 'warn', stream: listed.id, message: told.error.message })
  }

  /** Subscribed streams are joined at the server and have their links, and what they lack is looked for. */
  const attend = (state: StreamState): void => {
    const { stream, subscribed, phase, rows } = state
    const joining = subscribed && !state.own && !memberships.has(stream)
    // A publisher that lost rows asks for them itself: those who have them may still take it to be linked to them.
    const isLost = state.own && phase === 'wanted'
    if (isLost || (subscribed && (phase === 'wanted' || (phase === 'idle' && rows === 0)))) peering.seek(stream, joining)
    else peering.settle(stream)
    if (subscribed && !state.own) peering.want(stream, phase !== 'idle' || rows === 0)
    else peering.unwant(stream)
    if (joining) memberships.join(stream)
  }
  const leave = (stream: StreamId): void => {
    peering.settle(stream)
    peering.unwant(stream)
    memberships.leave(stream)
  }

  const onState = (state: StreamState): void => {
    const before = states.get(state.stream)
    states.set(state.stream, state)
    rates.sample(state)
    if (state.own && state.rows > 0) listOwn(state)
    const follows = followedBy(state.identity)
    if (follows !== null && state.own && before?.rows !== state.rows) void readPrediction(state, follows)
    attend(state)
    changed()
  }
  const readPrediction = async (state: StreamState, follows: StreamId): Promise<void> => {
    const read = await data.rows(state.stream, state.rows - 1, 1)
    const [row] = read.ok ? read.value.rows : []
    if (row?.form === 'prediction') predictions.set(follows, row)
    changed()
  }
  const isOwnPrediction = (stream: StreamId): boolean => {
    const state = states.get(stream)
    return state?.own === true && !isObservation(state.identity)
  }
  const onNotice = (notice: SignalingNotice): void => {
    if (notice.type === 'listed') void directory.take(notice.entry)
    else if (notice.type === 'observation') void receive(notice.stream, notice.live)
    else {
      if (notice.type === 'joined' && isOwnPrediction(notice.stream)) predictionOutlet.joined(notice.stream)
      peering.onNotice(notice)
    }
  }
  const receive = async (stream: StreamId, live: string): Promise<void> => {
    const delivered = await data.deliver(stream, fromHex(live))
    if (!delivered.ok) log({ level: 'warn', direction: 'in', stream, message: `a live row was refused: ${delivered.error.message}` })
  }
  const onLiveRow = (stream: StreamId, live: Bytes): void => {
    const state = states.get(stream)
    if (state === undefined || isObservation(state.identity)) publishing.publish(stream, live)
    else predictionOutlet.row(stream, live)
  }
  const onData = (notice: DataNotice): void => {
    switch (notice.type) {
      case 'state':
        onState(notice.state)
        return
      case 'forgotten':
        leave(notice.stream)
        for (const known of [states, predictions, reports]) known.delete(notice.stream)
        changed()
        return
      case 'live-row':
        onLiveRow(notice.stream, notice.live)
        return
      case 'log-entry':
        log(notice)
        return
      case 'link-event':
      case 'link-serves':
      case 'link-traffic':
        peering.onLink(notice)
    }
  }

  const snapshot = (): Snapshot => ({
    node: { id: deps.publicKey, profile: deps.profile, version: deps.version },
    startup: startup.steps,
    server: viewServer(deps.serverUrl, server.state, clock.now()),
    paused: nodePaused,
    recovering: recovery.isOpen,
    engine: { ...engineSettings, onBattery, used: clock.now() - used.at < USED_MS ? Math.round(used.share * 100) : 0 },
    streams: viewStreams(),
    listed: { count: listedCount(), edition: listedEdition },
    peers: peering.views(),
    log: journal.newest(SNAPSHOT_LOG_LINES),
  })
  const viewStreams = () => {
    const observations = [...states.values()].filter(({ identity }) => isObservation(identity))
    return observations.map(({ stream, identity }) => viewOf(stream, identity))
  }
  const viewOf = (id: StreamId, identity: StreamIdentity): StreamView =>
    viewStream(id, identity, { state: states.get(id), listed: directory.get(id), report: reports.get(id), prediction: predictions.get(id), rates })
  /** O(1) but for those kept: told in every snapshot. */
  const listedCount = (): number => {
    let kept = 0
    for (const id of states.keys()) if (directory.get(id) !== undefined) kept++
    return Math.max(0, directory.size - kept)
  }
  const commands = createCommands({
    ...deps,
    samples: createSamples(deps.getSample),
    stateOf: (stream) => states.get(stream),
    identityOf,
    maySign: () => recovery.maySign,
    join: (stream) => {
      const listed = directory.get(stream)
      if (listed !== undefined) void tellHead(listed)
      const state = states.get(stream)
      if (state !== undefined) attend(state)
    },
    leave,
    setNodePaused: (paused) => {
      nodePaused = paused
      tellShare()
      log({ message: paused ? 'paused' : 'resumed' })
    },
    setEngine: (change) => {
      const judged = changeEngineSettings(engineSettings, change)
      if (judged.ok) engineSettings = judged.value
      tellShare()
      return judged
    },
  })

  /** Paused is a share of nothing: one number says all that the engine has to keep to. */
  const tellShare = (): void => {
    // An identity that is in use elsewhere, or has to learn first what it signed there, predicts nothing: predictions are signed.
    void engine?.setShare(nodePaused || !recovery.maySign.ok ? 0 : shareOf(engineSettings, onBattery))
    changed()
  }
  const onReport = (report: EngineReport): void => {
    reports.set(report.stream, report)
    used = { share: report.used, at: clock.now() }
    changed()
  }
  const onEngineFailure = (stream: StreamId, failure: Failure): void => {
    const isMinor = failure.code.startsWith('learnt-')
    log({ level: isMinor ? 'warn' : 'error', stream, message: isMinor ? failure.message : `the engine could not go on with this stream: ${failure.message}` })
  }

  const woke = (): void => {
    log({ message: 'awake, or on another network: connections are looked after at once' })
    server.woke()
    deps.dialer.woke()
    peering.woke()
  }
  watchClockGap(deps, woke)
  for (const name of ['browser', 'data', 'identity'] as const) startup.took(name, deps.took[name])
  startup.begin('engine')
  startup.begin('server')
  data.watch(onData)
  data.onNewestWanted(newestHeads.onWanted)
  return {
    commands: {
      ...commands,
      listing: async (query) => {
        const { count, page } = findListed(directory.all(), (id) => states.has(id), query)
        return { count, streams: page.map(({ id, identity }) => viewOf(id, identity)) }
      },
      stream: async (id) => {
        const identity = isStreamId(id) ? identityOf(id) : undefined
        return isStreamId(id) && identity !== undefined && isObservation(identity) ? viewOf(id, identity) : null
      },
      snapshot: () => Promise.resolve(snapshot()),
      observe: (callback) => {
        const handle = nextObserver++
        observers.set(handle, callback)
        callback(snapshot())
        return Promise.resolve(handle)
      },
      unobserve: (handle) => {
        observers.delete(handle)
        return Promise.resolve()
      },
      exportLog: () => Promise.resolve(journal.text()),
    },
    onDial: peering.onDial,
    woke,
    battery: (now) => {
      onBattery = now
      tellShare()
    },
    attachData: (pipe) => {
      peering.linksLost()
      log({ level: 'warn', message: 'the data process was started anew' })
      data.reconnect(pipe)
    },
    attachEngine: (fresh, share) => {
      if (engine !== null) log({ level: 'warn', message: 'the engine was started anew' })
      engine = fresh
      tellShare()
      fresh.listen(share(onReport), share(onEngineFailure)).then(
        () => {
          startup.end('engine')
        },
        (thrown: unknown) => {
          startup.end('engine', failureOf(thrown).message)
        },
      )
    },
  }
}

/** What is damaged or forked is served to nobody (D30): whoever offered it would be linked to in vain. */
const isServed = ({ forked, problem }: StreamState): boolean => !forked && !UNSERVED.has(problem?.code ?? '')

const UNSERVED: ReadonlySet<string> = new Set(['damaged-page', 'damaged-list', 'forged-head'])

const serverLine = (state: ServerState): string => {
  if (state.is === 'checked-in') return 'checked in at the server'
  if (state.is === 'waiting') return `no server: ${state.error}`
  return 'another connection with this identity has taken over at the server'
}

const viewServer = (url: string, state: ServerState, now: number): Snapshot['server'] => ({
  url,
  state: state.is,
  error: state.is === 'waiting' ? state.error : null,
  retryInSeconds: state.is === 'waiting' ? Math.max(0, Math.round((state.retryAt - now) / 1000)) : null,
  iceServers: state.is === 'checked-in' ? state.iceServers.map(({ urls }) => urls) : [],
})
