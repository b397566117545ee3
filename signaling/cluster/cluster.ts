import type { Failure, Result } from '../../src/base/result.ts'
import { err, fail, ok } from '../../src/base/result.ts'
import { unreachable } from '../../src/base/unreachable.ts'
import type { PublicKey, StreamId } from '../../src/domain/stream.ts'
import { MAX_RENDEZVOUS_PER_CALLER, RENDEZVOUS_MS } from '../../src/protocol/limits.ts'
import type { ServerMessage } from '../../src/protocol/signaling.ts'
import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../clock.ts'
import { BEAT_MS, CALL_MS, MAX_CENSUS_PART, MAX_CENSUS_STREAMS, SERVER_LOST_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Outgoing } from '../outgoing.ts'
import type { RecentRow } from '../recent-rows.ts'
import type { RendezvousKeys, ServerName } from '../rendezvous-keys/rendezvous-keys.ts'
import type { Topic } from '../topic.ts'
import { createCensus, isLater, type CensusNews } from './census.ts'
import { createGuests } from './guests.ts'
import { decodeClusterWord, EVERYONE, type Change, type ClusterWord } from './words.ts'

/** What the switchboard of one server does for the others. */
export interface ClusterHandlers {
  /** Says these to nodes that are here. */
  deliver(said: readonly Outgoing[]): void
  /** Passes this on to everyone here who follows the stream. */
  row(stream: StreamId, row: RecentRow): void
  /** The node has checked in elsewhere. */
  replaced(node: PublicKey): void
  /** When the node checked in here; null: it is not here. */
  since(node: PublicKey): number | null
  /** Rendezvous that it holds here. */
  held(node: PublicKey): number
  /** Who is here, since when, and in which topics. */
  present(): Iterable<{ readonly node: PublicKey; readonly at: number; readonly streams: Iterable<StreamId> }>
  /** A node elsewhere has come (or gone): its streams are listed anew. */
  moved(node: PublicKey): void
  topicChanged(stream: StreamId): void
  /** The calls of a node elsewhere at rendezvous whose home is here. */
  call(node: PublicKey, key: string): Result<readonly Outgoing[]>
  signal(node: PublicKey, key: string, signal: string): void
  leave(node: PublicKey, key: string): void
  abandon(node: PublicKey, key: string): void
  gone(node: PublicKey): void
}

/** The other servers of a cluster, as one server sees them. A server alone has none, and then nothing here is called. */
export interface Cluster {
  start(handlers: ClusterHandlers): void
  came(node: PublicKey, at: number): void
  went(node: PublicKey): void
  joined(node: PublicKey, stream: StreamId): void
  parted(node: PublicKey, stream: StreamId): void
  has(node: PublicKey): boolean
  /** When it checked in elsewhere, as far as is known; a check-in here comes after that, whatever the clocks say. */
  cameAt(node: PublicKey): number | null
  topic(stream: StreamId): Topic | undefined
  /** To nodes elsewhere; those that nobody knows of are passed over. */
  tell(to: readonly PublicKey[], message: ServerMessage): void
  /** To the subscribers elsewhere. */
  row(stream: StreamId, row: RecentRow): void
  /** A node here calls for a key: `here` matches it when its home is here. */
  call(node: PublicKey, key: string, here: () => Result<readonly Outgoing[]>): Promise<Result<readonly Outgoing[]>>
  /** A first caller here has given up. */
  released(key: string): void
  /** False: the home of this key is here. */
  signal(node: PublicKey, key: string, signal: string): boolean
  leave(node: PublicKey, key: string): boolean
  abandon(node: PublicKey, key: string): boolean
  readonly servers: number
  close(): void
}

export interface ClusterDeps {
  readonly name: ServerName
  readonly bus: Bus
  readonly keys: RendezvousKeys
  readonly clock: Clock
  readonly log: Log
}

