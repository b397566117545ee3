import { createClock } from './clock.ts'
import { HISTORY_ROWS } from './history.ts'
import { MAX_PERIOD_ROWS, MAX_PERIODS } from './periods.ts'
import { clamp, insertSorted, warmRate, type Stateful } from './state.ts'

const MASK = HISTORY_ROWS - 1
const RECENT = 10
const MEAN_RATES = [0.4, 0.12, 0.03, 0.006]
const PER_PERIOD = 9
const PER_CLOCK = 2
const PROFILE_STRIDE = MAX_PERIOD_ROWS + 1
const BASE = 1 + RECENT + MEAN_RATES.length + 5
/** Steps before the recent ones: worth it on some streams, a burden on others, so that only challengers are given them. */
const OLDER = 14

/** Most features a regression can be given. */
export const MAX_FEATURES = BASE + PER_PERIOD * MAX_PERIODS + OLDER

// scalars: count, running mean |difference|, decaying maximum, decaying minimum
const COUNT = 0
const SCALE = 1
const HIGH = 2
const LOW = 3

/**
 * One view of the stream (its values, or their logarithms) as features for the next difference. Everything is divided by the
 * running mean |difference|, so the unit of the stream does not matter, and zero means "as naive".
 */
export interface Frame extends Stateful {
  /** Features for the next row: `dim()` usual ones, and older steps up to `fullDim()`. */
  readonly x: Float64Array
  dim(): number
  fullDim(): number
  /** Running mean |difference|, the unit of features and targets; 0 while the stream has not moved. */
  scale(): number
  last(): number
  push(value: number, time: number): void
  /** Limits a forecast to where the stream has been of late, and a little beyond. */
  cap(forecast: number): number
  /** Forgets everything; later rows are seen with these periods. */
  clear(periods: readonly number[]): void
}

