import { fail, ok, type Result } from '../../base/result.ts'
import { bounded, createLooseLedger, type LooseLedger, type LooseView } from '../../consensus/loose-ledger.ts'
import { MAX_LOOSE_ROWS, type LooseChange, type LooseRow } from '../../consensus/loose-row.ts'
import { sameRow } from '../../consensus/vote.ts'
import type { Row } from '../../domain/row.ts'
import type { RowForm, StreamId } from '../../domain/stream.ts'
import type { Micros } from '../../domain/time.ts'
import type { HistoryStore, StoreFailure } from '../../ports/history-store.ts'
import { createSerial } from '../pace/serial.ts'

/** Loose rows of all streams together: half a gigabyte would be the page's end. What is beyond is not taken. */
export const MAX_LOOSE_ROWS_IN_ALL = 1_000_000

/** What local ports are told of a stream's loose rows. */
export interface LooseCount {
  readonly rows: number
  readonly provisional: number
  /** Grows with every change of them; begins anew with the process. */
  readonly edition: number
}

/**
 * Rows that no signature vouches for, apart from all histories (M18): in memory as they are on disk, O(loose rows). A change is seen
 * here when it is on disk.
 */
export interface LooseRows {
  /** Reads those of a stream from disk, as far as they are of its form; at the start, once a stream. */
  load(stream: StreamId, form: RowForm): Promise<Result<null, StoreFailure>>
  /** Null: there are none. */
  of(stream: StreamId): LooseView | null
  /** To be looked at while it changes; empty where there are none. */
  viewOf(stream: StreamId): LooseView
  count(stream: StreamId): LooseCount | null
  /** How often they have changed. */
  editionOf(stream: StreamId): number
  /**
   * What was found while they were of this edition; without: of that at the call. Of another by its turn it is passed over: rows that this
   * node brought meanwhile are not to be replaced by what was judged without them.
   */
  change(stream: StreamId, change: LooseChange, edition?: number): Promise<Result<null, StoreFailure | LooseFull>>
  /** Rows that this node has itself, in whatever order: the last of one time counts. Nothing that several agreed upon is replaced. */
  add(stream: StreamId, rows: readonly Row[]): Promise<Result<null, StoreFailure | LooseFull>>
  drop(stream: StreamId): Promise<Result<null, StoreFailure>>
}

export interface LooseFull {
  readonly code: 'loose-full'
  readonly message: string
}

interface Kept {
  readonly ledger: LooseLedger
  edition: number
}

export const createLooseRows = (store: HistoryStore, mostInAll = MAX_LOOSE_ROWS_IN_ALL): LooseRows => {
  const streams = new Map<StreamId, Kept>()
  const inTurn = createSerial()
  let inAll = 0
  const keptOf = (stream: StreamId): Kept => {
    const kept = streams.get(stream) ?? { ledger: createLooseLedger(), edition: 0 }
    streams.set(stream, kept)
    return kept
  }
  const changeNow = async (stream: StreamId, wanted: LooseChange): Promise<Result<null, StoreFailure | LooseFull>> => {
    const kept = keptOf(stream)
    const change = bounded(kept.ledger, wanted, MAX_LOOSE_ROWS)
    const added = change.put.filter(({ row }) => kept.ledger.at(row.time) === null).length
    if (added > 0 && inAll + added > mostInAll) return fail('loose-full', `This node keeps ${mostInAll} rows without a signature at most, of all streams together.`)
    const changed = await store.changeLoose(stream, change)
    if (!changed.ok) return changed
    inAll -= kept.ledger.size
    kept.ledger.apply(change)
    inAll += kept.ledger.size
    kept.edition++
    return ok(null)
  }
  return {
    load: async (stream, form) => {
      const stored = await store.looseRows(stream)
      if (!stored.ok) return stored
      const rows = stored.value.filter(({ row }) => row.form === form)
      if (rows.length === 0) return ok(null)
      const ledger = createLooseLedger()
      // However many were put there: the newest, as when they came.
      ledger.apply(bounded(ledger, { put: rows, drop: [] }, MAX_LOOSE_ROWS))
      streams.set(stream, { ledger, edition: 1 })
      inAll += ledger.size
      return ok(null)
    },
    of: (stream) => {
      const ledger = streams.get(stream)?.ledger
      return ledger === undefined || ledger.size === 0 ? null : ledger
    },
    viewOf: (stream) => keptOf(stream).ledger,
    count: (stream) => {
      const kept = streams.get(stream)
      if (kept === undefined || kept.ledger.size === 0) return null
      return { rows: kept.ledger.size, provisional: kept.ledger.provisional, edition: kept.edition }
    },
    editionOf: (stream) => keptOf(stream).edition,
    change: (stream, change, edition = keptOf(stream).edition) =>
      inTurn(async () => (keptOf(stream).edition === edition ? changeNow(stream, change) : ok(null))),
    add: (stream, rows) => inTurn(() => changeNow(stream, { put: imported(keptOf(stream).ledger, rows), drop: [] })),
    drop: (stream) =>
      inTurn(async () => {
        const dropped = await store.dropLoose(stream)
        if (!dropped.ok) return dropped
        const kept = streams.get(stream)
        if (kept === undefined) return dropped
        inAll -= kept.ledger.size
        // A walk may still look at it: it is emptied, not only forgotten.
        kept.ledger.apply({ put: [], drop: kept.ledger.between(null, null).map(({ row }) => row.time) })
        kept.edition++
        return dropped
      }),
  }
}

/**
 * An import is one voice: provisional. In a file each row follows the one before it; what is before the first is not known, and where
 * other rows are kept in between, the file does not say either.
 */
const imported = (view: LooseView, rows: readonly Row[]): readonly LooseRow[] => {
  const byTime = new Map(rows.map((row) => [row.time, row]))
  const put: LooseRow[] = []
  let earlier: Micros | null = null
  for (const row of [...byTime.values()].sort((a, b) => a.time - b.time)) {
    const known = view.at(row.time)
    const isSame = known !== null && sameRow(known.row, row)
    const follows = earlier !== null && view.between(earlier, row.time).length === 0
    const before: LooseRow['before'] = follows && earlier !== null ? earlier : 'unknown'
    earlier = row.time
    if (isSame) put.push({ ...known, own: true, before: before === 'unknown' ? known.before : before })
    else if (known?.mark !== 'quorum') put.push({ row, number: null, mark: 'provisional', own: true, before })
  }
  return put
}

export const rowsWords = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`
