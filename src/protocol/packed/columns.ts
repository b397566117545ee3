import { equalBytes, type Bytes, type MakeBytes } from '../../base/bytes.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { encodePage, maxPageBytes } from '../../domain/page.ts'
import type { RowForm } from '../../domain/stream.ts'
import { emptyFollowed, type Followed } from './followed.ts'
import { createSpare } from './spare.ts'
import { MAX_TEXT_BYTES, type TextColumn } from './text-column.ts'

export interface PageShape {
  readonly form: RowForm
  readonly number: number
  readonly rows: number
}

/** The fields of a page, each for itself. */
export interface Columns {
  readonly times: Float64Array
  /** The value; of predictions also lower and upper. */
  readonly texts: readonly TextColumn[]
  /** Null for observations. */
  readonly followed: Followed | null
}

const TEXTS: Readonly<Record<RowForm, number>> = { observation: 1, prediction: 3 }
const FOLLOWED_BYTES = 1 + HASH_BYTES + 8 + HASH_BYTES
const TIME_BYTES = 8

/** The first bytes of a page follow from its shape: those of an empty one, and the row count. */
const headerOf = ({ form, number, rows }: PageShape): Bytes => {
  const header = encodePage({ form, number, rows: [] })
  new DataView(header.buffer).setUint16(header.length - 2, rows)
  return header
}

const HEADER_BYTES = maxPageBytes('observation', 0)

const spareTimes = createSpare((length) => new Float64Array(length))
const spareTexts = [0, 1, 2].map(() => ({
  bytes: createSpare((length) => new Uint8Array(length)),
  starts: createSpare((length) => new Uint32Array(length)),
  lengths: createSpare((length) => new Uint8Array(length)),
}))

/**
 * Columns to be filled in, until the next ones are asked for. The only text of an observation is written where it stands in the page:
 * then nothing but times and lengths is left to join.
 */
export const spareColumns = ({ form, rows }: PageShape): Columns => {
  const isOnly = TEXTS[form] === 1
  const from = isOnly ? HEADER_BYTES : 0
  const gap = isOnly ? TIME_BYTES + 1 : 0
  const texts = spareTexts.slice(0, TEXTS[form]).map(({ bytes, starts, lengths }) => ({
    bytes: bytes(from + rows * (gap + MAX_TEXT_BYTES)),
    starts: starts(rows),
    lengths: lengths(rows),
    from,
    gap,
  }))
  return { times: spareTimes(rows), texts, followed: form === 'prediction' ? emptyFollowed(rows) : null }
}

/** Columns of texts that stand in these bytes already. */
const columnsOver = (bytes: Bytes, { form, rows }: PageShape): Columns => ({
  times: new Float64Array(rows),
  texts: Array.from({ length: TEXTS[form] }, () => ({ bytes, starts: new Uint32Array(rows), lengths: new Uint8Array(rows), from: 0, gap: 0 })),
  followed: form === 'prediction' ? emptyFollowed(rows) : null,
})

const readI64 = (view: DataView, at: number): number => view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4)

const writeI64 = (view: DataView, at: number, value: number): void => {
  view.setInt32(at, Math.floor(value / 0x1_0000_0000))
  view.setUint32(at + 4, value >>> 0)
}

/** Takes the canonical bytes of a page apart; null when they are not a page of this shape. */
export const splitPage = (bytes: Bytes, shape: PageShape): Columns | null => {
  const header = headerOf(shape)
  if (!equalBytes(bytes.subarray(0, header.length), header)) return null
  const columns = columnsOver(bytes, shape)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = header.length
  for (let row = 0; row < shape.rows && at >= 0; row++) at = splitRow(view, at, columns, row)
  return at === bytes.length ? columns : null
}

