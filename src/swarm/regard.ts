import type { Random } from '../base/random.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { Pauses } from './config.ts'

/** What a peer did counts half as much after this long, milliseconds: liking and blame both fade. */
const HALF_LIFE_MS = 600_000

/** Of the score: a failed dial or a lost link, and a cut or a bad page, in doublings of what a good peer brings. */
const FAILURE_WEIGHT = 1
const LIE_WEIGHT = 6

interface Regarded {
  /** Verified pages, failures and lies, faded. */
  pages: number
  failures: number
  lies: number
  weighedAt: number
  bytesPerSecond: number
  rttMs: number | null
  /** It is left alone until then; the last time for so long. */
  restUntil: number
  restMs: number
  failedMeetings: number
}

/** What is thought of peers: whom to dial before whom, and whom not yet. A bounded table, whoever turns up. */
export interface Regard {
  score(peer: PublicKey): number
  isResting(peer: PublicKey): boolean
  /** Dials by rendezvous that have failed since the last one that did not. */
  failedMeetings(peer: PublicKey): number
  verified(peer: PublicKey, pages: number, bytesPerSecond: number, rttMs: number | null): void
  lied(peer: PublicKey): void
  /** It is left alone for a while, each time in a row for twice as long, but for chance; `atLeastMs` the first time. */
  failed(peer: PublicKey, pauses: Pauses, atLeastMs?: number): void
  /** It is left alone for so long, for no fault of its own. */
  pause(peer: PublicKey, ms: number): void
  meetingFailed(peer: PublicKey): void
  /** A meeting led to a link. */
  meetingHeld(peer: PublicKey): void
  /** The other way has failed too: the rendezvous gets another try. */
  meetAgain(peer: PublicKey): void
  /** It has just come: it rests no longer than this, by chance less (everyone who lost it has heard so now), but what comes next is as before. */
  returned(peer: PublicKey, atMostMs: number): void
  /** It is there: what was held against its absence is over. */
  steady(peer: PublicKey): void
  /** It was our own network that was away. */
  forgiveAll(): void
}

export const createRegard = (now: () => number, random: Random, most: number, isHeld: (peer: PublicKey) => boolean): Regard => {
  const table = new Map<PublicKey, Regarded>()
  const of = (peer: PublicKey): Regarded => {
    const known = table.get(peer)
    const regarded = known ?? { pages: 0, failures: 0, lies: 0, weighedAt: now(), bytesPerSecond: 0, rttMs: null, restUntil: 0, restMs: 0, failedMeetings: 0 }
    table.delete(peer)
    table.set(peer, regarded)
    if (table.size > most) evict()
    return fade(regarded)
  }
  /** The one that was heard of longest ago and is not linked; O(links). */
  const evict = (): void => {
    for (const peer of table.keys()) {
      if (isHeld(peer)) continue
      table.delete(peer)
      return
    }
  }
  const fade = (regarded: Regarded): Regarded => {
    const left = 0.5 ** ((now() - regarded.weighedAt) / HALF_LIFE_MS)
    regarded.pages *= left
    regarded.failures *= left
    regarded.lies *= left
    regarded.weighedAt = now()
    return regarded
  }
  return {
    score: (peer) => {
      const known = table.get(peer)
      if (known === undefined) return 0
      const { pages, failures, lies, bytesPerSecond, rttMs } = fade(known)
      const brings = Math.log2(1 + pages) + Math.log2(1 + bytesPerSecond / 1024) / 2
      return brings - (rttMs ?? 0) / 200 - failures * FAILURE_WEIGHT - lies * LIE_WEIGHT
    },
    isResting: (peer) => (table.get(peer)?.restUntil ?? 0) > now(),
    failedMeetings: (peer) => table.get(peer)?.failedMeetings ?? 0,
    verified: (peer, pages, bytesPerSecond, rttMs) => {
      const regarded = of(peer)
      regarded.pages += pages
      // Of a link that brings nothing just now nothing is learnt of its rate.
      if (pages > 0) regarded.bytesPerSecond = (regarded.bytesPerSecond + bytesPerSecond) / 2
      regarded.rttMs = rttMs ?? regarded.rttMs
    },
    lied: (peer) => {
      of(peer).lies += 1
    },
    failed: (peer, { firstMs, longestMs }, atLeastMs = 0) => {
      const regarded = of(peer)
      regarded.failures += 1
      regarded.restMs = Math.min(longestMs, Math.max(atLeastMs, regarded.restMs === 0 ? firstMs : regarded.restMs * 2))
      regarded.restUntil = now() + regarded.restMs * (1 + random.next() / 2)
    },
    pause: (peer, ms) => {
      const regarded = of(peer)
      regarded.restUntil = Math.max(regarded.restUntil, now() + ms)
    },
    meetingFailed: (peer) => {
      of(peer).failedMeetings += 1
    },
    meetingHeld: (peer) => {
      const known = table.get(peer)
      if (known !== undefined) known.failedMeetings = 0
    },
    meetAgain: (peer) => {
      const regarded = of(peer)
      regarded.failedMeetings = Math.min(regarded.failedMeetings, 1)
    },
    returned: (peer, atMostMs) => {
      const known = table.get(peer)
      if (known !== undefined) known.restUntil = Math.min(known.restUntil, now() + random.next() * atMostMs)
    },
    steady: (peer) => {
      const known = table.get(peer)
      if (known !== undefined) Object.assign(known, { restUntil: 0, restMs: 0, failedMeetings: 0 })
    },
    forgiveAll: () => {
      for (const regarded of table.values()) Object.assign(regarded, { restUntil: 0, restMs: 0, failedMeetings: 0 })
    },
  }
}
