import { describe, expect, it } from 'vitest'
import { nextTimeOf } from '../../../src/ui/next-time.ts'

const NOW = Date.UTC(2026, 10, 21)
const days = (...dates: string[]): string[] => dates.map((date) => `${date}T00:00:00Z`)
const timeOf = (times: readonly string[], now = NOW): string | null => nextTimeOf(times, now)?.time ?? null

describe('the time of a new row, when none is typed', () => {
  it('is one usual step after the last row where the history ended long ago, and it is said why', () => {
    expect(nextTimeOf(days('2015-12-29', '2015-12-30', '2015-12-31'), NOW)).toEqual({
      time: '2016-01-01T00:00:00Z',
      why: 'The last row is of 2015-12-31 and rows are 1 d apart: an empty time means 2016-01-01, not now.',
    })
  })

  it('is now while now is at most three steps after the last row', () => {
    const times = days('2026-11-16', '2026-11-17', '2026-11-18')
    expect(timeOf(times)).toBeNull()
    expect(timeOf(times, NOW + 1)).toBe('2026-11-19T00:00:00Z')
  })

  it('is the next step also when the history runs ahead of now', () => {
    expect(timeOf(days('2030-01-01', '2030-01-02'))).toBe('2030-01-03T00:00:00Z')
  })

  it('goes by the median: a gap in a recording is not the usual step', () => {
    expect(timeOf(days('2015-01-01', '2015-01-02', '2015-06-01', '2015-06-02'))).toBe('2015-06-03T00:00:00Z')
  })

  it('goes by the calendar where every row is of one day of the month', () => {
    expect(timeOf(days('2000-11-01', '2000-12-01', '2001-01-01'))).toBe('2001-02-01T00:00:00Z')
    expect(timeOf(days('2000-10-01', '2000-11-01', '2000-12-01'))).toBe('2001-01-01T00:00:00Z')
    expect(timeOf(days('1999-07-01', '2000-07-01', '2001-07-01'))).toBe('2002-07-01T00:00:00Z')
  })

  it('is now where there is no step to go by', () => {
    for (const times of [[], days('2015-01-01'), days('2015-01-01', '2015-01-01')]) expect(timeOf(times)).toBeNull()
  })

  it('crosses 1970 like any other moment', () => {
    expect(timeOf(['1969-12-31T22:00:00Z', '1969-12-31T23:00:00Z'])).toBe('1970-01-01T00:00:00Z')
  })
})
