import type { Sha256 } from '../domain/hash.ts'
import { contradicts, isNewer } from '../domain/head.ts'
import { followedBy, isStreamId, type PublicKey, type StreamId, type StreamIdentity } from '../domain/stream.ts'
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
import { createBans, readBans } from './bans.ts'
import { createCommands } from './commands.ts'
import { createDirectory, type Directory } from './directory.ts'
import { createEngineSide, type EngineControl } from './engine-side.ts'
import { createJournal } from './journal.ts'
import { lastSeen, notThere, readKnownPeers, writeKnownPeers } from './known-peers.ts'
import { createKeptStreams } from './kept-streams.ts'
import { readKeptLog, writeKeptLog } from './kept-log.ts'
import { findListed } from './listing.ts'
import { createMemberships } from './memberships.ts'
import { createNewestHeads } from './newest-heads.ts'
import { createPeering } from './peering.ts'
import { createPredictionOutlet } from './prediction-outlet.ts'
import { createPublishing } from './publishing.ts'
import { createRecovery, type Restored } from './recovery.ts'
import { orReject } from './rejection.ts'
import { createSamples } from './samples.ts'
import type { WorkerCommands } from './neuron-commands.ts'
import type { Snapshot } from './snapshot.ts'
import { createSnapshotOutlet } from './snapshot-outlet.ts'
import { serverLine, viewServer } from './server-words.ts'
import { createStartup } from './startup.ts'
import { isObservation, type Listed } from './stream-views.ts'

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

/** Log lines in a snapshot; the whole log is exported on request. */
const SNAPSHOT_LOG_LINES = 300

/** Coordination: keeps the streams this node wants in step with the server, the peers, the engine and the window. */
export const createNeuron = (deps: NeuronDeps): Neuron => {
  const { clock, data } = deps
  let isHeld = false
  let listedEdition = 0
  const outlet = createSnapshotOutlet({ clock, take: () => snapshot() })
  const { changed } = outlet
  const streams = createKeptStreams({
    clock,
    listedOf: (stream) => directory.get(stream),
    reportOf: (stream) => engine.reportOf(stream),
  })
  const { states, nameOf, identityOf } = streams
  const journal = createJournal({ clock, nameOf, changed, kept: readKeptLog(deps.keptLog ?? null), keep: (lines) => deps.keepLog?.(writeKeptLog(lines)) })
  const { log } = journal
  const startup = createStartup({ clock, changed })
  const engine = createEngineSide({ ...deps, log, startup, maySign: () => recovery.maySign.ok, changed })

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
  const keptBans = readBans(deps.keptBans ?? null)
  if (!keptBans.ok) log({ level: 'error', message: `the list of banned peers cannot be read, and nobody is banned: ${keptBans.error.message}` })
  const known = readKnownPeers(deps.knownPeers, clock.now())
  let seen = lastSeen(known)
  const peering = createPeering({
    ...deps,
    self: deps.publicKey,
    log,
    server,
    rowsOf: streams.rowsOf,
    authorOf: streams.authorOf,
    banned: keptBans.ok ? keptBans.value.map(({ id }) => id) : [],
    known,
    keepKnown: (now) => {
      seen = lastSeen(now)
      deps.keepPeers(writeKnownPeers(now))
    },
    changed,
  })
  const bans = createBans({
    clock,
    log,
    self: deps.publicKey,
    kept: keptBans.ok ? keptBans.value : [],
    refuse: peering.refuse,
    admit: peering.admit,
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
      tellSigning()
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
    const before = streams.note(state)
    if (state.own && state.rows > 0) listOwn(state)
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
        streams.forget(notice.stream)
        engine.forget(notice.stream)
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

  const snapshot = (): Snapshot => {
    const peers = peering.views()
    return {
      node: { id: deps.publicKey, profile: deps.profile, version: deps.version },
      startup: startup.steps,
      server: viewServer(deps.serverUrl, server.state, clock.now()),
      paused: engine.isPaused,
      recovering: recovery.isOpen,
      unconfirmed: recovery.isUnconfirmed,
      engine: engine.view,
      streams: streams.views(),
      listed: { count: listedCount(), edition: listedEdition },
      peers,
      seen: notThere(seen, peers, bans.all),
      banned: bans.all,
      log: journal.newest(SNAPSHOT_LOG_LINES),
    }
  }
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
    setNodePaused: engine.setNodePaused,
    setEngine: engine.setEngine,
  })

  /** An identity that is in use elsewhere, or has to learn first what it signed there, predicts nothing: predictions are signed. */
  const tellSigning = (): void => {
    const { ok: maySign } = recovery.maySign
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
      ...bans.commands,
      vouch: () => Promise.resolve().then(() => void orReject(recovery.vouch())),
      listing: async (query) => {
        const { count, page } = findListed(directory.all(), (id) => states.has(id), query)
        return { count, streams: page.map(({ id, identity }) => streams.view(id, identity)) }
      },
      stream: async (id) => {
        const identity = isStreamId(id) ? identityOf(id) : undefined
        return isStreamId(id) && identity !== undefined && isObservation(identity) ? streams.view(id, identity) : null
      },
      ...outlet.commands,
      exportLog: () => Promise.resolve(journal.text()),
    },
    onDial: peering.onDial,
    woke,
    battery: engine.battery,
    attachData: (pipe) => {
      peering.linksLost()
      log({ level: 'warn', message: 'the data process was started anew' })
      data.reconnect(pipe)
    },
    attachEngine: engine.attach,
  }
}
