import type { Result } from '../base/result.ts'
import { ok } from '../base/result.ts'
import type { Row } from '../domain/row.ts'
import type { StreamId } from '../domain/stream.ts'
import { MICROS_PER_SECOND } from '../domain/time.ts'
import { numericValue } from '../domain/value.ts'
import { readEach } from '../data/read-all.ts'
import { createSerial } from '../data/pace/serial.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { SeriesView } from './snapshot.ts'

/** Streams whose points are kept at hand: the one that is looked at and the one before. */
const MAX_KEPT = 2

interface Points {
  /** Number of the row that stands first: of a long history only the end may have been wanted. */
  readonly first: number
  readonly time: number[]
  readonly value: (number | null)[]
}

/**
 * Points for plots. Of a stream that is looked at, the rows wanted are read once; afterwards only new ones are, and all of it when more
 * is wanted. Each answer is taken by itself: a million rows at once would hold up the page for a second (measured).
 */
export interface SeriesReader {
  read(stream: StreamId, rows: number, options: { readonly points: number; readonly last?: number }): Promise<Result<SeriesView>>
}

export const createSeriesReader = (data: Pick<DataClient, 'rows'>): SeriesReader => {
  const kept = new Map<StreamId, Points>()
  // Two that read the same new rows would both add them.
  const inTurn = createSerial()
  const pointsOf = async (stream: StreamId, from: number, to: number): Promise<Result<Points>> => {
    const known = kept.get(stream)
    const isPart = known !== undefined && known.first <= from && known.first + known.time.length <= to
    const points: Points = isPart ? known : { first: from, time: [], value: [] }
    const read = await readEach(data, stream, { from: points.first + points.time.length, to }, (row) => addPoint(points, row))
    if (!read.ok) return read
    kept.delete(stream)
    kept.set(stream, points)
    const [oldest] = kept.keys()
    if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest)
    return ok(points)
  }
  return {
    read: async (stream, rows, { points: wanted, last = rows }) => {
      const from = Math.max(0, rows - last)
      const points = await inTurn(() => pointsOf(stream, from, rows))
      return points.ok ? ok(decimate(points.value, from, rows, wanted)) : points
    },
  }
}

const addPoint = (points: Points, row: Row): void => {
  points.time.push(row.time / MICROS_PER_SECOND)
  points.value.push(numericValue(row.value))
}

/** Per bucket the smallest and the largest value, in the order they came: every spike stays visible. O(rows). */
const decimate = ({ first, time, value }: Points, from: number, rows: number, wanted: number): SeriesView => {
  const view = { time: [] as number[], value: [] as (number | null)[], row: [] as number[], rows }
  const take = (index: number): void => {
    view.time.push(time[index] ?? 0)
    view.value.push(value[index] ?? null)
    view.row.push(first + index)
  }
  const bucket = Math.max(1, Math.ceil(((rows - from) * 2) / Math.max(2, wanted)))
  for (let start = from - first; start < rows - first; start += bucket) {
    const end = Math.min(rows - first, start + bucket)
    if (bucket <= 2) for (let index = start; index < end; index++) take(index)
    else for (const index of extremes(value, start, end)) take(index)
  }
  return view
}

const extremes = (value: readonly (number | null)[], from: number, to: number): readonly number[] => {
  let low = -1
  let high = -1
  for (let index = from; index < to; index++) {
    const here = value[index]
    if (here === null || here === undefined) continue
    if (low < 0 || here < (value[low] ?? here)) low = index
    if (high < 0 || here > (value[high] ?? here)) high = index
  }
  if (low < 0) return [from]
  return low === high ? [low] : low < high ? [low, high] : [high, low]
}
