/**
 * How much may be under way on a link: a window that adapts to delay. A fixed one is right nowhere — too large and the
 * channel below fills queues until it collapses (8.6 instead of 31 MiB/s on loopback, a tenth of the link on real
 * lines), too small and a long line stands idle. Pure: time comes in, the window goes out. SPEC, section L.
 */
export interface Pace {
  /** Bytes that may be unconsumed by the other side now. */
  readonly window: number
  /** The least delay measured lately, milliseconds; null: nothing has come back yet. */
  readonly leastMs: number | null
  /** Bytes up to `total` have been handed to the channel. */
  sent(total: number, now: number): void
  /** The sender had more to send than the window allowed: only then does a quiet round say that it may grow. */
  limited(): void
  /** The other side has consumed bytes up to `total`. */
  credited(total: number, now: number): void
}

export interface PaceConfig {
  readonly startBytes: number
  readonly floorBytes: number
  readonly ceilingBytes: number
}

/** Begins small: one slow line must not be hit by a burst before anything is known of it. */
export const PACE_DEFAULTS: PaceConfig = {
  startBytes: 64 * 1024,
  floorBytes: 64 * 1024,
  ceilingBytes: 1024 * 1024,
}

/** The window grows by this factor a round while it has never met a queue, then by a fixed step. Doubling overshoots (measured). */
const STARTUP_FACTOR = 1.5
const STEP_BYTES = 16 * 1024

/** A round whose least delay is below `base × 1.25 + 5 ms` met no queue; above `base × 1.6 + 15 ms` it met one. */
const CLEAR = { factor: 1.25, slackMs: 5 } as const
const QUEUED = { factor: 1.6, slackMs: 15 } as const
const SHRINK_FACTOR = 0.8

/** The least delay is forgotten after this long: the path may have changed under us, milliseconds. */
const BASE_MS = 10_000

interface Mark {
  readonly total: number
  readonly at: number
}

export const createPace = (config: PaceConfig = PACE_DEFAULTS): Pace => {
  const marks: Mark[] = []
  let window = config.startBytes
  let starting = true
  let sentTotal = 0
  let roundEnds = 0
  let roundLeast = Infinity
  let wasLimited = false
  let base = { delay: Infinity, at: 0 }
  let next = { delay: Infinity, at: 0 }

  /** A minimum over the last one to two periods: two buckets, so that nothing has to be kept per sample. */
  const observe = (delay: number, now: number): void => {
    roundLeast = Math.min(roundLeast, delay)
    next = { delay: Math.min(next.delay, delay), at: next.at === 0 ? now : next.at }
    if (now - next.at > BASE_MS) {
      base = next
      next = { delay, at: now }
    }
  }
  const leastDelay = (): number => Math.min(base.delay, next.delay)
  const endRound = (): void => {
    const least = leastDelay()
    if (roundLeast > least * QUEUED.factor + QUEUED.slackMs) {
      starting = false
      window = Math.max(config.floorBytes, window * SHRINK_FACTOR)
    } else if (roundLeast >= least * CLEAR.factor + CLEAR.slackMs) starting = false
    else if (wasLimited) window = Math.min(config.ceilingBytes, starting ? window * STARTUP_FACTOR : window + STEP_BYTES)
    roundEnds = sentTotal
    roundLeast = Infinity
    wasLimited = false
  }
  return {
    get window() {
      return Math.floor(window)
    },
    get leastMs() {
      const least = leastDelay()
      return Number.isFinite(least) ? least : null
    },
    sent: (total, now) => {
      sentTotal = total
      marks.push({ total, at: now })
    },
    limited: () => {
      wasLimited = true
    },
    credited: (total, now) => {
      let reached: Mark | undefined
      for (let mark = marks[0]; mark !== undefined && mark.total <= total; mark = marks[0]) reached = marks.shift()
      if (reached === undefined) return
      observe(now - reached.at, now)
      if (total >= roundEnds) endRound()
    },
  }
}
