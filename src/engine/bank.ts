import { HISTORY_ROWS, type History } from './history.ts'
import type { Panel } from './panel.ts'
import { choosePeriods, MAX_PERIODS } from './periods.ts'
import { createAnalogue } from './analogue.ts'
import { createRebuild } from './rebuild.ts'
import { createRegression } from './regression.ts'
import { createHoltWinters, createSeasonalNaive } from './season.ts'
import { createHolt, createMedian, createSes, createTheta } from './smoothing.ts'
import type { Stateful } from './state.ts'
import { createLogView, plainView } from './view.ts'

/** All experts. Forecast 0 is naive; an expert without a finite forecast of its own says the same as naive. */
export interface Bank extends Stateful {
  readonly names: readonly string[]
  /** Weight each expert starts with; sums to 1. */
  readonly prior: Float64Array
  /** Forecasts of the next value, one per expert, after each `push`. */
  readonly forecasts: Float64Array
  /** Learns the newest value of `history`, which already holds it. */
  push(history: History): void
  /** To be called once `state` was filled from outside. */
  restored(history: History): void
}

/** A new expert, or another order, is a new SNAPSHOT_VERSION. */
function createPlainPanels(): readonly Panel[] {
  return [
    createMedian(), createSes(), createHolt(), createTheta(),
    createAnalogue(plainView, 'analogues'), createAnalogue(createLogView(), 'log analogues'),
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
    ]),
  ]
}

export function createBank(): Bank {
  const plain = createPlainPanels()
  const seasonal = createRebuild(createSeasonalPanels)
  const panels = [...plain, ...seasonal.panels]
  const names = ['naive', ...panels.flatMap((panel) => panel.names)]
  const forecasts = new Float64Array(names.length)
  const periods = new Float64Array(MAX_PERIODS)

  function write(last: number): void {
    forecasts[0] = last
    let offset = 1
    for (const panel of panels) {
      panel.write(forecasts, offset)
      offset += panel.names.length
    }
    for (let i = 0; i < forecasts.length; i++) if (!Number.isFinite((forecasts[i] ?? 0))) forecasts[i] = last
  }

  return {
    names, forecasts,
    prior: new Float64Array(names.length).fill(1 / names.length),
    state: [forecasts, periods, ...[...plain, seasonal].flatMap((part) => part.state)],
    push(history) {
      for (const panel of plain) panel.push(history.value(0), false)
      if (isReviewRow(history.count()) && review(history, periods)) seasonal.begin(modelled(periods), history)
      seasonal.push(history)
      write(history.value(0))
    },
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

function modelled(periods: Float64Array): number[] {
  return [...periods].filter((rows) => rows > 0)
}
