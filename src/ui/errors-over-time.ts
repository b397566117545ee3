import type { PredictedSeriesView, SeriesView } from '../neuron/snapshot.ts'

/** Errors are told as the mean of so many in a row at most, of few as that of a quarter of them: one alone says more of the row than of the method. */
const MOST_SMOOTHED = 20
const PARTS = 4

/** Fewer predictions that came to their row draw no line worth a look. */
export const LEAST_SCORED = 12

/** The sum of a thousand such is still a number. */
const MAX_ERROR = 1e300

/** Mean errors over time: ours, and those of guessing that nothing changes. Index by index, empty while there is too little to see; times in seconds since 1970. */
export interface ErrorsOverTime {
  /** Predictions that came to their row. */
  readonly scored: number
  /** Each point is the mean of so many. */
  readonly smoothed: number
  readonly time: readonly number[]
  readonly ours: readonly number[]
  readonly naive: readonly number[]
}

/** `series` holds every row that the predictions are about, and the one before. O(rows + predictions). */
export const errorsOverTime = (series: SeriesView, predicted: PredictedSeriesView): ErrorsOverTime => {
  const values = new Map(series.row.map((row, i) => [row, series.value[i] ?? null]))
  const scored = predicted.row.flatMap((row, i) => {
    const [value, before, guess] = [values.get(row) ?? null, values.get(row - 1) ?? null, predicted.value[i]]
    if (value === null || before === null || guess === undefined) return []
    return [{ time: predicted.time[i] ?? 0, ours: errorOf(value, guess), naive: errorOf(value, before) }]
  })
  const smoothed = Math.min(MOST_SMOOTHED, Math.floor(scored.length / PARTS))
  const drawn = scored.length < LEAST_SCORED ? [] : scored
  return {
    scored: scored.length,
    smoothed,
    time: drawn.slice(smoothed - 1).map(({ time }) => time),
    ours: means(drawn.map(({ ours }) => ours), smoothed),
    naive: means(drawn.map(({ naive }) => naive), smoothed),
  }
}

const errorOf = (value: number, guess: number): number => Math.min(MAX_ERROR, Math.abs(value - guess))

/** The mean of each so many in a row: each anew, because a running sum keeps what large errors have rounded away. */
const means = (errors: readonly number[], count: number): number[] =>
  errors.slice(count - 1).map((_, i) => errors.slice(i, i + count).reduce((sum, error) => sum + error, 0) / count)
