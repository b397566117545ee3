import type { Bytes } from '../../base/bytes.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { createOdds, type Coder } from './coder.ts'
import { codeResidual, createResiduals } from './integers.ts'

/** What predictions say of the rows they were made after. */
export interface Followed {
  /** 0 live, 1 start-up. */
  readonly kinds: Uint8Array
  /** 32 bytes a row. */
  readonly streams: Bytes
  readonly rows: Float64Array
  /** 32 bytes a row. */
  readonly hashes: Bytes
}

export const emptyFollowed = (rows: number): Followed => ({
  kinds: new Uint8Array(rows),
  streams: new Uint8Array(rows * HASH_BYTES),
  rows: new Float64Array(rows),
  hashes: new Uint8Array(rows * HASH_BYTES),
})

/** One stream is followed row after row; the hashes are what they are. */
export const codeFollowed = (coder: Coder, { kinds, streams, rows, hashes }: Followed): void => {
  const odds = createOdds(2)
  const residuals = createResiduals(0)
  for (let row = 0; row < rows.length && !coder.isBroken; row++) {
    kinds[row] = coder.bit(odds, 0, kinds[row] ?? 0)
    const isOther = coder.bit(odds, 1, !coder.isReading && !isAsBefore(streams, row) ? 1 : 0) === 1
    if (isOther) codeBytes(coder, streams, row)
    else streams.copyWithin(row * HASH_BYTES, (row - 1) * HASH_BYTES, row * HASH_BYTES)
    const next = row === 0 ? 0 : Math.min(Number.MAX_SAFE_INTEGER, (rows[row - 1] ?? 0) + 1)
    const followed = next + codeResidual(coder, residuals, (rows[row] ?? 0) - next)
    if (followed < 0 || !Number.isSafeInteger(followed)) coder.isBroken = true
    rows[row] = followed
    codeBytes(coder, hashes, row)
  }
}

const isAsBefore = (bytes: Bytes, row: number): boolean => {
  if (row === 0) return false
  const at = row * HASH_BYTES
  for (let i = 0; i < HASH_BYTES; i++) if (bytes[at + i] !== bytes[at - HASH_BYTES + i]) return false
  return true
}

const codeBytes = (coder: Coder, bytes: Bytes, row: number): void => {
  const to = (row + 1) * HASH_BYTES
  for (let at = row * HASH_BYTES; at < to; at++) bytes[at] = coder.raw(8, bytes[at] ?? 0)
}
