import { concatBytes, equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import { count, encode, fixed, i64, struct, u32, mapped, type Codec } from '../base/codec.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from './hash.ts'
import { streamIdCodec, type StreamId } from './stream.ts'
import type { Micros } from './time.ts'

/** A publisher's statement: "my stream has these rows". It commits to every row before its count. */
export interface Head {
  readonly stream: StreamId
  /** Counts the times the publisher had to give up rows that nobody has; 0 at first. */
  readonly epoch: number
  /** Row count. */
  readonly rows: number
  /** Hash of row 0: where the history begins is part of what is signed. */
  readonly origin: Bytes
  /** Merkle tree hash over the page hashes. */
  readonly root: Bytes
  /** When it was signed. */
  readonly time: Micros
  /** Where this epoch left the one before; null in epoch 0, and the same in every head of an epoch. */
  readonly continues: Continuation | null
}

/** What a publisher kept when it had to give up rows that nobody has any more. */
export interface Continuation {
  /** The epoch before. */
  readonly epoch: number
  /** Rows of it that this epoch begins with; 0: it begins anew. */
  readonly rows: number
  /** The Merkle root that those rows had; of no rows, that of the empty tree. */
  readonly root: Bytes
}

export interface SignedHead {
  readonly head: Head
  /** Ed25519 by the stream's author over `headBytes`. */
  readonly signature: Bytes
}

/** A history longer than this is refused: its page list alone would be a burden (2^32 rows, 4 M pages). */
export const MAX_ROWS = 0x1_0000_0000

const rows: Codec<number> = mapped(
  count,
  (n: number) => n,
  (n, reader) => {
    if (n < 1 || n > MAX_ROWS) reader.reject(`${n} rows`)
    return n
  },
)

const base = struct({
  stream: streamIdCodec,
  epoch: u32,
  rows,
  origin: fixed(HASH_BYTES),
  root: fixed(HASH_BYTES),
  time: i64 as Codec<Micros>,
})

const continuation: Codec<Continuation> = struct({ epoch: u32, rows: count, root: fixed(HASH_BYTES) })

/** Heads of epoch 0 end with their time; those of a later epoch say what they continue. */
export const headCodec: Codec<Head> = {
  write: (w, head) => {
    base.write(w, head)
    if (head.epoch === 0 || head.continues === null) return
    continuation.write(w, head.continues)
  },
  read: (r) => {
    const { stream, epoch, rows, origin, root, time } = base.read(r)
    const continues = epoch === 0 ? null : continuation.read(r)
    if (continues !== null && continues.epoch >= epoch) r.reject(`epoch ${epoch} continues epoch ${continues.epoch}`)
    if (continues !== null && continues.rows > rows) r.reject(`${rows} rows continue ${continues.rows}`)
    return { stream, epoch, rows, origin, root, time, continues }
  },
}

export const signedHeadCodec: Codec<SignedHead> = struct({ head: headCodec, signature: fixed(SIGNATURE_BYTES) })

const TAG = utf8('zazen head 1\n')

/** The bytes that the publisher signs. */
export const headBytes = (head: Head): Bytes => concatBytes([TAG, encode(headCodec, head)])

/** Two heads that say the same of the history, whenever they were signed. */
export const sameHistory = (a: Head, b: Head): boolean =>
  a.stream === b.stream && a.epoch === b.epoch && a.rows === b.rows && equalBytes(a.root, b.root)

const sameContinuation = (a: Continuation | null, b: Continuation | null): boolean =>
  a === null || b === null ? a === b : a.epoch === b.epoch && a.rows === b.rows && equalBytes(a.root, b.root)

/** Two heads of one epoch that cannot both be true, whatever rows are behind them: their publisher signed two histories. */
export const contradicts = (a: Head, b: Head): boolean =>
  a.stream === b.stream &&
  a.epoch === b.epoch &&
  (!equalBytes(a.origin, b.origin) ||
    !sameContinuation(a.continues, b.continues) ||
    (a.rows === b.rows && !equalBytes(a.root, b.root)))

/** Which of two verified heads of one stream is further on: a later epoch, or more rows within it. */
export const isNewer = (a: Head, b: Head): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.rows > b.rows)
