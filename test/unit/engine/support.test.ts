import { describe, expect, it } from 'vitest'
import { backtest } from '../../../src/engine/backtest.ts'
import { createForecaster } from '../../../src/engine/forecaster.ts'
import { createSupport } from '../../../src/engine/support.ts'
import { createUniform, rowsOf } from '../../support/series.ts'

const after = (values: readonly number[]) => {
  const support = createSupport()
  for (const value of values) support.see(value)
  return support
}
const repeat = (count: number, value: number) => Array.from({ length: count }, () => value)

describe('the values a stream can take', () => {
  it('whole: forecasts are whole, and intervals end at whole numbers', () => {
    const support = after([1, -5, 3])
    expect(support.centre(2.4)).toBe(2)
    expect(support.bounds(2, -1.3, 5.7)).toEqual([-1, 5])
    expect(support.bounds(2, 2, 2)).toEqual([2, 2])
  })

  it('a bound that rounding has moved off its whole number still counts as there', () => {
    expect(after([1, 2]).bounds(5, 2.000000001, 8.999999999)).toEqual([2, 9])
  })

  it('with fractions: nothing is rounded', () => {
    const support = after([1, 2.5])
    expect(support.centre(2.4)).toBe(2.4)
    expect(support.bounds(2.4, -1.3, 5.7)).toEqual([-1.3, 5.7])
  })

  it('never below zero in a hundred rows: neither are intervals, until a value is', () => {
    expect(after(repeat(99, 0.5)).bounds(1, -2, 3)).toEqual([-2, 3])
    expect(after(repeat(100, 0.5)).bounds(1, -2, 3)).toEqual([0, 3])
    expect(after([...repeat(100, 0.5), -1]).bounds(1, -2, 3)).toEqual([-2, 3])
  })

  it('the forecast stays inside', () => {
    expect(after(repeat(100, 0.5)).bounds(-1, -2, 3)).toEqual([-1, 3])
    expect(after([1, 2]).bounds(3, 3.4, 3.6)).toEqual([3, 3])
  })
})

describe('streams that are mostly zero', () => {
  it.each([0.7, 0.8])('counts with a share of %d zeros: the interval is honest, although nothing can fall below it', (share) => {
    const uniform = createUniform(41)
    const values = Array.from({ length: 1500 }, () => (uniform() < share ? 0 : 1 + Math.floor(-4 * Math.log(1 - uniform()))))
    const { coverage, predictions } = backtest(rowsOf(values), () => createForecaster(), { last: 1000 })
    expect(coverage).toBeGreaterThan(0.87)
    expect(coverage).toBeLessThan(0.93)
    expect(predictions.filter(({ lower }) => lower === 0).length).toBeGreaterThan(800)
  })
})
