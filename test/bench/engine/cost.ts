import { groupsOf } from '../../../signaling/launch/backtest/summary.ts'
import { createForecaster, type EngineRow } from '../../../src/engine/forecaster.ts'
import { spreadOf } from '../statistics.ts'
import type { EngineWorker } from './in-worker.ts'
import type { BenchSeries } from './suite.ts'

/** Microseconds per row. */
export interface RowCost {
  /** Processor time in this process. */
  readonly node: number
  /** Of the whole browser while its worker learnt; null where the system does not tell. */
  readonly workerProcessor: number | null
  readonly workerElapsed: number
}

/** What a row costs, medians over the rounds. */
export interface GroupCost {
  readonly group: string
  readonly rows: number
  /** Tier 0: the whole forecaster, but better regressions are not looked for and none of them come in. */
  readonly withoutSearch: RowCost
  readonly all: RowCost
}

interface CostPlan {
  /** Of each series, the last ones. */
  readonly costRows: number
  readonly rounds: number
  readonly processorMs: () => number
}

type Streams = readonly (readonly EngineRow[])[]

/** Small groups are learnt again and again, each time from nothing: the system counts processor time in hundredths of a second. */
const LEAST_ROWS = 4000

/** Group by group, with and without the search, in Node and in the worker, and all of that again: whoever else computes disturbs all alike. */
export const measureRowCosts = async (series: readonly BenchSeries[], worker: EngineWorker, plan: CostPlan): Promise<readonly GroupCost[]> => {
  const groups = groupsOf(series).map(([group, members]) => ({ group, streams: repeated(members.map(({ rows }) => rows.slice(-plan.costRows))) }))
  // The compiler's work on the engine is done once in a process, and is not a row's cost.
  for (const { streams } of groups.slice(0, 2)) await learnBoth(streams, worker, plan)
  const rounds = await inTurn(plan.rounds, () => inTurn(groups.length, (at) => learnBoth(groups[at]?.streams ?? [], worker, plan)))
  return groups.map(({ group, streams }, at) => ({
    group, rows: rowsIn(streams),
    withoutSearch: middle(rounds.flatMap((round) => round[at]?.[0] ?? [])),
    all: middle(rounds.flatMap((round) => round[at]?.[1] ?? [])),
  }))
}

/** All groups as one: every row counts the same. */
export const overallCost = (groups: readonly GroupCost[]): Omit<GroupCost, 'group'> => {
  const rows = groups.reduce((sum, group) => sum + group.rows, 0)
  const mean = (of: (group: GroupCost) => number): number => groups.reduce((sum, group) => sum + of(group) * group.rows, 0) / rows
  const meanOf = (of: (group: GroupCost) => RowCost): RowCost => ({
    node: mean((group) => of(group).node),
    workerProcessor: groups.some((group) => of(group).workerProcessor === null) ? null : mean((group) => of(group).workerProcessor ?? 0),
    workerElapsed: mean((group) => of(group).workerElapsed),
  })
  return { rows, withoutSearch: meanOf(({ withoutSearch }) => withoutSearch), all: meanOf(({ all }) => all) }
}

const learnBoth = async (streams: Streams, worker: EngineWorker, plan: CostPlan): Promise<readonly [RowCost, RowCost]> =>
  [await learn(streams, false, worker, plan), await learn(streams, true, worker, plan)]

const learn = async (streams: Streams, search: boolean, worker: EngineWorker, { processorMs }: CostPlan): Promise<RowCost> => {
  const perRow = 1000 / rowsIn(streams)
  const began = processorMs()
  for (const stream of streams) stream.forEach(createForecaster({ search }).observe)
  const node = (processorMs() - began) * perRow
  const learnt = await worker.learn(streams, { search })
  return { node, workerProcessor: learnt.processorMs === null ? null : learnt.processorMs * perRow, workerElapsed: learnt.elapsedMs * perRow }
}

const middle = (costs: readonly RowCost[]): RowCost => {
  const of = (figure: (cost: RowCost) => number): number => spreadOf(costs.map(figure)).median
  return {
    node: of(({ node }) => node),
    workerProcessor: costs.some(({ workerProcessor }) => workerProcessor === null) ? null : of(({ workerProcessor }) => workerProcessor ?? 0),
    workerElapsed: of(({ workerElapsed }) => workerElapsed),
  }
}

const repeated = (streams: Streams): Streams =>
  Array.from({ length: Math.ceil(LEAST_ROWS / Math.max(1, rowsIn(streams))) }, () => streams).flat()

const rowsIn = (streams: Streams): number => streams.reduce((sum, { length }) => sum + length, 0)

const inTurn = async <T>(times: number, work: (at: number) => Promise<T>): Promise<readonly T[]> => {
  const done: T[] = []
  for (let at = 0; at < times; at++) done.push(await work(at))
  return done
}