/** Answers where the row ends, or −1 when it is none. */
const splitRow = (view: DataView, from: number, { times, texts, followed }: Columns, row: number): number => {
  if (from + 8 > view.byteLength) return -1
  const time = readI64(view, from)
  times[row] = time
  let at = from + 8
  for (const { bytes, starts, lengths } of texts) {
    const length = bytes[at] ?? Infinity
    if (length > MAX_TEXT_BYTES) return -1
    starts[row] = at + 1
    lengths[row] = length
    at += 1 + length
  }
  if (followed !== null && !splitFollowed(view, at, followed, row)) return -1
  return Number.isSafeInteger(time) ? at + (followed === null ? 0 : FOLLOWED_BYTES) : -1
}

const splitFollowed = (view: DataView, at: number, { kinds, streams, rows, hashes }: Followed, row: number): boolean => {
  if (at + FOLLOWED_BYTES > view.byteLength) return false
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, FOLLOWED_BYTES)
  kinds[row] = bytes[0] ?? 0
  streams.set(bytes.subarray(1, 1 + HASH_BYTES), row * HASH_BYTES)
  rows[row] = readI64(view, at + 1 + HASH_BYTES)
  hashes.set(bytes.subarray(FOLLOWED_BYTES - HASH_BYTES), row * HASH_BYTES)
  return (kinds[row] ?? 0) <= 1 && (rows[row] ?? 0) >= 0 && Number.isSafeInteger(rows[row])
}

/** The canonical bytes of a page, in memory from `make`; null when there would be more of them than `maxBytes`. */
export const joinPage = (columns: Columns, shape: PageShape, maxBytes: number, make: MakeBytes): Bytes | null => {
  const [only, ...others] = columns.texts
  return only !== undefined && others.length === 0 ? joinOnly(columns.times, only, shape, maxBytes, make) : joinAll(columns, shape, maxBytes, make)
}

/** The texts are where they belong. */
const joinOnly = (times: Float64Array, { bytes, starts, lengths, from, gap }: TextColumn, shape: PageShape, maxBytes: number, make: MakeBytes): Bytes | null => {
  const { rows } = shape
  const size = rows === 0 ? from : (starts[rows - 1] ?? 0) + (lengths[rows - 1] ?? 0)
  if (size > maxBytes) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  bytes.set(headerOf(shape))
  for (let row = 0; row < rows; row++) {
    const at = (starts[row] ?? 0) - gap
    writeI64(view, at, times[row] ?? 0)
    bytes[at + TIME_BYTES] = lengths[row] ?? 0
  }
  const page = make(size)
  page.set(bytes.subarray(0, size))
  return page
}

const joinAll = ({ times, texts, followed }: Columns, shape: PageShape, maxBytes: number, make: MakeBytes): Bytes | null => {
  const header = headerOf(shape)
  let size = header.length + shape.rows * (8 + texts.length + (followed === null ? 0 : FOLLOWED_BYTES))
  for (const { lengths } of texts) for (const length of lengths) size += length
  if (size > maxBytes) return null
  const bytes = make(size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  bytes.set(header)
  let at = header.length
  for (let row = 0; row < shape.rows; row++) {
    writeI64(view, at, times[row] ?? 0)
    at += 8
    for (const text of texts) at = joinText(bytes, at, text, row)
    if (followed !== null) at = joinFollowed(view, at, followed, row)
  }
  return bytes
}

// Byte by byte: for so few of them `set` is slower.
const joinText = (into: Bytes, at: number, { bytes, starts, lengths }: TextColumn, row: number): number => {
  const length = lengths[row] ?? 0
  const from = starts[row] ?? 0
  into[at] = length
  for (let i = 0; i < length; i++) into[at + 1 + i] = bytes[from + i] ?? 0
  return at + 1 + length
}

const joinFollowed = (view: DataView, at: number, { kinds, streams, rows, hashes }: Followed, row: number): number => {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, FOLLOWED_BYTES)
  const from = row * HASH_BYTES
  bytes[0] = kinds[row] ?? 0
  bytes.set(streams.subarray(from, from + HASH_BYTES), 1)
  writeI64(view, at + 1 + HASH_BYTES, rows[row] ?? 0)
  bytes.set(hashes.subarray(from, from + HASH_BYTES), FOLLOWED_BYTES - HASH_BYTES)
  return at + FOLLOWED_BYTES
}
