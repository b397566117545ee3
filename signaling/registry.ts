import { fromHex } from '../src/base/bytes.ts'
import { decode } from '../src/base/codec.ts'
import { fail, ok, type Failure, type Result } from '../src/base/result.ts'
import { contradicts, headBytes, isNewer, sameHistory, signedHeadCodec, type SignedHead } from '../src/domain/head.ts'
import type { Sha256 } from '../src/domain/hash.ts'
import {
  checkIdentity,
  followedBy,
  isKeyless,
  streamIdOf,
  type PublicKey,
  type StreamId,
  type StreamIdentity,
} from '../src/domain/stream.ts'
import { MAX_DIRECTORY_ENTRIES, MAX_STREAMS_PER_NODE } from '../src/protocol/limits.ts'
import type { Verify } from './crypto.ts'
import { MAX_DIRECTORY_SCAN, MAX_LISTED_STREAMS, MAX_STREAMS_WITH_ROWS } from './limits.ts'
import { withRow, type RecentRow } from './recent-rows.ts'

/**
 * The streams that publishers have told us of, each with its newest signed head. SPEC [S20]–[S25].
 * Nothing here is trusted by anyone: readers check the same signatures again.
 */
export interface Registry {
  register(sender: PublicKey, identity: StreamIdentity, headHex: string): Result<Listing, RegistryFailure>
  /** Judges the head of a new row of a listed stream and keeps both when it is at least as far as the known one. */
  advance(listing: Listing, head: SignedHead, headHex: string, liveHex: string): Result<Listing, RegistryFailure>
  /** Lists what was listed before the server stopped, its publisher away. What was judged then is not judged again: readers do. */
  restore(listing: Omit<Listing, 'words'>): void
  /** What another server of the cluster has kept; answers whether it is news. One whose publisher has left meanwhile makes room like any other. */
  take(listing: Omit<Listing, 'words'>, isOnline: boolean): boolean
  /** Another server made room. */
  drop(id: StreamId): void
  get(id: StreamId): Listing | undefined
  page(question: DirectoryQuestion): DirectoryPage
  /** How many listed prediction streams follow it. */
  predictors(id: StreamId): number
  online(author: PublicKey): readonly StreamId[]
  offline(author: PublicKey): readonly StreamId[]
  readonly size: number
}

export interface Listing {
  readonly id: StreamId
  readonly identity: StreamIdentity
  readonly head: SignedHead
  readonly headHex: string
  /** The last few rows published, oldest first. */
  readonly recent: readonly RecentRow[]
  /** Lower-case text that a search looks in. */
  readonly words: string
}

export type RegistryFailure = Failure<
  | 'bad-name'
  | 'not-author'
  | 'malformed-head'
  | 'wrong-stream'
  | 'bad-signature'
  | 'older-head'
  | 'fork'
  | 'too-many-streams'
  | 'server-full'
>

export interface DirectoryQuestion {
  readonly after: StreamId | null
  readonly search: string
  readonly follows: StreamId | null
  readonly unpredicted?: boolean | undefined
}

export interface DirectoryPage {
  readonly listings: readonly Listing[]
  readonly next: StreamId | null
}

