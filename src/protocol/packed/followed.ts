import type { Bytes } from '../../base/bytes.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { createScale, Runs, type Coder } from './coder.ts'

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

/** One stream is followed row after row, each row of it by one more; the hashes are what they are. */
export const codeFollowed = (coder: Coder, followed: Followed): void => {
  const { kinds, streams, rows, hashes } = followed
  const usual = new Runs(coder)
  const steps = createScale()
  for (let row = 0; row < rows.length && !coder.isBroken; row++) {
    if (usual.next(!coder.isReading && isUsual(followed, row))) repeat(followed, row)
    else {
      kinds[row] = coder.raw(1, kinds[row] ?? 0)
      const isOther = coder.raw(1, !coder.isReading && !isAsBefore(streams, row) ? 1 : 0) === 1
      if (isOther) coder.block(streams.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES))
      else copyStream(streams, row)
      const next = nextRow(rows, row)
      rows[row] = next + coder.signed(steps, (rows[row] ?? 0) - next)
    }
    if ((rows[row] ?? 0) < 0 || !Number.isSafeInteger(rows[row])) coder.isBroken = true
  }
  if (coder.isBroken) return
  usual.end()
  coder.block(hashes)
}

/** As the row before, of which there is none for the first. */
const isUsual = ({ kinds, streams, rows }: Followed, row: number): boolean =>
  row > 0 && kinds[row] === kinds[row - 1] && rows[row] === nextRow(rows, row) && isAsBefore(streams, row)

const repeat = ({ kinds, streams, rows }: Followed, row: number): void => {
  kinds[row] = kinds[row - 1] ?? 0
  rows[row] = nextRow(rows, row)
  copyStream(streams, row)
}

const nextRow = (rows: Float64Array, row: number): number => (row === 0 ? 0 : Math.min(Number.MAX_SAFE_INTEGER, (rows[row - 1] ?? 0) + 1))

const copyStream = (streams: Bytes, row: number): void => {
  if (row > 0) streams.copyWithin(row * HASH_BYTES, (row - 1) * HASH_BYTES, row * HASH_BYTES)
}

const isAsBefore = (bytes: Bytes, row: number): boolean => {
  if (row === 0) return false
  const at = row * HASH_BYTES
  for (let i = 0; i < HASH_BYTES; i++) if (bytes[at + i] !== bytes[at - HASH_BYTES + i]) return false
  return true
}
