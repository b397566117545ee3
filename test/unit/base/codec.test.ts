import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  array,
  bool,
  bytes,
  choice,
  count,
  decode,
  encode,
  fixed,
  i64,
  mapped,
  nullable,
  struct,
  text,
  u16,
  u32,
  u8,
  type Codec,
} from '../../../src/base/codec.ts'
import { bytesOf, textOf } from '../../vectors/arbitraries.ts'

fc.configureGlobal({ seed: 1, numRuns: 200 })

const MAX_SAFE = Number.MAX_SAFE_INTEGER
const safe = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, 1, -1, 255, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), MAX_SAFE, -MAX_SAFE))

/** Everything a codec can be, in one: what holds for it holds for every message. */
const everything = struct({
  small: u8,
  middle: u16,
  large: u32,
  signed: i64,
  counted: count,
  flag: bool,
  key: fixed(4),
  blob: bytes(9),
  name: text(12),
  list: array(struct({ a: u8, b: nullable(text(5)) }), 3),
  maybe: nullable(count),
  kind: choice(['one', 'two', 'three']),
  doubled: mapped(
    u8,
    (n: number) => n / 2,
    (n) => n * 2,
  ),
})

const anything = fc.record({
  small: fc.nat(0xff),
  middle: fc.nat(0xffff),
  large: fc.nat({ max: 0xffff_ffff }),
  signed: safe,
  counted: safe.map((n) => Math.abs(n)),
  flag: fc.boolean(),
  key: bytesOf(4, 4),
  blob: bytesOf(0, 9),
  name: textOf(12),
  list: fc.array(fc.record({ a: fc.nat(0xff), b: fc.option(textOf(5)) }), { maxLength: 3 }),
  maybe: fc.option(safe.map((n) => Math.abs(n))),
  kind: fc.constantFrom('one', 'two', 'three'),
  doubled: fc.nat(127).map((n) => n * 2),
})

const read = <T>(codec: Codec<T>, ...raw: number[]) => decode(codec, new Uint8Array(raw), 'thing')
const problemOf = <T>(codec: Codec<T>, ...raw: number[]): string => {
  const judged = read(codec, ...raw)
  return judged.ok ? 'none' : judged.error.message
}

describe('what is written is read', () => {
  it('for every value of every codec', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(decode(everything, encode(everything, value), 'thing')).toEqual({ ok: true, value })
      }),
    )
  })

  it('for every safe integer, as the 64-bit two’s complement that every other language writes', () => {
    fc.assert(
      fc.property(safe, (value) => {
        const raw = encode(i64, value)
        expect(new DataView(raw.buffer).getBigInt64(0)).toBe(BigInt(value))
        expect(decode(i64, raw, 'n')).toEqual({ ok: true, value })
      }),
    )
  })
})

describe('bytes that are wrong', () => {
  it('every truncation is refused, with the place', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const whole = encode(everything, value)
        for (let length = 0; length < whole.length; length++) {
          const judged = decode(everything, whole.subarray(0, length), 'thing')
          expect(judged).toMatchObject({ ok: false, error: { code: 'malformed' } })
          expect(judged.ok ? '' : judged.error.message).toMatch(/^thing: .* at byte \d+$/)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('every change of one byte is refused or is the encoding of another value', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 255 }), (value, flip) => {
        const whole = encode(everything, value)
        for (let at = 0; at < whole.length; at++) {
          const changed = whole.slice()
          changed[at] = (changed[at] ?? 0) ^ flip
          const judged = decode(everything, changed, 'thing')
          // One value has one encoding: what is accepted is written as it was read.
          if (judged.ok) expect(encode(everything, judged.value)).toEqual(changed)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('left-over bytes are refused', () => {
    expect(problemOf(u8, 1, 2)).toBe('thing: 1 bytes too many at byte 1')
  })

  it('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        expect(typeof decode(everything, raw, 'thing').ok).toBe('boolean')
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a boolean', bool, [2], 'a boolean that is neither 0 nor 1'],
    ['a choice', choice(['only']), [1], 'an unknown choice'],
    ['a negative count', count, [255, 255, 255, 255, 255, 255, 255, 255], 'a negative count'],
    ['2^53', i64, [0, 0x20, 0, 0, 0, 0, 0, 0], 'an integer beyond 2^53'],
    ['−2^53', i64, [0xff, 0xe0, 0, 0, 0, 0, 0, 0], 'an integer beyond 2^53'],
    ['the largest of 64 bits', i64, [0x7f, 255, 255, 255, 255, 255, 255, 255], 'an integer beyond 2^53'],
    ['the smallest of 64 bits', i64, [0x80, 0, 0, 0, 0, 0, 0, 0], 'an integer beyond 2^53'],
    ['overlong UTF-8', text(4), [0, 0, 0, 2, 0xc0, 0x80], 'text that is not UTF-8'],
    ['an encoded surrogate', text(4), [0, 0, 0, 3, 0xed, 0xa0, 0x80], 'text that is not UTF-8'],
    ['text that is not accepted', text(4, (t) => t !== 'no'), [0, 0, 0, 2, 0x6e, 0x6f], 'characters that may not stand here'],
  ] as [string, Codec<unknown>, number[], string][])('%s that cannot be is refused', (_, codec, raw, problem) => {
    expect(problemOf(codec, ...raw)).toContain(problem)
  })
})

describe('lengths', () => {
  it('[D1] beyond their bound are refused before memory is taken', () => {
    let items = 0
    const counting: Codec<number> = {
      write: () => undefined,
      read: () => ++items,
    }
    expect(problemOf(bytes(8), 255, 255, 255, 255)).toContain('4294967295 bytes where at most 8 may stand')
    expect(problemOf(text(8), 0, 0, 0, 9)).toContain('9 bytes where at most 8 may stand')
    expect(problemOf(array(counting, 8), 255, 255, 255, 255)).toContain('4294967295 items where at most 8 may stand')
    expect(items).toBe(0)
  })

  it('within their bound but beyond the bytes that came take no memory either', () => {
    expect(problemOf(bytes(0xffff_ffff), 255, 255, 255, 255)).toContain('4294967295 bytes wanted, 0 left')
    expect(problemOf(array(u8, 1000), 0, 0, 3, 0, 1)).toContain('1 bytes wanted, 0 left')
  })
})

describe('values that cannot be written are broken invariants', () => {
  it.each([
    ['u8 256', u8, 256],
    ['u8 −1', u8, -1],
    ['u16 65,536', u16, 65_536],
    ['u32 2^32', u32, 2 ** 32],
    ['u32 1.5', u32, 1.5],
    ['i64 2^53', i64, 2 ** 53],
    ['i64 NaN', i64, Number.NaN],
    ['an unknown choice', choice(['a']), 'b'],
    ['4 bytes of 3', fixed(4), new Uint8Array(3)],
    ['10 bytes of at most 9', bytes(9), new Uint8Array(10)],
    ['10 bytes of text of at most 9', text(9), 'ä'.repeat(5)],
    ['2 items of at most 1', array(u8, 1), [1, 2]],
  ] as [string, Codec<unknown>, unknown][])('%s', (_, codec, value) => {
    expect(() => encode(codec, value)).toThrow(RangeError)
  })
})
