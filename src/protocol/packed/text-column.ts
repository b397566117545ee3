import { MAX_VALUE_BYTES } from '../../domain/value.ts'
import { createOdds, type Coder, type Odds } from './coder.ts'

/** The texts of one field, row by row: `lengths[row]` bytes from `starts[row]`. */
export interface TextColumn {
  readonly bytes: Uint8Array
  readonly starts: Uint32Array
  readonly lengths: Uint8Array
}

export const MAX_TEXT_BYTES = MAX_VALUE_BYTES

/** A column to be filled in, with room for texts of `room` bytes each. */
export const emptyColumn = (rows: number, room: number): TextColumn => ({
  bytes: new Uint8Array(rows * room),
  starts: new Uint32Array(rows),
  lengths: new Uint8Array(rows),
})

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

const ALIKE = 256

/** Odds of bytes, found by a hash: a table of all would be eight times as large, and made for one text in a page of numbers. */
const HASH_BITS = 14

/** Any text, byte for byte: as long as it is like the text before, that says what comes next; then the byte before does. */
export const createTextModel = (coder: Coder): ((column: TextColumn, row: number) => void) => {
  const lengthOdds = createOdds(128)
  let byteOdds: Odds | null = null
  let lastStart = 0
  let lastLength = 0
  return ({ bytes, starts, lengths }, row) => {
    byteOdds ??= createOdds(1 << HASH_BITS)
    const length = codeLength(coder, lengthOdds, lengths[row] ?? 0)
    if (length > MAX_TEXT_BYTES) coder.isBroken = true
    if (coder.isBroken) return
    const from = starts[row] ?? 0
    let isAlike = true
    let byte = 0
    for (let i = 0; i < length; i++) {
      const model = isAlike && i < lastLength ? ALIKE + (bytes[lastStart + i] ?? 0) : byte
      byte = codeByte(coder, byteOdds, model, bytes[from + i] ?? 0)
      isAlike &&= i < lastLength && byte === bytes[lastStart + i]
      // Pages that are packed are not ours to touch, even with what they hold already.
      if (coder.isReading) bytes[from + i] = byte
    }
    if (coder.isReading) lengths[row] = length
    lastStart = from
    lastLength = length
  }
}

// High bits first, each under the odds of those before it.

const LENGTH_BITS = 7

const codeLength = (coder: Coder, odds: Odds, length: number): number => {
  let node = 1
  for (let bit = LENGTH_BITS - 1; bit >= 0; bit--) node = node * 2 + coder.bit(odds, node, (length >>> bit) & 1)
  return node - (1 << LENGTH_BITS)
}

const codeByte = (coder: Coder, odds: Odds, model: number, byte: number): number => {
  let node = 1
  for (let bit = 7; bit >= 0; bit--) {
    const at = Math.imul(model * 256 + node, 0x9e3779b1) >>> (32 - HASH_BITS)
    node = node * 2 + coder.bit(odds, at, (byte >>> bit) & 1)
  }
  return node - 256
}
