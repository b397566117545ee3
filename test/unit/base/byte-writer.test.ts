import { expect, it } from 'vitest'
import { createWriter } from '../../../src/base/byte-writer.ts'

it('a writer grows at any write, whatever it guessed at first', () => {
  const writer = createWriter(1)
  writer.raw(new Uint8Array([1, 2, 3]))
  writer.u8(4)
  writer.u16(0x0506)
  writer.u32(0x0708090a)
  writer.i64(-1)
  expect([...writer.finish()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...Array<number>(8).fill(255)])
})

it('short text is written as UTF-8, ASCII or not, and the byte order mark stays', () => {
  for (const value of ['', '12.5', 'größe', '\ufeff1', '👩‍🚀', '~', '\u007f', 'a'.repeat(255), 'ab€']) {
    const writer = createWriter(1)
    writer.text8(value)
    const [size, ...raw] = writer.finish()
    expect(size).toBe(raw.length)
    expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(raw))).toBe(value)
  }
})

it('a short text of more than 255 bytes is a broken invariant', () => {
  expect(() => createWriter().text8('a'.repeat(256))).toThrow(RangeError)
  expect(() => createWriter().text8('€'.repeat(86))).toThrow(RangeError)
})
