import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createCsvReader } from '../../src/domain/csv.ts'
import { formatTime, microsOf } from '../../src/domain/time.ts'
import { numericValue } from '../../src/domain/value.ts'
import { backtest, geometricMean, type BacktestOptions, type BacktestResult } from '../../src/engine/backtest.ts'
import { BANDS, backtestFirstRows, type BandResult } from '../../src/engine/first-rows.ts'
import { createForecaster, type EngineRow } from '../../src/engine/forecaster.ts'

const USAGE = 'usage: npm run backtest -- FILE.csv|FOLDER [--json] [--predictions OUT.csv] [--last N] [--history N] [--first]'

/** Errors printed per file before only the count is given. */
const SHOWN_ERRORS = 20

/** Windows per stream that --first shows to fresh forecasters. */
const FIRST_WINDOWS = 60

interface FileResult extends BacktestResult {
  readonly file: string
  readonly group: string
  readonly lineErrors: number
  /** With --first: how forecasts after few rows do. */
  readonly first: readonly BandResult[]
}

interface LineError {
  readonly line: number
  readonly message: string
}

function main(args: string[]): number {
  const command = readCommand(args)
  if (typeof command === 'string') return fail(command)
  const files = listFiles(command.target)
  if (files === null) return fail(`no such file or folder: ${command.target}`)
  if (files.length === 0) return fail(`no .csv file in ${command.target}`)
  const results: FileResult[] = []
  for (const file of files) {
    const result = runFile(file, command)
    results.push(result)
    if (!command.json) process.stdout.write(`${results.length === 1 ? `${HEADINGS}\n` : ''}${tableLine(result)}\n`)
  }
  if (command.json) process.stdout.write(`${JSON.stringify(summary(results), null, 2)}\n`)
  else process.stdout.write(summaryLines(results) + (command.first ? firstLines(results) : ''))
  if (command.predictions !== undefined) return writePredictions(command.predictions, results)
  return 0
}

interface Command {
  readonly target: string
  readonly json: boolean
  readonly predictions: string | undefined
  readonly first: boolean
  readonly options: BacktestOptions
}