export function createFrame(): Frame {
  const ring = new Float64Array(HISTORY_ROWS)
  const scalars = new Float64Array(4)
  const means = new Float64Array(MEAN_RATES.length)
  const periods = new Float64Array(MAX_PERIODS)
  const bases = new Float64Array(MAX_PERIODS)
  const profiles = new Float64Array(MAX_PERIODS * PROFILE_STRIDE)
  const x = new Float64Array(MAX_FEATURES)
  const sorted = new Float64Array(RECENT + 1)
  const clocks = Array.from({ length: MAX_PERIODS }, createClock)
  const state = [ring, scalars, means, periods, bases, profiles, x, ...clocks.flatMap((clock) => clock.state)]
  const count = () => scalars[COUNT] ?? 0
  const level = (lag: number) => ring[(count() - 1 - lag) & MASK] ?? 0
  const known = (lag: number) => lag < Math.min(count(), HISTORY_ROWS)

  function width(): number {
    let inputs = BASE
    for (let p = 0; p < MAX_PERIODS; p++) inputs += (periods[p] ?? 0) > 0 ? PER_PERIOD : (periods[p] ?? 0) < 0 ? PER_CLOCK : 0
    return inputs
  }

  function follow(value: number, time: number): void {
    const n = count()
    if (n > 0) {
      const step = Math.abs(value - level(0))
      const scale = scalars[SCALE] ?? 0
      // A jump counts as at most 20 usual steps: the unit must not be owned by one row.
      scalars[SCALE] = scale + warmRate(0.01, n) * ((scale > 0 ? Math.min(step, 20 * scale) : step) - scale)
    }
    scalars[HIGH] = n === 0 ? value : Math.max(value, (scalars[HIGH] ?? 0) + 0.002 * (value - (scalars[HIGH] ?? 0)))
    scalars[LOW] = n === 0 ? value : Math.min(value, (scalars[LOW] ?? 0) + 0.002 * (value - (scalars[LOW] ?? 0)))
    for (let i = 0; i < means.length; i++) means[i] = (means[i] ?? 0) + warmRate(MEAN_RATES[i] ?? 0, n + 1) * (value - (means[i] ?? 0))
    for (let p = 0; p < MAX_PERIODS; p++) {
      if ((periods[p] ?? 0) > 0) followProfile(p, value, n)
      else if ((periods[p] ?? 0) < 0) clocks[p]?.push(value, time)
    }
    ring[n & MASK] = value
    scalars[COUNT] = n + 1
  }

  function followProfile(p: number, value: number, n: number): void {
    const rows = periods[p] ?? 0
    bases[p] = (bases[p] ?? 0) + warmRate(1 / rows, n + 1) * (value - (bases[p] ?? 0))
    const slot = p * PROFILE_STRIDE + (n % rows)
    const rounds = Math.floor(n / rows) + 1
    profiles[slot] = (profiles[slot] ?? 0) + warmRate(0.15, rounds) * (value - (bases[p] ?? 0) - (profiles[slot] ?? 0))
  }

  /** Amounts first, in the stream's unit; each `put…` begins at a place of `x` and answers the next. */
  function describe(): void {
    const scale = scalars[SCALE] ?? 0
    x.fill(0)
    if (scale <= 0) return
    const now = level(0)
    let next = putSteps(1, 0, 4)
    for (let i = 0; i < means.length; i++) x[next++] = (means[i] ?? 0) - now
    next = putSteps(next, 4, RECENT)
    next = putShape(next, now, scale)
    for (let p = 0; p < MAX_PERIODS; p++) {
      if ((periods[p] ?? 0) > 0) next = putSeason(next, p, now)
      else if ((periods[p] ?? 0) < 0) next = putClock(next, p, now)
    }
    next = putSteps(next, RECENT, RECENT + OLDER)
    for (let i = 1; i < next; i++) x[i] = (x[i] ?? 0) / scale
    x[0] = 0.2
  }

  /** The steps that led to the values `from` to, not including, `to` rows back; 0 where they are not known. */
  function putSteps(at: number, from: number, to: number): number {
    const newest = (count() - 1) & MASK
    for (let lag = from; lag < to && known(lag + 1); lag++) {
      x[at + lag - from] = (ring[(newest - lag) & MASK] ?? 0) - (ring[(newest - lag - 1) & MASK] ?? 0)
    }
    return at + to - from
  }

  /** What lines cannot say: medians and extremes of the last rows, and the last step without its tail. */
  function putShape(next: number, now: number, scale: number): number {
    const size = Math.min(10, count())
    let high = now
    let low = now
    for (let k = 1; k < size; k++) {
      high = Math.max(high, level(k))
      low = Math.min(low, level(k))
    }
    x[next] = known(2) ? windowMedian(3) - now : 0
    x[next + 1] = known(6) ? windowMedian(7) - now : 0
    x[next + 2] = high - now
    x[next + 3] = low - now
    x[next + 4] = known(1) ? clamp(now - level(1), -scale, scale) : 0
    return next + 5
  }

  function windowMedian(size: number): number {
    for (let k = 0; k < size; k++) insertSorted(sorted, k, level(k))
    return sorted[size >> 1] ?? 0
  }

  function putClock(next: number, p: number, now: number): number {
    const upcoming = clocks[p]?.upcoming() ?? 0
    x[next] = upcoming - now
    x[next + 1] = upcoming - (clocks[p]?.current() ?? 0)
    return next + PER_CLOCK
  }

  /** What the cycle did around this place last time and the time before, and what it does on average. */
  function putSeason(next: number, p: number, now: number): number {
    const rows = periods[p] ?? 0
    const n = count()
    x[next] = known(rows - 1) ? level(rows - 1) - now : 0
    putSteps(next + 1, rows - 3, rows + 2)
    putSteps(next + 6, 2 * rows - 1, 2 * rows)
    const upcoming = profiles[p * PROFILE_STRIDE + (n % rows)] ?? 0
    const current = profiles[p * PROFILE_STRIDE + ((n - 1) % rows)] ?? 0
    x[next + 7] = n >= rows ? (bases[p] ?? 0) + upcoming - now : 0
    x[next + 8] = n > rows ? upcoming - current : 0
    return next + PER_PERIOD
  }

  return {
    state, x,
    dim: width,
    fullDim: () => width() + OLDER,
    scale: () => scalars[SCALE] ?? 0,
    last: () => level(0),
    push(value, time) {
      follow(value, time)
      describe()
    },
    cap(forecast) {
      const room = 2 * (scalars[SCALE] ?? 0)
      return clamp(forecast, (scalars[LOW] ?? 0) - room, (scalars[HIGH] ?? 0) + room)
    },
    clear(rows) {
      for (const array of state) array.fill(0)
      rows.slice(0, MAX_PERIODS).forEach((period, p) => {
        periods[p] = period
        clocks[p]?.clear(Math.max(0, -period))
      })
    },
  }
}
