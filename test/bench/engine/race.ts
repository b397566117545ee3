import { geometricMean } from '../../../src/engine/backtest.ts'
import { groupsOf } from '../../../signaling/launch/backtest/summary.ts'
import { seasonsOf, type Entrant } from './entrant.ts'
import type { BenchSeries } from './suite.ts'

// One step ahead, everyone over the same rows: shown all rows before it, each entrant says the next value, then sees it.

export interface RacePlan {
  /** Everyone is shown so many rows before the first that counts, and no other: models that are refitted cannot do with more. */
  readonly before: number
  /** At most so many of the last rows count, and at most 40 % of a series. */
  readonly scored: number
  readonly processorMs: () => number
}

export interface Finish {
  /** Σ |error| by naive's on the rows that count for all; null where naive never errs. */
  readonly relMae: number | null
  /** Processor time per forecast, learning included. */
  readonly microsPerForecast: number
}

export interface RaceResult {
  readonly group: string
  readonly name: string
  readonly scored: number
  readonly finishes: Readonly<Record<string, Finish>>
}

const SCORED_SHARE = 0.4

/** The first entrant is the one that errors are measured by. */
export const race = ({ group, name, rows }: BenchSeries, entrants: readonly Entrant[], plan: RacePlan): RaceResult => {
  const scored = Math.min(plan.scored, Math.floor(SCORED_SHARE * rows.length))
  const shown = rows.slice(-(plan.before + scored))
  const from = shown.length - scored
  const seasons = seasonsOf(shown.slice(0, from))
  const runs = entrants.map((entrant) => {
    const step = entrant.create(seasons)
    for (const row of shown.slice(0, from)) step.observe(row)
    const began = plan.processorMs()
    const said = shown.slice(from).map((row) => {
      const prediction = step.predict()
      step.observe(row)
      return prediction
    })
    return { said, microsPerForecast: ((plan.processorMs() - began) * 1000) / Math.max(1, scored) }
  })
  const { kept, errors } = pair(shown.slice(from).map(({ value }) => value), runs.map(({ said }) => said))
  const [unit = 0] = errors
  const finishes = entrants.map((entrant, at): [string, Finish] =>
    [entrant.name, { relMae: unit > 0 ? (errors[at] ?? NaN) / unit : null, microsPerForecast: runs[at]?.microsPerForecast ?? NaN }])
  return { group, name, scored: kept, finishes: Object.fromEntries(finishes) }
}

/** Σ |error| per entrant over the rows that hold a number and for which everyone said something. */
export const pair = (actual: readonly (number | null)[], said: readonly (readonly (number | null)[])[]): { readonly kept: number; readonly errors: readonly number[] } => {
  const errors = said.map(() => 0)
  let kept = 0
  actual.forEach((value, row) => {
    const forecasts = said.flatMap((of) => of[row] ?? [])
    if (value === null || forecasts.length < said.length) return
    kept++
    forecasts.forEach((forecast, at) => (errors[at] = (errors[at] ?? 0) + Math.abs(forecast - value)))
  })
  return { kept, errors }
}

/** Geometric means: over the streams of each group, and over the groups. */
export const meansOf = (results: readonly RaceResult[], entrant: string) => {
  const groups = groupsOf(results).map(([group, members]) => ({ group, relMae: geometricMean(members.flatMap(({ finishes }) => finishes[entrant]?.relMae ?? [])) }))
  return { groups, overall: geometricMean(groups.flatMap(({ relMae }) => relMae ?? [])) }
}
