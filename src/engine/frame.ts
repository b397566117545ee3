import { createClock, type Clock } from './clock.ts'
import { HISTORY_ROWS } from './history.ts'
import { MAX_PERIOD_ROWS, MAX_PERIODS } from './periods.ts'
import { clamp, warmRate, type Stateful } from './state.ts'

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
  const periodCount = () => periods.reduce((sum, rows) => sum + (rows !== 0 ? 1 : 0), 0)
  const width = () => periods.reduce((sum, rows) => sum + (rows > 0 ? PER_PERIOD : rows < 0 ? PER_CLOCK : 0), BASE)

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
    MEAN_RATES.forEach((rate, i) => { means[i] = (means[i] ?? 0) + warmRate(rate, n + 1) * (value - (means[i] ?? 0)) })
    for (let p = 0; p < periodCount(); p++) {
      if ((periods[p] ?? 0) > 0) followProfile(p, value, n)
      else clocks[p]?.push(value, time)
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

  function describe(): void {
    const scale = scalars[SCALE] ?? 0
    x.fill(0)
    if (scale <= 0) return
    const now = level(0)
    let next = 0
    const put = (amount: number) => { x[next++] = amount / scale }
    x[next++] = 0.2
    for (let k = 0; k < 4; k++) put(known(k + 1) ? level(k) - level(k + 1) : 0)
    for (let i = 0; i < MEAN_RATES.length; i++) put((means[i] ?? 0) - now)
    for (let k = 4; k < RECENT; k++) put(known(k + 1) ? level(k) - level(k + 1) : 0)
    putShape(put, now, scale)
    for (let p = 0; p < periodCount(); p++) {
      const clock = clocks[p]
      if ((periods[p] ?? 0) > 0) putSeason(put, p, now)
      else if (clock !== undefined) putClock(put, clock, now)
    }
    for (let k = RECENT; k < RECENT + OLDER; k++) put(known(k + 1) ? level(k) - level(k + 1) : 0)
  }

  /** What lines cannot say: medians and extremes of the last rows, and the last step without its tail. */
  function putShape(put: (amount: number) => void, now: number, scale: number): void {
    put(known(2) ? windowMedian(3) - now : 0)
    put(known(6) ? windowMedian(7) - now : 0)
    const size = Math.min(10, count())
    let high = now
    let low = now
    for (let k = 1; k < size; k++) {
      high = Math.max(high, level(k))
      low = Math.min(low, level(k))
    }
    put(high - now)
    put(low - now)
    put(known(1) ? clamp(now - level(1), -scale, scale) : 0)
  }

  function windowMedian(size: number): number {
    for (let k = 0; k < size; k++) {
      const value = level(k)
      let slot = k
      for (; slot > 0 && (sorted[slot - 1] ?? 0) > value; slot--) sorted[slot] = sorted[slot - 1] ?? 0
      sorted[slot] = value
    }
    return sorted[size >> 1] ?? 0
  }

  function putClock(put: (amount: number) => void, clock: Clock, now: number): void {
    put(clock.upcoming() - now)
    put(clock.upcoming() - clock.current())
  }

  /** What the cycle did around this place last time and the time before, and what it does on average. */
  function putSeason(put: (amount: number) => void, p: number, now: number): void {
    const rows = periods[p] ?? 0
    const n = count()
    const step = (lag: number) => put(known(lag + 1) ? level(lag) - level(lag + 1) : 0)
    put(known(rows - 1) ? level(rows - 1) - now : 0)
    for (let lag = rows - 3; lag <= rows + 1; lag++) step(lag)
    step(2 * rows - 1)
    const upcoming = profiles[p * PROFILE_STRIDE + (n % rows)] ?? 0
    const current = profiles[p * PROFILE_STRIDE + ((n - 1) % rows)] ?? 0
    put(n >= rows ? (bases[p] ?? 0) + upcoming - now : 0)
    put(n > rows ? upcoming - current : 0)
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
