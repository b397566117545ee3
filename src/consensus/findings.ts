import type { Micros } from '../domain/time.ts'
import { bounded } from './loose-ledger.ts'
import { isSettled, type LooseRow } from './loose-row.ts'
import { sameRow, type Found } from './vote.ts'
import { failRound, goOn, linked, rest, save, type Round, type Walk } from './walk.ts'

// What is done about an answer: one function for each thing that was said, and how many said it.

/** Two thirds say what is before a row, or is the last of all: that is kept, and what they contradict goes, unless it is as well founded. */
export const onAgreedRow = (walk: Walk, { at, place }: Round, found: Found): void => {
  if (at !== null && isOutOfOrder(at, found)) return passOver(walk, at, found)
  const known = walk.rows.at(found.row.time)
  const between = walk.rows.between(found.row.time, at?.row.time ?? place.time)
  const isSame = known !== null && sameRow(known.row, found.row)
  const across = at === null ? linkedAcross(walk, found) : null
  // Past the last of all, later rows may be news that the others have not got yet.
  const isDenied = (at !== null && between.some(isSettled)) || (across !== null && isSettled(across))
  if (isDenied || (known !== null && !isSame && isSettled(known))) return failRound(walk, 'split')
  const kept = isSame ? known : null
  const row: LooseRow = {
    row: found.row,
    number: found.number ?? kept?.number ?? null,
    mark: kept?.own === true ? kept.mark : 'quorum',
    own: kept?.own ?? false,
    before: kept?.before ?? 'unknown',
  }
  const drop = between.filter((one) => !isSettled(one)).map((one) => one.row.time)
  const unlinked = across === null || drop.includes(across.row.time) ? [] : [{ ...across, before: 'unknown' as const }]
  keep(walk, at, kept !== null && isEqual(kept, row) ? [] : [row, ...unlinked], drop, found.row.time)
}

/** One says it: kept on its word where nothing is known, and never instead of something. */
export const onRowByWord = (walk: Walk, { at }: Round, found: Found): void => {
  if (at !== null && isOutOfOrder(at, found)) return passOver(walk, at, found)
  const known = walk.rows.at(found.row.time)
  const isSame = known !== null && sameRow(known.row, found.row)
  const isDenied = at === null ? linkedAcross(walk, found) !== null : walk.rows.between(found.row.time, at.row.time).length > 0
  if (isDenied || (known !== null && !isSame)) return stayWithWhatIsKnown(walk, at)
  const row: LooseRow = { row: found.row, number: found.number, mark: 'provisional', own: false, before: 'unknown' }
  keep(walk, at, known === null ? [row] : [], [], found.row.time)
}

/** Two thirds say that nothing is before a row: that is the beginning. */
export const onAgreedBeginning = (walk: Walk, { at }: Round): void => {
  if (at === null) return rest(walk, 'beginning')
  const older = walk.rows.between(null, at.row.time)
  if (older.some(isSettled)) return failRound(walk, 'split')
  const drop = older.map((row) => row.row.time)
  save(walk, { put: [{ ...at, before: 'beginning' }], drop }, { at: at.row.time, place: null }, 'beginning')
}

/** One says it: the walk rests there, and asks again. */
export const onBeginningByWord = (walk: Walk, { at }: Round): void => {
  const hasOlder = at !== null && walk.rows.before(at.row.time) !== null
  if (hasOlder) stayWithWhatIsKnown(walk, at)
  else rest(walk, 'word')
}

/** A lone word against what was told before: it goes on where it can, and else asks again. */
const stayWithWhatIsKnown = (walk: Walk, at: LooseRow | null): void => {
  const newest = walk.rows.newest
  const next = at === null ? newest : linked(walk.rows, at)
  if (next === null) failRound(walk, 'split')
  else goOn(walk, { at: next.row.time, place: null })
}

const keep = (walk: Walk, at: LooseRow | null, rows: readonly LooseRow[], drop: readonly Micros[], found: Micros): void => {
  const put = at === null || at.before === found ? rows : [...rows, { ...at, before: found }]
  // From the last of all the way back begins at whatever is the newest now.
  const next = at === null ? { at: latest(walk, found, drop), place: null } : { at: found, place: null }
  if (put.length === 0 && drop.length === 0) goOn(walk, next)
  else save(walk, bounded(walk.rows, { put, drop }, walk.settings.maxRows), next)
}

const latest = (walk: Walk, found: Micros, drop: readonly Micros[]): Micros =>
  walk.rows.between(found, null).find((row) => !drop.includes(row.row.time))?.row.time ?? found

/** A later row of which something else is known to be before it. */
const linkedAcross = ({ rows }: Walk, { row: { time } }: Found): LooseRow | null => {
  const later = rows.after(time)
  if (later === null || later.before === 'unknown' || later.before === time) return null
  return later.before === 'beginning' || rows.at(later.before) !== null ? later : null
}

/** By number a row may come that is not earlier: its time repeats or steps back. */
const isOutOfOrder = (at: LooseRow, found: Found): boolean => found.row.time >= at.row.time

/** Loose rows are one a time and in its order: such a row is passed over, and the walk goes on before it. */
const passOver = (walk: Walk, at: LooseRow, { number }: Found): void => {
  goOn(walk, { at: at.row.time, place: { row: number, time: at.row.time } })
}

const isEqual = (a: LooseRow, b: LooseRow): boolean => a.number === b.number && a.mark === b.mark
