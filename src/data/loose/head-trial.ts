import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, ok, type Failure, type Result } from '../../base/result.ts'
import { unreachable } from '../../base/unreachable.ts'
import type { Rest } from '../../consensus/agreement-events.ts'
import type { LooseRow } from '../../consensus/loose-row.ts'
import type { SignedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle.ts'
import { joinPageList, splitPageList } from '../../domain/page-list.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { HistoryRecord, HistoryStore, StoredPage } from '../../ports/history-store.ts'
import { wants } from '../downloads/aims.ts'
import { isRefusal } from '../downloads/fetch.ts'
import { createSuccession, type Succeeds, type SuccessionDeps, type SuccessionFailure } from '../downloads/succession.ts'
import { createPageBuilder } from '../history/page-builder.ts'
import type { Serial } from '../pace/serial.ts'
import type { Entry } from '../streams/entry.ts'
import { rowsWords, type LooseRows } from './loose-rows.ts'

/** Holds what a walk has found against the newest head that the publisher signed (M18): where they are the same, nothing need be fetched. */
export interface HeadTrial {
  /** The walk rests, for this reason. Does nothing where nothing can be concluded, or was tried with these very rows and this head. */
  hold(rest: Rest): Promise<void>
}

export interface HeadTrialDeps extends ClockDep, SuccessionDeps {
  readonly store: HistoryStore
  readonly loose: LooseRows
  /** One trial at a time, of all streams: each holds the pages that it makes. */
  readonly inTurn: Serial
  /** The rows have become the history, up to this head. */
  readonly reached: (entry: Entry, head: SignedHead) => void
  /** The rows are not what this head covers. Settles when they are gone. */
  readonly denied: (entry: Entry, head: SignedHead) => Promise<void>
}

/** After a disk that failed, and after hashing that proved nothing, it rests so long, milliseconds. */
const TRY_AGAIN_MS = 30_000

interface Tried {
  readonly head: SignedHead
  readonly edition: number
  /** Null: hashed, whatever the reason for which the walk rests. */
  readonly rest: Rest | null
}

/** One walk's. `isOver`: the walk has ended, and nobody waits for what comes of it. */
export const createHeadTrial = (entry: Entry, deps: HeadTrialDeps, isOver: () => boolean): HeadTrial => {
  const { loose, clock, log, reached, denied } = deps
  const { history } = entry
  const { stream } = history.record
  let isBusy = false
  let tried: Tried | null = null
  let restUntil = 0

  const tryNow = async (head: SignedHead, edition: number, rest: Rest): Promise<void> => {
    // What changes meanwhile, the rows, the head or who wants them, makes it void.
    const holds = (): boolean => !isOver() && wants(entry) && entry.target === head && loose.editionOf(stream) === edition
    tried = { head, edition, rest }
    const rows = loose.viewOf(stream).slice(0, head.head.rows)
    if (!isUnbroken(rows, rest)) return
    tried = { head, edition, rest: null }
    const verdict = await judgeRows(entry, { head, rows, holds }, deps)
    if (verdict.ok) await carryOut(verdict.value, head, rows.length)
    else noteFailure(verdict.error)
  }
  const carryOut = async (verdict: Verdict, head: SignedHead, rows: number): Promise<void> => {
    switch (verdict) {
      case 'same':
        log({ stream, message: `what was believed without a signature is what its publisher signed: ${rowsWords(rows)} need not be fetched` })
        reached(entry, head)
        return
      case 'other': {
        const message = 'what was believed without a signature is not what its publisher signed: it is dropped, and the history fetched from a source'
        log({ level: 'warn', stream, message })
        await denied(entry, head)
        return
      }
      case 'unclear':
        restUntil = clock.now() + TRY_AGAIN_MS
        return
      case 'void':
        tried = null
        return
      default:
        unreachable(verdict)
    }
  }
  const noteFailure = (failure: SuccessionFailure): void => {
    log({ level: 'error', stream, message: failure.message })
    if (isRefusal(failure)) return
    tried = null
    restUntil = clock.now() + TRY_AGAIN_MS
  }
  return {
    hold: async (rest) => {
      const { target: head } = entry
      const edition = loose.editionOf(stream)
      // Fewer rows than it covers prove nothing: newer ones may be on their way, and some are passed over ([C12]).
      if (isBusy || head === null || !wants(entry) || loose.viewOf(stream).size < head.head.rows || clock.now() < restUntil) return
      if (tried?.head === head && tried.edition === edition && (tried.rest ?? rest) === rest) return
      isBusy = true
      await deps.inTurn(() => tryNow(head, edition, rest)).finally(() => {
        isBusy = false
      })
    },
  }
}

/**
 * Whether these can be all rows with which a history begins: each is known to follow the one before it, the first to be the first, and no
 * number says that one was passed over. Only then is anything hashed: mostly it ends the walk, one way or the other, so that whoever tells
 * rows cannot make this node hash them for every new head.
 */
const isUnbroken = (rows: readonly LooseRow[], rest: Rest): boolean =>
  rows.every(({ number, before }, at) => (number === null || number <= at) && (before === rows[at - 1]?.row.time || (at === 0 && isFirst(rows[0], rest))))

const isFirst = (row: LooseRow | undefined, rest: Rest): boolean =>
  row?.before === 'beginning' || row?.number === 0 || rest === 'beginning' || rest === 'word'

/** Of rows without numbers one may have been passed over and left no trace: that their root is another proves nothing. */
const isNumbered = (rows: readonly LooseRow[]): boolean => rows.every(({ number }, at) => number === at)

/** Nobody meets it: the verdict is `void`. */
const VOID: Failure<'void'> = { code: 'void', message: '' }

type Verdict = 'same' | 'other' | 'unclear' | 'void'

interface Case {
  readonly head: SignedHead
  readonly rows: readonly LooseRow[]
  readonly holds: () => boolean
}

/** Makes of rows the pages of a history: with the head's root they become it, as a download does that has ended. O(rows) hashing. */
const judgeRows = async (entry: Entry, one: Case, deps: HeadTrialDeps): Promise<Result<Verdict, SuccessionFailure>> => {
  const { head, rows, holds } = one
  const { digest, sha256, shape: { pageRows } } = deps
  const builder = createPageBuilder({ form: entry.history.form, pageRows, startRows: 0, tail: [] }, digest)
  const pages: StoredPage[] = []
  // A page at a time: its hashing lets everything else have its turn.
  for (let from = 0; from < rows.length && holds(); from += pageRows)
    pages.push(...(await builder.push(rows.slice(from, from + pageRows).map(({ row }) => row))))
  const partial = await builder.partial()
  if (!holds()) return ok('void')
  if (partial !== null) pages.push(partial)
  const hashes = joinPageList(partial === null ? builder.filled : [...builder.filled, partial.hash])
  if (!equalBytes(merkleRoot(splitPageList(hashes), sha256), head.head.root)) return ok(isNumbered(rows) ? 'other' : 'unclear')
  return becomeHistory(entry, { ...one, hashes, pages }, deps)
}

/** Names the pages on record before they are written, so that nobody clears them away; what a download had named there before comes back where they do not become the history. */
const becomeHistory = async (
  { history }: Entry,
  { head, hashes, pages, holds }: Case & { readonly hashes: Bytes; readonly pages: readonly StoredPage[] },
  deps: HeadTrialDeps,
): Promise<Result<Verdict, SuccessionFailure>> => {
  const before = history.record.download
  const isNamed = ({ download }: HistoryRecord): boolean => download?.hashes === hashes
  const named = await history.change({ download: { head, hashes } })
  if (!named.ok) return named
  const staged = await deps.store.stage(pages)
  const succeeds = async (record: HistoryRecord): Promise<Result<Succeeds, SuccessionFailure | Failure<'void'>>> =>
    // Named by nobody any more, some of them may be gone.
    isNamed(record) && holds() ? createSuccession(deps).judge(record, { target: head, hashes }) : err(VOID)
  const adopted = staged.ok ? await history.adopt(head, hashes, succeeds) : staged
  const restored = isNamed(history.record) ? await history.change({ download: before }) : ok(null)
  if (adopted.ok) return ok('same')
  const { error } = adopted
  if (error.code !== 'void') return err(error)
  return restored.ok ? ok('void') : restored
}
