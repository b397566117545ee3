import type { EngineRow, Forecaster } from './forecaster.ts'

export interface BacktestOptions {
  /** Reads at most this many of the last rows; default 5,000. */
  readonly history?: number
  /** Scores this many of the last rows; default min(1000, 40 % of the rows read). */
  readonly last?: number
  /** Milliseconds from any origin; given in, because the engine owns no clock. Default: nothing is timed. */
  readonly now?: () => number
}

/** One scored row: the forecast was made before the row was shown. */
export interface Prediction {
  readonly row: number
  readonly time: number
  readonly actual: number
  readonly value: number
  readonly lower: number
  readonly upper: number
  readonly naive: number
}

export interface BacktestResult {
  readonly rows: number
  readonly scored: number
  /** mean |error| / mean |naive error| over the scored rows; null when naive never errs or nothing was scored. */
  readonly relMae: number | null
  /** Share of scored rows inside the interval. */
  readonly coverage: number | null
  /** Mean interval width / mean |naive error|: comparable between streams. */
  readonly width: number | null
  /** Microseconds per row read; null without a clock. */
  readonly microsPerRow: number | null
  readonly champion: string
  readonly predictions: readonly Prediction[]
}

/** One step ahead through `rows`: at each row the forecast is taken first, then the row is shown. Only numeric rows are scored. */
export function backtest(rows: readonly EngineRow[], create: () => Forecaster, options: BacktestOptions = {}): BacktestResult {
  const read = rows.slice(-(options.history ?? 5000))
  const scored = Math.min(options.last ?? Math.min(1000, Math.floor(0.4 * read.length)), read.length)
  const forecaster = create()
  const predictions: Prediction[] = []
  const start = options.now?.() ?? 0
  let naive: number | null = null
  read.forEach((row, i) => {
    const outcome = forecaster.forecast()
    if (i >= read.length - scored && outcome.ok && naive !== null && row.value !== null) {
      predictions.push({ row: row.row, time: row.time, actual: row.value, ...outcome.forecast, naive })
    }
    forecaster.observe(row)
    naive = row.value ?? naive
  })
  const microsPerRow = options.now === undefined || read.length === 0 ? null : ((options.now() - start) * 1000) / read.length
  return { rows: read.length, ...measure(predictions), microsPerRow, champion: forecaster.account().champion, predictions }
}

function measure(predictions: readonly Prediction[]): Pick<BacktestResult, 'scored' | 'relMae' | 'coverage' | 'width'> {
  const mean = (of: (p: Prediction) => number) => predictions.reduce((sum, p) => sum + of(p), 0) / predictions.length
  const naiveError = mean((p) => Math.abs(p.actual - p.naive))
  const comparable = predictions.length > 0 && naiveError > 0
  return {
    scored: predictions.length,
    relMae: comparable ? mean((p) => Math.abs(p.actual - p.value)) / naiveError : null,
    coverage: predictions.length > 0 ? mean((p) => (p.actual >= p.lower && p.actual <= p.upper ? 1 : 0)) : null,
    width: comparable ? mean((p) => p.upper - p.lower) / naiveError : null,
  }
}

/** Geometric mean of positive numbers; null when there are none. */
export function geometricMean(values: readonly number[]): number | null {
  const logs = values.filter((value) => value > 0).map((value) => Math.log(value))
  return logs.length > 0 ? Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) : null
}
