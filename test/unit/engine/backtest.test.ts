import { describe, expect, it } from 'vitest'
import { backtest, geometricMean } from '../../../src/engine/backtest.ts'
import { createForecaster, type Forecaster } from '../../../src/engine/forecaster.ts'
import { autoregression, randomWalk, rowsOf, seasonal, whiteNoise } from '../../support/series.ts'

const run = (values: readonly number[], stepMicros?: number) => backtest(rowsOf(values, stepMicros), () => createForecaster())

function expectHonest(coverage: number | null): void {
  expect(coverage).toBeGreaterThan(0.86)
  expect(coverage).toBeLessThan(0.94)
}

describe('planted structure is found', () => {
  it('white noise: close to the mean, √½ of naive', () => {
    const { relMae, coverage } = run(whiteNoise({ rows: 1500, seed: 21 }))
    expect(relMae).toBeLessThan(0.745)
    expectHonest(coverage)
  })

  it('AR(1) with φ = 0.6: 0.894 of naive is the optimum', () => {
    const { relMae, coverage } = run(autoregression({ rows: 1500, seed: 22, phi: 0.6 }))
    expect(relMae).toBeLessThan(0.915)
    expectHonest(coverage)
  })

  it('a daily cycle in hourly rows', () => {
    const { relMae, coverage } = run(seasonal({ rows: 1500, seed: 23, period: 24, noise: 1 }), 3_600_000_000)
    expect(relMae).toBeLessThan(0.52)
    expectHonest(coverage)
  })

  it('a cycle that no calendar suggests', () => {
    const { relMae } = run(seasonal({ rows: 1500, seed: 24, period: 37, noise: 0.5 }), 300_000_000)
    expect(relMae).toBeLessThan(0.55)
  })

  it('a random walk is left to naive', () => {
    for (const seed of [25, 26]) {
      const { relMae, coverage } = run(randomWalk({ rows: 1500, seed }))
      expect(relMae).toBeLessThan(1.006)
      expectHonest(coverage)
    }
  })
})

describe('the measure', () => {
  /** Says `offset` more than the last value, ± 1. */
  const stub = (offset: number): Forecaster => {
    let last = 0
    return {
      observe: (row) => { last = row.value ?? last },
      forecast: () => ({ ok: true, forecast: { value: last + offset, lower: last - 1, upper: last + 1 } }),
      account: () => createForecaster().account(),
      snapshot: () => new Uint8Array(),
    }
  }

  it('scores the last 40 % of up to 5,000 rows, at most 1,000', () => {
    expect(backtest(rowsOf(whiteNoise({ rows: 100, seed: 1 })), () => stub(0)).scored).toBe(40)
    const long = backtest(rowsOf(whiteNoise({ rows: 6000, seed: 1 })), () => stub(0))
    expect([long.rows, long.scored]).toEqual([5000, 1000])
    expect(long.predictions[0]?.row).toBe(5000)
  })

  it('naive scores one, half the error scores a half, and the interval is counted', () => {
    const climb = Array.from({ length: 100 }, (_, i) => i)
    expect(backtest(rowsOf(climb), () => stub(0))).toMatchObject({ relMae: 1, coverage: 1, width: 2, microsPerRow: null })
    expect(backtest(rowsOf(climb), () => stub(0.5)).relMae).toBeCloseTo(0.5, 12)
    expect(backtest(rowsOf(climb.map((i) => 3 * i)), () => stub(0)).coverage).toBe(0)
  })

  it('leaves out rows without a number', () => {
    const rows = rowsOf(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? i : null)))
    expect(backtest(rows, () => stub(0), { last: 10 }).scored).toBe(5)
  })

  it('times with the clock it is given', () => {
    let ticks = 0
    expect(backtest(rowsOf([1, 2, 3, 4]), () => stub(0), { now: () => (ticks += 2) }).microsPerRow).toBe(500)
  })

  it('says nothing where there is nothing to compare', () => {
    expect(backtest([], () => stub(0))).toMatchObject({ scored: 0, relMae: null, coverage: null, width: null })
    expect(backtest(rowsOf([5, 5, 5, 5, 5, 5]), () => stub(0)).relMae).toBeNull()
  })

  it('geometric mean', () => {
    expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12)
    expect(geometricMean([])).toBeNull()
  })
})
