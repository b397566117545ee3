import type { Bytes } from '../base/bytes.ts'
import { bytes, count, decode, encode, fixed, mapped, nullable, struct, u32, u8, type Codec } from '../base/codec.ts'
import { fail, type Failure, type Result } from '../base/result.ts'
import { HASH_BYTES, type Sha256 } from '../domain/hash.ts'
import { streamIdCodec, type StreamId } from '../domain/stream.ts'
import { numericValue } from '../domain/value.ts'
import { MAX_LEARNT_BYTES } from '../protocol/limits.ts'

/** Layout of what is kept; another is thrown away, and learnt again. */
const LEARNT_VERSION = 2

/** A forecaster at rest, and the rows it has learnt: they are named by stream, epoch, the first, how many there were and the hash of the last. */
export interface Learnt {
  readonly stream: StreamId
  readonly epoch: number
  /** The first row learnt: of a long history a quick lesson begins near the end, and a longer one is still owed. */
  readonly from: number
  readonly rows: number
  readonly lastHash: Bytes
  /** Number of the last row, where it is one. */
  readonly lastValue: number | null
  /** `Forecaster.snapshot` under the hash of the name. */
  readonly state: Bytes
}

type Name = Omit<Learnt, 'state'>

const version: Codec<number> = mapped(
  u8,
  (number: number) => number,
  (number, reader) => {
    if (number !== LEARNT_VERSION) reader.reject(`layout ${number}, this version reads ${LEARNT_VERSION}`)
    return number
  },
)

/** As decimal text: the one form in which a number survives exactly and is judged already. */
const number: Codec<number> = mapped(
  bytes(32),
  (value: number) => new TextEncoder().encode(String(value)),
  (raw, reader) => {
    const text = new TextDecoder().decode(raw)
    const value = numericValue(text)
    if (value === null || String(value) !== text) reader.reject('a last value that is no number, or written otherwise')
    return value ?? 0
  },
)

const name = { version, stream: streamIdCodec, epoch: u32, from: count, rows: count, lastHash: fixed(HASH_BYTES), lastValue: nullable(number) }
const nameCodec = struct(name)
const learntCodec = struct({ ...name, state: bytes(MAX_LEARNT_BYTES) })

/** What a snapshot must be asked for by: one of other rows is not restored. */
export const historyHash = ({ stream, epoch, from, rows, lastHash, lastValue }: Name, sha256: Sha256): Bytes =>
  sha256(encode(nameCodec, { version: LEARNT_VERSION, stream, epoch, from, rows, lastHash, lastValue }))

export const encodeLearnt = (learnt: Learnt): Bytes =>
  encode(learntCodec, { version: LEARNT_VERSION, ...learnt }, 256 + learnt.state.length)

/** Storage is judged like a stranger: total, bounded, and kept under the stream that it names. The state itself is judged when it is restored. */
export const decodeLearnt = (stored: Uint8Array, stream: StreamId): Result<Learnt, Failure<'malformed'>> => {
  const read = decode(learntCodec, stored, 'what was learnt')
  if (!read.ok || read.value.stream === stream) return read
  return fail('malformed', 'what was learnt: it is of another stream')
}
