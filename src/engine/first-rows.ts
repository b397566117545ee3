import type { EngineRow, Forecaster } from './forecaster.ts'

/** A range of rows seen, both ends counted. */
export interface Band {
  readonly from: number
  readonly to: number
}

/** Young streams: forecasts made after 5 to 9 rows, and after 10 to 29. */
export const BANDS: readonly Band[] = [{ from: 5, to: 9 }, { from: 10, to: 29 }]

export interface BandResult extends Band {
  readonly scored: number
  /** Σ |error| / Σ |naive error| over all windows; null when naive never errs. */
  readonly relMae: number | null
  readonly coverage: number | null
}

/**
 * How the engine does on young streams: the series is cut into `windows` evenly spread windows of 30 rows, each is shown to a fresh forecaster,
 * and every forecast made after `from` to `to` numeric rows is scored on the row that follows.
 */
export function backtestFirstRows(rows: readonly EngineRow[], create: () => Forecaster, windows: number): BandResult[] {
  const length = Math.max(...BANDS.map((band) => band.to)) + 1
  const count = Math.max(1, Math.min(windows, Math.floor(rows.length / 8)))
  const tallies = BANDS.map(() => ({ error: 0, naive: 0, inside: 0, scored: 0 }))
  for (let w = 0; w < count; w++) {
    const start = count === 1 ? 0 : Math.floor((Math.max(0, rows.length - length) * w) / (count - 1))
    runWindow(rows.slice(start, start + length), create(), tallies)
  }
  return BANDS.map((band, b) => {
    const { error, naive, inside, scored } = tallies[b] ?? { error: 0, naive: 0, inside: 0, scored: 0 }
    return { ...band, scored, relMae: naive > 0 ? error / naive : null, coverage: scored > 0 ? inside / scored : null }
  })
}

interface Tally {
  error: number
  naive: number
  inside: number
  scored: number
}

function runWindow(rows: readonly EngineRow[], forecaster: Forecaster, tallies: readonly Tally[]): void {
  let seen = 0
  let last = 0
  for (const row of rows) {
    const outcome = forecaster.forecast()
    const tally = tallies[BANDS.findIndex((band) => seen >= band.from && seen <= band.to)]
    if (tally !== undefined && outcome.ok && row.value !== null) {
      const { value, lower, upper } = outcome.forecast
      tally.error += Math.abs(row.value - value)
      tally.naive += Math.abs(row.value - last)
      tally.inside += row.value >= lower && row.value <= upper ? 1 : 0
      tally.scored++
    }
    forecaster.observe(row)
    if (row.value !== null) {
      last = row.value
      seen++
    }
  }
}
