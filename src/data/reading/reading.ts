import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import { unreachable } from '../../base/unreachable.ts'
import type { LooseView } from '../../consensus/loose-ledger.ts'
import type { Sha256 } from '../../domain/hash.ts'
import { merkleRoot, RUN_LEAVES, runLength, runProof } from '../../domain/merkle.ts'
import { pagesOf } from '../../domain/page.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { FrameOf, FrameType } from '../../protocol/frame.ts'
import { MAX_PREDICTIONS_PER_ANSWER, MAX_ROWS_PER_ANSWER } from '../../protocol/limits.ts'
import type { History } from '../history/history.ts'
import type { PageFailure } from '../history/page-cache.ts'
import type { LooseRows } from '../loose/loose-rows.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import type { Entry } from '../streams/entry.ts'
import { overBudget } from './budget.ts'
import { createJudgedBeginnings, type Judged } from './judged-beginnings.ts'
import type { PageTimes } from './page-times.ts'
import { looseRowBefore, signedRowBefore, type RowBefore } from './row-before.ts'

/** What anybody may ask about histories: the same questions, answered by the same code, for engine, neuron, page and peers (M22). */
export type Question = FrameOf<'status-request' | 'rows-request' | 'rows-at-request' | 'row-before-request' | 'hashes-request'>

const QUESTIONS: ReadonlySet<FrameType> = new Set<FrameType>([
  'status-request',
  'rows-request',
  'rows-at-request',
  'row-before-request',
  'hashes-request',
])

export const isQuestion = (frame: { readonly type: FrameType }): frame is Question => QUESTIONS.has(frame.type)

type Unnumbered<T extends FrameType> = { [K in T]: Omit<FrameOf<K>, 'request'> }[T]
export type ReadingAnswer = Unnumbered<'status' | 'rows' | 'row-before' | 'hashes'>

/** A history as a question names it. */
export interface Named {
  readonly stream: StreamId
  readonly root: Bytes
  readonly rows: number
}

/** Who asks. It is the port that says so, never a message. */
export interface Asker {
  /** Strangers are answered from signed histories that are whole and not forked; a local port also sees what is in trouble. */
  readonly isPeer: boolean
  /** Takes that much of what the asker may make this node compute; false: it has had its share for now. */
  readonly afford: (cost: number) => boolean
}

export interface ReadingDeps {
  readonly catalogue: Catalogue
  readonly times: PageTimes
  /** A page turned out damaged: it is noted, and fetched again. */
  readonly damaged: (entry: Entry, failure: PageFailure) => Promise<void>
  readonly sha256: Sha256
  readonly shape: HistoryShape
  /** Rows that nobody signed; told with their mark, and only to who asks for the row before a place. */
  readonly loose?: Pick<LooseRows, 'of'>
}

/** Reading for one asker. */
export interface Reading {
  answer(question: Question): Promise<Result<ReadingAnswer>>
  /** The page hashes of the named history; null when it is not (a prefix of) one that this asker is answered from. */
  leavesOf(named: Named): Promise<readonly Bytes[] | null>
  /** What a question that names a history costs, in thousands of hashes, about. Our own newest head costs nothing: its root is at hand. */
  costOf(question: FrameOf<'hashes-request' | 'nodes-request' | 'pages-request'>): number
}

/** To load and decode a page, to cut it where a shorter history ends. */
const PAGE_COST = 1 / 8

/** To encode a row: a full answer of rows costs more than a page of them, so that rows are no cheap way around pages. */
const ROW_COST = 1 / 1_000

/** A proof is a part of the tree, and most histories are one run and need none. */
const PROOF_SHARE = 1 / 4

