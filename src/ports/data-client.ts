import type { Bytes } from '../base/bytes.ts'
import type { Failure, Result } from '../base/result.ts'
import type { SignedHead } from '../domain/head.ts'
import type { Row } from '../domain/row.ts'
import type { PublicKey, StreamId, StreamIdentity } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import type { FrameOf } from '../protocol/frame.ts'
import type { Pipe } from './pipe.ts'

export type DataNotice = FrameOf<
  'state' | 'forgotten' | 'live-row' | 'link-event' | 'link-serves' | 'link-traffic' | 'log-entry'
>

/** An own stream that is about to be signed for the first time since the data process started, and what is here of it. */
export type NewestWanted = Pick<FrameOf<'newest-wanted'>, 'stream' | 'identity' | 'head'>

export interface NewPrediction {
  readonly follows: StreamId
  readonly followsRow: number
  readonly followsHash: Bytes
  readonly value: string
  readonly lower: string
  readonly upper: string
  readonly kind: 'live' | 'start-up'
}

export interface NamedHistory {
  readonly stream: StreamId
  readonly root: Bytes
  readonly rows: number
}

/** The data process, as its local clients speak to it. Every call settles within its deadline. */
export interface DataClient {
  watch(listen: (notice: DataNotice) => void): void
  /** From now on it is asked what others know of own streams before they are signed; each question is answered by `newest`. */
  onNewestWanted(listen: (wanted: NewestWanted) => void): void
  /** The newest head of an own stream that others know; null: none, or nobody can be asked now. */
  newest(stream: StreamId, head: SignedHead | null): Promise<Result<null>>
  /** Rows `from` … as far as one answer goes, and how many there are in all. */
  rows(stream: StreamId, from: number, count: number): Promise<Result<{ readonly rows: readonly Row[]; readonly total: number }>>
  /** The last `count` rows, as far as one answer goes, up to the last row whose time is at or before `time`. */
  rowsAt(
    stream: StreamId,
    time: Micros,
    count: number,
  ): Promise<Result<{ readonly from: number; readonly rows: readonly Row[]; readonly total: number }>>
  /** What this node would tell a peer that asks for the stream. */
  status(stream: StreamId): Promise<Result<{ readonly serving: boolean; readonly head: SignedHead | null }>>
  /** One run of page hashes of the named history, from `from` on. */
  hashes(named: NamedHistory, from: number): Promise<Result<{ readonly hashes: readonly Bytes[]; readonly proof: readonly Bytes[] }>>
  /** Rows that no signature vouches for, oldest first, each with its mark; never among those of `rows`. */
  loose(stream: StreamId, from: number, count: number): Promise<Result<Pick<FrameOf<'loose'>, 'total' | 'rows'>>>
  /** Any number of rows of a stream that nobody signs, in whatever order. */
  addLoose(identity: StreamIdentity, rows: readonly Row[]): Promise<Result<null>>
  subscribe(identity: StreamIdentity): Promise<Result<null>>
  unsubscribe(stream: StreamId): Promise<Result<null>>
  pause(stream: StreamId, paused: boolean): Promise<Result<null>>
  append(stream: StreamId, time: Micros, value: string): Promise<Result<{ readonly row: number; readonly hash: Bytes }>>
  openDraft(identity: StreamIdentity): Promise<Result<{ readonly draft: number; readonly rows: number }>>
  /** Any number of rows; sent in frames, one after the other. */
  addToDraft(draft: number, rows: readonly Row[]): Promise<Result<null>>
  commitDraft(draft: number): Promise<Result<null>>
  dropDraft(draft: number): Promise<Result<null>>
  predict(prediction: NewPrediction): Promise<Result<null>>
  /** What the engine has learnt of a stream takes the place of what was kept before; null: nothing is kept. */
  keepLearnt(stream: StreamId, bytes: Bytes | null): Promise<Result<null>>
  learnt(stream: StreamId): Promise<Result<Bytes | null>>
  deliver(stream: StreamId, live: Bytes): Promise<Result<'appended' | 'known' | 'behind' | 'refused'>>
  deliverHead(head: SignedHead): Promise<Result<'appended' | 'known' | 'behind' | 'refused'>>
  /** Deletes a stream of someone else from this node. */
  forget(stream: StreamId): Promise<Result<null>>
  /** Own streams: gives up the rows that nobody has; those that are here go on in a new epoch. Refused while a peer serves more. */
  beginEpoch(stream: StreamId): Promise<Result<null>>
  /** Checks every page of a stream now; answers when it is done. */
  recheck(stream: StreamId): Promise<Result<{ readonly good: number; readonly bad: number }>>
  /** Asks a link's peer whether it serves a stream: what it says comes as a notice. */
  askServes(link: number, stream: StreamId): Promise<Result<null>>
  dropLink(link: number, code: string, message: string): Promise<Result<null>>
  /** With exactly these no link is kept or made from now on, by a data process that is started anew neither. */
  refusePeers(peers: readonly PublicKey[]): Promise<Result<null>>
  /** Whether this identity may be in use elsewhere: nothing is signed then but what somebody asks for, by a data process that is started anew neither. */
  holdSigning(held: boolean): Promise<Result<null>>
  prove(nonce: Bytes, host: string): Promise<Result<{ readonly publicKey: PublicKey; readonly signature: Bytes }>>
  /** The data process was started anew: goes on over a fresh port and watches again what was watched. */
  reconnect(pipe: Pipe): void
  close(): void
}

/** `data-restarted`: asked of a data process that is gone, and not asked again of the next: the caller knows whether to. */
export type DataClientFailure = Failure<'no-answer' | 'data-restarted' | 'malformed'>
