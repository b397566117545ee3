import type { SignedHead } from '../../domain/head.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { LogDep } from '../../ports/log.ts'
import type { HistoryDeps } from '../history/history.ts'
import type { Entry } from '../streams/entry.ts'
import type { Questions } from './questions.ts'

export interface StageView {
  readonly pagesDone: number
  readonly pagesTotal: number
  readonly bytesReceived: number
  readonly peers: number
}

/** One part of the way to a head: the search for what differs, or the fetching of pages. */
export interface Stage {
  /** A link whose peer serves the head. */
  join(link: number): void
  leave(link: number): void
  tick(): void
  /** Nobody wants it any more: senders are told. */
  cancel(): void
  view(): StageView
}

/** A head to reach, and the entry that is to have it. */
export interface Goal {
  readonly entry: Entry
  readonly target: SignedHead
}

export interface StageDeps extends HistoryDeps, LogDep {
  readonly questions: Questions
  readonly progressed: (stream: StreamId) => void
  /** A page that this link brought was what it should be, or was not. */
  readonly judged: (link: number, good: boolean) => void
  /** Work that nobody awaits: what goes wrong in it is a broken invariant, and it must be heard. */
  readonly detach: (work: Promise<void>) => void
}
