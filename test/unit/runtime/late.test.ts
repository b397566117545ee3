import { expect, it } from 'vitest'
import { createLate } from '../../../src/runtime/late.ts'

it('is fetched once, however many ask, and is there from then on', async () => {
  let fetched = 0
  const late = createLate(async () => ++fetched)
  expect([late.now, fetched]).toEqual([null, 0])
  expect(await Promise.all([late.load(), late.load()])).toEqual([1, 1])
  expect(late.now).toBe(1)
  expect([await late.load(), fetched]).toEqual([1, 1])
})

it('what could not be had is asked for again by the next who asks', async () => {
  let fetched = 0
  const late = createLate(async () => {
    if (++fetched === 1) throw new Error('offline')
    return fetched
  })
  await expect(late.load()).rejects.toThrow('offline')
  expect(late.now).toBeNull()
  expect(await late.load()).toBe(2)
})
