import { expect, it } from 'vitest'
import { createReader } from '../../../src/base/byte-reader.ts'

it('bytes are read from a view into a larger buffer, and the copy outlives it', () => {
  const buffer = new Uint8Array([9, 9, 1, 2, 3, 9])
  const reader = createReader(buffer.subarray(2, 5))
  const raw = reader.raw(3)
  buffer.fill(0)
  expect([...raw]).toEqual([1, 2, 3])
  expect(raw.buffer.byteLength).toBe(3)
  expect([...createReader(Buffer.from([1, 2, 3])).raw(2)]).toEqual([1, 2])
})

it('text is read as printable ASCII only where it is that', () => {
  const reader = createReader(new Uint8Array([0x20, 0x7e, 0x7f, 0x31]))
  expect(reader.ascii(2)).toBe(' ~')
  expect([reader.ascii(1), reader.ascii(3), reader.offset, reader.problem]).toEqual([null, null, 2, null])
  reader.reject('stopped')
  expect(reader.ascii(0)).toBeNull()
})

it('the first problem is the one that is told', () => {
  const reader = createReader(new Uint8Array([1]))
  reader.u32()
  reader.reject('later')
  expect(reader.problem).toBe('4 bytes wanted, 1 left at byte 0')
  expect([reader.u8(), reader.u16(), reader.i64(), reader.raw(1).length]).toEqual([0, 0, 0, 0])
})

it('more bytes than there are take no memory', () => {
  const reader = createReader(new Uint8Array(4))
  expect(reader.raw(0xffff_ffff).length).toBe(0)
  expect(reader.problem).toContain('4294967295 bytes wanted, 4 left')
})
