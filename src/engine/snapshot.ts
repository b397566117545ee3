import { checksum } from '../base/checksum.ts'

/** Raised whenever the meaning of any state cell changes; older snapshots are then discarded, never guessed at. */
export const SNAPSHOT_VERSION = 6

const MAGIC = 0x5a5a454e
/** Bytes of the hash that names the history a state has learnt from. */
export const HISTORY_HASH_BYTES = 32

const HASH_WORDS = HISTORY_HASH_BYTES / 4
const HEADER_WORDS = 4 + HASH_WORDS // magic, version, number of arrays, checksum of all but these four, hash of the history
const CHECKED_FROM = 16
const HEADER_BYTES = 4 * HEADER_WORDS

/**
 * Layout (little-endian hosts): u32 magic, u32 version, u32 array count, u32 checksum, 32 bytes of history hash, one u32 length per array (padded to 8 bytes), then the arrays.
 * Trailing zeros of an array are left out: half-filled rings cost what they hold.
 */
export function encodeState(arrays: readonly Float64Array[], historyHash: Uint8Array): Uint8Array<ArrayBuffer> {
  if (historyHash.length !== HISTORY_HASH_BYTES) throw new Error(`a history hash has ${String(HISTORY_HASH_BYTES)} bytes`)
  const lengths = arrays.map(usedLength)
  const bodyStart = startOfBody(arrays.length)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const bytes = new Uint8Array(bodyStart + 8 * total)
  const words = new Uint32Array(bytes.buffer, 0, bodyStart / 4)
  words.set([MAGIC, SNAPSHOT_VERSION, arrays.length, 0])
  bytes.set(historyHash, CHECKED_FROM)
  words.set(lengths, HEADER_WORDS)
  const body = new Float64Array(bytes.buffer, bodyStart)
  let offset = 0
  arrays.forEach((array, i) => {
    const length = lengths[i] ?? 0
    body.set(array.subarray(0, length), offset)
    offset += length
  })
  words[3] = checksum(bytes.subarray(CHECKED_FROM))
  return bytes
}

/** Fills `arrays` from a snapshot; false (and `arrays` untouched) when the bytes are not one of the same version, layout and history. */
export function decodeState(bytes: Uint8Array, arrays: readonly Float64Array[], historyHash: Uint8Array): boolean {
  const bodyStart = startOfBody(arrays.length)
  if (bytes.length < bodyStart) return false
  const copy = bytes.slice() // aligned, whatever the offset of the bytes given
  const words = new Uint32Array(copy.buffer, 0, bodyStart / 4)
  if (words[0] !== MAGIC || words[1] !== SNAPSHOT_VERSION || words[2] !== arrays.length) return false
  if (words[3] !== checksum(copy.subarray(CHECKED_FROM))) return false
  if (historyHash.length !== HISTORY_HASH_BYTES || historyHash.some((byte, i) => byte !== copy[CHECKED_FROM + i])) return false
  const lengths = arrays.map((_, i) => words[HEADER_WORDS + i] ?? 0)
  const total = lengths.reduce((sum, length) => sum + length, 0)
  if (copy.length !== bodyStart + 8 * total) return false
  if (arrays.some((array, i) => (lengths[i] ?? 0) > array.length)) return false
  const body = new Float64Array(copy.buffer, bodyStart)
  let offset = 0
  arrays.forEach((array, i) => {
    const length = lengths[i] ?? 0
    array.fill(0)
    array.set(body.subarray(offset, offset + length))
    offset += length
  })
  return true
}

function startOfBody(arrays: number): number {
  return Math.ceil((HEADER_BYTES + 4 * arrays) / 8) * 8
}

function usedLength(array: Float64Array): number {
  let length = array.length
  // −0 is a value, not an absence: restoring it as +0 would not be bit for bit.
  while (length > 0 && Object.is(array[length - 1], 0)) length--
  return length
}
