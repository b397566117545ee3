import { clamp, warmRate, type Stateful } from './state.ts'

/** Share of rows that may fall outside. */
const MISS_TARGET = 0.1
/** Step of the adaptation (Gibbs & Candès 2021). */
const GAMMA = 0.02
/** A level ends here: the forecast is never outside. */
const MOST_ALPHA = 0.4
/** From this level on a side counts as idle: below the zeros of a count there is nothing to miss, however high the level. */
const IDLE_ALPHA = 0.2
/** Residuals remembered: enough for a 99 % quantile, few enough to follow a change. */
const WINDOW = 300

/** Until here the mean size may leap: before it, it may rest on nothing but rounding errors. */
const YOUNG_ROWS = 20

const FORMED_ROWS = 25
/** 90 % of residuals lie within this many mean |residuals|, and farther out while that mean rests on `count` of them (measured on the first rows of many streams). */
const USUAL_RATIO = 2.2
const FEW_RATIO = 4.5

const COUNT = 0
const SPREAD = 1
const ALPHA_LOW = 2
const ALPHA_HIGH = 3

/**
 * 90 % interval by adaptive conformal inference, one side at a time (5 % each): quantiles of the last signed residuals,
 * divided by their running mean size when they arrived and multiplied by its present one.
 */
export interface Interval extends Stateful {
  /** Writes [lower, upper] around `forecast`. */
  bounds(forecast: number): readonly [number, number]
  /** Learns that `forecast`, published with `lower` and `upper`, met `value`. */
  learn(forecast: number, lower: number, upper: number, value: number): void
}

export function createInterval(): Interval {
  const scalars = Float64Array.of(0, 0, MISS_TARGET / 2, MISS_TARGET / 2)
  const ring = new Float64Array(WINDOW)
  const sorted = new Float64Array(WINDOW)
  const size = () => Math.min(WINDOW, (scalars[COUNT] ?? 0))

  function remember(ratio: number): void {
    const slot = (scalars[COUNT] ?? 0) % WINDOW
    let held = size()
    if (held === WINDOW) {
      remove(sorted, held, (ring[slot] ?? 0))
      held--
    }
    insert(sorted, held, ratio)
    ring[slot] = ratio
    scalars[COUNT] = (scalars[COUNT] ?? 0) + 1
  }

  return {
    state: [scalars, ring, sorted],
    bounds(forecast) {
      const n = size()
      const spread = scalars[SPREAD] ?? 0
      if (n === 0 || spread <= 0) return [forecast, forecast]
      const low = young(n, quantile(sorted, n, scalars[ALPHA_LOW] ?? 0), -1)
      const high = young(n, quantile(sorted, n, 1 - (scalars[ALPHA_HIGH] ?? 0)), 1)
      return [forecast + Math.min(0, low * spread), forecast + Math.max(0, high * spread)]
    },
    learn(forecast, lower, upper, value) {
      const miss = significant(value - forecast, value)
      const count = scalars[COUNT] ?? 0
      const known = scalars[SPREAD] ?? 0
      const size = Math.abs(miss)
      const spread = known + warmRate(0.02, count + 1) * ((known > 0 && count >= YOUNG_ROWS ? Math.min(size, 20 * known) : size) - known)
      // Divided by the mean that already holds it: while that mean is young a ratio stays below the number of rows.
      remember(spread > 0 ? miss / spread : 0)
      scalars[SPREAD] = spread
      if (count < 5) return
      const low = scalars[ALPHA_LOW] ?? 0
      const high = scalars[ALPHA_HIGH] ?? 0
      scalars[ALPHA_LOW] = adapted(low, high, value < lower)
      scalars[ALPHA_HIGH] = adapted(high, low, value > upper)
    },
  }
}

/** The next level of a side: half of what may be missed is its own, and as much of the other half as the other side, idle, leaves (counts, 80 % zeros: coverage 0.947 → 0.896). */
function adapted(alpha: number, other: number, missed: boolean): number {
  const idle = clamp((other - IDLE_ALPHA) / (MOST_ALPHA - IDLE_ALPHA), 0, 1)
  return clamp(alpha + (GAMMA / 2) * ((MISS_TARGET / 2) * (1 + idle) - (missed ? 1 : 0)), -0.02, MOST_ALPHA)
}

/** A few residuals say little about their own tails, and may all lie on one side: until FORMED_ROWS a usual shape has its say. */
function young(count: number, ratio: number, side: number): number {
  if (count >= FORMED_ROWS) return ratio
  const usual = side * (USUAL_RATIO + FEW_RATIO / count)
  return usual + (count / FORMED_ROWS) * (ratio - usual)
}

/** What mixing equal forecasts loses to rounding is no miss: a mean size resting on it would take long to grow to real ones. */
function significant(miss: number, value: number): number {
  return Math.abs(miss) <= 1e-12 * Math.abs(value) ? 0 : miss
}

/** Conformal quantile; beyond the sample it widens by half its outermost distance rather than to infinity. */
function quantile(sorted: Float64Array, n: number, level: number): number {
  const place = level * (n + 1) - 1
  if (place < 0) return (sorted[0] ?? 0) * ((sorted[0] ?? 0) < 0 ? 1 + Math.min(0.5, -place) : 1)
  if (place > n - 1) return (sorted[n - 1] ?? 0) * ((sorted[n - 1] ?? 0) > 0 ? 1 + Math.min(0.5, place - n + 1) : 1)
  const below = Math.floor(place)
  return (sorted[below] ?? 0) + (place - below) * ((sorted[Math.min(n - 1, below + 1)] ?? 0) - (sorted[below] ?? 0))
}

function find(sorted: Float64Array, size: number, value: number): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

function insert(sorted: Float64Array, size: number, value: number): void {
  const place = find(sorted, size, value)
  sorted.copyWithin(place + 1, place, size)
  sorted[place] = value
}

function remove(sorted: Float64Array, size: number, value: number): void {
  const place = find(sorted, size, value)
  sorted.copyWithin(place, place + 1, size)
}
