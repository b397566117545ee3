import { fromHex, toHex } from '../src/base/bytes.ts'
import { decode, encode } from '../src/base/codec.ts'
import type { Random } from '../src/base/random.ts'
import { fail, ok, type Failure, type Result } from '../src/base/result.ts'
import { signedHeadCodec } from '../src/domain/head.ts'
import { formOf, type PublicKey, type StreamId } from '../src/domain/stream.ts'
import { MAX_ANNOUNCED, MAX_LISTED_PEERS, MAX_STREAMS_PER_NODE } from '../src/protocol/limits.ts'
import { liveCodec } from '../src/protocol/live.ts'
import type { MetaMessage } from '../src/protocol/meta.ts'
import type { Outgoing } from './outgoing.ts'
import type { Registry, RegistryFailure } from './registry.ts'
import { createTopic, type Topic } from './topic.ts'

/**
 * Topics: who follows which stream, and what is said to whom. SPEC [S30]–[S35], [M1]–[M5].
 * A stream's topic and its meta topic have the same members; the publisher hears its meta topic without being one.
 */
export interface Broker {
  subscribe(node: PublicKey, stream: StreamId, rows: number): Result<readonly Outgoing[], BrokerFailure>
  unsubscribe(node: PublicKey, stream: StreamId): void
  publish(node: PublicKey, stream: StreamId, liveHex: string): Result<readonly Outgoing[], BrokerFailure>
  meta(
    node: PublicKey,
    stream: StreamId,
    to: PublicKey | null,
    body: MetaMessage,
  ): Result<readonly Outgoing[], BrokerFailure>
  /** Who has a stream, as far as this server knows: its publisher, then members in random order, never who asks. */
  peers(node: PublicKey, stream: StreamId): { readonly publisher: PublicKey | null; readonly members: PublicKey[] }
  /** Ends all memberships of a node; answers which they were. */
  gone(node: PublicKey): readonly StreamId[]
  subscribers(stream: StreamId): number
  /** Its members at this server. */
  here(stream: StreamId): Topic | undefined
  topicsOf(node: PublicKey): Iterable<StreamId>
}

export type BrokerFailure =
  | RegistryFailure
  | Failure<'unknown-stream' | 'malformed-live' | 'wrong-form' | 'not-subscribed' | 'not-member' | 'needs-address'>