export const createRegistry = (deps: {
  readonly verify: Verify
  readonly sha256: Sha256
  readonly maxStreams?: number
  /** A listing that made room for others. */
  readonly onForgotten?: (id: StreamId) => void
  /** A stream is followed by one listed prediction stream more, or less. */
  readonly onPredictors?: (followed: StreamId) => void
}): Registry => {
  const maxStreams = deps.maxStreams ?? MAX_LISTED_STREAMS
  const listings = new Map<StreamId, Listing>()
  const byAuthor = new Map<PublicKey, Set<StreamId>>()
  /** Ids in order, under the stream they follow; null: observations. */
  const shelves = new Map<StreamId | null, StreamId[]>()
  /** Authors with streams that are not connected, the one that left longest ago first. */
  const away = new Set<PublicKey>()
  /** Streams of which rows are kept, the one published longest ago first. */
  const lively = new Set<StreamId>()

  const forget = (listing: Listing, isOurs = true): void => {
    listings.delete(listing.id)
    lively.delete(listing.id)
    if (isOurs) deps.onForgotten?.(listing.id)
    byAuthor.get(listing.identity.author)?.delete(listing.id)
    const follows = followedBy(listing.identity)
    const shelf = shelves.get(follows) ?? []
    shelf.splice(placeOf(shelf, listing.id), 1)
    if (shelf.length === 0) shelves.delete(follows)
    if (follows !== null) deps.onPredictors?.(follows)
  }

  const makeRoom = (): boolean => {
    for (const author of away) {
      if (listings.size < maxStreams) break
      for (const id of [...(byAuthor.get(author) ?? [])]) {
        const listing = listings.get(id)
        if (listing !== undefined) forget(listing)
      }
      byAuthor.delete(author)
      away.delete(author)
    }
    return listings.size < maxStreams
  }

  const add = (listing: Listing): Result<Listing, RegistryFailure> => {
    const { id, identity } = listing
    const own = byAuthor.get(identity.author) ?? new Set()
    if (own.size >= MAX_STREAMS_PER_NODE)
      return fail('too-many-streams', `A node may list ${MAX_STREAMS_PER_NODE} streams here.`)
    if (!makeRoom()) return fail('server-full', `This server lists ${maxStreams} streams and has no room for another.`)
    byAuthor.set(identity.author, own.add(id))
    const follows = followedBy(identity)
    const shelf = shelves.get(follows) ?? []
    shelf.splice(placeOf(shelf, id), 0, id)
    shelves.set(follows, shelf)
    listings.set(id, listing)
    if (follows !== null) deps.onPredictors?.(follows)
    return ok(listing)
  }

  const judge = (id: StreamId, author: PublicKey, { head, signature }: SignedHead): Result<null, RegistryFailure> => {
    if (head.stream !== id) return fail('wrong-stream', 'The head is of another stream.')
    if (!deps.verify(author, headBytes(head), signature))
      return fail('bad-signature', "The head does not carry the signature of the stream's author.")
    return ok(null)
  }

  const advance = (known: Listing, head: SignedHead, headHex: string, liveHex: string | null): Result<Listing, RegistryFailure> => {
    const judged = judge(known.id, known.identity.author, head)
    if (!judged.ok) return judged
    const old = known.head.head
    if (contradicts(head.head, old)) return refuseFork(old)
    if (!isNewer(head.head, old) && !sameHistory(head.head, old)) return refuseOlder(old)
    const recent = liveHex === null ? known.recent : withRow(known.recent, { ...head.head, live: liveHex })
    const listing = { ...known, head, headHex, recent }
    listings.set(known.id, listing)
    if (liveHex !== null) remember(known.id)
    return ok(listing)
  }

  const remember = (id: StreamId): void => {
    lively.delete(id)
    lively.add(id)
    const [oldest] = lively
    if (lively.size <= MAX_STREAMS_WITH_ROWS || oldest === undefined) return
    lively.delete(oldest)
    const listing = listings.get(oldest)
    if (listing !== undefined) listings.set(oldest, { ...listing, recent: [] })
  }

  return {
    register(sender, identity, headHex) {
      const named = checkIdentity(identity)
      if (!named.ok) return named
      if (identity.author !== sender) return fail('not-author', 'Only its author may list a stream.')
      // Those bytes are a key under which anybody can sign.
      if (isKeyless(identity)) return fail('not-author', 'A stream that nobody signs has no author who could list it.')
      const head = decode(signedHeadCodec, fromHex(headHex), 'head')
      if (!head.ok) return fail('malformed-head', head.error.message)
      const id = streamIdOf(identity, deps.sha256)
      const known = listings.get(id)
      if (known !== undefined) return advance(known, head.value, headHex, null)
      const judged = judge(id, identity.author, head.value)
      return judged.ok ? add({ id, identity, head: head.value, headHex, recent: [], words: wordsOf(identity) }) : judged
    },
    advance,
    restore(listing) {
      const { author } = listing.identity
      if (!add({ ...listing, words: wordsOf(listing.identity) }).ok) return
      if (listing.recent.length > 0) remember(listing.id)
      // Whoever spoke last goes last.
      away.delete(author)
      away.add(author)
    },
    take(listing, isOnline) {
      const known = listings.get(listing.id)
      if (known === undefined) {
        const isAdded = add({ ...listing, words: wordsOf(listing.identity) }).ok
        if (isAdded && !isOnline) away.add(listing.identity.author)
        return isAdded
      }
      const isOlder = isNewer(known.head.head, listing.head.head)
      if (isOlder || (sameHistory(known.head.head, listing.head.head) && known.recent.length >= listing.recent.length)) return false
      listings.set(listing.id, { ...listing, words: known.words })
      if (listing.recent.length > 0) remember(listing.id)
      return true
    },
    drop(id) {
      const listing = listings.get(id)
      if (listing !== undefined) forget(listing, false)
    },
    get: (id) => listings.get(id),
    predictors: (id) => shelves.get(id)?.length ?? 0,
    page({ after, search, follows, unpredicted = false }) {
      const shelf = shelves.get(follows) ?? []
      const found: Listing[] = []
      const wanted = search.trim().toLowerCase()
      const start = after === null ? 0 : placeAfter(shelf, after)
      const end = Math.min(shelf.length, start + MAX_DIRECTORY_SCAN)
      let at = start
      for (; at < end && found.length < MAX_DIRECTORY_ENTRIES; at++) {
        const listing = listings.get(shelf[at] ?? ('' as StreamId))
        if (listing === undefined || (unpredicted && shelves.has(listing.id))) continue
        if (matches(listing, wanted)) found.push(listing)
      }
      return { listings: found, next: at < shelf.length ? (shelf[at - 1] ?? null) : null }
    },
    online(author) {
      away.delete(author)
      return [...(byAuthor.get(author) ?? [])]
    },
    offline(author) {
      const own = [...(byAuthor.get(author) ?? [])]
      if (own.length > 0) away.add(author)
      return own
    },
    get size() {
      return listings.size
    },
  }
}

const refuseFork = ({ rows, epoch }: SignedHead['head']): Result<never, RegistryFailure> =>
  fail('fork', `Another history with this author's signature is listed (${rows} rows, epoch ${epoch}).`)

const refuseOlder = ({ rows, epoch }: SignedHead['head']): Result<never, RegistryFailure> =>
  fail('older-head', `A head of ${rows} rows in epoch ${epoch} is listed; this one is older.`)

/** Fewer characters of an id or a key are more likely to be a word that is looked for. */
const MIN_ID_SEARCH = 8

const matches = ({ id, identity, words }: Listing, wanted: string): boolean =>
  words.includes(wanted) ||
  (wanted.length >= MIN_ID_SEARCH && (id.startsWith(wanted) || identity.author.startsWith(wanted)))

const wordsOf = ({ source, stream, target }: StreamIdentity): string => `${source}\n${stream}\n${target}`.toLowerCase()

/** Where `id` stands or belongs in ascending `ids`. */
const placeOf = (ids: readonly StreamId[], id: StreamId): number => {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ids[middle] ?? '') < id) low = middle + 1
    else high = middle
  }
  return low
}

const placeAfter = (ids: readonly StreamId[], id: StreamId): number => {
  const place = placeOf(ids, id)
  return ids[place] === id ? place + 1 : place
}
