import { expect, it } from 'vitest'
import { createReceipt } from '../../../src/transfer/receipt.ts'

it('a parcel is its parts in their order, whatever the order in which they came, and one part is the parcel itself', () => {
  const receipt = createReceipt([3, 4], 100)
  const alone = { number: 2, page: 4, part: 0, parts: 1, bytes: Uint8Array.of(9, 9) }
  expect(receipt.take({ number: 1, page: 3, part: 1, parts: 2, bytes: Uint8Array.of(3) }, true)).toEqual({ kind: 'kept' })
  expect(receipt.take({ number: 0, page: 3, part: 0, parts: 2, bytes: Uint8Array.of(1, 2) }, true)).toEqual({ kind: 'whole', page: 3, parcel: Uint8Array.of(1, 2, 3) })
  expect(receipt.take(alone, true)).toEqual({ kind: 'whole', page: 4, parcel: alone.bytes })
})
