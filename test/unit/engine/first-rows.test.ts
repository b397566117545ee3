import { describe, expect, it } from 'vitest'
import { createForecaster } from '../../../src/engine/forecaster.ts'
import { autoregression, randomWalk, rowsOf, seasonal, whiteNoise } from '../../support/series.ts'

interface Tally {
  error: number
  naive: number
  inside: number
  rows: number
}

/** Forecasts made after `from` to `until` rows, each by a forecaster that has seen no others, over many windows. */
function tally(make: (seed: number) => readonly number[], from: number, until: number): Tally {
  const sum: Tally = { error: 0, naive: 0, inside: 0, rows: 0 }
  for (let seed = 1; seed <= 40; seed++) {
    const values = make(seed)
    const forecaster = createForecaster()
    rowsOf(values.slice(0, until + 1)).forEach((row, seen) => {
      const outcome = forecaster.forecast()
      if (seen >= from && outcome.ok && row.value !== null) {
        const { value, lower, upper } = outcome.forecast
        sum.error += Math.abs(row.value - value)
        sum.naive += Math.abs(row.value - (values[seen - 1] ?? NaN))
        sum.inside += row.value >= lower && row.value <= upper ? 1 : 0
        sum.rows++
      }
      forecaster.observe(row)
    })
  }
  return sum
}

const kinds: readonly (readonly [string, (seed: number) => readonly number[], number, number])[] = [
  ['white noise', (seed) => whiteNoise({ rows: 40, seed }), 0.95, 0.83],
  ['a slow wave', (seed) => seasonal({ rows: 80, seed, period: 24, noise: 0.5 }).slice(seed % 24), 0.85, 0.65],
  ['short memory', (seed) => autoregression({ rows: 40, seed, phi: 0.3 }), 1, 0.93],
  ['a random walk', (seed) => randomWalk({ rows: 40, seed }), 1.06, 1.05],
]

describe('the first rows of a stream', () => {
  it.each(kinds)('%s: better than naive soon, or hardly worse', (_, make, few, some) => {
    const early = tally(make, 5, 9)
    const later = tally(make, 10, 29)
    expect(early.error / early.naive).toBeLessThan(few)
    expect(later.error / later.naive).toBeLessThan(some)
  })

  it.each(kinds)('%s: the interval is honest from the start', (_, make) => {
    const { inside, rows } = tally(make, 3, 9)
    expect(inside / rows).toBeGreaterThan(0.84)
    expect(inside / rows).toBeLessThan(0.98)
  })

  it('the interval has two sides as soon as the stream has moved, however steadily', () => {
    const forecaster = createForecaster()
    rowsOf([1, 2, 3.5, 4, 6, 7]).forEach((row, i) => {
      forecaster.observe(row)
      const outcome = forecaster.forecast()
      if (!outcome.ok) throw new Error(outcome.reason)
      const { value, lower, upper } = outcome.forecast
      if (i > 0) expect([lower < value, value < upper]).toEqual([true, true])
    })
  })
})