function readCommand(args: string[]): Command | string {
  try {
    const { values, positionals } = parseArgs({
      args, allowPositionals: true,
      options: {
        json: { type: 'boolean' }, predictions: { type: 'string' }, last: { type: 'string' }, history: { type: 'string' },
        first: { type: 'boolean' },
      },
    })
    const target = positionals[0]
    if (target === undefined || positionals.length > 1) return USAGE
    const last = readCount(values.last)
    const history = readCount(values.history)
    if (last === null || history === null) return '--last and --history want a whole number from 1 on'
    const options = { now: cpuMillis, ...(last === undefined ? {} : { last }), ...(history === undefined ? {} : { history }) }
    return { target: resolve(target), json: values.json === true, predictions: values.predictions, first: values.first === true, options }
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`
  }
}

/** Time this process has computed: unlike the clock it does not count what others do meanwhile. */
function cpuMillis(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function readCount(text: string | undefined): number | undefined | null {
  if (text === undefined) return undefined
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null
}

function fail(message: string): number {
  process.stderr.write(`backtest: ${message}\n`)
  return 1
}

/** The CSV files at `target`, sorted; null when it does not exist. */
function listFiles(target: string): string[] | null {
  const stat = statSync(target, { throwIfNoEntry: false })
  if (stat === undefined) return null
  if (!stat.isDirectory()) return [target]
  return readdirSync(target, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.toLowerCase().endsWith('.csv'))
    .sort()
    .map((name) => join(target, name))
}

function runFile(file: string, { target, options, first }: Command): FileResult {
  const { rows, errors } = readRows(readFileSync(file, 'utf8'))
  for (const error of errors.slice(0, SHOWN_ERRORS)) process.stderr.write(`${file}:${String(error.line)}: ${error.message}\n`)
  if (errors.length > 0) process.stderr.write(`${file}: ${String(errors.length)} lines left out, ${String(rows.length)} rows read\n`)
  const group = file === target ? '.' : relative(target, dirname(file)) || '.'
  const young = first ? backtestFirstRows(rows, () => createForecaster(), FIRST_WINDOWS) : []
  return { file: basename(file), group, lineErrors: errors.length, first: young, ...backtest(rows, () => createForecaster(), options) }
}

/** Reads the project's CSV, see src/domain/csv.ts. A line it refuses is an error; a value that is no number is a row without one. */
function readRows(text: string): { rows: EngineRow[]; errors: LineError[] } {
  const rows: EngineRow[] = []
  const errors: LineError[] = []
  const reader = createCsvReader()
  text.replace(/^\uFEFF/, '').split(/\r?\n/).forEach((line, index) => {
    const fields = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'))
    const result = reader.read(fields)
    if (!result.ok) errors.push({ line: index + 1, message: result.error.message })
    else if (result.value.is === 'row') {
      rows.push({ row: rows.length, time: result.value.row.time, value: numericValue(result.value.row.value) })
    }
  })
  return { rows, errors }
}

const HEADINGS = row('group', 'stream', 'rows', 'relMAE', 'coverage', 'width', 'µs/row', 'champion')

function row(group: string, stream: string, rows: string, rel: string, cover: string, width: string, micros: string, champion: string): string {
  return `${group.padEnd(22)} ${stream.slice(0, 40).padEnd(40)} ${rows.padStart(6)} ${rel.padStart(7)} ${cover.padStart(8)} ${width.padStart(7)} ${micros.padStart(7)}  ${champion}`
}

function digits(value: number | null, places: number): string {
  return value === null ? '–' : value.toFixed(places)
}

function tableLine(r: FileResult): string {
  return row(r.group, r.file, String(r.rows), digits(r.relMae, 3), digits(r.coverage, 3), digits(r.width, 2), digits(r.microsPerRow, 0), r.champion)
}

/** A group with fewer scored rows is shown, but left out of the overall mean: chance would speak as loud as the engine. */
const MIN_GROUP_ROWS = 100

interface GroupSummary {
  readonly group: string
  readonly streams: number
  readonly scored: number
  readonly relMae: number | null
  readonly coverage: number | null
  readonly width: number | null
  readonly microsPerRow: number | null
}

function summary(results: readonly FileResult[]): { groups: GroupSummary[]; overall: number | null; streams: object[] } {
  const names = [...new Set(results.map((result) => result.group))]
  const groups = names.map((group) => summarise(group, results.filter((result) => result.group === group)))
  return {
    overall: geometricMean(groups.flatMap((group) => (group.scored >= MIN_GROUP_ROWS ? (group.relMae ?? []) : []))),
    groups,
    streams: results.map(({ predictions: _, ...rest }) => rest),
  }
}

function summarise(group: string, results: readonly FileResult[]): GroupSummary {
  const scored = results.reduce((sum, r) => sum + r.scored, 0)
  const rows = results.reduce((sum, r) => sum + r.rows, 0)
  return {
    group,
    streams: results.length,
    scored,
    relMae: geometricMean(results.flatMap((r) => r.relMae ?? [])),
    coverage: scored > 0 ? results.reduce((sum, r) => sum + ((r.coverage ?? 0) * r.scored) / scored, 0) : null,
    width: geometricMean(results.flatMap((r) => r.width ?? [])),
    microsPerRow: rows > 0 ? results.reduce((sum, r) => sum + ((r.microsPerRow ?? 0) * r.rows) / rows, 0) : null,
  }
}

function summaryLines(results: readonly FileResult[]): string {
  if (results.length < 2) return ''
  const { groups, overall } = summary(results)
  const lines = groups.map((g) =>
    row(g.group, `geometric mean of ${String(g.streams)}`, '', digits(g.relMae, 3), digits(g.coverage, 3), digits(g.width, 2), digits(g.microsPerRow, 0), ''))
  const counted = groups.filter((group) => group.scored >= MIN_GROUP_ROWS && group.relMae !== null).length
  const failed = results.reduce((sum, r) => sum + r.lineErrors, 0)
  const note = failed > 0 ? `${String(failed)} lines left out, see above\n` : ''
  return `\n${lines.join('\n')}\n${row('overall', `geometric mean of ${String(counted)} groups`, '', digits(overall, 3), '', '', '', '')}\n${note}`
}

/** One line per band: the geometric mean over groups of the geometric means over their streams, and the mean coverage. */
function firstLines(results: readonly FileResult[]): string {
  const names = [...new Set(results.map((result) => result.group))]
  const lines = BANDS.map((band, b) => {
    const groups = names.map((name) => results.filter((r) => r.group === name && (results.length === 1 || r.scored >= MIN_GROUP_ROWS)).map((r) => r.first[b]))
    const rel = geometricMean(groups.flatMap((group) => geometricMean(group.flatMap((r) => r?.relMae ?? [])) ?? []))
    const covers = groups.flat().flatMap((r) => r?.coverage ?? [])
    const cover = covers.length > 0 ? covers.reduce((sum, c) => sum + c, 0) / covers.length : null
    return row('first rows', `after ${String(band.from)} to ${String(band.to)} rows`, '', digits(rel, 3), digits(cover, 3), '', '', '')
  })
  return `\n${lines.join('\n')}\n`
}

function writePredictions(path: string, results: readonly FileResult[]): number {
  const lines = results.flatMap((r) => r.predictions.map((p) =>
    [textOf(p.time), p.actual, p.value, p.lower, p.upper, p.naive, p.row, join(r.group, r.file)].join(',')))
  try {
    writeFileSync(path, ['ts,actual,prediction,lower,upper,naive,row,stream', ...lines, ''].join('\n'))
    return 0
  } catch (error) {
    return fail(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function textOf(time: number): string {
  const micros = microsOf(time)
  return micros === null ? String(time) : formatTime(micros)
}

// Last, so that every constant above exists.
process.exitCode = main(process.argv.slice(2))
