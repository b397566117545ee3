import { expect, it } from 'vitest'
import { createWriter } from '../../../src/base/codec.ts'

it('a writer grows at any write, whatever it guessed at first', () => {
  const writer = createWriter(1)
  writer.raw(new Uint8Array([1, 2, 3]))
  writer.u8(4)
  writer.u16(0x0506)
  writer.u32(0x0708090a)
  writer.i64(-1)
  expect([...writer.finish()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...Array<number>(8).fill(255)])
})