export const createBroker = (deps: {
  readonly registry: Registry
  readonly random: Random
  readonly isOnline: (node: PublicKey) => boolean
  /** To how many random members the next join or question is told. */
  readonly audienceSize?: () => number
  /** The members of a topic that are connected to other servers. */
  readonly elsewhere?: (stream: StreamId) => Topic | undefined
}): Broker => {
  const topics = new Map<StreamId, Topic>()
  const subscriptions = new Map<PublicKey, Set<StreamId>>()

  const audienceSize = deps.audienceSize ?? (() => MAX_ANNOUNCED)
  const elsewhere = deps.elsewhere ?? (() => undefined)
  const authorOf = (stream: StreamId): PublicKey | undefined => deps.registry.get(stream)?.identity.author

  const hears = (node: PublicKey, stream: StreamId): boolean =>
    topics.get(stream)?.has(node) === true ||
    elsewhere(stream)?.has(node) === true ||
    (authorOf(stream) === node && deps.isOnline(node))

  /** The publisher and a few random members, never the newcomer itself: a join costs the same in any topic. */
  const audience = (stream: StreamId, newcomer: PublicKey): readonly PublicKey[] => {
    const author = authorOf(stream)
    const told = author !== undefined && author !== newcomer && deps.isOnline(author) ? [author] : []
    const except = new Set([newcomer, ...told])
    return [...told, ...pick(stream, audienceSize(), except)]
  }

  /** From here and elsewhere in proportion, so that nobody is asked more often for the server it is at. */
  const pick = (stream: StreamId, count: number, except: ReadonlySet<PublicKey>): readonly PublicKey[] => {
    const [here, there] = [topics.get(stream), elsewhere(stream)]
    if (there === undefined) return here?.pick(count, deps.random, except) ?? []
    const near = [...(here?.pick(count, deps.random, except) ?? [])]
    const far = [...there.pick(count, deps.random, except)]
    const share = (here?.size ?? 0) / ((here?.size ?? 0) + there.size)
    const picked: PublicKey[] = []
    while (picked.length < count && near.length + far.length > 0) {
      const isNear = far.length === 0 || (near.length > 0 && deps.random.next() < share)
      const one = (isNear ? near : far).pop()
      if (one !== undefined) picked.push(one)
    }
    return picked
  }

  const remove = (node: PublicKey, stream: StreamId): void => {
    const topic = topics.get(stream)
    topic?.delete(node)
    if (topic?.size === 0) topics.delete(stream)
  }

  return {
    subscribe(node, stream, rows) {
      const own = subscriptions.get(node) ?? new Set()
      if (!own.has(stream) && own.size >= MAX_STREAMS_PER_NODE)
        return fail('too-many-streams', `A node may follow ${MAX_STREAMS_PER_NODE} streams here.`)
      const topic = topics.get(stream) ?? createTopic()
      if (!topic.add(node)) return ok([])
      topics.set(stream, topic)
      subscriptions.set(node, own.add(stream))
      return ok([{ to: audience(stream, node), message: { type: 'joined', stream, member: node, rows } }])
    },

    unsubscribe(node, stream) {
      const own = subscriptions.get(node)
      own?.delete(stream)
      if (own?.size === 0) subscriptions.delete(node)
      remove(node, stream)
    },

    publish(node, stream, liveHex) {
      const listing = deps.registry.get(stream)
      if (listing === undefined) return fail('unknown-stream', 'This stream is not listed here; register it first.')
      if (listing.identity.author !== node) return fail('not-author', 'Only its author may publish a stream.')
      const live = decode(liveCodec, fromHex(liveHex), 'live message')
      if (!live.ok) return fail('malformed-live', live.error.message)
      if (live.value.row.form !== formOf(listing.identity))
        return fail('wrong-form', `A row of this stream is a ${formOf(listing.identity)}.`)
      const kept = deps.registry.advance(listing, live.value.head, toHex(encode(signedHeadCodec, live.value.head)), liveHex)
      if (!kept.ok) return kept
      const to = topics.get(stream)?.others(node) ?? []
      return ok(to.length === 0 ? [] : [{ to, message: { type: 'observation', stream, live: liveHex } }])
    },

    meta(node, stream, to, body) {
      if (!hears(node, stream))
        return fail('not-subscribed', 'Only subscribers and the publisher speak in a meta topic.')
      const message = { type: 'meta', stream, from: node, body } as const
      if (to === null && body.kind !== 'request-history')
        return fail('needs-address', `${body.kind} is said to one member, never to all.`)
      if (to === null) return ok([{ to: audience(stream, node), message }])
      if (to === node || !hears(to, stream)) return fail('not-member', 'The node addressed is not in this topic now.')
      return ok([{ to: [to], message }])
    },

    peers(node, stream) {
      const author = authorOf(stream)
      const publisher = author !== undefined && author !== node && deps.isOnline(author) ? author : null
      const except = new Set([node, ...(publisher === null ? [] : [publisher])])
      return { publisher, members: [...pick(stream, MAX_LISTED_PEERS, except)] }
    },

    gone(node) {
      const own = [...(subscriptions.get(node) ?? [])]
      subscriptions.delete(node)
      for (const stream of own) remove(node, stream)
      return own
    },

    subscribers: (stream) => (topics.get(stream)?.size ?? 0) + (elsewhere(stream)?.size ?? 0),
    here: (stream) => topics.get(stream),
    topicsOf: (node) => subscriptions.get(node) ?? [],
  }
}
