import { failureOf, type Failure } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { contradicts, isNewer } from '../domain/head.ts'
import { PAGE_ROWS } from '../domain/page.ts'
import type { PredictionRow } from '../domain/row.ts'
import { displayName, followedBy, isKeyless, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
import { fromHex } from '../base/bytes.ts'
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
import { createJournal } from './journal.ts'
import { readKnownPeers, writeKnownPeers } from './known-peers.ts'
import { createMemberships } from './memberships.ts'
import { createPeering } from './peering.ts'
import { createPublishing } from './publishing.ts'
import { createRateMeter } from './rate-meter.ts'
import { createSamples } from './samples.ts'
import type { Snapshot, WorkerCommands } from './snapshot.ts'
import { createStartup } from './startup.ts'
import { isObservation, viewStream, type Listed } from './stream-views.ts'

export interface NeuronDeps extends ClockDep, RandomDep {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly publicKey: PublicKey
  readonly paused: boolean
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
}

export interface Neuron {
  readonly commands: WorkerCommands
  onDial(event: DialEvent): void
  /** The machine slept, the page was frozen or the network is another: what is connected may be so no more. */
  woke(): void
  /** The data process was started anew; its links are gone with it. */
  attachData(pipe: Pipe): void
  /** The engine was started, or started anew. `share` makes a callback that can cross to it. */
  attachEngine(engine: EngineControl, share: <F extends object>(callback: F) => F): void
}

/** The engine worker from afar: every call is a message. */
export interface EngineControl {
  setPaused(paused: boolean): Promise<void>
  listen(report: (report: EngineReport) => void, complain: (stream: StreamId, failure: Failure) => void): Promise<void>
}

/** The window sees a new snapshot at most this often, milliseconds. */
const SNAPSHOT_EVERY_MS = 200

/** Log lines in a snapshot; the whole log is exported on request. */
const SNAPSHOT_LOG_LINES = 300

/** Coordination: keeps the streams this node wants in step with the server, the peers, the engine and the window. */
export const createNeuron = (deps: NeuronDeps): Neuron => {
  const { clock, data } = deps
  const states = new Map<StreamId, StreamState>()
  const predictions = new Map<StreamId, PredictionRow>()
  const reports = new Map<StreamId, EngineReport>()
  const observers = new Map<number, (snapshot: Snapshot) => void>()
  const rates = createRateMeter({ clock }, PAGE_ROWS)
  let nodePaused = deps.paused
  let engine: EngineControl | null = null
  let nextObserver = 1
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
  const journal = createJournal({ clock, nameOf, changed })
  const { log } = journal
  const startup = createStartup({ clock, changed })

  const onServerState = (state: ServerState): void => {
    changed()
    if (state.is === 'waiting') startup.end('server', `${state.error} It is tried again by itself.`)
    if (state.is !== 'connecting') log({ level: state.is === 'checked-in' ? 'info' : 'warn', message: serverLine(state) })
    peering.onServer(state)
    if (state.is === 'checked-in') onCheckedIn()
  }
  const onCheckedIn = (): void => {
    startup.end('server')
    startup.begin('streams')
    publishing.reset()
    memberships.reset()
    for (const state of states.values()) {
      if (state.own) publishing.register(state)
      attend(state)
    }
    void directory.refresh(server).then(() => {
      startup.end('streams')
    })
  }
  const server = createSignalingClient({
    ...deps,
    url: deps.serverUrl,
    prove: (nonce, host) => data.prove(nonce, host),
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
  /** What the server knows of an own stream beyond what is here: the data process judges it, and fetches it or finds the fork. */
  const lookUp = async (stream: StreamId, identity: StreamIdentity): Promise<void> => {
    const answer = await server.request({ type: 'directory', after: null, search: stream, follows: followedBy(identity) })
    if (!answer.ok || answer.value.type !== 'entries') return
    for (const entry of answer.value.entries) await directory.take(entry)
    const listed = directory.get(stream)
    if (listed !== undefined) await tellHead(listed)
  }
  const publishing = createPublishing({ clock, log, server, ahead: (stream, identity) => void lookUp(stream, identity) })
  const peering = createPeering({
    ...deps,
    self: deps.publicKey,
    log,
    server,
    rowsOf: (stream) => {
      const state = states.get(stream)
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
    changed()
    if (listed.online && before?.online === false) {
      peering.hurry(listed.id)
      peering.arrived(listed.id, listed.identity.author)
    }
    const state = states.get(listed.id)
    if (state === undefined || (!state.subscribed && !state.own)) return
    // Of two heads that cannot both be true the data process makes evidence, also where neither is further.
    const [mine, theirs] = [state.head?.head, listed.head.head]
    if (mine === undefined || isNewer(theirs, mine) || contradicts(theirs, mine)) void tellHead(listed)
  }
  const directory: Directory = createDirectory({ ...deps, log, changed: onListed })
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
    if (state.own && state.rows > 0) publishing.register(state)
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
  const onNotice = (notice: SignalingNotice): void => {
    if (notice.type === 'listed') void directory.take(notice.entry)
    else if (notice.type === 'observation') void receive(notice.stream, notice.live)
    else peering.onNotice(notice)
  }
  const receive = async (stream: StreamId, live: string): Promise<void> => {
    const delivered = await data.deliver(stream, fromHex(live))
    if (!delivered.ok) log({ level: 'warn', direction: 'in', stream, message: `a live row was refused: ${delivered.error.message}` })
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
        publishing.publish(notice.stream, notice.live)
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
    streams: viewStreams(),
    peers: peering.views(),
    log: journal.newest(SNAPSHOT_LOG_LINES),
  })
  const viewStreams = () => {
    const ids = new Set([...states.keys(), ...[...directory.all()].map((listed) => listed.id)])
    return [...ids].flatMap((id) => {
      const identity = identityOf(id)
      if (identity === undefined || !isObservation(identity)) return []
      const listed = directory.get(id)
      return viewStream(id, identity, { state: states.get(id), listed, report: reports.get(id), prediction: predictions.get(id), rates })
    })
  }
  const commands = createCommands({
    ...deps,
    samples: createSamples(deps.getSample),
    stateOf: (stream) => states.get(stream),
    identityOf,
    join: (stream) => {
      const listed = directory.get(stream)
      if (listed !== undefined) void tellHead(listed)
      const state = states.get(stream)
      if (state !== undefined) attend(state)
    },
    leave,
    setNodePaused: (paused) => {
      nodePaused = paused
      void engine?.setPaused(paused)
      log({ message: paused ? 'paused' : 'resumed' })
    },
  })

  const onReport = (report: EngineReport): void => {
    reports.set(report.stream, report)
    changed()
  }
  const onEngineFailure = (stream: StreamId, failure: Failure): void => {
    log({ level: 'error', stream, message: `the engine could not go on with this stream: ${failure.message}` })
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
  return {
    commands: {
      ...commands,
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
    attachData: (pipe) => {
      peering.linksLost()
      log({ level: 'warn', message: 'the data process was started anew' })
      data.reconnect(pipe)
    },
    attachEngine: (fresh, share) => {
      if (engine !== null) log({ level: 'warn', message: 'the engine was started anew' })
      engine = fresh
      void fresh.setPaused(nodePaused)
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
})