export const createReading = (deps: ReadingDeps, { isPeer, afford }: Asker): Reading => {
  const { catalogue, times, sha256 } = deps
  const { pageRows, runLeaves } = deps.shape
  // Apart: all that is here costs nothing to ask about, and must not push out what was paid for.
  const [paid, free] = [createJudgedBeginnings(), createJudgedBeginnings()]

  const entryOf = (stream: StreamId): Entry | null => {
    const entry = catalogue.get(stream)
    if (entry === undefined || !isPeer) return entry ?? null
    return isWhole(entry) ? entry : null
  }
  const answer = async (question: Question): Promise<Result<ReadingAnswer>> => {
    switch (question.type) {
      case 'status-request':
        return ok(statusOf(question.stream, catalogue.get(question.stream), (looseOf(question.stream)?.settled ?? 0) > 0))
      case 'rows-request':
        return rowsFrom(question)
      case 'rows-at-request':
        return rowsAt(question)
      case 'row-before-request':
        return rowBefore(question)
      case 'hashes-request':
        return hashes(question)
      default:
        return unreachable(question)
    }
  }

  const rowsFrom = async ({ stream, from, count }: FrameOf<'rows-request'>): Promise<Result<ReadingAnswer>> => {
    const entry = entryOf(stream)
    if (entry === null) return unknown(stream)
    const { history } = entry
    return slice(entry, from, Math.min(from + Math.min(count, mostRows(history)), history.rows))
  }
  const rowsAt = async ({ stream, time, count }: FrameOf<'rows-at-request'>): Promise<Result<ReadingAnswer>> => {
    const entry = entryOf(stream)
    if (entry === null) return unknown(stream)
    if (!afford((pagesOf(entry.history.rows, pageRows) / RUN_LEAVES) * PAGE_COST)) return overBudget
    const last = await times.lastAt(entry.history, time, () => afford(PAGE_COST))
    if (!last.ok) return last.error.code === 'busy' ? overBudget : failed(entry, last.error)
    const to = last.value + 1
    return slice(entry, Math.max(0, to - Math.min(count, mostRows(entry.history))), to)
  }
  /** Loose rows are spoken of only where no signed history is. */
  const looseOf = (stream: StreamId): LooseView | null => {
    const entry = catalogue.get(stream)
    return entry === undefined || entry.history.record.head !== null || entry.fork !== null ? null : (deps.loose?.of(stream) ?? null)
  }
  const rowBefore = async (question: FrameOf<'row-before-request'>): Promise<Result<ReadingAnswer>> => {
    const { stream } = question
    const loose = looseOf(stream)
    if (loose !== null) return tell(stream, looseRowBefore(loose, question, { afford, isPeer }))
    const entry = entryOf(stream)
    if (entry === null || entry.history.record.head === null) return unknown(stream)
    const found = await signedRowBefore(entry.history, question, { times, shape: deps.shape, afford })
    if (found.ok || found.error.code === 'busy' || found.error.code === 'unknown-row') return tell(stream, found)
    return failed(entry, found.error)
  }
  const tell = (stream: StreamId, found: Result<RowBefore>): Result<ReadingAnswer> =>
    found.ok ? ok({ type: 'row-before', stream, found: found.value }) : found
  const slice = async (entry: Entry, from: number, to: number): Promise<Result<ReadingAnswer>> => {
    const { history } = entry
    const rows = Math.max(0, to - from)
    if (!afford(rows * ROW_COST + pagesOf(rows, pageRows) * PAGE_COST)) return overBudget
    const read = await history.read(from, rows)
    if (!read.ok) return failed(entry, read.error)
    return ok({ type: 'rows', from, total: history.rows, rows: read.value })
  }

  const hashes = async (question: FrameOf<'hashes-request'>): Promise<Result<ReadingAnswer>> => {
    const { from } = question
    if (!afford(costOf(question))) return overBudget
    const leaves = await leavesOf(question)
    if (leaves === null || from % runLeaves !== 0 || from >= leaves.length) return unknown(question.stream)
    const run = leaves.slice(from, from + runLength(from, leaves.length, runLeaves))
    return ok({ type: 'hashes', from, hashes: run, proof: runProof(leaves, from, sha256, runLeaves) })
  }
  const leavesOf = async ({ stream, root, rows }: Named): Promise<readonly Bytes[] | null> => {
    const entry = entryOf(stream)
    if (entry === null) return null
    const known = judgedOf(entry, rows)
    const epoch = epochOf(entry)
    const leaves = await leavesAt(entry, rows, known)
    if (!leaves.ok) {
      await deps.damaged(entry, leaves.error)
      return null
    }
    // In another epoch those rows may be others.
    if (leaves.value === null || epoch === null || epochOf(entry) !== epoch) return null
    const ours = known?.root ?? rootOf(entry, rows, leaves.value)
    const lastPage = leaves.value.at(-1)
    // A copy: the list that it is part of is let go when the history grows.
    if (known === null && lastPage !== undefined) (rows === entry.history.rows ? free : paid).keep(stream, rows, { root: ours, lastPage: lastPage.slice(), epoch })
    return equalBytes(ours, root) ? leaves.value : null
  }
  const rootOf = ({ history: { record } }: Entry, rows: number, leaves: readonly Bytes[]): Bytes =>
    record.head?.head.rows === rows ? record.head.head.root : merkleRoot(leaves, sha256)
  const leavesAt = async ({ history }: Entry, rows: number, known: Judged | null): Promise<Result<readonly Bytes[] | null, PageFailure>> => {
    const full = rows - (rows % pageRows)
    if (known === null || rows === full) return history.leavesAt(rows)
    const leaves = await history.leavesAt(full)
    return leaves.ok ? ok(leaves.value === null ? null : [...leaves.value, known.lastPage]) : leaves
  }
  const epochOf = ({ history: { record } }: Entry): number | null => record.head?.head.epoch ?? null
  const judgedOf = (entry: Entry, rows: number): Judged | null => {
    const epoch = epochOf(entry)
    const { stream } = entry.history.record
    return epoch === null ? null : (paid.of(stream, rows, epoch) ?? free.of(stream, rows, epoch))
  }
  const costOf: Reading['costOf'] = ({ type, stream, rows }) => {
    const entry = entryOf(stream)
    if (entry === null || rows > entry.history.rows) return 0
    const weight = pagesOf(rows, pageRows) / RUN_LEAVES
    const proof = type === 'hashes-request' && weight > 1 ? weight * PROOF_SHARE : 0
    return (rows === entry.history.rows || judgedOf(entry, rows) !== null ? 0 : PAGE_COST + weight) + proof
  }

  const unknown = (stream: StreamId): Result<never> => (isPeer ? unserved : unkept(stream))
  const failed = async (entry: Entry, failure: PageFailure): Promise<Result<never>> => {
    await deps.damaged(entry, failure)
    return isPeer ? unserved : { ok: false, error: failure }
  }
  return { answer, leavesOf, costOf }
}

const unserved = fail('unknown-history', 'This node does not have that history.')

/** A stream that this node does not keep, in words for a person. */
export const unkept = (stream: StreamId): Result<never, Failure<'unknown-stream'>> =>
  fail('unknown-stream', `This node does not keep the stream ${stream.slice(0, 8)}….`)

/** What strangers are answered from: signed, no page of it known to be damaged, and the only history its publisher signed. */
const isWhole = ({ damaged, fork, history: { record } }: Entry): boolean =>
  !damaged && record.head !== null && fork === null

/** Serving without a head: it has loose rows that it tells. */
const statusOf = (stream: StreamId, entry: Entry | undefined, hasLoose: boolean): ReadingAnswer => {
  const head = entry !== undefined && isWhole(entry) ? entry.history.record.head : null
  return { type: 'status', stream, serving: head !== null || hasLoose, head }
}

/** As many of the largest row of its form as fit a frame. */
const mostRows = ({ form }: History): number => (form === 'prediction' ? MAX_PREDICTIONS_PER_ANSWER : MAX_ROWS_PER_ANSWER)
