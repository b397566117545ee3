import { expect, it } from 'vitest'
import { MAX_PARTS_PER_PAGE } from '../../../src/protocol/limits.ts'
import type { Packet } from '../../../src/transfer/packet.ts'
import { createReceipt, type Receipt } from '../../../src/transfer/receipt.ts'

/** Part `part` of `parts` of a page, so many bytes. */
const takes = (receipt: Receipt, packet: Omit<Packet, 'bytes'>, bytes: number): string => receipt.take({ ...packet, bytes: new Uint8Array(bytes) }, true).kind

it('a parcel is its parts in their order, whatever the order in which they came, and one part is the parcel itself', () => {
  const receipt = createReceipt([3, 4], 100)
  const alone = { number: 2, page: 4, part: 0, parts: 1, bytes: Uint8Array.of(9, 9) }
  expect(receipt.take({ number: 1, page: 3, part: 1, parts: 2, bytes: Uint8Array.of(3) }, true)).toEqual({ kind: 'kept' })
  expect(receipt.take({ number: 0, page: 3, part: 0, parts: 2, bytes: Uint8Array.of(1, 2) }, true)).toEqual({ kind: 'whole', page: 3, parcel: Uint8Array.of(1, 2, 3) })
  const taking = receipt.take(alone, true)
  expect(taking).toEqual({ kind: 'whole', page: 4, parcel: alone.bytes })
  expect(taking.kind === 'whole' && taking.parcel).toBe(alone.bytes)
})

it('[T8] a parcel may be as large as a page can be, all its parts together, and no byte larger', () => {
  for (const [last, kind] of [[4, 'whole'], [5, 'lie']] as const) {
    const receipt = createReceipt([0], 10)
    for (const part of [0, 1]) expect(takes(receipt, { number: part, page: 0, part, parts: 3 }, 3)).toBe('kept')
    expect(takes(receipt, { number: 2, page: 0, part: 2, parts: 3 }, last)).toBe(kind)
  }
})

it('[T8] a page may have as many parts as a page may have, and no part of it is one of another page', () => {
  const receipt = createReceipt([0, MAX_PARTS_PER_PAGE], 10)
  expect(takes(receipt, { number: 0, page: 0, part: 1, parts: MAX_PARTS_PER_PAGE }, 1)).toBe('kept')
  expect(takes(receipt, { number: 1, page: MAX_PARTS_PER_PAGE, part: 0, parts: 1 }, 1)).toBe('whole')
})

it('[T12] as many packets as the parts of all pages can be are completed, all of them missing', () => {
  const receipt = createReceipt([0, 1], 10)
  expect(receipt.completed(2 * MAX_PARTS_PER_PAGE)).toBeNull()
  expect(receipt.missing()).toHaveLength(2 * MAX_PARTS_PER_PAGE)
})

it('[T10] a page that is whole is nobody’s to assemble, and a packet of one that is settled is no more than known', () => {
  const receipt = createReceipt([0, 1], 10)
  takes(receipt, { number: 0, page: 0, part: 0, parts: 1 }, 1)
  expect([receipt.stateOf(0), receipt.assembling()]).toEqual(['judging', 0])
  expect([receipt.settle(1), receipt.settle(1), receipt.settle(9)]).toEqual([true, false, false])
  expect(takes(receipt, { number: 1, page: 1, part: 0, parts: 1 }, 1)).toBe('useless')
  receipt.completed(2)
  expect([receipt.open, receipt.missing()]).toEqual([1, []])
})
