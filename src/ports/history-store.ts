import type { Bytes } from '../base/bytes.ts'
import type { Failure, Result } from '../base/result.ts'
import type { LooseChange, LooseRow } from '../consensus/loose-row.ts'
import type { SignedHead } from '../domain/head.ts'
import type { StreamId, StreamIdentity } from '../domain/stream.ts'

/** A history as it is on record: what is named here is verified. */
export interface HistoryRecord {
  readonly stream: StreamId
  readonly identity: StreamIdentity
  readonly subscribed: boolean
  readonly paused: boolean
  /** Null until the first promotion. */
  readonly head: SignedHead | null
  /** Page hashes of `head`, 32 bytes each. */
  readonly hashes: Bytes
  /** A download under way: pages named here are kept although no head names them yet. */
  readonly download: { readonly head: SignedHead; readonly hashes: Bytes } | null
  /** Histories of earlier epochs whose rows the publisher gave up: kept, never served as the stream. Newest first. */
  readonly archive: readonly ArchivedHistory[]
  /** Proof that the publisher signed two histories of this epoch, as `evidence` frames carry it. */
  readonly fork: Bytes | null
  /** When every page was last checked, milliseconds since 1970. */
  readonly checkedAt: number | null
  /** Own streams: the newest head by this node's key that it was told of, with rows that may not be here: it signs nothing beside them. */
  readonly toldOf: SignedHead | null
}

export interface ArchivedHistory {
  readonly head: SignedHead
  /** Page hashes of `head`, 32 bytes each. */
  readonly hashes: Bytes
}

export interface StoredPage {
  /** SHA-256 of its canonical bytes. */
  readonly hash: Bytes
  /** As it rests: `data/history/kept-page`. */
  readonly bytes: Bytes
}

/** What the engine has learnt of a stream, as far as it must be known to keep a budget. */
export interface KeptLearnt {
  readonly stream: StreamId
  readonly bytes: number
  /** Grows with every write, over restarts too. */
  readonly turn: number
}

export interface LearntChange {
  /** Takes the place of what was kept of the stream before. */
  readonly put: { readonly stream: StreamId; readonly bytes: Bytes; readonly turn: number } | null
  readonly drop: readonly StreamId[]
}

/** `superseded`: another tab has become the node of this profile, and nothing is written here any more. */
export type StoreFailure = Failure<'disk-full' | 'store-lost' | 'store-failed' | 'superseded'>

/**
 * Where histories live. Pages are kept under their hash and written once; a history is the record that names them.
 * Nothing here judges: callers verify before they put and after they get.
 */
export interface HistoryStore {
  records(): Promise<Result<readonly HistoryRecord[], StoreFailure>>
  page(hash: Bytes): Promise<Result<Bytes | null, StoreFailure>>
  /** For each hash, whether its page is there. */
  has(hashes: readonly Bytes[]): Promise<Result<readonly boolean[], StoreFailure>>
  /** Writes pages that no head names yet. */
  stage(pages: readonly StoredPage[]): Promise<Result<null, StoreFailure>>
  /** One transaction, on disk when it answers: puts the record and pages and deletes `drop`, all or nothing. */
  commit(change: {
    readonly record: HistoryRecord
    readonly pages?: readonly StoredPage[]
    readonly drop?: readonly Bytes[]
  }): Promise<Result<null, StoreFailure>>
  /** Loose rows of a stream, in the order of their times. One that cannot be read is left out. */
  looseRows(stream: StreamId): Promise<Result<readonly LooseRow[], StoreFailure>>
  /** One transaction. What a crash takes back is asked of peers again. */
  changeLoose(stream: StreamId, change: LooseChange): Promise<Result<null, StoreFailure>>
  dropLoose(stream: StreamId): Promise<Result<null, StoreFailure>>
  /** What the engine has learnt of a stream, as it was kept last; null: nothing. */
  learnt(stream: StreamId): Promise<Result<Bytes | null, StoreFailure>>
  learntKept(): Promise<Result<readonly KeptLearnt[], StoreFailure>>
  /** One transaction. What a crash takes back is learnt again. */
  changeLearnt(change: LearntChange): Promise<Result<null, StoreFailure>>
  /** Forgets a history, its loose rows and what was learnt of it; its pages are collected later. */
  remove(stream: StreamId): Promise<Result<null, StoreFailure>>
  /** Deletes pages that no record names; answers how many. */
  collect(): Promise<Result<number, StoreFailure>>
  close(): void
}
