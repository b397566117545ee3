import { expect, it } from 'vitest'
import { createSeededRandom, sample } from '../../../src/base/random.ts'

it('the same seed gives the same numbers, another seed others', () => {
  const draw = (seed: number) => [...createSeededRandom(seed).bytes(16)]
  expect(draw(1)).toEqual(draw(1))
  expect(draw(2)).not.toEqual(draw(1))
  expect(draw(1 + 2 ** 32)).not.toEqual(draw(1))
})

it('numbers are within their range, and every one of a small range comes', () => {
  const random = createSeededRandom(3)
  const seen = new Set<number>()
  for (let i = 0; i < 500; i++) {
    seen.add(random.below(7))
    const next = random.next()
    expect(next >= 0 && next < 1).toBe(true)
  }
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
})

it('a sample has different items, no more than there are, and leaves the list alone', () => {
  const items = ['a', 'b', 'c', 'd']
  const taken = sample(items, 3, createSeededRandom(4))
  expect(new Set(taken).size).toBe(3)
  expect(sample(items, 9, createSeededRandom(4)).sort()).toEqual(items)
  expect(items).toEqual(['a', 'b', 'c', 'd'])
})
