import { describe, expect, it } from 'vitest'
import { createEnsemble } from '../../../src/engine/ensemble.ts'
import { createNormal } from '../../support/series.ts'

/** Four experts on white noise: naive, zero, a bad one, and a place without a prior. */
function trained(place: (zero: number) => number) {
  const ensemble = createEnsemble(Float64Array.of(0.2, 0.4, 0.4, 0))
  const normal = createNormal(3)
  let last = 0
  for (let i = 0; i < 300; i++) {
    ensemble.combine(Float64Array.of(last, 0, 5, place(0)))
    const value = normal()
    ensemble.learn(value, last)
    last = value
  }
  return ensemble
}

describe('an expert that comes later', () => {
  it('has no say before, however good its forecasts', () => {
    expect(trained(() => 0).weights()[3]).toBe(0)
  })

  it('begins with a small share of the weight of the one it is like', () => {
    const ensemble = trained(() => 99)
    const before = ensemble.weights()
    ensemble.admit(3, 1)
    const after = ensemble.weights()
    expect((after[1] ?? 0) + (after[3] ?? 0)).toBeCloseTo(before[1] ?? 0, 12)
    expect(after[3]).toBeGreaterThan(0)
    expect(after[3]).toBeLessThan(0.3 * (after[1] ?? 0))
    expect([after[0], after[2]]).toEqual([before[0], before[2]])
    // The prior is shared in the same way: however often newcomers come in, those who were there before do not lose by it.
    expect(ensemble.state[0]?.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  })

  it('changes nothing as long as it says the same', () => {
    const [alone, joined] = [trained(() => 99), trained(() => 99)]
    joined.admit(3, 1)
    const normal = createNormal(4)
    for (let i = 0; i < 50; i++) {
      expect(joined.combine(Float64Array.of(1, 0.2, 5, 0.2))).toBeCloseTo(alone.combine(Float64Array.of(1, 0.2, 5, 99)), 1)
      const value = normal()
      joined.learn(value, 1)
      alone.learn(value, 1)
    }
  })

  it('gains weight when it does better', () => {
    const ensemble = trained(() => 99)
    ensemble.admit(3, 1)
    for (let i = 0; i < 100; i++) {
      ensemble.combine(Float64Array.of(0, 0, 5, 2))
      ensemble.learn(2, 0)
    }
    const weights = ensemble.weights()
    expect(weights[3]).toBeGreaterThan(weights[1] ?? 1)
  })
})
