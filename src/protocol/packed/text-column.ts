import type { Bytes } from '../../base/bytes.ts'
import { MAX_VALUE_BYTES } from '../../domain/value.ts'
import { AT_ONCE, createScale, type Coder } from './coder.ts'

/** The texts of one field, row by row: `lengths[row]` bytes from `starts[row]`. */
export interface TextColumn {
  readonly bytes: Bytes
  readonly starts: Uint32Array
  readonly lengths: Uint8Array
  /** Of a column that is to be filled in, and has room for the longest texts: they stand in their order from here on … */
  readonly from: number
  /** … each behind so many bytes that are left free. */
  readonly gap: number
}

export const MAX_TEXT_BYTES = MAX_VALUE_BYTES

export const isSameText = ({ bytes, starts, lengths }: TextColumn, a: number, b: number): boolean => {
  const length = lengths[a] ?? 0
  if (length !== lengths[b]) return false
  const fromA = starts[a] ?? 0
  const fromB = starts[b] ?? 0
  for (let i = 0; i < length; i++) if (bytes[fromA + i] !== bytes[fromB + i]) return false
  return true
}

export const hashText = ({ bytes, starts, lengths }: TextColumn, row: number): number => {
  const from = starts[row] ?? 0
  const to = from + (lengths[row] ?? 0)
  let hash = 0x811c9dc5 | 0
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
}

/** What numbers are written with, four bits each. */
const DIGITS = new TextEncoder().encode('0123456789.-+eE,')
const DIGIT_BITS = 4
const MOST_DIGITS = AT_ONCE / DIGIT_BITS
const NO_DIGIT = -1
const DIGIT_OF = Int8Array.from({ length: 256 }, (_, byte) => DIGITS.indexOf(byte))

/** Any text: how much of the text before it begins with, then the rest, as digits or as bytes. */
export const createTextModel = (coder: Coder): ((column: TextColumn, row: number) => void) => {
  const alike = createScale()
  const others = createScale(3)
  let lastStart = 0
  let lastLength = 0
  return ({ bytes, starts, lengths }, row) => {
    const from = starts[row] ?? 0
    const given = lengths[row] ?? 0
    const same = coder.natural(alike, coder.isReading ? 0 : sharedLength(bytes, lastStart, Math.min(lastLength, given), from))
    const length = same + coder.natural(others, given - same)
    if (same > lastLength || length > MAX_TEXT_BYTES) coder.isBroken = true
    if (coder.isBroken) return
    // Pages that are packed are not ours to touch, even with what they hold already.
    if (coder.isReading) {
      if (same > 0) bytes.copyWithin(from, lastStart, lastStart + same)
      lengths[row] = length
    }
    codeRest(coder, bytes, from + same, from + length)
    lastStart = from
    lastLength = length
  }
}

const sharedLength = (bytes: Bytes, a: number, length: number, b: number): number => {
  let shared = 0
  while (shared < length && bytes[a + shared] === bytes[b + shared]) shared++
  return shared
}

const codeRest = (coder: Coder, bytes: Bytes, from: number, to: number): void => {
  let areDigits = true
  if (!coder.isReading) for (let at = from; at < to; at++) areDigits &&= DIGIT_OF[bytes[at] ?? 0] !== NO_DIGIT
  if (coder.raw(1, areDigits ? 1 : 0) === 1) codeDigits(coder, bytes, from, to)
  else coder.octets(bytes, from, to)
}

/** As many at once as the coder moves: the same bits as one by one. */
const codeDigits = (coder: Coder, bytes: Bytes, from: number, to: number): void => {
  for (let at = from; at < to; at += MOST_DIGITS) {
    const end = Math.min(to, at + MOST_DIGITS)
    let word = 0
    if (!coder.isReading) for (let i = at; i < end; i++) word = (word << DIGIT_BITS) | (DIGIT_OF[bytes[i] ?? 0] ?? 0)
    word = coder.raw((end - at) * DIGIT_BITS, word)
    if (!coder.isReading) continue
    for (let i = end - 1; i >= at; i--) {
      bytes[i] = DIGITS[word & ((1 << DIGIT_BITS) - 1)] ?? 0
      word >>>= DIGIT_BITS
    }
  }
}
