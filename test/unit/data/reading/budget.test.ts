import { describe, expect, it } from 'vitest'
import { createBudget } from '../../../../src/data/reading/budget.ts'

describe('[T27] the budget of one peer', () => {
  it('grants twenty at once and five a second', () => {
    const budget = createBudget(0)
    const granted = (now: number): number => Array.from({ length: 50 }, () => budget.spend(1, now)).filter((verdict) => verdict === 'granted').length
    expect(granted(0)).toBe(20)
    expect(granted(0)).toBe(0)
    expect(granted(1_000)).toBe(5)
    expect(granted(1_000_000)).toBe(20)
    // A clock that was set back takes nothing away, and gives nothing.
    expect(granted(0)).toBe(0)
  })

  it('is patient ten times over, then it is a flood', () => {
    const budget = createBudget(0)
    const verdicts = Array.from({ length: 221 }, () => budget.spend(1, 0))
    expect(verdicts.lastIndexOf('granted')).toBe(19)
    expect(verdicts.indexOf('flood')).toBe(220)
    expect(budget.spend(1, 1_000)).toBe('granted')
  })

  it('gives the longest question a full bucket, and waits for that to fill again', () => {
    const budget = createBudget(0)
    expect(budget.spend(100, 0)).toBe('granted')
    expect(budget.spend(1, 15_000)).toBe('spent')
    expect(budget.spend(1, 17_000)).toBe('granted')
  })

  it('takes back what turned out to be of use', () => {
    const budget = createBudget(0)
    for (let n = 0; n < 1_000; n++) {
      expect(budget.spend(1, 0)).toBe('granted')
      budget.giveBack(1)
    }
  })
})
