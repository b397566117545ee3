import { describe, expect, it } from 'vitest'
import { microsOfMillis, type Micros } from '../../../src/domain/time.ts'
import { isOdd, nextTimeOf } from '../../../src/neuron/next-row.ts'

const NOW = Date.UTC(2026, 10, 21)
const at = (time: string): Micros => microsOfMillis(Date.parse(time))
const days = (...dates: string[]): Micros[] => dates.map(at)
const timeOf = (times: readonly Micros[], now = NOW): string | null => nextTimeOf(times, now)?.time ?? null

describe('the time of a new row, when none is typed', () => {
  it('is one usual step after the last row where the history ended long ago', () => {
    expect(nextTimeOf(days('2015-12-29', '2015-12-30', '2015-12-31'), NOW)).toEqual({
      time: '2016-01-01T00:00:00Z',
      lastTime: '2015-12-31T00:00:00Z',
      step: { seconds: 86_400 },
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
    expect(nextTimeOf(days('2000-01-01', '2000-02-01'), NOW)?.step).toEqual({ months: 1 })
    expect(timeOf(days('1999-07-01', '2000-07-01', '2001-07-01'))).toBe('2002-07-01T00:00:00Z')
  })

  it('is now where there is no step to go by', () => {
    for (const times of [[], days('2015-01-01'), days('2015-01-01', '2015-01-01')]) expect(timeOf(times)).toBeNull()
  })

  it('crosses 1970 like any other moment', () => {
    expect(timeOf(['1969-12-31T22:00:00Z', '1969-12-31T23:00:00Z'].map(at))).toBe('1970-01-01T00:00:00Z')
  })
})

describe('a value that is no number', () => {
  it('is odd where all the last ones are', () => {
    expect([isOdd('12,5', ['1', '2.5']), isOdd('', ['1']), isOdd(' 12.5 ', ['1']), isOdd('-1e3', ['1'])]).toEqual([true, true, false, false])
  })

  it('is as good as any where the last ones are not all, or there are none', () => {
    expect([isOdd('good', ['1', 'bad']), isOdd('good', [])]).toEqual([false, false])
  })
})
