import { describe, expect, it } from 'vitest'
import { createArms } from '../../../src/engine/arms.ts'

/** Rounds that each arm got when only `good` ever wins. */
function play(good: number, rounds: number): number[] {
  const arms = createArms(4)
  for (let i = 0; i < rounds; i++) {
    const arm = arms.choose()
    arms.hear(arm, arm === good)
  }
  return [0, 1, 2, 3].map(arms.rounds)
}

describe('the bandit', () => {
  it('tries every arm once before any twice', () => {
    expect(play(2, 4)).toEqual([1, 1, 1, 1])
  })

  it('then plays most the one that wins, and the others now and then', () => {
    const counts = play(2, 40)
    expect(counts[2]).toBeGreaterThan(20)
    expect(Math.min(...counts)).toBeGreaterThan(1)
  })
})
