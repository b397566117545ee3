import { fromHex } from '../base/bytes.ts'
import type { Sha256 } from '../domain/hash.ts'
import { followedBy, isStreamId, type PublicKey, type StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { DataClient, DataNotice } from '../ports/data-client.ts'
import type { Dialer, DialEvent } from '../ports/dialer.ts'
import type { Late } from '../ports/late.ts'
import type { Log } from '../ports/log.ts'
import type { Verify } from '../ports/identity.ts'
import type { Pipe } from '../ports/pipe.ts'
import type { RandomDep } from '../ports/random.ts'
import type { StreamState } from '../protocol/local.ts'
import { createSignalingClient, type ServerState, type SignalingNotice, type TextSocket } from '../pubsub/signaling-client.ts'
import { watchClockGap } from '../runtime/clock-gap.ts'
import type { Remedies } from '../swarm/state.ts'
import { createAttendance } from './attendance.ts'
import { createCommands } from './commands.ts'
import { createCompany } from './company.ts'
import { createEngineSide, type EngineControl } from './engine-side.ts'
import { createJournal } from './journal.ts'
import { createKeptStreams } from './kept-streams.ts'
import { readKeptLog, writeKeptLog } from './kept-log.ts'
import { loadListing, loadPredictors } from './later.ts'
import { createListedStreams } from './listed-streams.ts'
import { createMemberships } from './memberships.ts'
import { createNewestHeads } from './newest-heads.ts'
import { createOwnStreams } from './own-streams.ts'
import { createRecovery, type Restored } from './recovery.ts'
import { orReject } from './rejection.ts'
import type { GetSample } from './samples.ts'
import type { WorkerCommands } from './neuron-commands.ts'
import type { Snapshot } from './snapshot.ts'
import { createSnapshotOutlet } from './snapshot-outlet.ts'
import { serverLine, viewServer } from './server-words.ts'
import { createStartup } from './startup.ts'
import { isObservation } from './stream-views.ts'

export interface NeuronDeps extends ClockDep, RandomDep {
  readonly profile: string
  readonly version: string
  readonly serverUrl: string
  readonly publicKey: PublicKey
  readonly paused: boolean
  /** How hard the engine may work, as the page has kept it. */
  readonly engineSettings: string | null
  /** Whom a person has banned, as the page has kept it; left out: nobody. */
  readonly keptBans?: string | null
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
  /** What the swarm does for streams that have lacked rows for minutes. */
  readonly remedies: Late<Remedies>
  readonly getSample: GetSample
  /** Whom to look for without a server, as an earlier life has said by `keepPeers`. */
  readonly knownPeers: string | null
  readonly keepPeers: (text: string) => void
  /** The newest lines of the log, as an earlier life has said by `keepLog`; left out: none are kept. */
  readonly keptLog?: string | null
  readonly keepLog?: (text: string) => void
  /** The engine has begun, and what nobody waited for may come. */
  readonly loadAhead?: () => void
}

export interface Neuron {
  readonly commands: WorkerCommands
  /** What the page has to say. */
  readonly log: Log
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

/** Log lines in a snapshot; the whole log is exported on request. */
const SNAPSHOT_LOG_LINES = 300

/** Coordination: keeps the streams this node wants in step with the server, the peers, the engine and the window. */
export const createNeuron = (deps: NeuronDeps): Neuron => {
  const { clock, data } = deps
  let isHeld = false
  const outlet = createSnapshotOutlet({ clock, take: () => snapshot() })
  const { changed } = outlet
  const streams = createKeptStreams({
    clock,
    listedOf: (stream) => listed.directory.get(stream),
    reportOf: (stream) => engine.reportOf(stream),
  })
  const { states, nameOf, identityOf } = streams
  const journal = createJournal({ clock, nameOf, changed, kept: readKeptLog(deps.keptLog ?? null), keep: (lines) => deps.keepLog?.(writeKeptLog(lines)) })
  const { log } = journal
  const startup = createStartup({ clock, changed })
  const engine = createEngineSide({ ...deps, log, startup, maySign: () => recovery.maySign().ok, changed })

  const onServerState = (state: ServerState): void => {
    changed()
    if (state.is === 'waiting') startup.end('server', `${state.error} It is tried again by itself.`)
    newestHeads.onServer(state)
    recovery.onServer(state)
    if (state.is !== 'connecting') log({ level: state.is === 'checked-in' ? 'info' : 'warn', message: serverLine(state) })
    peering.onServer(state)
    tellSigning()
    if (state.is === 'checked-in') onCheckedIn()
  }
  const onCheckedIn = (): void => {
    startup.end('server')
    startup.begin('streams')
    ownStreams.reset()
    memberships.reset()
    for (const state of states.values()) {
      if (state.own) ownStreams.head(state)
      attend(state)
    }
    void listed.directory.refresh(server).then((isWhole) => {
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
  const company = createCompany({ ...deps, self: deps.publicKey, log, server, rowsOf: streams.rowsOf, authorOf: streams.authorOf, changed })
  const { peering } = company
  const listed = createListedStreams({
    ...deps,
    log,
    server,
    states,
    arrived: ({ id, identity }) => {
      peering.hurry(id)
      peering.arrived(id, identity.author)
    },
    departed: ({ identity }) => {
      peering.departed(identity.author)
    },
    changed,
  })
  const ownStreams = createOwnStreams({
    clock,
    log,
    server,
    states,
    // The data process judges that, and fetches it or finds the fork.
    ahead: (stream, identity) => void listed.lookUp(stream, identity).then((found) => found && listed.tell(found)),
  })
  const newestHeads = createNewestHeads({
    server,
    find: async (stream, identity) => (await listed.lookUp(stream, identity))?.head ?? null,
    answer: (stream, head) => void data.newest(stream, head),
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
  const { attend, leave } = createAttendance({ peering, memberships })
  const recovery = createRecovery({
    restored: deps.restored ?? null,
    self: deps.publicKey,
    data,
    log,
    server,
    directory: listed.directory,
    states,
    changed: () => {
      tellSigning()
    },
  })

  const onState = (state: StreamState): void => {
    const before = streams.note(state)
    if (state.own) ownStreams.head(state)
    const follows = followedBy(state.identity)
    if (follows !== null && state.own && before?.rows !== state.rows) void readPrediction(state, follows)
    attend(state)
    changed()
  }
  const readPrediction = async (state: StreamState, follows: StreamId): Promise<void> => {
    const read = await data.rows(state.stream, state.rows - 1, 1)
    const [row] = read.ok ? read.value.rows : []
    if (row?.form === 'prediction') streams.notePrediction(follows, row)
    changed()
  }
  const onNotice = (notice: SignalingNotice): void => {
    if (notice.type === 'listed') void listed.directory.take(notice.entry)
    else if (notice.type === 'observation') void receive(notice.stream, notice.live)
    else {
      if (notice.type === 'joined') ownStreams.joined(notice.stream)
      peering.onNotice(notice)
    }
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
        streams.forget(notice.stream)
        engine.forget(notice.stream)
        changed()
        return
      case 'live-row':
        ownStreams.row(notice.stream, notice.live)
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
    paused: engine.isPaused,
    recovering: recovery.isOpen,
    unconfirmed: recovery.isUnconfirmed(),
    engine: engine.view,
    streams: streams.views(),
    listed: listed.others(),
    ...company.view(),
    log: journal.newest(SNAPSHOT_LOG_LINES),
  })
  const commands = createCommands({
    ...deps,
    getSample: deps.getSample,
    stateOf: (stream) => states.get(stream),
    identityOf,
    maySign: () => recovery.maySign(),
    join: (stream) => {
      const found = listed.directory.get(stream)
      if (found !== undefined) void listed.tell(found)
      const state = states.get(stream)
      if (state !== undefined) attend(state)
    },
    leave,
    setNodePaused: engine.setNodePaused,
    setEngine: engine.setEngine,
  })

  /** An identity that is in use elsewhere, or has to learn first what it signed there, predicts nothing: predictions are signed. */
  const tellSigning = (): void => {
    const { ok: maySign } = recovery.maySign()
    if (isHeld === maySign) {
      isHeld = !maySign
      void data.holdSigning(isHeld)
    }
    engine.tellShare()
  }

  const woke = (): void => {
    log({ message: 'awake, or on another network: connections are looked after at once' })
    server.woke()
    deps.dialer.woke()
    peering.woke()
  }
  watchClockGap(deps, woke)
  for (const name of ['browser', 'data', 'identity'] as const) startup.took(name, deps.took[name])
  tellSigning()
  startup.begin('engine')
  startup.begin('server')
  data.watch(onData)
  data.onNewestWanted(newestHeads.onWanted)
  return {
    commands: {
      ...commands,
      ...company.commands,
      vouch: () => Promise.resolve().then(() => void orReject(recovery.vouch())),
      listing: async (query) => {
        const { findListed } = await loadListing()
        const { count, page } = findListed(listed.directory.all(), (id) => states.has(id), query)
        return { count, streams: page.map(({ id, identity }) => streams.view(id, identity)) }
      },
      stream: async (id) => {
        const identity = isStreamId(id) ? identityOf(id) : undefined
        if (!isStreamId(id) || identity === undefined || (!isObservation(identity) && identity.author === deps.publicKey)) return null
        return streams.view(id, identity)
      },
      predictors: async (id) => {
        const { readPredictors } = await loadPredictors()
        return orReject(await readPredictors(id, { server, directory: listed.directory, self: deps.publicKey, stateOf: (stream) => states.get(stream) }))
      },
      ...outlet.commands,
      exportLog: () => Promise.resolve(journal.text()),
    },
    log,
    onDial: peering.onDial,
    woke,
    battery: engine.battery,
    attachData: (pipe) => {
      peering.linksLost()
      log({ level: 'warn', message: 'the data process was started anew' })
      data.reconnect(pipe)
    },
    attachEngine: (control, share) => {
      engine.attach(control, share)
      deps.loadAhead?.()
    },
  }
}
