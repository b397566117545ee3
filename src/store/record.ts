import {
  bool,
  bytes,
  decode,
  encode,
  mapped,
  nullable,
  struct,
  u8,
  type Codec,
} from '../base/codec.ts'
import type { Bytes } from '../base/bytes.ts'
import { ok, type Failure, type Result } from '../base/result.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { MAX_ROWS, signedHeadCodec } from '../domain/head.ts'
import { PAGE_ROWS } from '../domain/page.ts'
import { identityCodec, streamIdCodec } from '../domain/stream.ts'
import type { HistoryRecord } from '../ports/history-store.ts'

/** Page lists of the longest history allowed, bytes. */
const MAX_LIST_BYTES = (MAX_ROWS / PAGE_ROWS) * HASH_BYTES

/** Layout of a stored record. 1: the beginning. */
const RECORD_VERSION = 1

const version: Codec<number> = mapped(
  u8,
  () => RECORD_VERSION,
  (found, reader) => {
    if (found !== RECORD_VERSION) reader.reject(`record layout ${found}, this version reads ${RECORD_VERSION}`)
    return found
  },
)

const hashes: Codec<Bytes> = mapped(
  bytes(MAX_LIST_BYTES),
  (list: Bytes) => list,
  (list, reader) => {
    if (list.length % HASH_BYTES !== 0) reader.reject('a page list that is not whole hashes')
    return list
  },
)

const recordCodec = struct({
  version,
  stream: streamIdCodec,
  identity: identityCodec,
  subscribed: bool,
  paused: bool,
  head: nullable(signedHeadCodec),
  hashes,
  download: nullable(struct({ head: signedHeadCodec, hashes })),
})

export const encodeRecord = (record: HistoryRecord): Bytes =>
  encode(recordCodec, { ...record, version: RECORD_VERSION }, 1024 + record.hashes.length)

/** Storage is judged like a stranger: total, bounded, and a record of another layout is told by its number. */
export const decodeRecord = (stored: Uint8Array): Result<HistoryRecord, Failure<'malformed'>> => {
  const judged = decode(recordCodec, stored, 'history record')
  if (!judged.ok) return judged
  const { version: _, ...record } = judged.value
  return ok(record)
}
