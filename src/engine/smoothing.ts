import type { Panel } from './panel.ts'
import { insertSorted, warmRate } from './state.ts'

const SES_RATES = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
const HOLT_LEVELS = [0.2, 0.4, 0.6, 0.8, 1]
const HOLT_TRENDS = [0.02, 0.05, 0.1, 0.3]
const HOLT_DAMPING = [0.8, 0.9, 0.98]
/** How slowly a bank's record of errors fades: its leader is the best of about the last 100 rows. */
const FADE = 0.99

/** Simple exponential smoothing at twelve rates; the forecast is that of the rate with the least discounted error. */
export function createSes(): Panel {
  const levels = new Float64Array(SES_RATES.length)
  const errors = new Float64Array(SES_RATES.length)
  const counter = new Float64Array(1)
  return {
    names: ['exponential smoothing'],
    state: [levels, errors, counter],
    push(value) {
      const n = counter[0] ?? 0
      SES_RATES.forEach((rate, i) => {
        const miss = n === 0 ? 0 : value - (levels[i] ?? 0)
        errors[i] = FADE * (errors[i] ?? 0) + Math.abs(miss)
        levels[i] = n === 0 ? value : (levels[i] ?? 0) + warmRate(rate, n + 1) * miss
      })
      counter[0] = n + 1
    },
    write: (out, offset) => { out[offset] = (levels[leader(errors)] ?? 0) },
  }
}

/** Damped trend smoothing (Gardner & McKenzie 1985) at every combination of level, trend and damping. */
export function createHolt(): Panel {
  const size = HOLT_LEVELS.length * HOLT_TRENDS.length * HOLT_DAMPING.length
  const levels = new Float64Array(size)
  const trends = new Float64Array(size)
  const errors = new Float64Array(size)
  const counter = new Float64Array(1)
  const damping = (i: number) => HOLT_DAMPING[i % HOLT_DAMPING.length] ?? 1
  const rates = Array.from({ length: size }, (_, i) => ({
    level: HOLT_LEVELS[Math.floor(i / (HOLT_DAMPING.length * HOLT_TRENDS.length))] ?? 1,
    trend: HOLT_TRENDS[Math.floor(i / HOLT_DAMPING.length) % HOLT_TRENDS.length] ?? 0,
    damping: damping(i),
  }))
  return {
    names: ['damped trend'],
    state: [levels, trends, errors, counter],
    push(value) {
      const first = (counter[0] ?? 0) === 0
      rates.forEach((rate, i) => {
        const drift = rate.damping * (trends[i] ?? 0)
        const miss = first ? 0 : value - (levels[i] ?? 0) - drift
        errors[i] = FADE * (errors[i] ?? 0) + Math.abs(miss)
        levels[i] = first ? value : (levels[i] ?? 0) + drift + rate.level * miss
        trends[i] = drift + rate.level * rate.trend * miss
      })
      counter[0] = (counter[0] ?? 0) + 1
    },
    write(out, offset) {
      const best = leader(errors)
      out[offset] = (levels[best] ?? 0) + damping(best) * (trends[best] ?? 0)
    },
  }
}

// moments of (row number, value relative to the first value), all discounted
const THETA_FADE = 0.998

/** Theta (Assimakopoulos & Nikolopoulos 2000): smoothing plus half the slope of a (discounted) least-squares line. */
export function createTheta(): Panel {
  const s = new Float64Array(8) // weight, Σk, Σk², Σy, Σky, level, count, first value
  return {
    names: ['theta'],
    state: [s],
    push(value) {
      const n = s[6] ?? 0
      if (n === 0) { s[7] = value; s[5] = value }
      // Every older row steps back by one, so that the newest always sits at 0 and sums stay small.
      const w = (s[0] ?? 0), k = (s[1] ?? 0), y = s[3] ?? 0
      const shifted = (s[2] ?? 0) - 2 * k + w
      const y0 = value - (s[7] ?? 0)
      s[4] = THETA_FADE * ((s[4] ?? 0) - y)
      s[2] = THETA_FADE * shifted
      s[1] = THETA_FADE * (k - w)
      s[0] = THETA_FADE * w + 1
      s[3] = THETA_FADE * y + y0
      s[5] = (s[5] ?? 0) + 0.6 * (value - (s[5] ?? 0))
      s[6] = n + 1
    },
    write: (out, offset) => { out[offset] = (s[5] ?? 0) + 0.5 * slope(s) },
  }
}

function slope(s: Float64Array): number {
  const w = s[0] ?? 0
  const spread = (s[2] ?? 0) * w - (s[1] ?? 0) ** 2
  return (s[6] ?? 0) < 8 || spread <= 0 ? 0 : ((s[4] ?? 0) * w - (s[1] ?? 0) * (s[3] ?? 0)) / spread
}

const MEDIAN_SIZES = [3, 5, 9]
const MEDIAN_ROWS = 9

/** Median of the last 3, 5 or 9 rows, whichever has erred least lately. */
export function createMedian(): Panel {
  const ring = new Float64Array(MEDIAN_ROWS)
  const errors = new Float64Array(MEDIAN_SIZES.length)
  const forecasts = new Float64Array(MEDIAN_SIZES.length)
  const sorted = new Float64Array(MEDIAN_ROWS) // scratch
  const counter = new Float64Array(1)
  return {
    names: ['rolling median'],
    state: [ring, errors, forecasts, counter],
    push(value) {
      const n = counter[0] ?? 0
      ring[n % MEDIAN_ROWS] = value
      counter[0] = n + 1
      MEDIAN_SIZES.forEach((size, i) => {
        if (n > 0) errors[i] = FADE * (errors[i] ?? 0) + Math.abs(value - (forecasts[i] ?? 0))
        forecasts[i] = medianOf(ring, n, Math.min(size, n + 1), sorted)
      })
    },
    write: (out, offset) => { out[offset] = (forecasts[leader(errors)] ?? 0) },
  }
}

function medianOf(ring: Float64Array, newest: number, size: number, sorted: Float64Array): number {
  for (let k = 0; k < size; k++) insertSorted(sorted, k, ring[(newest - k) % MEDIAN_ROWS] ?? 0)
  return sorted[size >> 1] ?? 0
}

function leader(errors: Float64Array): number {
  let best = 0
  for (let i = 1; i < errors.length; i++) if ((errors[i] ?? 0) < (errors[best] ?? 0)) best = i
  return best
}
