import { createForecaster } from '../../../src/engine/forecaster.ts'
import { backtest } from '../../../src/engine/backtest.ts'
import { ownProcessorMs } from '../../../signaling/launch/backtest/own-processor.ts'
import { summarise, type ScoredStream, type Summary } from '../../../signaling/launch/backtest/summary.ts'
import { rowsOf, seasonal } from '../../support/series.ts'
import { describeMachine, type Machine } from '../machine.ts'
import { onStage } from '../stage.ts'
import { augursEntrants } from './augurs.ts'
import { measureRowCosts, type GroupCost } from './cost.ts'
import { measureCrowd, type Crowd, type CrowdPlan } from './crowd.ts'
import { naive, seasonalNaive, zazen, type Entrant } from './entrant.ts'
import { firstForecasts, type FirstForecast } from './first-forecast.ts'
import { growRows, growStreams, warmUp, type RowGrowth, type StreamGrowth } from './growth.ts'
import { openEngineWorker, type WorkerCost } from './in-worker.ts'
import { lagRecipe } from './lag-recipe.ts'
import { race, type RaceResult } from './race.ts'
import { folderSuite, vegaSuite, type BenchSeries } from './suite.ts'
import { loadXgboost } from './xgboost.ts'

/** How well the engine forecasts beside others, and what it costs: npm run bench -- engine. */
export interface EnginePlan {
  /** Measured as well; null: the bundled series alone. */
  readonly folder: string | null
  readonly quick: boolean
  /** A line for a person who waits. */
  readonly say: (line: string) => void
}

interface Sizes {
  /** Rows that each entrant is shown before those that count. */
  readonly before: number
  readonly scored: number
  readonly firstFits: number
  readonly fitEvery: number
  /** Of each series for the cost in Node and in the worker. */
  readonly costRows: number
  readonly rounds: number
  readonly rowMarks: readonly number[]
  readonly streamCounts: readonly number[]
  readonly rowsPerStream: number
  readonly crowds: readonly CrowdPlan[]
}

const FULL: Sizes = {
  before: 1000, scored: 100, firstFits: 2, fitEvery: 100, costRows: 2000, rounds: 3,
  rowMarks: [100, 1000, 10_000, 100_000], streamCounts: [1, 10, 100, 1000], rowsPerStream: 100,
  crowds: [{ streams: 1000, mostAwake: 512, history: 700, rounds: 0 }, ...[1000, 512].map((mostAwake) => ({ streams: 1000, mostAwake, history: 120, rounds: 3 }))],
}

const QUICK: Sizes = {
  ...FULL, before: 300, scored: 25, firstFits: 1, costRows: 500, rounds: 1, rowMarks: [100, 1000, 10_000], streamCounts: [1, 10, 100],
  crowds: [{ streams: 100, mostAwake: 51, history: 700, rounds: 0 }, ...[100, 51].map((mostAwake) => ({ streams: 100, mostAwake, history: 120, rounds: 3 }))],
}

const FIRST_ROWS = 10_000
const HOURLY = 3_600_000_000

export interface SuiteReport {
  readonly suite: string
  readonly races: readonly RaceResult[]
  /** The project's own measure: the last 5,000 rows read, the last 1,000 or 40 % of them scored. */
  readonly measured: Summary<Measured>
}

export interface Measured extends ScoredStream {
  readonly name: string
}

export interface EngineReport {
  readonly machine: Machine
  readonly at: string
  readonly sizes: Sizes
  readonly entrants: readonly string[]
  readonly suites: readonly SuiteReport[]
  /** What a row costs in Node and in a worker, by group: of the folder where one is given. */
  readonly costs: readonly GroupCost[]
  /** A fresh worker that learns 10,000 rows, until its forecast after all of them. */
  readonly learnt: readonly WorkerCost[]
  /** The app: 10,000 rows are in its storage and the engine is let go, until its first forecast is there. */
  readonly first: readonly FirstForecast[]
  readonly rowGrowth: readonly RowGrowth[]
  readonly streamGrowth: readonly StreamGrowth[]
  /** The engine process with a thousand streams: long histories at the start; short ones, all in memory, or half of them put aside. */
  readonly crowds: readonly Crowd[]
}

