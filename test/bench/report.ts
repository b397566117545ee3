import type { Machine } from './machine.ts'
import type { Run } from './run.ts'
import { spreadOf, type Spread } from './statistics.ts'

export const CONTENDERS = ['raw channel', 'zazen', 'webtorrent', 'peerjs', 'peerjs verified'] as const

export type Contender = (typeof CONTENDERS)[number]

/** A run, or why there was none: a contender that fails is a figure too. */
export type Outcome = { readonly contender: Contender; readonly rows: number; readonly round: number } & (
  | { readonly run: Run }
  | { readonly failure: string }
)

export interface Report {
  readonly machine: Machine
  readonly at: string
  readonly canonicalBytes: Readonly<Record<string, number>>
  readonly outcomes: readonly Outcome[]
}

/** One line of the table: medians over the rounds. */
export interface Line {
  readonly contender: Contender
  readonly rows: number
  readonly failures: number
  readonly setupMs: Spread
  readonly transferMs: Spread
  readonly totalMs: Spread
  readonly rowsPerSecond: number
  /** Canonical bytes by the time of the transfer, whatever was on the wire. */
  readonly mibPerSecond: number
  /** Time of the transfer by that of the raw channel. */
  readonly toRaw: number
}

export const linesOf = ({ outcomes, canonicalBytes }: Report): readonly Line[] => {
  const sizes = [...new Set(outcomes.map(({ rows }) => rows))]
  return sizes.flatMap((rows) => {
    const runsOf = (contender: Contender): readonly Run[] =>
      outcomes.flatMap((one) => (one.contender === contender && one.rows === rows && 'run' in one ? [one.run] : []))
    const raw = spreadOf(runsOf('raw channel').map(({ transferMs }) => transferMs)).median
    return CONTENDERS.filter((contender) => runsOf(contender).length > 0).map((contender) => {
      const runs = runsOf(contender)
      const transferMs = spreadOf(runs.map((run) => run.transferMs))
      const seconds = transferMs.median / 1000
      return {
        contender,
        rows,
        failures: outcomes.filter((one) => one.contender === contender && one.rows === rows && 'failure' in one).length,
        setupMs: spreadOf(runs.map((run) => run.setupMs)),
        transferMs,
        totalMs: spreadOf(runs.map((run) => run.setupMs + run.transferMs)),
        rowsPerSecond: rows / seconds,
        mibPerSecond: (canonicalBytes[rows] ?? Number.NaN) / 2 ** 20 / seconds,
        toRaw: transferMs.median / raw,
      }
    })
  })
}

const COLUMNS = ['rows', 'contender', 'set-up ms', 'transfer ms (min–max)', 'total ms (min–max)', 'rows/s', 'MiB/s', '× raw'] as const

export const tableOf = (report: Report): string => {
  const cells = linesOf(report).map((line) => [
    String(line.rows),
    line.contender + (line.failures > 0 ? ` (${line.failures} failed)` : ''),
    line.setupMs.median.toFixed(0),
    spread(line.transferMs),
    spread(line.totalMs),
    line.rowsPerSecond.toFixed(0),
    line.mibPerSecond.toFixed(2),
    line.toRaw.toFixed(2),
  ])
  const widths = COLUMNS.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string => `| ${row.map((cell, at) => cell.padStart(widths[at] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`
  return [line(COLUMNS), rule, ...cells.map(line)].join('\n')
}

const spread = ({ median, min, max }: Spread): string => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`

export const machineLine = ({ cpu, cores, memoryGiB, node, chromium, platform }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, ${chromium}`
