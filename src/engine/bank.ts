import { HISTORY_ROWS, type History } from './history.ts'
import type { Panel } from './panel.ts'
import { choosePeriods, MAX_PERIODS } from './periods.ts'
import { createAnalogue } from './analogue.ts'
import { createNovice } from './novice.ts'
import { createRebuild } from './rebuild.ts'
import { createRegression } from './regression.ts'
import { createHoltWinters, createSeasonalNaive } from './season.ts'
import { createHolt, createMedian, createSes, createTheta } from './smoothing.ts'
import type { Stateful } from './state.ts'
import { createLogView, plainView } from './view.ts'

/**
 * All experts. Forecast 0 is naive, forecast 1 common sense; an expert without a finite forecast of its own says the same as these: as
 * common sense on a young stream, as naive later.
 */
export interface Bank extends Stateful {
  readonly names: readonly string[]
  /** Weight each expert starts with; sums to 1. */
  readonly prior: Float64Array
  /** Forecasts of the next value, one per expert, after each `push`. */
  readonly forecasts: Float64Array
  /** Cycles in use: rows, or negative for those of the clock. */
  periods(): readonly number[]
  /** Learns the newest value of `history`, which already holds it. */
  push(history: History): void
  /** To be called once `state` was filled from outside. */
  restored(history: History): void
}

/** A new expert, or another order, is a new SNAPSHOT_VERSION. */
function createPlainPanels(): readonly Panel[] {
  return [
    createNovice(), createMedian(), createSes(), createHolt(), createTheta(),
    createAnalogue(plainView, ''), createAnalogue(createLogView(), 'log '),
  ]
}

/** The regressions differ in what was worth it on real streams; width 9 is the recent steps and means only. */
function createSeasonalPanels(): readonly Panel[] {
  return [
    createSeasonalNaive(), createHoltWinters(),
    createRegression(plainView, 'autoregression, ', [
      { name: 'short memory', width: 9, forget: 0.98, shrink: 4, huber: 1.5 },
      { name: 'long memory', width: 99, forget: 0.998, shrink: 1, huber: 1 },
      { name: 'very long memory', width: 99, forget: 0.9995, shrink: 20, huber: 1 },
    ]),
    createRegression(createLogView(), 'log autoregression, ', [
      { name: 'long memory, least squares', width: 99, forget: 0.998, shrink: 5, huber: 3 },
      { name: 'very long memory, robust', width: 99, forget: 0.9995, shrink: 5, huber: 0.5 },
    ], 60),
  ]
}

/** Until here common sense speaks for whoever has nothing to say yet. */
const YOUNG_ROWS = 100

export function createBank(): Bank {
  const plain = createPlainPanels()
  const seasonal = createRebuild(createSeasonalPanels)
  const panels = [...plain, ...seasonal.panels]
  const names = ['naive', ...panels.flatMap((panel) => panel.names)]
  const forecasts = new Float64Array(names.length)
  const periods = new Float64Array(MAX_PERIODS)

  function write(last: number, rows: number): void {
    forecasts[0] = last
    let offset = 1
    for (const panel of panels) {
      panel.write(forecasts, offset)
      offset += panel.names.length
    }
    const instead = rows < YOUNG_ROWS ? finiteOr(forecasts[1] ?? last, last) : last
    for (let i = 0; i < forecasts.length; i++) forecasts[i] = finiteOr(forecasts[i] ?? last, instead)
  }

  return {
    names, forecasts,
    prior: Float64Array.from(names, (_, i) => (i === 0 ? 0.1 : i === 1 ? 0.25 : 0.65 / (names.length - 2))),
    state: [forecasts, periods, ...[...plain, seasonal].flatMap((part) => part.state)],
    push(history) {
      for (const panel of plain) panel.push(history.value(0), false, history.time(0))
      if (isReviewRow(history.count()) && review(history, periods)) seasonal.begin(modelled(periods), history)
      seasonal.push(history)
      write(history.value(0), history.count())
    },
    periods: () => modelled(periods),
    restored: (history) => { seasonal.restored(modelled(periods), history) },
  }
}

/** Cycles are looked for at 32, 48, 64, 96, 128 … rows and then once per half history: fixed rows, so that runs repeat. */
function isReviewRow(count: number): boolean {
  if (count > HISTORY_ROWS / 2) return count % (HISTORY_ROWS / 4) === 0
  for (let rows = 32; rows <= count; rows *= 2) if (count === rows || count === 1.5 * rows) return true
  return false
}

function review(history: History, periods: Float64Array): boolean {
  const chosen = choosePeriods(history)
  const changed = periods.some((rows, p) => rows !== (chosen[p] ?? 0))
  for (let p = 0; p < MAX_PERIODS; p++) periods[p] = chosen[p] ?? 0
  return changed
}

function finiteOr(value: number, instead: number): number {
  return Number.isFinite(value) ? value : instead
}

function modelled(periods: Float64Array): number[] {
  return [...periods].filter((rows) => rows !== 0)
}
