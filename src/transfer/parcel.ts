import type { Bytes, MakeBytes } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { maxPageBytes } from '../domain/page.ts'
import type { RowForm } from '../domain/stream.ts'
import { packPage, unpackPage, type PageShape } from '../protocol/packed-page.ts'
import { ENCODING_CANONICAL, ENCODING_PACKED } from '../protocol/transfer.ts'

// A page as it travels: one byte that says how it is encoded, then the page so encoded. Packets carry parts of it.

/** What we ask for beside canonical bytes, which everybody can read and may send. */
export const ENCODINGS_READ: readonly number[] = [ENCODING_PACKED]

/** The most bytes a parcel has: an encoding is only used where it is shorter than the page. */
export const maxParcelBytes = (form: RowForm, pageRows: number): number => 1 + maxPageBytes(form, pageRows)

/** The parcel of a page's canonical bytes for someone who reads these encodings; the same every time. */
export const wrapPage = (page: Bytes, shape: PageShape, encodings: readonly number[]): Bytes => {
  const packed = encodings.includes(ENCODING_PACKED) ? packPage(page, shape) : null
  return packed === null ? parcel(ENCODING_CANONICAL, page) : parcel(ENCODING_PACKED, packed)
}

const parcel = (encoding: number, body: Bytes): Bytes => {
  const bytes = new Uint8Array(1 + body.length)
  bytes[0] = encoding
  bytes.set(body, 1)
  return bytes
}

/**
 * What a parcel holds: at most as many bytes as the largest page of this shape. That it is the page, and canonical, is
 * still to be judged by its hash. `make`: memory for what is unpacked.
 */
export const openParcel = (bytes: Bytes, shape: PageShape, make?: MakeBytes): Result<Bytes, Failure<'malformed'>> => {
  const maxBytes = maxPageBytes(shape.form, shape.rows)
  const body = bytes.subarray(1)
  switch (bytes[0]) {
    case ENCODING_PACKED:
      return unpackPage(body, { ...shape, maxBytes }, make)
    case ENCODING_CANONICAL:
      return body.length <= maxBytes
        ? ok(bytes.slice(1))
        : fail('malformed', `page ${shape.number}: ${body.length} bytes where ${shape.rows} rows are at most ${maxBytes}`)
    default:
      return fail('malformed', `page ${shape.number} came in encoding ${bytes[0] ?? 'none'}, which was not asked for`)
  }
}
