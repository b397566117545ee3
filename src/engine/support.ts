import { at, type Stateful } from './state.ts'

/** So many values without one below zero: the stream has none. */
const NEVER_NEGATIVE_ROWS = 100
/** What rounding may have moved a bound by, beside a share of its size. */
const ROUNDING = 1e-6
const ROUNDING_SHARE = 1e-12

const ROWS = 0
const FRACTION = 1 // 1 once a value was not whole
const NEGATIVE = 2 // 1 once a value was below zero

/** Which values a stream can take, as far as it has shown: forecasts keep to them. */
export interface Support extends Stateful {
  see(value: number): void
  /** Counts stay counts: the middle of what a count may be next is a count (tweets 0.796 → 0.790, Poisson 0.740 → 0.727). */
  centre(forecast: number): number
  /** The same interval without its margins that no value can fall into (tweets 10 % narrower). */
  bounds(centre: number, lower: number, upper: number): readonly [number, number]
}

export function createSupport(): Support {
  const s = new Float64Array(3)
  const isWhole = () => at(s, FRACTION) === 0
  const isNeverNegative = () => at(s, NEGATIVE) === 0 && at(s, ROWS) >= NEVER_NEGATIVE_ROWS
  return {
    state: [s],
    see(value) {
      s[ROWS] = at(s, ROWS) + 1
      if (!Number.isInteger(value)) s[FRACTION] = 1
      if (value < 0) s[NEGATIVE] = 1
    },
    centre: (forecast) => (isWhole() ? Math.round(forecast) : forecast),
    bounds(centre, lower, upper) {
      const low = isWhole() ? Math.ceil(lower - slack(lower)) : lower
      const high = isWhole() ? Math.floor(upper + slack(upper)) : upper
      return [Math.min(centre, isNeverNegative() ? Math.max(0, low) : low), Math.max(centre, high)]
    },
  }
}

function slack(bound: number): number {
  return ROUNDING + ROUNDING_SHARE * Math.abs(bound)
}