export const createCluster = ({ name, bus, keys, clock, log }: ClusterDeps): Cluster => {
  const census = createCensus()
  const guests = createGuests()
  const calls = new Map<number, (answer: Extract<ClusterWord, { kind: 'called' }> | null) => void>()
  /** How many keys the book is being asked for, by the node that called. */
  const asking = new Map<PublicKey, number>()
  let handlers: ClusterHandlers | null = null
  let changes = 0
  let nextCall = 1
  let cancelBeat: () => void = () => undefined
  let beatAt = clock.now()
  const stops: (() => void)[] = []

  const say = (subject: string, word: ClusterWord): void => {
    bus.publish(subject, JSON.stringify(word))
  }
  const change = (word: { [K in Change['kind']]: Omit<Extract<Change, { kind: K }>, 'from' | 'said'> }[Change['kind']]): void => {
    changes++
    say(EVERYONE, { ...word, from: name, said: changes })
  }
  const beat = (): void => {
    cancelBeat = clock.after(BEAT_MS, beat)
    say(EVERYONE, { kind: 'beat', from: name, said: changes })
    // Who was held up itself has the others' words still to read: they are not gone for that.
    const wasHeldUp = clock.now() - beatAt > SERVER_LOST_MS / 2
    beatAt = clock.now()
    if (!wasHeldUp) digest(census.tick(clock.now()))
    guests.tick(clock.now())
  }
  const sendCensus = (to: ServerName): void => {
    const parts: { node: PublicKey; at: number; streams: StreamId[] }[][] = [[]]
    let streams = 0
    for (const one of handlers?.present() ?? []) {
      const last = parts.at(-1) ?? []
      if (last.length >= MAX_CENSUS_PART || streams >= MAX_CENSUS_STREAMS) {
        parts.push([])
        streams = 0
      }
      const listed = [...one.streams]
      streams += listed.length
      parts.at(-1)?.push({ node: one.node, at: one.at, streams: listed })
    }
    for (const [part, nodes] of parts.entries())
      say(to, { kind: 'census', from: name, said: changes, part, parts: parts.length, nodes })
  }
  const digest = (news: CensusNews): void => {
    for (const server of news.ask) say(server, { kind: 'asks', from: name })
    for (const { node, at, server } of news.came) {
      const here = handlers?.since(node) ?? null
      if (here !== null && isLater(at, server, here, name)) handlers?.replaced(node)
      handlers?.moved(node)
    }
    for (const node of news.went) {
      handlers?.gone(node)
      handlers?.moved(node)
    }
    for (const stream of new Set(news.topics)) handlers?.topicChanged(stream)
    for (const server of news.lost) loseHome(server)
  }
  /** Whoever is to meet somebody at a server that is gone need not wait. */
  const loseHome = (server: ServerName): void => {
    log.warn({ server }, 'a server of the cluster is gone')
    for (const [key, node] of guests.takeOf(server))
      handlers?.deliver([{ to: [node], message: { type: 'dropped', key, code: 'peer-left', message: 'The server of the other node is gone.' } }])
  }
  const onWord = (word: ClusterWord): void => {
    switch (word.kind) {
      case 'beat':
      case 'census':
      case 'gone':
      case 'came':
      case 'went':
      case 'joined':
      case 'parted':
        return digest(census.heard(word, clock.now()))
      case 'asks':
        return sendCensus(word.from)
      case 'tell':
        for (const { message } of word.said) forgetDropped(message)
        return handlers?.deliver(word.said)
      case 'row':
        return handlers?.row(word.stream, word)
      case 'call':
        return answerCall(word)
      case 'called':
        return calls.get(word.re)?.(word)
      case 'signal':
        return handlers?.signal(word.node, word.key, word.signal)
      case 'leave':
        return handlers?.leave(word.node, word.key)
      case 'abandon':
        return handlers?.abandon(word.node, word.key)
      default:
        return unreachable(word)
    }
  }
  const forgetDropped = (message: ServerMessage): void => {
    if (message.type === 'dropped') guests.delete(message.key)
  }
  /** What the caller itself is to be told travels with the answer, so that it comes after it. */
  const answerCall = ({ from, re, node, key }: Extract<ClusterWord, { kind: 'call' }>): void => {
    const called = handlers?.call(node, key) ?? fail('not-kept', 'The server is starting.')
    if (!called.ok) {
      say(from, { kind: 'called', from: name, re, failure: { code: called.error.code, message: called.error.message }, said: [] })
      return
    }
    const forCaller = called.value.filter(({ to }) => to.includes(node))
    say(from, { kind: 'called', from: name, re, failure: null, said: forCaller.map(({ message }) => ({ to: [node], message })) })
    handlers?.deliver(called.value.map(({ to, message }) => ({ to: to.filter((one) => one !== node), message })))
  }
  const callAt = (home: ServerName, node: PublicKey, key: string): Promise<Result<readonly Outgoing[]>> =>
    new Promise((resolve) => {
      const re = nextCall++
      const settle = (answer: Extract<ClusterWord, { kind: 'called' }> | null): void => {
        cancel()
        calls.delete(re)
        if (answer?.failure === null) {
          guests.add(key, { node, home, until: clock.now() + GUEST_MS })
          resolve(ok(answer.said))
        } else resolve(answer === null ? NO_ANSWER : err(answer.failure))
      }
      const cancel = clock.after(CALL_MS, () => {
        settle(null)
        // It may have heard the call after all: the place there is given up.
        say(home, { kind: 'abandon', from: name, node, key })
      })
      calls.set(re, settle)
      say(home, { kind: 'call', from: name, re, node, key })
    })

  const part = (kind: 'leave' | 'abandon', node: PublicKey, key: string): boolean => {
    const guest = guests.get(key)
    if (guest?.node !== node) return false
    guests.delete(key)
    say(guest.home, { kind, from: name, node, key })
    return true
  }

  const claimAndCall = async (node: PublicKey, key: string, here: () => Result<readonly Outgoing[]>): Promise<Result<readonly Outgoing[]>> => {
    const claim = await keys.claim(key, { node, server: name }, (server) => server === name || census.isThere(server))
    if (!claim.ok) return claim
    return claim.value.home === name ? here() : callAt(claim.value.home, node, key)
  }

  return {
    start: (given) => {
      handlers = given
      const hear = (text: string): void => {
        const word = decodeClusterWord(text)
        if (!word.ok) log.warn({ message: word.error.message }, 'a word between servers that makes no sense')
        else if (word.value.from !== name) onWord(word.value)
      }
      stops.push(bus.listen(EVERYONE, hear), bus.listen(name, hear))
      beat()
    },
    came: (node, at) => change({ kind: 'came', node, at }),
    went: (node) => {
      change({ kind: 'went', node })
      guests.forgetNode(node)
    },
    joined: (node, stream) => change({ kind: 'joined', node, stream }),
    parted: (node, stream) => change({ kind: 'parted', node, stream }),
    has: (node) => census.whereIs(node) !== undefined,
    cameAt: (node) => census.cameAt(node) ?? null,
    topic: census.topic,
    tell: (to, message) => {
      const byServer = new Map<ServerName, PublicKey[]>()
      for (const node of to) {
        const server = census.whereIs(node)
        const others = server === undefined ? undefined : byServer.get(server)
        if (others !== undefined) others.push(node)
        else if (server !== undefined) byServer.set(server, [node])
      }
      for (const [server, nodes] of byServer) say(server, { kind: 'tell', from: name, said: [{ to: nodes, message }] })
    },
    row: (stream, { epoch, rows, live }) => {
      for (const server of census.serversOf(stream)) say(server, { kind: 'row', from: name, stream, epoch, rows, live })
    },
    call: async (node, key, here) => {
      const asked = asking.get(node) ?? 0
      // Before the book is asked: each key costs the whole cluster an entry. What it holds elsewhere counts too.
      if (asked + (handlers?.held(node) ?? 0) + guests.held(node) >= MAX_RENDEZVOUS_PER_CALLER) return TOO_MANY
      asking.set(node, asked + 1)
      try {
        return await claimAndCall(node, key, here)
      } finally {
        const left = (asking.get(node) ?? 1) - 1
        if (left === 0) asking.delete(node)
        else asking.set(node, left)
      }
    },
    released: (key) => void keys.release(key, name),
    signal: (node, key, signal) => {
      const guest = guests.get(key)
      if (guest?.node !== node) return false
      say(guest.home, { kind: 'signal', from: name, node, key, signal })
      return true
    },
    leave: (node, key) => part('leave', node, key),
    abandon: (node, key) => part('abandon', node, key),
    get servers() {
      return census.servers
    },
    close: () => {
      cancelBeat()
      say(EVERYONE, { kind: 'gone', from: name })
      for (const stop of stops.splice(0)) stop()
    },
  }
}

/** A guest may have come before the first caller's own call (waiting) and is matched after that; each lasts RENDEZVOUS_MS. */
const GUEST_MS = 2 * RENDEZVOUS_MS + CALL_MS

const TOO_MANY: Result<never, Failure<'too-many-rendezvous'>> = fail(
  'too-many-rendezvous',
  `A node may hold ${MAX_RENDEZVOUS_PER_CALLER} rendezvous at a time.`,
)

const NO_ANSWER: Result<never, Failure<'not-kept'>> = fail('not-kept', 'The server at which the other node waits does not answer.')
