import { expect, it } from 'vitest'
import { createAllowance } from '../../../signaling/allowance.ts'

it('gives a burst, then so much a second, and never more than the burst', () => {
  const allowance = createAllowance(3, 2, 0)
  for (let i = 0; i < 3; i++) {
    expect(allowance.isSpent(0)).toBe(false)
    allowance.spend(1, 0)
  }
  expect(allowance.isSpent(0)).toBe(true)
  expect(allowance.isSpent(500)).toBe(false)
  allowance.spend(1, 500)
  expect(allowance.isSpent(500)).toBe(true)
  allowance.spend(3, 1_000_000)
  expect(allowance.isSpent(1_000_000)).toBe(true)
})

it('a debt is paid before anything more is given, and a clock that steps back costs nothing', () => {
  const allowance = createAllowance(1, 1, 1_000)
  allowance.spend(5, 1_000)
  expect(allowance.isSpent(0)).toBe(true)
  expect(allowance.isSpent(4_000)).toBe(true)
  expect(allowance.isSpent(4_001)).toBe(false)
})
