import { HISTORY_ROWS } from './history.ts'
import type { Panel } from './panel.ts'
import { warmRate } from './state.ts'

const MASK = HISTORY_ROWS - 1

/** The value one cycle ago, for the first period. */
export function createSeasonalNaive(): Panel {
  const ring = new Float64Array(HISTORY_ROWS)
  const scalars = new Float64Array(2) // count, period
  const state = [ring, scalars]
  return {
    names: ['seasonal naive'],
    state,
    push(value) {
      ring[(scalars[0] ?? 0) & MASK] = value
      scalars[0] = (scalars[0] ?? 0) + 1
    },
    write(out, offset) {
      const count = scalars[0] ?? 0
      const period = scalars[1] ?? 0
      const lag = period > 0 && count >= period ? period : 1
      out[offset] = ring[(count - lag) & MASK] ?? 0
    },
    restart(periods) {
      for (const array of state) array.fill(0)
      scalars[1] = periods[0] ?? 0
    },
  }
}

const LEVEL_RATES = [0.1, 0.3, 0.6, 0.9]
const SEASON_RATES = [0.05, 0.15, 0.35]
/** Longer cycles are left to the regressions: twelve profiles of a week of minutes would not fit a small state. */
const MAX_ROWS = 512

/** Additive Holt-Winters without trend, twelve rate pairs in parallel; forecasts as the one with the least discounted error. */
export function createHoltWinters(): Panel {
  const size = LEVEL_RATES.length * SEASON_RATES.length
  const levels = new Float64Array(size)
  const errors = new Float64Array(size)
  const profiles = new Float64Array(size * MAX_ROWS)
  const scalars = new Float64Array(2) // count, period
  const state = [levels, errors, profiles, scalars]
  const season = (i: number) => i * MAX_ROWS + ((scalars[0] ?? 0) % Math.max(1, (scalars[1] ?? 0)))

  function learn(value: number, i: number): void {
    const count = scalars[0] ?? 0
    const slot = season(i)
    const miss = count === 0 ? 0 : value - (levels[i] ?? 0) - (profiles[slot] ?? 0)
    errors[i] = 0.995 * (errors[i] ?? 0) + Math.abs(miss)
    const rate = LEVEL_RATES[Math.floor(i / SEASON_RATES.length)] ?? 1
    levels[i] = count === 0 ? value : (levels[i] ?? 0) + rate * miss
    const round = Math.floor(count / Math.max(1, (scalars[1] ?? 0))) + 1
    const share = warmRate(SEASON_RATES[i % SEASON_RATES.length] ?? 0, round + 1)
    profiles[slot] = (profiles[slot] ?? 0) + share * (1 - rate * 0.5) * miss
  }

  return {
    names: ['Holt-Winters'],
    state,
    push(value) {
      if ((scalars[1] ?? 0) === 0) {
        levels[0] = value
        return
      }
      for (let i = 0; i < size; i++) learn(value, i)
      scalars[0] = (scalars[0] ?? 0) + 1
    },
    write(out, offset) {
      let best = 0
      for (let i = 1; i < size; i++) if ((errors[i] ?? 0) < (errors[best] ?? 0)) best = i
      out[offset] = (scalars[1] ?? 0) === 0 ? (levels[0] ?? 0) : (levels[best] ?? 0) + (profiles[season(best)] ?? 0)
    },
    restart(periods) {
      for (const array of state) array.fill(0)
      scalars[1] = periods.find((rows) => rows <= MAX_ROWS) ?? 0
    },
  }
}
