import type { Bytes } from '../base/bytes.ts'
import type { Failure, Result } from '../base/result.ts'
import type { SignedHead } from '../domain/head.ts'
import type { Row } from '../domain/row.ts'
import type { PublicKey, StreamId, StreamIdentity } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import type { FrameOf } from '../protocol/frame.ts'
import type { Pipe } from './pipe.ts'

export type DataNotice = FrameOf<'state'> | FrameOf<'live-row'> | FrameOf<'link-event'> | FrameOf<'log-entry'>

export interface NewPrediction {
  readonly follows: StreamId
  readonly followsRow: number
  readonly followsHash: Bytes
  readonly value: string
  readonly lower: string
  readonly upper: string
  readonly kind: 'live' | 'start-up'
}

/** The data process, as its local clients speak to it. Every call settles within its deadline. */
export interface DataClient {
  watch(listen: (notice: DataNotice) => void): void
  /** Rows `from` … as far as one answer goes, and how many there are in all. */
  rows(stream: StreamId, from: number, count: number): Promise<Result<{ readonly rows: readonly Row[]; readonly total: number }>>
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
  deliver(stream: StreamId, live: Bytes): Promise<Result<'appended' | 'known' | 'behind' | 'refused'>>
  deliverHead(head: SignedHead): Promise<Result<'appended' | 'known' | 'behind' | 'refused'>>
  prove(nonce: Bytes, host: string): Promise<Result<{ readonly publicKey: PublicKey; readonly signature: Bytes }>>
  /** The data process was started anew: goes on over a fresh port and watches again what was watched. */
  reconnect(pipe: Pipe): void
  close(): void
}

export type DataClientFailure = Failure<'no-answer' | 'malformed'>
