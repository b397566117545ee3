import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createBitset } from '../../../src/base/bitset.ts'

fc.configureGlobal({ seed: 2, numRuns: 200 })

it('a bitset says what a Set would say', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.array(fc.nat(69)), fc.nat(80), (length, indices, limit) => {
      const bits = createBitset(length)
      const set = new Set<number>()
      for (const index of indices.filter((i) => i < length)) {
        expect(bits.add(index)).toBe(!set.has(index))
        set.add(index)
        const rest = Array.from({ length }, (_, i) => i).filter((i) => !set.has(i))
        expect(bits.missing(limit)).toEqual(rest.slice(0, limit))
      }
      expect(bits.size).toBe(set.size)
      for (let i = -1; i <= length; i++) expect(bits.has(i)).toBe(set.has(i))
    }),
  )
})

it('an index outside is never a member and cannot be added', () => {
  const bits = createBitset(3)
  for (const index of [-1, 3, 0.5, Number.NaN, Infinity]) {
    expect(() => bits.add(index)).toThrow(RangeError)
    expect(bits.has(index)).toBe(false)
  }
  expect(createBitset(0).missing(5)).toEqual([])
})
