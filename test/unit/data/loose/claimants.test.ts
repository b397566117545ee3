import { expect, it } from 'vitest'
import { createClaimants } from '../../../../src/data/loose/claimants.ts'
import type { PublicKey, StreamId } from '../../../../src/domain/stream.ts'

const STREAM = 's' as StreamId
const ALICE = 'alice' as PublicKey

it('[C1] who is linked twice is asked over the newer link, and over the older one when that is gone', () => {
  const claimants = createClaimants()
  for (const link of [1, 2]) {
    claimants.linked(link, ALICE)
    claimants.add(link, STREAM)
  }
  expect(claimants.linkOf(STREAM, ALICE)).toBe(2)
  claimants.remove(2, STREAM)
  expect(claimants.linkOf(STREAM, ALICE)).toBe(1)
})
