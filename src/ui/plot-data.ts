import type { PredictedSeriesView, SeriesView } from '../neuron/snapshot.ts'

/** `null` is a gap that is drawn, `undefined` only says that this series has no point at this x. */
export type PlotColumn = (number | null | undefined)[]

/** Columns on one shared, ascending x: what the plot library wants. */
export interface PlotData {
  /** Rows where times repeat or step back: a time axis would fold the line over itself. */
  readonly axis: 'time' | 'row'
  readonly x: number[]
  readonly value: PlotColumn
  readonly predicted: PlotColumn
  readonly lower: PlotColumn
  readonly upper: PlotColumn
}

interface Point {
  readonly x: number
  readonly value: number | null | undefined
  readonly prediction: { readonly value: number; readonly lower: number; readonly upper: number } | null
}

/** Lays own predictions over the history, each on the row it was made for. Both come index by index; only x is sorted here. */
export const mergeSeries = (series: SeriesView, predicted: PredictedSeriesView): PlotData => {
  const axis = isAscending(series.time) ? 'time' : 'row'
  const xs = axis === 'time' ? series.time : series.row
  const observed = xs.map((x, i): Point => ({ x, value: series.value[i] ?? null, prediction: null }))
  const points = mergeSorted(observed, predictedPoints(predicted, series, axis))
  return {
    axis,
    x: points.map((point) => point.x),
    value: points.map((point) => point.value),
    predicted: points.map((point) => point.prediction?.value),
    lower: points.map((point) => point.prediction?.lower),
    upper: points.map((point) => point.prediction?.upper),
  }
}

/** Predictions older than the first row shown would stretch the axis to the left. */
const predictedPoints = (predicted: PredictedSeriesView, series: SeriesView, axis: 'time' | 'row'): Point[] => {
  const first = (axis === 'time' ? series.time[0] : series.row[0]) ?? Number.NEGATIVE_INFINITY
  const points = predicted.time.map((time, i): Point => {
    const x = axis === 'time' ? time : (predicted.row[i] ?? series.rows)
    const prediction = { value: predicted.value[i] ?? 0, lower: predicted.lower[i] ?? 0, upper: predicted.upper[i] ?? 0 }
    return { x, value: undefined, prediction }
  })
  return points.filter((point) => point.x >= first).sort((a, b) => a.x - b.x)
}

const mergeSorted = (observed: readonly Point[], predictions: readonly Point[]): Point[] => {
  const merged: Point[] = []
  let next = 0
  for (const point of observed) {
    for (; (predictions[next]?.x ?? Number.POSITIVE_INFINITY) < point.x; next++) push(merged, predictions[next])
    const here = predictions[next]
    if (here?.x === point.x) next++
    merged.push(here?.x === point.x ? { ...point, prediction: here.prediction } : point)
  }
  for (; next < predictions.length; next++) push(merged, predictions[next])
  return merged
}

const push = (points: Point[], point: Point | undefined): void => {
  if (point !== undefined) points.push(point)
}

/** Half of the largest number would be too much: the axis is as long as all of it, above and below, and a margin. */
const MAX_DRAWN = 4e307

/** Values as they can be drawn: what is further away than any axis reaches stands at its end. */
export const drawable = (column: PlotColumn): PlotColumn =>
  column.map((value) => (typeof value === 'number' && Math.abs(value) > MAX_DRAWN ? Math.sign(value) * MAX_DRAWN : value))

const isAscending = (xs: readonly number[]): boolean => xs.every((x, i) => i === 0 || x >= (xs[i - 1] ?? x))
