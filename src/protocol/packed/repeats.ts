import { createOdds, type Coder } from './coder.ts'
import { hashText, isSameText, type TextColumn } from './text-column.ts'

const TABLE_BITS = 10
const REMEMBERED_HITS = 7
const NONE = -1

/** Rows that came after the same two texts, and after the same one, the last time. */
interface Followers {
  readonly afterTwo: number
  readonly afterOne: number
  note(row: number): void
}

const createFollowers = (column: TextColumn): Followers => {
  const two = new Int32Array(1 << TABLE_BITS).fill(NONE)
  const one = new Int32Array(1 << TABLE_BITS).fill(NONE)
  let atTwo = 0
  let atOne = 0
  return {
    get afterTwo() {
      return two[atTwo] ?? NONE
    },
    get afterOne() {
      return one[atOne] ?? NONE
    },
    note(row) {
      two[atTwo] = row
      one[atOne] = row
      const at = hashText(column, row) >>> (32 - TABLE_BITS)
      atTwo = (Math.imul(atOne, 37) ^ at) & ((1 << TABLE_BITS) - 1)
      atOne = at
    },
  }
}

/** Whether so many texts come again after the same one that it pays to ask; those that just stay are foreseen anyway. */
export const isRepetitive = (column: TextColumn): boolean => {
  const rows = column.lengths.length
  const followers = createFollowers(column)
  let changes = 0
  let hits = 0
  for (let row = 0; row < rows; row++) {
    const { afterOne } = followers
    if (row === 0 || !isSameText(column, row, row - 1)) {
      changes++
      if (afterOne !== NONE && isSameText(column, row, afterOne)) hits++
    }
    followers.note(row)
  }
  return hits * 6 > changes
}

export interface Repeats {
  /** The row whose text this row repeats, or null; the row is to be noted afterwards. */
  find(row: number): number | null
  note(row: number): void
}

export const createRepeats = (coder: Coder, column: TextColumn): Repeats => {
  const odds = createOdds(2 * (REMEMBERED_HITS + 1))
  const followers = createFollowers(column)
  let hits = 0
  const isHit = (row: number, candidate: number, at: number): boolean => {
    const hit = coder.bit(odds, at + hits, !coder.isReading && isSameText(column, row, candidate) ? 1 : 0)
    hits = ((hits << 1) | hit) & REMEMBERED_HITS
    return hit === 1
  }
  return {
    find(row) {
      const { afterTwo, afterOne } = followers
      if (afterTwo !== NONE && isHit(row, afterTwo, 0)) return afterTwo
      if (afterOne !== NONE && afterOne !== afterTwo && isHit(row, afterOne, REMEMBERED_HITS + 1)) return afterOne
      return null
    },
    note: followers.note,
  }
}
