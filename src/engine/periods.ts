import { DAYS_OF_WEEK, HOURS_OF_DAY, HOURS_OF_WEEK } from './clock.ts'
import type { History } from './history.ts'
import { clamp } from './state.ts'

/** Cycles that streams inherit from clock and calendar, in microseconds, most telling first. */
const NATURAL_CYCLES = [86_400e6, 604_800e6, 31_557_600e6, 3_600e6, 60e6]

/** At most this many cycles are modelled: each costs features in every regression of every row. */
export const MAX_PERIODS = 3

/** Longest cycle in rows: half the history, so that it can be seen twice. */
export const MAX_PERIOD_ROWS = 2047

const DAY = 86_400e6
const CLOCKS = [HOURS_OF_DAY, HOURS_OF_WEEK, DAYS_OF_WEEK]

/** From here on rows are not counted but placed on the clock: 0.86 → 0.73 of naive on jittered daily cycles, 0.80 → 0.77 on road occupancy (measured). */
const IRREGULAR = 0.15

const MIN_PERIOD_ROWS = 4
const SEARCH_ROWS = 2048
/** A peak of the autocorrelation counts from here; white noise stays below 3 / √n. */
const MIN_PEAK = 0.2

/**
 * Cycles, at most MAX_PERIODS: the two most telling natural ones that the cadence suggests and the history is
 * long enough to show, then the strongest one found in the data, then further natural ones.
 */
export function choosePeriods(history: History): number[] {
  const found = strongestPeriod(history)
  const natural = history.irregularity() > IRREGULAR ? clocks(history) : naturalPeriods(history)
  const chosen: number[] = []
  for (const period of [...natural.slice(0, 2), ...(found > 0 ? [found] : []), ...natural.slice(2)]) {
    const known = chosen.some((other) => Math.abs(other - period) <= Math.max(1, 0.02 * other))
    if (!known && chosen.length < MAX_PERIODS) chosen.push(period)
  }
  return chosen
}

/** In words, for people. */
export function periodName(period: number): string {
  if (period === HOURS_OF_DAY) return 'hour of day'
  if (period === HOURS_OF_WEEK) return 'hour of week'
  return period === DAYS_OF_WEEK ? 'day of week' : `${String(period)} rows`
}

/** Rows at no fixed pace: the clock itself, where the history shows it turn and rows are dense enough to tell its hours or days. */
function clocks(history: History): number[] {
  const gap = history.medianGap()
  const span = history.time(0) - history.time(history.size() - 1)
  if (gap <= 0) return []
  return CLOCKS.filter((slots) => {
    if (slots === HOURS_OF_DAY) return span > 1.5 * DAY && gap < DAY / 8
    if (slots === HOURS_OF_WEEK) return span > 14 * DAY && gap < DAY
    return span > 14 * DAY && gap > DAY / 8 && gap < 1.75 * DAY
  })
}

function naturalPeriods(history: History): number[] {
  const gap = history.medianGap()
  if (gap <= 0) return []
  return NATURAL_CYCLES.map((cycle) => Math.round(cycle / gap))
    .filter((rows) => rows >= MIN_PERIOD_ROWS && rows <= MAX_PERIOD_ROWS && history.size() >= 1.3 * rows + 8)
}

/** Lag of the highest peak in the autocorrelation of the clipped differences, 0 when none stands out. */
function strongestPeriod(history: History): number {
  const signal = clippedDifferences(history)
  const n = signal.length
  if (n < 24) return 0
  const longest = Math.min(MAX_PERIOD_ROWS, Math.floor(n / 3))
  const r = autocorrelation(signal, longest)
  const floor = Math.max(MIN_PEAK, 3 / Math.sqrt(n))
  let best = 0
  let height = floor
  for (let lag = MIN_PERIOD_ROWS; lag < longest; lag++) {
    const here = r[lag] ?? 0
    // A multiple of the cycle is as high as the cycle: a longer lag must be clearly better.
    if (here > height && here >= (r[lag - 1] ?? 0) && here >= (r[lag + 1] ?? 0)) {
      best = lag
      height = here * 1.1
    }
  }
  return best
}

function clippedDifferences(history: History): Float64Array {
  const n = Math.max(0, Math.min(SEARCH_ROWS, history.size() - 1))
  const signal = new Float64Array(n)
  let total = 0
  for (let i = 0; i < n; i++) {
    const step = history.value(n - 1 - i) - history.value(n - i)
    signal[i] = step
    total += Math.abs(step) / n
  }
  return signal.map((step) => (total > 0 ? clamp(step / total, -4, 4) : 0))
}

function autocorrelation(signal: Float64Array, longest: number): Float64Array {
  const r = new Float64Array(longest + 1)
  for (let lag = 0; lag <= longest; lag++) {
    let sum = 0
    for (let i = lag; i < signal.length; i++) sum += (signal[i] ?? 0) * (signal[i - lag] ?? 0)
    r[lag] = sum
  }
  const power = r[0] ?? 0
  return r.map((sum) => (power > 0 ? sum / power : 0))
}
