import { describe, expect, it } from 'vitest'
import { errorsOverTime, LEAST_SCORED } from '../../../src/ui/errors-over-time.ts'

const SMOOTHED = 20
const ROWS = 5 * SMOOTHED

/** Values rise by 2 with every row; each prediction is wrong by `error`. */
const history = (rows: number, valueOf: (row: number) => number | null = (row) => 2 * row) => ({
  time: Array.from({ length: rows }, (_, row) => row * 60),
  row: Array.from({ length: rows }, (_, row) => row),
  value: Array.from({ length: rows }, (_, row) => valueOf(row)),
  rows,
})
const predictions = (from: number, to: number, error = 1) => {
  const row = Array.from({ length: to - from }, (_, i) => from + i)
  const value = row.map((one) => 2 * one + error)
  return { time: row.map((one) => one * 60), row, value, lower: value, upper: value }
}

describe('errors over time', () => {
  it('are the means of as many in a row, of ours and of guessing that nothing changes', () => {
    const errors = errorsOverTime(history(ROWS), predictions(1, ROWS))
    expect(errors.ours).toEqual(Array(ROWS - SMOOTHED).fill(1))
    expect(errors.naive).toEqual(Array(ROWS - SMOOTHED).fill(2))
    expect([errors.time[0], errors.time.at(-1)]).toEqual([SMOOTHED * 60, (ROWS - 1) * 60])
  })

  it('one large error lifts the points around it, and none after them', () => {
    const made = predictions(1, ROWS)
    const errors = errorsOverTime(history(ROWS), { ...made, value: made.value.map((value, i) => (i === SMOOTHED ? value + 20 : value)) })
    expect(errors.ours.filter((error) => error > 1.5)).toHaveLength(SMOOTHED)
    expect([errors.ours[0], errors.ours.at(-1)]).toEqual([1, 1])
  })

  it('are not drawn of few, and not of what has not come yet', () => {
    const few = errorsOverTime(history(ROWS), predictions(1, LEAST_SCORED))
    expect([few.scored, few.time, few.ours, few.naive]).toEqual([LEAST_SCORED - 1, [], [], []])
    const enough = errorsOverTime(history(ROWS), predictions(1, LEAST_SCORED + 1))
    expect([enough.scored, enough.smoothed, enough.ours, enough.time[0]]).toEqual([LEAST_SCORED, 3, Array(LEAST_SCORED - 2).fill(1), 3 * 60])
    expect(errorsOverTime(history(ROWS), predictions(1, ROWS + 30)).ours).toHaveLength(ROWS - SMOOTHED)
  })

  it('leave out rows that are no number, and rows that are not at hand', () => {
    const errors = errorsOverTime(history(ROWS, (row) => (row === 5 ? null : 2 * row)), predictions(0, ROWS))
    // Row 0 has none before it, 5 is none itself, and 6 has none before it.
    expect(errors.ours).toHaveLength(ROWS - 3 - (SMOOTHED - 1))
  })

  it('stay numbers whatever is predicted', () => {
    const errors = errorsOverTime(history(ROWS, (row) => (row % 2 === 0 ? 1.7e308 : -1.7e308)), predictions(1, ROWS))
    expect([...errors.ours, ...errors.naive].every(Number.isFinite)).toBe(true)
  })
})