export const benchEngine = async ({ folder, quick, say }: EnginePlan): Promise<EngineReport> => {
  const sizes = quick ? QUICK : FULL
  const entrants = await allEntrants(sizes)
  const vega = await vegaSuite()
  const suites = [{ suite: 'vega-datasets', series: vega }, ...(folder === null ? [] : [{ suite: folder, series: await folderSuite(folder) }])]
  warmUp()
  // First, while the memory of this process is still its own.
  say('growth with the number of streams')
  const streamGrowth = growStreams(sizes.streamCounts, sizes.rowsPerStream, ownProcessorMs)
  say('many streams in the engine process')
  const crowds: Crowd[] = []
  for (const plan of sizes.crowds) crowds.push(await measureCrowd(plan, ownProcessorMs))
  say('growth with the number of rows')
  const rowGrowth = growRows(sizes.rowMarks, ownProcessorMs)
  say('cost in Node and in Chromium, first forecasts')
  const costs = await measureCosts(suites.at(-1)?.series ?? vega, sizes)
  const reports = suites.map(({ suite, series }) => measureSuite(suite, series, { entrants, sizes, say }))
  return { machine: await describeMachine(), at: new Date().toISOString(), sizes, entrants: entrants.map(({ name }) => name), suites: reports, ...costs, rowGrowth, streamGrowth, crowds }
}

const allEntrants = async ({ before, firstFits, fitEvery }: Sizes): Promise<readonly Entrant[]> => [
  naive, seasonalNaive, ...(await augursEntrants(before)), lagRecipe(await loadXgboost(), { rows: before, firstFits, fitEvery }), zazen,
]

const measureSuite = (
  suite: string,
  series: readonly BenchSeries[],
  { entrants, sizes, say }: { readonly entrants: readonly Entrant[]; readonly sizes: Sizes; readonly say: EnginePlan['say'] },
): SuiteReport => {
  const began = performance.now()
  const races = series.map((one, done) => {
    const result = race(one, entrants, { ...sizes, processorMs: ownProcessorMs })
    const seconds = (performance.now() - began) / 1000
    const left = (seconds / (done + 1)) * (series.length - done - 1)
    say(`${suite}: ${done + 1} of ${series.length} series, ${result.scored} rows of ${one.name}, ${(seconds / (done + 1)).toFixed(1)} s a series, about ${Math.ceil(left)} s left`)
    return result
  })
  return { suite, races, measured: summarise(series.map(measure)) }
}

const measure = ({ group, name, rows }: BenchSeries): Measured => {
  const { predictions: _, ...figures } = backtest(rows, () => createForecaster(), { now: ownProcessorMs })
  return { group, name, ...figures }
}

const measureCosts = async (series: readonly BenchSeries[], { costRows, rounds }: Sizes): Promise<Pick<EngineReport, 'costs' | 'learnt' | 'first'>> => {
  const history = rowsOf(seasonal({ rows: FIRST_ROWS, seed: 1, period: 24, noise: 1 }), HOURLY)
  return onStage(async (stage) => {
    const worker = await openEngineWorker(stage.receiver)
    await worker.learn([history.slice(0, 100)]) // the browser's own start is not the engine's
    const learnt: WorkerCost[] = []
    for (let round = 0; round < rounds; round++) {
      await worker.end()
      learnt.push(await worker.learn([history]))
    }
    const costs = await measureRowCosts(series, worker, { costRows, rounds, processorMs: ownProcessorMs })
    return { costs, learnt, first: await firstForecasts(stage, { rows: FIRST_ROWS, rounds }) }
  })
}
