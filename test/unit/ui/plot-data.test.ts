import { describe, expect, it } from 'vitest'
import type { PredictedSeriesView, SeriesView } from '../../../src/neuron/snapshot.ts'
import { drawable, mergeSeries } from '../../../src/ui/plot-data.ts'

const series = (time: number[], value: (number | null)[] = time): SeriesView => ({ time, value, row: time.map((_, i) => i), rows: time.length })

const predicted = (time: number[], row = time.map((_, i) => i)): PredictedSeriesView => ({
  time,
  row,
  value: time.map((t) => t + 0.5),
  lower: time,
  upper: time.map((t) => t + 1),
})

describe('laying predictions over a history', () => {
  it('one ascending x holds both; a prediction shares the x of the row it was about', () => {
    const data = mergeSeries(series([10, 20, 30]), predicted([20, 30, 40]))
    expect(data.axis).toBe('time')
    expect(data.x).toEqual([10, 20, 30, 40])
    expect(data.value).toEqual([10, 20, 30, undefined])
    expect(data.predicted).toEqual([undefined, 20.5, 30.5, 40.5])
    expect(data.upper).toEqual([undefined, 21, 31, 41])
  })

  it('predictions between the points left after thinning find their own place', () => {
    expect(mergeSeries(series([10, 40]), predicted([20, 30, 50])).x).toEqual([10, 20, 30, 40, 50])
  })

  it('predictions from before the rows shown do not stretch the axis', () => {
    expect(mergeSeries(series([30, 40]), predicted([10, 20, 40, 50])).x).toEqual([30, 40, 50])
  })

  it('a row without a number is a gap, an x without a row is none', () => {
    expect(mergeSeries(series([1, 2, 3], [5, null, 7]), predicted([4])).value).toEqual([5, null, 7, undefined])
  })

  it('a history whose time steps back is drawn by row number, the newest prediction after its last row', () => {
    const data = mergeSeries(series([10, 30, 20, 40]), predicted([20, 40, 50], [2, 3, 4]))
    expect(data.axis).toBe('row')
    expect(data.x).toEqual([0, 1, 2, 3, 4])
    expect(data.predicted).toEqual([undefined, undefined, 20.5, 40.5, 50.5])
  })

  it('by row number, a prediction stands on the row it was made for, also where some rows were never predicted', () => {
    const data = mergeSeries(series([10, 30, 20, 40]), predicted([30, 40], [1, 3]))
    expect(data.x).toEqual([0, 1, 2, 3])
    expect(data.predicted).toEqual([undefined, 30.5, undefined, 40.5])
  })

  it('repeated times keep all of their rows', () => {
    expect(mergeSeries(series([10, 10, 20], [1, 2, 3]), predicted([])).value).toEqual([1, 2, 3])
  })

  it('nothing gives nothing', () => {
    expect(mergeSeries(series([]), predicted([])).x).toEqual([])
  })
})

describe('what is too far away for an axis', () => {
  it('stands at its end, so that the axis and its margin are still numbers; all else stays as it is', () => {
    const drawn = drawable([1e308, -Number.MAX_VALUE, 1e300, 0.1, null, undefined])
    expect(drawn.slice(2)).toEqual([1e300, 0.1, null, undefined])
    const [top = 0, bottom = 0] = drawn.map(Number)
    expect([top > 1e307, bottom < -1e307, Number.isFinite((top - bottom) * 2)]).toEqual([true, true, true])
  })
})
