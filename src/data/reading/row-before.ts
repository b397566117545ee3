import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { LooseView } from '../../consensus/loose-ledger.ts'
import { isSettled, type LooseRow } from '../../consensus/loose-row.ts'
import { pagesOf } from '../../domain/page.ts'
import { RUN_LEAVES } from '../../domain/merkle.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { Micros } from '../../domain/time.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import type { History } from '../history/history.ts'
import type { PageFailure } from '../history/page-cache.ts'
import { overBudget } from './budget.ts'
import type { PageTimes } from './page-times.ts'

export type RowBeforeFailure = PageFailure | Failure<'busy'> | Failure<'unknown-row'>
export type RowBefore = FrameOf<'row-before'>['found']
export type BeforePlace = Pick<FrameOf<'row-before-request'>, 'row' | 'time'>

/** Of the budget: a page is read for it, most often the one that was read for the question before. Eight walks ask 80 a second. */
const QUESTION_COST = 1 / 32

/** To load a page whose times are not known yet. */
const PAGE_COST = 1 / 8

/** Rows that are not told and are passed over for one question: a peer that has told us a hundred thousand must not make each answer cost as many looks. */
const MOST_PASSED = 200

interface LooseAsker {
  readonly afford: (cost: number) => boolean
  readonly isPeer: boolean
}

export interface RowBeforeDeps {
  readonly times: PageTimes
  readonly shape: HistoryShape
  readonly afford: (cost: number) => boolean
}

/**
 * What is before a place in a signed history. Order is the row number: by number it is one page, O(1); by time it is the last row,
 * by number, that is earlier, O(pages) comparisons, and the first time also the reading of every page after it.
 */
export const signedRowBefore = async (history: History, place: BeforePlace, { times, shape, afford }: RowBeforeDeps): Promise<Result<RowBefore, RowBeforeFailure>> => {
  if (!afford(QUESTION_COST)) return overBudget
  const number = await numberBefore(history, place, { times, shape, afford })
  if (!number.ok) return number
  if (number.value < 0) return ok(null)
  const read = await history.read(number.value, 1)
  if (!read.ok) return read
  const [row] = read.value
  return row === undefined ? unknownRow : ok({ number: number.value, row, mark: 'signed' })
}

const numberBefore = async (history: History, { row, time }: BeforePlace, { times, shape, afford }: RowBeforeDeps): Promise<Result<number, RowBeforeFailure>> => {
  if (row !== null) return ok(row - 1)
  if (time === null) return ok(history.rows - 1)
  if (!afford((pagesOf(history.rows, shape.pageRows) / RUN_LEAVES) * PAGE_COST)) return overBudget
  return times.lastAt(history, (time - 1) as Micros, () => afford(PAGE_COST))
}

/**
 * What is before a place among loose rows: only where this node has heard that nothing lies in between. "Nothing" only where it
 * knows the beginning; what it does not know it does not say. To peers it is as if what one peer alone has said were not there: else a
 * liar's word would come back as the words of all whom it has told.
 */
export const looseRowBefore = (rows: LooseView, { row, time }: BeforePlace, { afford, isPeer }: LooseAsker): Result<RowBefore, RowBeforeFailure> => {
  if (!afford(QUESTION_COST)) return overBudget
  if (time === null && row !== null) return unknownRow
  const isTold = isPeer ? isSettled : (): boolean => true
  const before = firstOf(rows.before(time), (one) => rows.before(one.row.time), isTold)
  const next = time === null ? null : firstOf(rows.after((time - 1) as Micros), (one) => rows.after(one.row.time), isTold)
  if (before === 'too-far' || next === 'too-far') return unknownRow
  if (next?.before === 'beginning' && before === null) return ok(null)
  if (before === null || (next !== null && next.before !== before.row.time)) return unknownRow
  // Loose rows have one of each time: of rows that share one, those in between are not here. Nor are those that came after the last that is.
  const isNext = row === null || before.number === null || before.number === row - 1
  return isNext ? ok(asFound(before)) : unknownRow
}

/** The first of some rows that is told. */
const firstOf = (first: LooseRow | null, after: (one: LooseRow) => LooseRow | null, isTold: (one: LooseRow) => boolean): LooseRow | null | 'too-far' => {
  let one = first
  for (let passed = 0; one !== null && !isTold(one); passed++) {
    if (passed >= MOST_PASSED) return 'too-far'
    one = after(one)
  }
  return one
}

const asFound = ({ number, row, mark }: NonNullable<ReturnType<LooseView['before']>>): RowBefore => ({ number, row, mark })

const unknownRow = fail('unknown-row', 'This node does not know what is before that.')
