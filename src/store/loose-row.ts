import { array, bool, choice, count, decode, encode, i64, mapped, nullable, struct, u8, type Codec } from '../base/codec.ts'
import type { Bytes } from '../base/bytes.ts'
import { fail, type Failure, type Result } from '../base/result.ts'
import type { LooseRow } from '../consensus/loose-row.ts'
import type { Micros } from '../domain/time.ts'
import { rowCodec } from '../protocol/live.ts'

/** Layout of a stored loose row; another is left out when it is read: the peers are asked again. */
const LOOSE_VERSION = 1

const version: Codec<number> = mapped(
  u8,
  (number: number) => number,
  (number, reader) => {
    if (number !== LOOSE_VERSION) reader.reject(`layout ${number} of a loose row, this version reads ${LOOSE_VERSION}`)
    return number
  },
)

/** Nothing: unknown. A null: the beginning. */
const before: Codec<LooseRow['before']> = mapped(
  array(nullable(i64 as Codec<Micros>), 1),
  (known: LooseRow['before']) => (known === 'unknown' ? [] : [known === 'beginning' ? null : known]),
  ([known]) => (known === undefined ? 'unknown' : (known ?? 'beginning')),
)

const stored = struct({
  version,
  row: rowCodec,
  number: nullable(count),
  mark: choice(['quorum', 'provisional']),
  own: bool,
  before,
})

export const encodeLoose = (row: LooseRow): Bytes => encode(stored, { version: LOOSE_VERSION, ...row })

/** Storage is judged like a stranger: a row belongs where its own time says, and what is before it is earlier. */
export const decodeLoose = (bytes: Uint8Array, time: number): Result<LooseRow, Failure<'malformed'>> => {
  const read = decode(stored, bytes, 'loose row')
  if (!read.ok) return read
  const { row, number, mark, own, before: earlier } = read.value
  if (row.time !== time) return fail('malformed', 'loose row: it is kept under another time')
  if (typeof earlier === 'number' && earlier >= row.time) return fail('malformed', 'loose row: what is before it is not earlier')
  return { ok: true, value: { row, number, mark, own, before: earlier } }
}
