import { describe, expect, it } from 'vitest'
import { createDrift } from '../../../src/engine/drift.ts'
import { createUniform } from '../../support/series.ts'

function alarms(losses: readonly number[]): number[] {
  const drift = createDrift()
  return losses.flatMap((loss, i) => (drift.hear(loss) ? [i] : []))
}

const steady = (rows: number, size: number, seed: number) => {
  const uniform = createUniform(seed)
  return Array.from({ length: rows }, () => -size * Math.log(1 - uniform()))
}

describe('drift', () => {
  it('is not heard in losses that only vary', () => {
    expect(alarms(steady(3000, 1, 1))).toEqual([])
  })

  it('is heard when losses double, once and not at once', () => {
    const [first, ...rest] = alarms([...steady(1000, 1, 2), ...steady(1000, 2, 3)])
    expect(first).toBeGreaterThan(1020)
    expect(first).toBeLessThan(1300)
    expect(rest).toEqual([])
  })

  it('is no single spike, however large', () => {
    expect(alarms(steady(1000, 1, 4).map((loss, i) => (i % 200 === 150 ? 1e9 : loss)))).toEqual([])
  })

  it('is not heard where there is no loss at all', () => {
    expect(alarms(Array.from({ length: 500 }, () => 0))).toEqual([])
  })
})
