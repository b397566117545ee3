import { fail, type Result } from '../src/base/result.ts'
import { unreachable } from '../src/base/unreachable.ts'
import type { PublicKey, StreamId } from '../src/domain/stream.ts'
import type { DirectoryEntry } from '../src/protocol/signaling.ts'
import type { Broker } from './broker.ts'
import type { Clock } from './clock.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { CheckedInMessage } from './connection.ts'
import type { KeptChanges } from './kept-changes.ts'
import type { Line, Lines } from './lines.ts'
import { short, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Outgoing } from './outgoing.ts'
import type { Passing } from './passing.ts'
import { isBehind, rowsAfter } from './recent-rows.ts'
import type { Listing, Registry } from './registry.ts'
import type { Rendezvous } from './rendezvous.ts'
import type { Watchers } from './watchers.ts'

/** What a node that has checked in asks for, and the one answer that each request gets (SPEC [S16]). */
export interface Requests {
  message(node: PublicKey, said: CheckedInMessage): void
  /** Calls that other servers are being asked for. */
  readonly pending: ReadonlySet<Promise<unknown>>
}

export interface RequestsDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly lines: Lines
  readonly registry: Registry
  readonly broker: Broker
  readonly rendezvous: Rendezvous
  readonly watchers: Watchers
  readonly changes: KeptChanges
  readonly passing: Passing
  readonly cluster: Pick<Cluster, 'call' | 'signal' | 'leave' | 'abandon'> | null
  readonly entryOf: (listing: Listing) => DirectoryEntry
  /** What the directory says of the stream is another thing now. */
  readonly noteChange: (stream: StreamId) => void
}

type Said<T extends CheckedInMessage['type']> = Extract<CheckedInMessage, { type: T }>

export const createRequests = (deps: RequestsDeps): Requests => {
  const { clock, log, metrics, lines, registry, broker, rendezvous, watchers, changes, passing, cluster, entryOf, noteChange } = deps
  const { say, deliver } = lines
  const isVerbose = log.isLevelEnabled('debug')
  const pending = new Set<Promise<unknown>>()

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
    passing.spread(stream, { epoch: listing.head.head.epoch, rows: listing.head.head.rows, live })
    answerKept(line, node, re, type, listing)
  }
  const handle = (node: PublicKey, said: Exclude<CheckedInMessage, { type: 'register' | 'publish' }>): void => {
    switch (said.type) {
      case 'directory':
        return directory(node, said)
      case 'subscribe':
        return subscribe(node, said)
      case 'unsubscribe':
        broker.unsubscribe(node, said.stream)
        passing.parted(node, said.stream)
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
  const directory = (node: PublicKey, said: Said<'directory'>): void => {
    watchers.watch(node, said.follows)
    const { listings, next } = registry.page(said)
    say([node], { type: 'entries', re: said.re, entries: listings.map(entryOf), next })
  }
  const subscribe = (node: PublicKey, said: Said<'subscribe'>): void => {
    const joined = broker.subscribe(node, said.stream, said.rows)
    // Before it is announced: whoever is told of a newcomer may speak to it at once, also at another server.
    if (joined.ok) passing.joined(node, said.stream)
    if (!answer(node, said.re, said.type, joined)) return
    noteChange(said.stream)
    catchUp(node, said)
  }
  /** What a subscriber missed while it was away: the rows that are kept, and the head where they do not reach it. */
  const catchUp = (node: PublicKey, { stream, epoch, rows }: Said<'subscribe'>): void => {
    const listing = registry.get(stream)
    if (listing === undefined) return
    const missed = rowsAfter(listing.recent, epoch, rows)
    for (const { live } of missed) say([node], { type: 'observation', stream, live })
    if (isBehind({ epoch, rows }, missed, listing.head.head)) say([node], { type: 'listed', entry: entryOf(listing) })
  }
  /** Alone, it is answered at once; in a cluster the book of keys is asked first, and the answer takes its turn. */
  const call = (node: PublicKey, { re, type, key }: Said<'rendezvous'>): void => {
    const here = (): ReturnType<Rendezvous['call']> => rendezvous.call(node, key, clock.now())
    const line = lines.get(node)
    if (line?.mayCall() === false) return void answer(node, re, type, TOO_MANY_CALLS)
    if (cluster === null) return void answer(node, re, type, here())
    const calling = cluster.call(node, key, here)
    pending.add(calling)
    const settle = (): void => void pending.delete(calling)
    calling.then(settle, settle)
    line?.answers.whenKept(calling, (called) => {
      if (lines.get(node) === line) return void answer(node, re, type, called)
      // Back on a newer line, what it has called for there goes on.
      if (called.ok && !cluster.abandon(node, key)) deliver(rendezvous.abandon(node, key, clock.now()))
    })
  }

  /** The one answer to a request, then what follows from it. */
  const answer = (node: PublicKey, re: number, type: string, result: Result<readonly Outgoing[]>): boolean => {
    if (result.ok) {
      say([node], { type: 'done', re })
      deliver(result.value)
      return true
    }
    const { code, message: words } = result.error
    metrics.refused(code)
    log.info({ node: short(node), type, code, message: words }, 'refused')
    say([node], { type: 'refused', re, code, message: words })
    return false
  }
  /** The answer to a request that changed a listing: not before the change is kept. */
  const answerKept = (line: Line, node: PublicKey, re: number, type: string, { id }: Listing): void => {
    const listing = registry.get(id)
    if (listing === undefined) return
    noteChange(id)
    line.answers.whenKept(changes.keep(listing), (kept) => {
      if (lines.get(node) === line) answer(node, re, type, kept.ok ? NOTHING : kept)
    })
  }

  return { message, pending }
}

const NOTHING: Result<readonly Outgoing[]> = { ok: true, value: [] }

const TOO_MANY_CALLS: Result<never> = fail('too-many-rendezvous', 'Too many rendezvous are called for from this address; wait a little.')
