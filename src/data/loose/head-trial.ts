import { equalBytes } from '../../base/bytes.ts'
import { ok, type Result } from '../../base/result.ts'
import type { Rest } from '../../consensus/agreement-events.ts'
import type { LooseRow } from '../../consensus/loose-row.ts'
import type { SignedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle.ts'
import { joinPageList, splitPageList } from '../../domain/page-list.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { HistoryStore, StoredPage } from '../../ports/history-store.ts'
import { wants } from '../downloads/aims.ts'
import { isRefusal } from '../downloads/fetch.ts'
import { createSuccession, type SuccessionDeps, type SuccessionFailure } from '../downloads/succession.ts'
import { createPageBuilder } from '../history/page-builder.ts'
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
  /** The rows have become the history, up to this head. */
  readonly reached: (entry: Entry, head: SignedHead) => void
  /** The rows are not what this head covers. Settles when they are gone. */
  readonly denied: (entry: Entry, head: SignedHead) => Promise<void>
}

/** A disk that failed is tried again after this long, milliseconds: it may have been cleared. */
const TRY_AGAIN_MS = 30_000

interface Tried {
  readonly head: SignedHead
  readonly edition: number
  readonly rest: Rest
  readonly until: number
}

/** One walk's. `isOver`: the walk has ended, and nobody waits for what comes of it. */
export const createHeadTrial = (entry: Entry, deps: HeadTrialDeps, isOver: () => boolean): HeadTrial => {
  const { loose, clock, log, reached, denied } = deps
  const { history } = entry
  const { stream } = history.record
  let isBusy = false
  let tried: Tried | null = null

  const tryNow = async (wanted: Tried): Promise<void> => {
    tried = wanted
    const { head, edition, rest } = wanted
    const rows = loose.viewOf(stream).slice(0, head.head.rows)
    if (!isUnbroken(rows, rest)) return
    // What changes meanwhile, the rows, the head or who wants them, makes it void.
    const holds = (): boolean => !isOver() && wants(entry) && entry.target === head && loose.editionOf(stream) === edition
    const verdict = await judgeRows(entry, { head, rows, holds }, deps)
    if (!verdict.ok) {
      log({ level: 'error', stream, message: verdict.error.message })
      if (!isRefusal(verdict.error)) tried = { ...wanted, until: clock.now() + TRY_AGAIN_MS }
    } else if (verdict.value === 'untrue') {
      const message = 'what was believed without a signature is not what its publisher signed: it is dropped, and the history fetched from a source'
      log({ level: 'warn', stream, message })
      await denied(entry, head)
    } else if (verdict.value === 'true') {
      log({ stream, message: `what was believed without a signature is what its publisher signed: ${rowsWords(rows.length)} need not be fetched` })
      reached(entry, head)
    }
  }
  return {
    hold: async (rest) => {
      const { target: head } = entry
      const edition = loose.editionOf(stream)
      // Fewer rows than it covers prove nothing: newer ones may be on their way, and some are passed over ([C12]).
      if (isBusy || head === null || !wants(entry) || loose.viewOf(stream).size < head.head.rows) return
      const isSame = tried?.head === head && tried.edition === edition && tried.rest === rest
      if (isSame && clock.now() < (tried?.until ?? 0)) return
      isBusy = true
      await tryNow({ head, edition, rest, until: Infinity }).finally(() => {
        isBusy = false
      })
    },
  }
}

/**
 * Whether these can be all rows with which a history begins: each is known to follow the one before it, the first to be the first, and no
 * number says that one was passed over. Only then is anything hashed: it ends the walk, one way or the other, so that whoever tells rows
 * cannot make this node hash them for every new head.
 */
const isUnbroken = (rows: readonly LooseRow[], rest: Rest): boolean =>
  rows.every(({ number, before }, at) => (number === null || number <= at) && (before === rows[at - 1]?.row.time || (at === 0 && isFirst(rows[0], rest))))

const isFirst = (row: LooseRow | undefined, rest: Rest): boolean =>
  row?.before === 'beginning' || row?.number === 0 || rest === 'beginning' || rest === 'word'

interface Case {
  readonly head: SignedHead
  readonly rows: readonly LooseRow[]
  readonly holds: () => boolean
}

/** Makes of rows the pages of a history: with the head's root they become it, as a download does that has ended. O(rows) hashing. */
const judgeRows = async (
  entry: Entry,
  { head, rows, holds }: Case,
  deps: HeadTrialDeps,
): Promise<Result<'true' | 'untrue' | 'void', SuccessionFailure>> => {
  const { store, digest, sha256, shape: { pageRows } } = deps
  const { history } = entry
  const builder = createPageBuilder({ form: history.form, pageRows, startRows: 0, tail: [] }, digest)
  const pages: StoredPage[] = []
  // A page at a time: its hashing lets everything else have its turn.
  for (let from = 0; from < rows.length && holds(); from += pageRows)
    pages.push(...(await builder.push(rows.slice(from, from + pageRows).map(({ row }) => row))))
  const partial = await builder.partial()
  if (!holds()) return ok('void')
  if (partial !== null) pages.push(partial)
  const hashes = joinPageList(partial === null ? builder.filled : [...builder.filled, partial.hash])
  if (!equalBytes(merkleRoot(splitPageList(hashes), sha256), head.head.root)) return ok('untrue')
  // Named on record before they are written: nobody clears them away.
  const named = await history.change({ download: { head, hashes } })
  if (!named.ok) return named
  const staged = await store.stage(pages)
  if (!staged.ok) return staged
  if (!holds()) return ok('void')
  const adopted = await history.adopt(head, hashes, (record) => createSuccession(deps).judge(record, { target: head, hashes }))
  return adopted.ok ? ok('true') : adopted
}
