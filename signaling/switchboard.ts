import type { Random } from '../src/base/random.ts'
import { fail, failureOf, type Result } from '../src/base/result.ts'
import { unreachable } from '../src/base/unreachable.ts'
import type { Sha256 } from '../src/domain/hash.ts'
import { followedBy, type PublicKey, type StreamId } from '../src/domain/stream.ts'
import { CLOSE_REPLACED, type DirectoryEntry, type ServerMessage } from '../src/protocol/signaling.ts'
import { createAllowance, type Allowance } from './allowance.ts'
import { createAnswers, type Answers } from './answers.ts'
import { createAudience } from './audience.ts'
import { createBroker } from './broker.ts'
import type { Cluster } from './cluster/cluster.ts'
import { createPassedRows } from './cluster/passed-rows.ts'
import type { Clock } from './clock.ts'
import type { CheckedInMessage, Connection } from './connection.ts'
import type { Verify } from './crypto.ts'
import type { Ice } from './ice.ts'
import { listingOf, storedOf } from './kept-listings.ts'
import { ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND, KEPT_AGAIN_PER_TICK } from './limits.ts'
import { short, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Outgoing } from './outgoing.ts'
import { createRegistry, type Listing } from './registry.ts'
import { isBehind, rowsAfter, type RecentRow } from './recent-rows.ts'
import type { RegistryStore, StoredListing, StoreFailure } from './registry-store/registry-store.ts'
import { createRendezvous } from './rendezvous.ts'
import { createWatchers } from './watchers.ts'

/**
 * Where a checked-in node's messages meet registry, broker and rendezvous, and their words meet connections.
 * A node is its key: it has one connection, the newest.
 */
export interface Switchboard {
  /** `mayCall`: whether one more rendezvous may be called for from where it is. */
  checkedIn(node: PublicKey, connection: Connection, mayCall?: () => boolean): void
  message(node: PublicKey, message: CheckedInMessage): void
  /** Whether it is connected, here or at another server of the cluster. */
  isHeld(node: PublicKey): boolean
  gone(node: PublicKey): void
  tick(): void
  /** Settles when what was being kept is kept, and what was asked of other servers is answered. */
  settled(): Promise<unknown>
  readonly counts: { readonly nodes: number; readonly streams: number; readonly rendezvous: number }
}

export interface SwitchboardDeps {
  readonly clock: Clock
  readonly random: Random
  readonly verify: Verify
  readonly sha256: Sha256
  readonly log: Log
  readonly metrics: Metrics
  readonly ice: Ice
  readonly store: RegistryStore
  /** What the store gave at the start. */
  readonly kept: readonly StoredListing[]
  /** The other servers; null: this one is alone. */
  readonly cluster: Cluster | null
  readonly maxStreams?: number
}

/** Where one node is connected, and the turns of its requests. */
interface Line {
  readonly connection: Connection
  readonly answers: Answers
  /** When it checked in; in a cluster later than anywhere else, whatever the clocks say. */
  readonly since: number
  readonly mayCall: () => boolean
  /** What it is told of others that come and ask. */
  readonly announcements: Allowance
  /** When its ICE credentials are renewed. */
  renewAt: number | null
}

