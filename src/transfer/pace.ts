import type { Mutable } from '../base/mutable.ts'

/**
 * How much may be under way on a link: what the line carries in a time that is a little longer than its own round trip. A fixed
 * window is right nowhere — too large and the channel below fills queues until it collapses (8.6 instead of 31 MiB/s on loopback, a tenth
 * of the link on real lines), too small and a long line stands idle. Nor is the delay of a round by itself: a processor that others use too
 * delays rounds on an empty line (measured: a third of the rate was left). The best rate of the last second is the line's.
 * Pure: time comes in, the window goes out. SPEC, section L.
 */
export interface Pace {
  /** Bytes that may be unconsumed by the other side now. */
  readonly window: number
  /** The least delay measured lately, milliseconds; null: nothing has come back yet. */
  readonly leastMs: number | null
  /** Bytes up to `total` have been handed to the channel. */
  sent(total: number, now: number): void
  /** The sender had more to send than the window allowed: only then does a round say what the line can carry. */
  limited(): void
  /** The other side has consumed bytes up to `total`. */
  credited(total: number, now: number): void
}

/** Windows, in bytes. */
export interface PaceConfig {
  /** The least on a quick line, as long as the channel below has not shown what the line carries. */
  readonly startBytes: number
  /** The least, and the first. */
  readonly floorBytes: number
  readonly ceilingBytes: number
}

/** Begins small: one slow line must not be hit by a burst before anything is known of it. With the floor alone a line of 80 ms takes a second longer to fill (measured). */
export const PACE_DEFAULTS: PaceConfig = {
  startBytes: 192 * 1024,
  floorBytes: 64 * 1024,
  ceilingBytes: 1024 * 1024,
}

/** The window is the rate times so long: `least delay × 1.5 + 25 ms`. What is more than the least delay lies in queues and waits for processors. */
const ROOM = { factor: 1.5, slackMs: 25 } as const

/** In one round it becomes at most so much larger: doubling overshoots (measured). Smaller it becomes at once, or a queue would stand for seconds more (simulated). */
const GROWTH = 1.5

/** A credit within this time comes over a line on which a start is no burden, milliseconds: all of it is there in six seconds, before anybody is silent. */
const QUICK_MS = 500

/** A round that is not so much faster than the best before it has found what the line carries: the start is over (as BBR leaves its own). */
const FASTER = 1.25

/** The best rate is forgotten after one to two of these, the least delay after one to two of those, milliseconds: the path may have changed under us. */
const RATE_MS = 1_000
const BASE_MS = 10_000

/** Then, for one round, so much of what the line itself holds is under way: its queue runs empty, and the least delay shows again. */
const DRAINED = 0.75

/** What a clock can tell, milliseconds. */
const GRAIN_MS = 1

/** A frame under way, and what was known when it was sent. */
interface Mark {
  readonly total: number
  readonly at: number
  readonly acknowledged: number
  /** When the frame was sent whose credit had come last. */
  readonly previousAt: number
}

export const createPace = (config: PaceConfig = PACE_DEFAULTS): Pace => {
  const marks: Mark[] = []
  const delays = createBest(Math.min, Infinity, BASE_MS)
  const rates = createBest(Math.max, 0, RATE_MS)
  let window = config.floorBytes
  let isDrainDue = false
  let isStarting = true
  let leastBytes = config.floorBytes
  let sentTotal = 0
  let last = { acknowledged: 0, previousAt: 0 }
  let round = { ends: 0, rate: 0, isLimited: false }

  const become = (bytes: number): void => {
    window = Math.min(config.ceilingBytes, Math.max(leastBytes, bytes))
    pace.window = Math.floor(window)
  }
  // The channel below begins slowly too: its first rates say nothing of the line yet.
  const start = (delayMs: number): void => {
    if (!isStarting || delayMs >= QUICK_MS) return
    leastBytes = config.startBytes
    become(window)
  }
  const adapt = (now: number): void => {
    isStarting &&= round.rate > rates.best * FASTER
    if (!isStarting) leastBytes = config.floorBytes
    rates.see(round.rate, now)
    const wanted = rates.best * (delays.best * ROOM.factor + ROOM.slackMs)
    const next = Math.min(window * GROWTH, wanted)
    become(isDrainDue ? Math.min(next, rates.best * delays.best * DRAINED) : next)
    isDrainDue = false
  }
  const endRound = (now: number): void => {
    if (round.isLimited) adapt(now)
    round = { ends: sentTotal, rate: 0, isLimited: false }
  }
  const pace: Mutable<Pace> = {
    window: Math.floor(window),
    leastMs: null,
    sent: (total, now) => {
      sentTotal = total
      marks.push({ total, at: now, ...last })
    },
    limited: () => {
      round.isLimited = true
    },
    credited: (total, now) => {
      let reached: Mark | undefined
      for (let mark = marks[0]; mark !== undefined && mark.total <= total; mark = marks[0]) reached = marks.shift()
      if (reached === undefined) return
      round.rate = Math.max(round.rate, rateOf(reached, total, now))
      if (delays.see(now - reached.at, now)) isDrainDue = true
      pace.leastMs = Number.isFinite(delays.best) ? delays.best : null
      start(now - reached.at)
      last = { acknowledged: total, previousAt: reached.at }
      if (total > round.ends) endRound(now)
    },
  }
  return pace
}

/**
 * Bytes a millisecond from when a frame was sent to its credit, or, where that was longer, over the time in which these bytes had been sent:
 * credit that was held up and then comes all at once is no faster line (as BBR, draft-cardwell-iccrg-bbr-congestion-control). Without it
 * a receiver that stands still now and then has the window grow until queues drop (simulated).
 */
const rateOf = (mark: Mark, total: number, now: number): number =>
  (total - mark.acknowledged) / Math.max(GRAIN_MS, now - mark.at, mark.at - mark.previousAt)

/** The best of the last one to two periods: two buckets, so that nothing has to be kept per sample. */
interface Best {
  readonly best: number
  /** Answers whether a period has ended. */
  see(sample: number, now: number): boolean
}

const createBest = (better: (a: number, b: number) => number, none: number, periodMs: number): Best => {
  let before = none
  let since = { best: none, at: -Infinity }
  const best: Mutable<Best> = {
    best: none,
    see: (sample, now) => {
      since = { best: better(since.best, sample), at: since.at === -Infinity ? now : since.at }
      const isOver = now - since.at > periodMs
      if (isOver) {
        before = since.best
        since = { best: sample, at: now }
      }
      best.best = better(before, since.best)
      return isOver
    },
  }
  return best
}
