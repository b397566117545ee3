import { statSync } from 'node:fs'
import { backtest } from '../../../src/engine/backtest.ts'
import { backtestFirstRows } from '../../../src/engine/first-rows.ts'
import type { Forecaster } from '../../../src/engine/forecaster.ts'
import { HELP, readCommand, USAGE, type Command } from './command.ts'
import { fileFor, refusal, writePredictions } from './predictions.ts'
import { createProgress, type Progress } from './progress.ts'
import { listSeries, readSeries, type Series, type SeriesFile } from './series.ts'
import { summarise, type StreamResult } from './summary.ts'
import { firstLines, HEADINGS, streamLine, summaryLines } from './table.ts'

export interface BacktestDeps {
  readonly createForecaster: () => Forecaster
  /** What was asked for. */
  readonly out: (text: string) => void
  /** Errors and progress. */
  readonly complain: (text: string) => void
  /** Milliseconds of the clock, for progress. */
  readonly now: () => number
  /** Milliseconds that this process has computed, for the figures. */
  readonly processorMs: () => number
}

/** Errors told per file before only their number is. */
const SHOWN_ERRORS = 20

/** Windows per stream that --first shows to fresh forecasters, and rows of each. */
const FIRST_WINDOWS = 60
const FIRST_ROWS = 30

/** npm run backtest; answers the exit code, see HELP. */
export const runBacktest = async (args: readonly string[], deps: BacktestDeps): Promise<number> => {
  const command = readCommand(args)
  const { out, complain } = deps
  if (command === 'help') {
    out(HELP)
    return 0
  }
  if ('wrong' in command) {
    complain(`backtest: ${command.wrong}\n${USAGE}\n`)
    return 2
  }
  try {
    return await score(command, deps)
  } catch (error) {
    complain(`backtest: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

const score = async (command: Command, deps: BacktestDeps): Promise<number> => {
  const { target, json, predictions } = command
  const files = listSeries(target)
  if (files === null) throw new Error(`There is no file or folder ${target}.`)
  if (files.length === 0) throw new Error(`There is no .csv file in ${target}.`)
  const isFolder = statSync(target).isDirectory()
  const refused = predictions === null ? null : refusal(predictions, target, isFolder)
  if (refused !== null) {
    deps.complain(`backtest: ${refused}\n`)
    return 2
  }
  const { read, failed } = await readAll(files, command, deps)
  const progress = createProgress(rowsToShow(read, command), { now: deps.now, say: (line) => deps.complain(`backtest: ${line}\n`) })
  const streams: StreamResult[] = []
  for (const one of read) {
    const { result, predictions: made } = scoreOne(one, command, { ...deps, progress })
    streams.push(result)
    if (predictions !== null) writePredictions(fileFor(predictions, one.file, isFolder), made)
    if (!json) deps.out(`${streams.length === 1 ? `${HEADINGS}\n` : ''}${streamLine(result)}\n`)
  }
  print(streams, command, deps)
  return failed ? 1 : 0
}

interface ReadFile extends Series {
  readonly file: SeriesFile
}

/** All files before the first is scored: what is wrong with them is told at once, and how much there is to do is known. */
const readAll = async (files: readonly SeriesFile[], { history, first }: Command, { complain }: BacktestDeps): Promise<{ read: ReadFile[]; failed: boolean }> => {
  const read: ReadFile[] = []
  let failed = false
  for (const file of files) {
    const series = await readSeries(file.path)
    const wrong = series.ok ? wrongWith(series.value) : [`: ${series.error.message}`]
    for (const what of wrong) complain(`${file.path}${what}\n`)
    failed ||= wrong.length > 0
    if (!series.ok) continue
    const { rows, problems } = series.value
    // Rows that nobody will see are let go: a folder may hold more than fits into memory.
    read.push({ file, problems, rows: first ? rows : rows.slice(-history) })
  }
  return { read, failed }
}

const wrongWith = ({ rows, problems }: Series): readonly string[] => {
  if (problems.length === 0) return rows.length === 0 ? [': there is no row in it'] : []
  const shown = problems.slice(0, SHOWN_ERRORS).map(({ line, message }) => `:${line}: ${message}`)
  return [...shown, `: ${problems.length} ${problems.length === 1 ? 'line' : 'lines'} left out, ${rows.length} rows read`]
}

const rowsToShow = (read: readonly ReadFile[], { history, first }: Command): number =>
  read.reduce((sum, { rows }) => sum + Math.min(rows.length, history) + (first ? FIRST_WINDOWS * FIRST_ROWS : 0), 0)

const scoreOne = ({ file, rows, problems }: ReadFile, { history, last, first }: Command, { createForecaster, processorMs, progress }: BacktestDeps & { readonly progress: Progress }) => {
  const create = (): Forecaster => watched(createForecaster(), progress)
  const young = first ? backtestFirstRows(rows, create, FIRST_WINDOWS) : []
  const forecaster = create()
  const { predictions, ...figures } = backtest(rows, () => forecaster, { history, now: processorMs, ...(last === null ? {} : { last }) })
  const next = forecaster.forecast()
  const result: StreamResult = {
    file: file.name, group: file.group, ...figures,
    lineErrors: problems.length, notPredictable: next.ok ? null : next.reason, first: young,
  }
  return { result, predictions }
}

const watched = (forecaster: Forecaster, progress: Progress): Forecaster => ({
  ...forecaster,
  observe: (row) => {
    forecaster.observe(row)
    progress.row()
  },
})

const print = (streams: readonly StreamResult[], { json, first }: Command, { out }: BacktestDeps): void => {
  const summary = summarise(streams)
  if (json) out(`${JSON.stringify(summary, null, 2)}\n`)
  else {
    const lines = [...(streams.length > 1 ? ['', ...summaryLines(summary)] : []), ...(first ? ['', ...firstLines(streams)] : [])]
    if (lines.length > 0) out(`${lines.join('\n')}\n`)
  }
}