export const createSwitchboard = (deps: SwitchboardDeps): Switchboard => {
  const { clock, cluster, log, store, metrics } = deps
  // Lines that nobody reads are not made: they are most of what a message costs beside its JSON.
  const isVerbose = log.isLevelEnabled('debug')
  /** What a stopping server finishes first: changes being kept, calls being asked of other servers. */
  const underWay = new Set<Promise<unknown>>()
  /** Changes that the store has refused; at most as many as there are listings, and those that made room. */
  const unkept = new Set<StreamId>()
  const lines = new Map<PublicKey, Line>()
  const isConnected = (node: PublicKey): boolean => lines.has(node) || cluster?.has(node) === true
  const registry = createRegistry({ ...deps, onForgotten: (id) => void keeping(id, store.remove(id)) })
  const audience = createAudience(clock.now())
  const broker = createBroker({
    registry,
    random: deps.random,
    isOnline: isConnected,
    audienceSize: () => audience.size(clock.now()),
    ...(cluster !== null && { elsewhere: cluster.topic }),
  })
  const rendezvous = createRendezvous((outcome, forMs, key) => {
    metrics.held(outcome, forMs)
    if (outcome !== 'matched') cluster?.released(key)
  })
  const watchers = createWatchers()
  const passed = createPassedRows()

  /** More than it could make use of is not told to a node; who is not heard asks again. Of a node elsewhere its own server judges. */
  const isTold = (node: PublicKey): boolean => {
    const line = lines.get(node)
    if (line === undefined) return true
    if (line.announcements.isSpent(clock.now())) return false
    line.announcements.spend(1, clock.now())
    return true
  }

  const say = (all: readonly PublicKey[], message: ServerMessage): void => {
    const to = isAnnouncement(message) ? all.filter(isTold) : all
    if (to.length === 0) return
    const text = JSON.stringify(message)
    if (isVerbose) log.debug({ to: to.map(short), type: message.type }, 'out')
    metrics.message('out', message.type, to.length)
    const absent: PublicKey[] = []
    for (const node of to) {
      const line = lines.get(node)
      if (line === undefined) absent.push(node)
      else line.connection.send(text)
    }
    if (absent.length > 0) cluster?.tell(absent, message)
  }

  const deliver = (outgoing: readonly Outgoing[]): void => {
    for (const { to, message } of outgoing) if (to.length > 0) say(to, message)
  }

  const noteChange = (stream: StreamId): void => {
    const listing = registry.get(stream)
    if (listing !== undefined) watchers.changed(stream, followedBy(listing.identity))
  }

  const keeping = async (id: StreamId, kept: Promise<Result<null, StoreFailure>>, isAgain = false): Promise<Result<null, StoreFailure>> => {
    const began = clock.now()
    underWay.add(kept)
    const outcome = await kept
    underWay.delete(kept)
    metrics.kept(clock.now() - began)
    if (outcome.ok) return outcome
    unkept.add(id)
    // Said once: a full disk is not emptied by what is written about it.
    if (!isAgain) log.error(outcome.error, 'a change could not be kept')
    return outcome
  }

  /** A publisher that was told `not-kept` may be gone before it says it again. */
  const keepAgain = (): void => {
    if (!store.isReachable) return
    for (const id of [...unkept].slice(0, KEPT_AGAIN_PER_TICK)) {
      unkept.delete(id)
      const listing = registry.get(id)
      void keeping(id, listing === undefined ? store.remove(id) : store.put(storedOf(listing, clock.now())), true)
    }
  }

  /** The answer to a request that changed a listing: not before the change is kept. */
  const answerKept = (line: Line, node: PublicKey, re: number, type: string, { id }: Listing): void => {
    const listing = registry.get(id)
    if (listing === undefined) return
    noteChange(id)
    line.answers.whenKept(keeping(id, store.put(storedOf(listing, clock.now()))), (kept) => {
      if (lines.get(node) === line) answer(node, re, type, kept.ok ? NOTHING : kept)
    })
  }

  /** The one answer to a request, then what follows from it. */
  const answer = (node: PublicKey, re: number, type: string, result: Result<readonly Outgoing[]>): boolean => {
    if (result.ok) {
      say([node], { type: 'done', re })
      deliver(result.value)
      return true
    }
    const { code, message } = result.error
    metrics.refused(code)
    log.info({ node: short(node), type, code, message }, 'refused')
    say([node], { type: 'refused', re, code, message })
    return false
  }

  const entryOf = ({ id, identity, headHex }: Listing): DirectoryEntry => ({
    id,
    identity,
    head: headHex,
    subscribers: broker.subscribers(id),
    predictors: registry.predictors(id),
    online: isConnected(identity.author),
  })

  const register = (line: Line, node: PublicKey, { re, type, identity, head }: Said<'register'>): void => {
    const listed = registry.register(node, identity, head)
    if (!listed.ok) return line.answers.inTurn(() => void answer(node, re, type, listed))
    log.info({ node: short(node), stream: short(listed.value.id), rows: listed.value.head.head.rows }, 'registered')
    answerKept(line, node, re, type, listed.value)
  }

  /** A row goes out at once: whoever has signed it has it. */
  const publish = (line: Line, node: PublicKey, { re, type, stream, live }: Said<'publish'>): void => {
    const published = broker.publish(node, stream, live)
    const listing = registry.get(stream)
    if (!published.ok || listing === undefined)
      return line.answers.inTurn(() => void answer(node, re, type, published))
    deliver(published.value)
    spread(stream, { epoch: listing.head.head.epoch, rows: listing.head.head.rows, live })
    answerKept(line, node, re, type, listing)
  }

  /** What a subscriber missed while it was away: the rows that are kept, and the head where they do not reach it. */
  const catchUp = (node: PublicKey, { stream, epoch, rows }: Said<'subscribe'>): void => {
    const listing = registry.get(stream)
    if (listing === undefined) return
    const missed = rowsAfter(listing.recent, epoch, rows)
    for (const { live } of missed) say([node], { type: 'observation', stream, live })
    if (isBehind({ epoch, rows }, missed, listing.head.head)) say([node], { type: 'listed', entry: entryOf(listing) })
  }

  /** A row of a publisher here, for the members elsewhere. */
  const spread = (stream: StreamId, row: RecentRow): void => {
    if (cluster === null) return
    if (broker.here(stream) !== undefined) passed.note(stream, row)
    cluster.row(stream, row)
  }
  /** A row of a publisher at another server. */
  const passOn = (stream: StreamId, row: RecentRow): void => {
    if (passed.isNews(stream, row)) say(broker.here(stream)?.all() ?? [], { type: 'observation', stream, live: row.live })
  }
  const noteMember = (node: PublicKey, stream: StreamId): void => {
    if (cluster === null) return
    cluster.joined(node, stream)
    passed.note(stream, registry.get(stream)?.head.head ?? { epoch: 0, rows: 0 })
  }
  const forgetEmpty = (streams: readonly StreamId[]): void => {
    for (const stream of streams) if (broker.here(stream) === undefined) passed.forget(stream)
  }

  const directory = (node: PublicKey, message: Said<'directory'>): void => {
    watchers.watch(node, message.follows)
    const { listings, next } = registry.page(message)
    say([node], { type: 'entries', re: message.re, entries: listings.map(entryOf), next })
  }

  const message = (node: PublicKey, said: CheckedInMessage): void => {
    if (isVerbose) log.debug({ node: short(node), type: said.type }, 'in')
    metrics.message('in', said.type, 1)
    const line = lines.get(node)
    if (line === undefined) return
    // These two begin at once, so that many of them share a commit.
    if (said.type === 'register') return register(line, node, said)
    if (said.type === 'publish') return publish(line, node, said)
    line.answers.inTurn(() => {
      if (lines.get(node) === line) handle(node, said)
    })
  }

  const handle = (node: PublicKey, said: Exclude<CheckedInMessage, { type: 'register' | 'publish' }>): void => {
    switch (said.type) {
      case 'directory':
        return directory(node, said)
      case 'subscribe':
        if (!answer(node, said.re, said.type, broker.subscribe(node, said.stream, said.rows))) return
        noteMember(node, said.stream)
        noteChange(said.stream)
        return catchUp(node, said)
      case 'unsubscribe':
        broker.unsubscribe(node, said.stream)
        cluster?.parted(node, said.stream)
        forgetEmpty([said.stream])
        answer(node, said.re, said.type, NOTHING)
        return noteChange(said.stream)
      case 'peers':
        return say([node], { type: 'peers', re: said.re, ...broker.peers(node, said.stream) })
      case 'meta':
        return void answer(node, said.re, said.type, broker.meta(node, said.stream, said.to, said.body))
      case 'rendezvous':
        return call(node, said)
      case 'signal':
        if (cluster?.signal(node, said.key, said.signal) === true) return
        return deliver(rendezvous.signal(node, said.key, said.signal, clock.now()))
      case 'leave':
        if (cluster?.leave(node, said.key) === true) return
        return rendezvous.leave(node, said.key, clock.now())
      default:
        return unreachable(said)
    }
  }

  /** Alone, it is answered at once; in a cluster the book of keys is asked first, and the answer takes its turn. */
  const call = (node: PublicKey, { re, type, key }: Said<'rendezvous'>): void => {
    const here = (): ReturnType<typeof rendezvous.call> => rendezvous.call(node, key, clock.now())
    const line = lines.get(node)
    if (line?.mayCall() === false) return void answer(node, re, type, TOO_MANY_CALLS)
    if (cluster === null) return void answer(node, re, type, here())
    const calling = cluster.call(node, key, here)
    underWay.add(calling)
    const settle = (): void => void underWay.delete(calling)
    calling.then(settle, settle)
    line?.answers.whenKept(calling, (called) => {
      if (lines.get(node) === line) return void answer(node, re, type, called)
      // Back on a newer line, what it has called for there goes on.
      if (called.ok && !cluster.abandon(node, key)) deliver(rendezvous.abandon(node, key, clock.now()))
    })
  }

  const gone = (node: PublicKey): void => {
    lines.delete(node)
    cluster?.went(node)
    watchers.gone(node)
    const left = broker.gone(node)
    forgetEmpty(left)
    // It may be elsewhere by now.
    const own = isConnected(node) ? registry.online(node) : registry.offline(node)
    for (const stream of new Set([...left, ...own])) noteChange(stream)
    deliver(rendezvous.gone(node, clock.now()))
  }

  const renewIce = (): void => {
    const now = clock.now()
    for (const [node, line] of lines) {
      if (line.renewAt === null || line.renewAt > now) continue
      const { iceServers, renewAt } = deps.ice(node, now)
      line.renewAt = renewAt
      say([node], { type: 'ice-servers', iceServers: [...iceServers] })
    }
  }

  for (const stored of deps.kept) {
    const listing = listingOf(stored)
    if (listing !== null) registry.restore(listing)
  }

  store.follow((id, stored) => {
    const listing = stored === null ? null : listingOf(stored)
    if (listing === null) registry.drop(id)
    else if (registry.take(listing, isConnected(listing.identity.author))) {
      for (const row of listing.recent) passOn(id, row)
      noteChange(id)
    }
  })
  cluster?.start({
    deliver,
    row: passOn,
    replaced: (node) => lines.get(node)?.connection.end(CLOSE_REPLACED, 'Another connection of this key has checked in.'),
    since: (node) => lines.get(node)?.since ?? null,
    held: rendezvous.held,
    present: function* () {
      for (const [node, { since }] of lines) yield { node, at: since, streams: broker.topicsOf(node) }
    },
    moved: (node) => {
      for (const stream of cluster.has(node) ? registry.online(node) : registry.offline(node)) noteChange(stream)
    },
    topicChanged: noteChange,
    call: (node, key) => rendezvous.call(node, key, clock.now()),
    signal: (node, key, signal) => deliver(rendezvous.signal(node, key, signal, clock.now())),
    leave: (node, key) => rendezvous.leave(node, key, clock.now()),
    abandon: (node, key) => deliver(rendezvous.abandon(node, key, clock.now())),
    gone: (node) => {
      if (!lines.has(node)) deliver(rendezvous.gone(node, clock.now()))
    },
  })

  return {
    isHeld: isConnected,
    checkedIn(node, connection, mayCall = () => true) {
      lines.get(node)?.connection.end(CLOSE_REPLACED, 'Another connection of this key has checked in.')
      const broken = (thrown: unknown): void => {
        log.error(failureOf(thrown), 'a request broke the server')
        connection.end(CLOSE_BROKEN, 'The server could not handle a request.')
      }
      const { iceServers, renewAt } = deps.ice(node, clock.now())
      const since = Math.max(clock.now(), (cluster?.cameAt(node) ?? 0) + 1)
      const announcements = createAllowance(ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND, clock.now())
      lines.set(node, { connection, answers: createAnswers(broken), since, mayCall, announcements, renewAt })
      cluster?.came(node, since)
      say([node], { type: 'welcome', iceServers: [...iceServers] })
      for (const stream of registry.online(node)) noteChange(stream)
    },
    message,
    gone,
    tick() {
      deliver(rendezvous.tick(clock.now()))
      renewIce()
      keepAgain()
      for (const { stream, to } of watchers.due()) {
        const listing = registry.get(stream)
        if (listing !== undefined) say(to, { type: 'listed', entry: entryOf(listing) })
      }
    },
    settled: () => Promise.allSettled([...underWay]),
    get counts() {
      return { nodes: lines.size, streams: registry.size, rendezvous: rendezvous.size }
    },
  }
}

type Said<T extends CheckedInMessage['type']> = Extract<CheckedInMessage, { type: T }>

/** The WebSocket's own code for a defect of the server. */
const CLOSE_BROKEN = 1011

const NOTHING: Result<readonly Outgoing[]> = { ok: true, value: [] }

const TOO_MANY_CALLS: Result<never> = fail('too-many-rendezvous', 'Too many rendezvous are called for from this address; wait a little.')

/** Said because somebody else has come or lacks something: a crowd of them must not drown a node. */
const isAnnouncement = (message: ServerMessage): boolean =>
  message.type === 'joined' || (message.type === 'meta' && message.body.kind === 'request-history')
