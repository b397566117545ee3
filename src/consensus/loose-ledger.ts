import type { Mutable } from '../base/mutable.ts'
import type { Micros } from '../domain/time.ts'
import { isSettled, type LooseChange, type LooseRow } from './loose-row.ts'

/** The loose rows of one stream, to be looked at. Places cost O(log rows). */
export interface LooseView {
  readonly size: number
  readonly provisional: number
  /** Those that this node tells others: all but what one peer alone has said. */
  readonly settled: number
  readonly newest: LooseRow | null
  readonly oldest: LooseRow | null
  at(time: Micros): LooseRow | null
  /** The last row before a time; null: before the end of time. */
  before(time: Micros | null): LooseRow | null
  /** The first row after a time. */
  after(time: Micros): LooseRow | null
  /** Rows later than `from` and earlier than `to`, newest first; null: no bound. */
  between(from: Micros | null, to: Micros | null): readonly LooseRow[]
  /** Rows `from` … `from + count − 1`, oldest first. */
  slice(from: number, count: number): readonly LooseRow[]
}

export interface LooseLedger extends LooseView {
  /** O(log rows) a row at the old end, where a walk adds; O(rows) elsewhere, and for many at once. */
  apply(change: LooseChange): void
}

/** Rows that change one by one: each may move all that is newer. Of more, everything is put in order once. */
const MANY = 32

export const createLooseLedger = (rows: readonly LooseRow[] = []): LooseLedger => {
  // Newest first: a walk goes back in time, and what it finds goes to the end.
  let kept: LooseRow[] = []
  /** Place of the first row at or before `time`. */
  const placeOf = (time: Micros): number => {
    let low = 0
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((kept[middle]?.row.time ?? -Infinity) > time) low = middle + 1
      else high = middle
    }
    return low
  }
  const count = (row: LooseRow | undefined, step: 1 | -1): void => {
    if (row?.mark === 'provisional') ledger.provisional += step
    if (row !== undefined && isSettled(row)) ledger.settled += step
  }
  const at = (time: Micros): LooseRow | null => {
    const row = kept[placeOf(time)]
    return row?.row.time === time ? row : null
  }
  const drop = (time: Micros): void => {
    if (at(time) === null) return
    const [dropped] = kept.splice(placeOf(time), 1)
    count(dropped, -1)
  }
  const put = (row: LooseRow): void => {
    drop(row.row.time)
    kept.splice(placeOf(row.row.time), 0, row)
    count(row, 1)
  }
  const rebuild = ({ put: added, drop: dropped }: LooseChange): void => {
    const byTime = new Map(kept.map((row) => [row.row.time, row]))
    for (const time of dropped) byTime.delete(time)
    for (const row of added) byTime.set(row.row.time, row)
    kept = [...byTime.values()].sort((a, b) => b.row.time - a.row.time)
    ledger.provisional = 0
    ledger.settled = 0
    for (const row of kept) count(row, 1)
  }
  const show = (): void => {
    ledger.size = kept.length
    ledger.newest = kept[0] ?? null
    ledger.oldest = kept.at(-1) ?? null
  }
  const ledger: Mutable<LooseLedger> = {
    size: 0,
    provisional: 0,
    settled: 0,
    newest: null,
    oldest: null,
    at,
    before: (time) => kept[time === null ? 0 : startBefore(placeOf(time), kept, time)] ?? null,
    after: (time) => kept[placeOf(time) - 1] ?? null,
    between: (from, to) =>
      kept.slice(to === null ? 0 : startBefore(placeOf(to), kept, to), from === null ? kept.length : placeOf(from)),
    slice: (from, count) => {
      const end = Math.max(0, kept.length - Math.max(0, from))
      return kept.slice(Math.max(0, end - count), end).reverse()
    },
    apply: (change) => {
      if (change.put.length + change.drop.length > MANY) rebuild(change)
      else {
        for (const time of change.drop) drop(time)
        for (const row of change.put) put(row)
      }
      show()
    },
  }
  rebuild({ put: rows, drop: [] })
  show()
  return ledger
}

const startBefore = (place: number, kept: readonly LooseRow[], time: Micros): number =>
  kept[place]?.row.time === time ? place + 1 : place

/** A change cut so that at most `max` rows are left: the oldest go, and what was before the oldest left is not known any more. */
export const bounded = (view: LooseView, change: LooseChange, max: number): LooseChange => {
  const dropped = new Set(change.drop.filter((time) => view.at(time) !== null))
  const added = change.put.filter(({ row }) => view.at(row.time) === null || dropped.has(row.time))
  const excess = view.size - dropped.size + added.length - max
  if (excess <= 0) return change
  const puts = new Map(change.put.map((row) => [row.row.time, row]))
  const old = view.slice(0, excess + dropped.size + puts.size + 1).filter(({ row }) => !dropped.has(row.time) && !puts.has(row.time))
  const byAge = [...old, ...puts.values()].sort((a, b) => a.row.time - b.row.time)
  const gone = byAge.slice(0, excess)
  for (const { row } of gone) puts.delete(row.time)
  const oldest = byAge[excess]
  if (oldest !== undefined) puts.set(oldest.row.time, { ...oldest, before: 'unknown' })
  return { put: [...puts.values()], drop: [...dropped, ...gone.flatMap(({ row }) => (view.at(row.time) === null ? [] : [row.time]))] }
}
