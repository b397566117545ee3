import { describe, expect, it } from 'vitest'
import { backtest } from '../../../src/engine/backtest.ts'
import { createForecaster, type EngineRow } from '../../../src/engine/forecaster.ts'
import { atRandomTimes, seasonal, rowsOf } from '../../support/series.ts'

function learn(rows: readonly EngineRow[]) {
  const forecaster = createForecaster()
  for (const row of rows) forecaster.observe(row)
  return forecaster
}

describe('rows at no fixed pace', () => {
  const rows = atRandomTimes({ rows: 1500, seed: 31 })

  it('are read off the clock: better than by counting rows', () => {
    const evenly = rows.map((row, i) => ({ ...row, time: i * 720e6 }))
    const withTimes = backtest(rows, () => createForecaster()).relMae ?? NaN
    expect(withTimes).toBeLessThan(0.8)
    expect(withTimes).toBeLessThan(0.95 * (backtest(evenly, () => createForecaster()).relMae ?? NaN))
  })

  it('are told in words', () => {
    expect(learn(rows).account().periods).toContain('hour of day')
  })

  it('may come late or twice', () => {
    // Every tenth row carries the time of the row before, every seventh one of half an hour ago.
    const disturbed = rows.map((row, i) => ({ ...row, time: i % 10 === 9 ? rows[i - 1]?.time ?? 0 : i % 7 === 6 ? row.time - 1800e6 : row.time }))
    expect(backtest(disturbed, () => createForecaster()).relMae).toBeLessThan(0.82)
  })

  it('one row with a wild time changes little', () => {
    const wild = rows.map((row, i) => (i === 1000 ? { ...row, time: Number.MAX_SAFE_INTEGER } : row))
    expect(backtest(wild, () => createForecaster()).relMae).toBeLessThan(0.8)
  })
})

describe('rows at an even pace', () => {
  it('are counted', () => {
    expect(learn(rowsOf(seasonal({ rows: 600, seed: 32, period: 24, noise: 1 }), 3_600_000_000)).account().periods).toEqual(['24 rows', '168 rows'])
  })
})
