import { describe, expect, it } from 'vitest'
import { MAX_KEPT_ROWS } from '../../../signaling/limits.ts'
import { rowsAfter, withRow, type RecentRow } from '../../../signaling/recent-rows.ts'

const row = (rows: number, epoch = 0): RecentRow => ({ epoch, rows, live: `${epoch}/${rows}` })
const kept = (...rows: readonly RecentRow[]) => rows.reduce<readonly RecentRow[]>(withRow, [])
const names = (rows: readonly RecentRow[]) => rows.map(({ live }) => live)

describe('the last rows of a stream', () => {
  it('[S36] are few, in order, each once', () => {
    expect(names(kept(row(1), row(2), row(2)))).toEqual(['0/1', '0/2'])
    const many = kept(...Array.from({ length: MAX_KEPT_ROWS + 3 }, (_, i) => row(i + 1)))
    expect(names(many)).toEqual(Array.from({ length: MAX_KEPT_ROWS }, (_, i) => `0/${i + 4}`))
  })

  it('[S36] a new epoch begins anew', () => {
    expect(names(kept(row(7), row(8), row(3, 1)))).toEqual(['1/3'])
  })

  it('[S36] those after a row count of an epoch are what its holder lacks', () => {
    const recent = kept(row(5), row(6), row(7))
    expect(names(rowsAfter(recent, 0, 5))).toEqual(['0/6', '0/7'])
    expect(names(rowsAfter(recent, 0, 7))).toEqual([])
    expect(names(rowsAfter(recent, 1, 1))).toEqual([])
    expect(names(rowsAfter(kept(row(2, 1)), 0, 9))).toEqual(['1/2'])
  })
})
