import { array, bool, bytes, count, decode, encode, mapped, nullable, struct, type Codec } from '../base/codec.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Failure, Result } from '../base/result.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { MAX_ROWS, signedHeadCodec } from '../domain/head.ts'
import { PAGE_ROWS } from '../domain/page.ts'
import { identityCodec, streamIdCodec } from '../domain/stream.ts'
import type { HistoryRecord } from '../ports/history-store.ts'
import { MAX_ARCHIVED, MAX_EVIDENCE_BYTES } from '../protocol/limits.ts'

/** Page lists of the longest history allowed, bytes. */
const MAX_LIST_BYTES = (MAX_ROWS / PAGE_ROWS) * HASH_BYTES

/**
 * Layout of a stored record.
 * 1: the beginning.
 * 2: archive, fork, checkedAt behind the fields of 1.
 * 3: toldOf behind those. All are still read.
 */
const RECORD_VERSION = 3

const hashes: Codec<Bytes> = mapped(
  bytes(MAX_LIST_BYTES),
  (list: Bytes) => list,
  (list, reader) => {
    if (list.length % HASH_BYTES !== 0) reader.reject('a page list that is not whole hashes')
    return list
  },
)

const layout1 = struct({
  stream: streamIdCodec,
  identity: identityCodec,
  subscribed: bool,
  paused: bool,
  head: nullable(signedHeadCodec),
  hashes,
  download: nullable(struct({ head: signedHeadCodec, hashes })),
})

const since2 = struct({
  archive: array(struct({ head: signedHeadCodec, hashes }), MAX_ARCHIVED),
  fork: nullable(bytes(MAX_EVIDENCE_BYTES)),
  checkedAt: nullable(count),
})

const since3 = struct({ toldOf: nullable(signedHeadCodec) })

const recordCodec: Codec<HistoryRecord> = {
  write: (w, record) => {
    w.u8(RECORD_VERSION)
    layout1.write(w, record)
    since2.write(w, record)
    since3.write(w, record)
  },
  read: (r) => {
    const version = r.u8()
    if (version < 1 || version > RECORD_VERSION) r.reject(`record layout ${version}, this version reads up to ${RECORD_VERSION}`)
    const record = layout1.read(r)
    return {
      ...record,
      ...(version >= 2 ? since2.read(r) : { archive: [], fork: null, checkedAt: null }),
      ...(version >= 3 ? since3.read(r) : { toldOf: null }),
    }
  },
}

export const encodeRecord = (record: HistoryRecord): Bytes => encode(recordCodec, record, 1024 + record.hashes.length)

/** Storage is judged like a stranger: total, bounded, and a record of another layout is told by its number. */
export const decodeRecord = (stored: Uint8Array): Result<HistoryRecord, Failure<'malformed'>> =>
  decode(recordCodec, stored, 'history record')
