import { groupsOf } from '../../../signaling/launch/backtest/summary.ts'
import { spreadOf } from '../statistics.ts'
import { overallCost, type GroupCost, type RowCost } from './cost.ts'
import type { EngineReport, Measured, SuiteReport } from './engine.ts'
import type { FirstForecast } from './first-forecast.ts'
import { meansOf } from './race.ts'

/** All figures, as tables that read as text and as Markdown. */
export const engineTables = (report: EngineReport): string =>
  [...report.suites.flatMap((suite) => [raceTable(suite, report), measureTable(suite)]), costTable(report), rowTable(report), streamTable(report), crowdTable(report)].join('\n\n')

const raceTable = ({ suite, races }: SuiteReport, { entrants, sizes: { before, scored } }: EngineReport): string => {
  const means = entrants.map((entrant) => meansOf(races, entrant))
  const lines = groupsOf(races).map(([group, members], at) =>
    [group, members.length, sumOf(members, ({ scored }) => scored), ...means.map(({ groups }) => digits(groups[at]?.relMae, 3))])
  const costs = entrants.map((entrant) => spreadOf(races.map(({ finishes }) => finishes[entrant]?.microsPerForecast ?? NaN)).median.toFixed(0))
  return `${suite}: relMAE, one step ahead, on the same rows for all: the last ${scored} (at most 40 %) of each series, after ${before} more\n${table(
    ['group', 'series', 'rows', ...entrants],
    [...lines, ['overall', races.length, sumOf(races, (one) => one.scored), ...means.map(({ overall }) => digits(overall, 3))], ['processor µs a forecast, median', '', '', ...costs]],
  )}`
}

const measureTable = ({ suite, measured: { groups, streams, overall } }: SuiteReport): string => {
  const worstOf = (members: readonly Measured[]): string => digits(members.reduce((worst, { relMae }) => Math.max(worst, relMae ?? 0), 0), 3)
  const lines = groups.map(({ group, streams: count, scored, relMae, coverage, width }) =>
    [group, count, scored, digits(relMae, 3), worstOf(streams.filter((one) => one.group === group)), digits(coverage, 3), digits(width, 2)])
  return `${suite}: zazen by the measure of npm run backtest: 5,000 rows read, at most 1,000 scored\n${table(
    ['group', 'series', 'rows', 'relMAE', 'worst', 'coverage', 'width'],
    [...lines, ['overall', streams.length, sumOf(streams, ({ scored }) => scored), digits(overall, 3), worstOf(streams), '', '']],
  )}`
}

const costTable = ({ costs, learnt, first }: EngineReport): string => {
  const middle = (values: readonly (number | null)[]): string => digits(values.includes(null) ? null : spreadOf(values.map(Number)).median, 0)
  const timed = (what: string, runs: readonly FirstForecast[]): readonly Cell[] =>
    [what, runs[0]?.rows ?? 0, runs.length, middle(runs.map(({ processorMs }) => processorMs)), middle(runs.map(({ elapsedMs }) => elapsedMs))]
  const figures = ({ node, workerProcessor, workerElapsed }: RowCost): readonly Cell[] => [digits(node, 0), digits(workerProcessor, 0), digits(workerElapsed, 0)]
  const line = (name: string, { rows, withoutSearch, all }: Omit<GroupCost, 'group'>): readonly Cell[] => [name, rows, ...figures(withoutSearch), ...figures(all)]
  return [
    table(
      ['processor µs a row, the same rows in Node and in a worker of Chromium', 'rows', 'tier 0: Node', 'worker', 'elapsed there', 'with search: Node', 'worker', 'elapsed there'],
      [...costs.map((of) => line(of.group, of)), line('overall', overallCost(costs))],
    ),
    table(['from having a history to a forecast, medians', 'rows', 'runs', 'processor ms', 'elapsed ms'], [
      timed('the app, its first forecast (processor: the whole browser)', first),
      timed('a fresh worker, after learning all rows', learnt),
    ]),
  ].join('\n\n')
}

const rowTable = ({ rowGrowth }: EngineReport): string =>
  table(['rows of one stream', 'processor µs/row since the line before', 'snapshot KiB'],
    rowGrowth.map(({ rows, microsPerRow, snapshotBytes }) => [rows, microsPerRow.toFixed(0), (snapshotBytes / 1024).toFixed(0)]))

const streamTable = ({ streamGrowth, sizes: { rowsPerStream } }: EngineReport): string =>
  table([`streams in turn, ${rowsPerStream} rows each`, 'processor µs/row', 'memory KiB a stream'],
    streamGrowth.map(({ streams, microsPerRow, bytesPerStream }) => [streams, microsPerRow.toFixed(0), (bytesPerStream / 1024).toFixed(0)]))

const crowdTable = ({ crowds }: EngineReport): string =>
  table(['streams in the engine process, a new row of each', 'rows each', 'room for', 'forecasters at most', 'MiB at most', 'processor µs/row', 'at a row a minute, % of a core', 'on disk, MiB'],
    crowds.map(({ streams, history, mostAwake, mostForecasters, mostBytes, microsPerRow, share, storedBytes }) =>
      [streams, history, mostAwake, mostForecasters, (mostBytes / 2 ** 20).toFixed(0), microsPerRow?.toFixed(0) ?? '–', share === null ? '–' : (share * 100).toFixed(1), (storedBytes / 2 ** 20).toFixed(0)]))

type Cell = string | number

const table = (head: readonly Cell[], lines: readonly (readonly Cell[])[]): string => {
  const all = [head, ...lines].map((cells) => cells.map(String))
  const widths = head.map((_, at) => Math.max(...all.map((cells) => cells[at]?.length ?? 0)))
  const row = (cells: readonly string[]): string => `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  const [first = [], ...rest] = all.map(row)
  return [first, rule, ...rest].join('\n')
}

const digits = (value: number | null | undefined, places: number): string => (value === null || value === undefined ? '–' : value.toFixed(places))

const sumOf = <T>(of: readonly T[], figure: (one: T) => number): number => of.reduce((sum, one) => sum + figure(one), 0)
