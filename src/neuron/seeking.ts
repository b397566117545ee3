import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { RandomDep } from '../ports/random.ts'
import { OFFER_WAIT_MS } from '../protocol/limits.ts'

/** Offers accepted for one stream at a time: enough to fetch from several, not so many that a join dials a crowd. */
const MAX_SOURCES = 4

/** A stream nobody serves is asked for again after this, doubling up to the longest, milliseconds. */
const FIRST_SEEK_MS = 5_000
const LONGEST_SEEK_MS = 60_000

/** Streams of which somebody may have rows that are not here: when each is asked for again, and whose offers are taken. O(1) a step. */
export interface Seeking {
  /**
   * Asking again while it is under way does nothing. `joining`: the server is just announcing us, offers come by themselves; else they
   * are asked for at once.
   */
  seek(stream: StreamId, joining: boolean): void
  /** A likely source has come: what is sought is asked for soon instead of at its next turn. */
  hurry(stream: StreamId): void
  /** The stream is being fetched, complete, or no longer wanted. */
  settle(stream: StreamId): void
  /** Whether one more source is wanted for it, and this one may be it. */
  hasPlaceFor(stream: StreamId, from: PublicKey): boolean
  /** The offer was accepted. */
  accepted(stream: StreamId, from: PublicKey): void
  /** The server was lost or is back: nothing is sought. */
  reset(): void
}

export interface SeekingDeps extends ClockDep, RandomDep {
  readonly ask: (stream: StreamId) => void
  /** Whose stream it is, as far as is known: of its sources one place is the publisher's. */
  readonly authorOf: (stream: StreamId) => PublicKey | null
}

/** Kept when it is settled: whoever lets us down at once, again and again, is asked no sooner for that. */
interface Search {
  /** Whose offers were accepted since it was last asked: nobody is met twice for one question. */
  readonly accepted: Set<PublicKey>
  isActive: boolean
  askedAt: number | null
  delayMs: number
  cancel: () => void
}

export const createSeeking = ({ clock, random, ask, authorOf }: SeekingDeps): Seeking => {
  const searches = new Map<StreamId, Search>()
  const askAgain = (stream: StreamId, delayMs: number): void => {
    const search = searches.get(stream)
    if (search?.isActive !== true) return
    search.cancel()
    search.cancel = clock.after(Math.max(delayMs, restOf(search)), () => {
      search.accepted.clear()
      search.askedAt = clock.now()
      ask(stream)
      search.delayMs = Math.min(LONGEST_SEEK_MS, Math.max(FIRST_SEEK_MS, search.delayMs * 2))
      askAgain(stream, search.delayMs * (0.75 + random.next() / 2))
    })
  }
  /** How long a stream that was just asked for is not asked for again; a clock that was set back is nobody's reason to wait. */
  const restOf = ({ askedAt }: Search): number =>
    askedAt === null ? 0 : Math.min(FIRST_SEEK_MS, askedAt + FIRST_SEEK_MS - clock.now())
  const settle = (stream: StreamId): void => {
    const search = searches.get(stream)
    if (search === undefined) return
    search.cancel()
    search.isActive = false
  }
  /** Strangers that offer first do not get every place: the publisher keeps one. */
  const hasPlace = (stream: StreamId, { accepted }: Search, from: PublicKey): boolean => {
    const author = authorOf(stream)
    const kept = author === null || author === from || accepted.has(author) ? 0 : 1
    return accepted.size + kept < MAX_SOURCES && !accepted.has(from)
  }
  return {
    seek: (stream, joining) => {
      const known = searches.get(stream)
      if (known?.isActive === true) return
      const accepted = joining || known === undefined ? new Set<PublicKey>() : known.accepted
      searches.set(stream, { accepted, isActive: true, askedAt: known?.askedAt ?? null, delayMs: 0, cancel: () => undefined })
      askAgain(stream, joining ? OFFER_WAIT_MS : 0)
    },
    // Not all at once: everyone who waits for this publisher has just heard of it.
    hurry: (stream) => {
      askAgain(stream, random.next() * OFFER_WAIT_MS)
    },
    settle,
    hasPlaceFor: (stream, from) => {
      const search = searches.get(stream)
      return search?.isActive === true && hasPlace(stream, search, from)
    },
    accepted: (stream, from) => {
      searches.get(stream)?.accepted.add(from)
    },
    reset: () => {
      for (const stream of searches.keys()) settle(stream)
      searches.clear()
    },
  }
}
