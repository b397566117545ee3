import { expect, it } from 'vitest'
import { createAudience } from '../../../signaling/audience.ts'
import { AUDIENCE_BURST, AUDIENCE_PER_SECOND, SMALL_AUDIENCE } from '../../../signaling/limits.ts'
import { MAX_ANNOUNCED } from '../../../src/protocol/limits.ts'

it('[S90] a crowd is told of to fewer, and to as many as ever when it has passed', () => {
  const audience = createAudience(0)
  const sizes = (count: number, now: number): readonly number[] => Array.from({ length: count }, () => audience.size(now))
  const atOnce = sizes(10_000, 0)
  const large = Math.ceil(AUDIENCE_BURST / MAX_ANNOUNCED)
  expect(atOnce.filter((size) => size === MAX_ANNOUNCED)).toHaveLength(large)
  expect(new Set(atOnce.slice(large))).toEqual(new Set([SMALL_AUDIENCE]))
  expect(sizes(10_000, 1_000).filter((size) => size === MAX_ANNOUNCED).length).toBeCloseTo(AUDIENCE_PER_SECOND / MAX_ANNOUNCED, -1)
  expect(new Set(sizes(1_000, 60_000))).toEqual(new Set([MAX_ANNOUNCED]))
})
