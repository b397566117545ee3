import { describe, expect, it } from 'vitest'
import { createLiveScore, SCORED } from '../../../src/runtime/live-score.ts'

const said = (followsRow: number, value: number) => ({ followsRow, value, lower: value - 1, upper: value + 1 })

describe('[D47] the score of what was published', () => {
  it('after a restart is what it was: each prediction on record with the row that came', () => {
    const values = [1, 2, 4, 8, null, 32, 33]
    const live = createLiveScore()
    const published = values.map((_, row) => said(row, row + 2))
    values.forEach((value, row) => {
      live.came(row, value, values[row - 1] ?? null)
      live.expect(published[row] ?? said(row, 0))
    })
    const again = createLiveScore()
    again.replay(published.slice(1), values.slice(1), 1)
    live.came(7, 40, 33)
    again.came(7, 40, 33)
    // Of the first one too: the record has no more than the last ones.
    expect(live.view().scored).toBe(again.view().scored + 1)
    const whole = createLiveScore()
    whole.replay(published, values, 0)
    whole.came(7, 40, 33)
    expect(whole.view()).toEqual(live.view())
  })

  it('does not lose the prediction that was made while the record was read', () => {
    const score = createLiveScore()
    score.expect(said(3, 8))
    score.replay([said(1, 2), said(2, 4)], [1, 2, 4], 1)
    score.came(4, 8, 4)
    expect(score.view()).toEqual({ scored: 3, relMae: 0, coverage: 1 })
  })

  it('is of the last two hundred, and of rows that were missed nothing', () => {
    const score = createLiveScore()
    for (let row = 0; row < 500; row++) {
      score.expect(said(row, row))
      score.came(row + (row < 300 ? 1 : 2), row, row + 1)
    }
    expect(score.view()).toEqual({ scored: SCORED, relMae: 0, coverage: 1 })
  })
})
