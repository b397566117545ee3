import { describe, expect, it } from 'vitest'
import { backtest } from '../../../src/engine/backtest.ts'
import { createForecaster, type Forecast, type Forecaster } from '../../../src/engine/forecaster.ts'
import { createUniform, rowsOf, whiteNoise } from '../../support/series.ts'

/** Feeds the values and checks after every row that nothing but sane forecasts comes out. */
function runSane(values: readonly (number | null)[]): { readonly forecaster: Forecaster; readonly last: Forecast | null } {
  const forecaster = createForecaster()
  let last: Forecast | null = null
  for (const row of rowsOf(values)) {
    forecaster.observe(row)
    const outcome = forecaster.forecast()
    if (!outcome.ok) {
      expect(outcome.reason).toMatch(/^not predictable, because /)
      continue
    }
    last = outcome.forecast
    const { value, lower, upper } = last
    if (!Number.isFinite(value) || !Number.isFinite(lower) || !Number.isFinite(upper) || lower > value || value > upper) {
      throw new Error(`row ${String(row.row)}: ${JSON.stringify(last)}`)
    }
  }
  return { forecaster, last }
}

const repeat = (count: number, of: (i: number) => number | null) => Array.from({ length: count }, (_, i) => of(i))

describe('nasty streams', () => {
  it('nothing seen: says so', () => {
    expect(createForecaster().forecast()).toEqual({ ok: false, reason: 'not predictable, because no row has been seen yet' })
  })

  it('one row: the value stays', () => {
    expect(runSane([42]).last).toEqual({ value: 42, lower: 42, upper: 42 })
  })

  it('constant: the constant, with no width', () => {
    expect(runSane(repeat(500, () => -7.5)).last).toEqual({ value: -7.5, lower: -7.5, upper: -7.5 })
  })

  it('constant for long, then moving: the interval wakes up', () => {
    for (const still of [0, 1e6 / 3]) {
      const noise = whiteNoise({ rows: 600, seed: 9 })
      const result = backtest(rowsOf(noise.map((value, i) => still + (i < 200 ? 0 : value))), () => createForecaster())
      expect(result.coverage).toBeGreaterThan(0.85)
      expect(result.coverage).toBeLessThan(0.95)
    }
  })

  it('all text, or all missing: not predictable, all rows counted', () => {
    const { forecaster, last } = runSane(repeat(300, () => null))
    expect(last).toBeNull()
    expect(forecaster.forecast().ok).toBe(false)
    expect(forecaster.account()).toMatchObject({ rowsSeen: 300, numericRows: 0, relMae: null })
  })

  it('text for long: not predictable until a number returns', () => {
    const { forecaster } = runSane([...repeat(200, (i) => i % 5), ...repeat(150, () => null)])
    expect(forecaster.forecast().ok).toBe(false)
    forecaster.observe({ row: 350, time: 0, value: 3 })
    expect(forecaster.forecast().ok).toBe(true)
  })

  it('non-finite numbers are treated like text', () => {
    const { forecaster, last } = runSane(repeat(300, (i) => [NaN, Infinity, -Infinity, 1, 2][i % 5] ?? 0))
    expect(forecaster.account().numericRows).toBe(120)
    expect(last?.value).toBeLessThan(4)
  })

  it('largest doubles, alternating sign', () => {
    runSane(repeat(400, (i) => (i % 2 === 0 ? 1 : -1) * Number.MAX_VALUE))
    runSane(repeat(400, (i) => 1e308 * Math.sin(i)))
  })

  it('one largest double among ordinary values is got over', () => {
    const noise = whiteNoise({ rows: 600, seed: 4 })
    const { last } = runSane(noise.map((value, i) => (i === 300 ? 1e308 : value)))
    expect(Math.abs(last?.value ?? NaN)).toBeLessThan(10)
  })

  it('smallest doubles', () => {
    runSane(repeat(400, (i) => 5e-324 * (i % 3)))
    runSane(repeat(400, (i) => 1e-310 * Math.cos(i)))
  })

  it('alternating: learnt', () => {
    expect(runSane(repeat(400, (i) => (i % 2 === 0 ? 1 : -1))).last?.value).toBeCloseTo(1, 1)
  })

  it('whole numbers: the forecast is whole, until a value is not', () => {
    const counts = whiteNoise({ rows: 300, seed: 7 }).map((value) => Math.round(3 * Math.abs(value)))
    const { forecaster, last } = runSane(counts)
    expect(Number.isInteger(last?.value)).toBe(true)
    forecaster.observe({ row: 300, time: 0, value: 2.5 })
    const outcome = forecaster.forecast()
    expect(outcome.ok && Number.isInteger(outcome.forecast.value)).toBe(false)
  })

  it('exploding: stays finite', () => {
    runSane(repeat(600, (i) => 4 ** (i % 512)))
    runSane(repeat(600, (i) => (-3) ** i))
    runSane(repeat(500, (i) => Math.exp(i * i * 0.002)))
  })

  it('64 digits, steps, spikes and long silence', () => {
    runSane(repeat(300, (i) => Number(`0.${'1234567890'.repeat(6)}${String(i)}`)))
    runSane(repeat(300, (i) => Number(`${'9'.repeat(60)}${String(i % 7)}.5`)))
    runSane(repeat(600, (i) => (i < 300 ? 5 : 1e9)))
    runSane(repeat(600, (i) => (i % 97 === 0 ? 1e12 : 0)))
  })

  it('times that stand still, step back or leap are only times', () => {
    const forecaster = createForecaster()
    const uniform = createUniform(8)
    const times = [0, -1, 5, 5, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
    for (let i = 0; i < 400; i++) forecaster.observe({ row: i, time: times[i % 6] ?? 0, value: uniform() })
    expect(forecaster.forecast().ok).toBe(true)
  })
})
