import { spreadOf } from '../statistics.ts'
import type { ColdOpen } from './cold-open.ts'
import type { ScriptFile } from './initial-load.ts'
import type { StartupReport } from './startup.ts'

export const startupTables = (report: StartupReport): string =>
  [coldTable(report), bytesTable(report.scripts), auditTable(report), jankTable(report), memoryLine(report)].filter((text) => text !== '').join('\n\n')

const WORDS: Readonly<Record<keyof ColdOpen, string>> = {
  interactiveMs: 'interactive',
  checkedInMs: 'checked in',
  verifiedMs: 'all rows verified',
  predictedMs: 'first prediction published',
}

const coldTable = ({ opens, rows }: StartupReport): string => {
  if (opens.length === 0) return ''
  const lines = (Object.keys(WORDS) as (keyof ColdOpen)[]).map((key) => {
    const { median, min, max } = spreadOf(opens.map((one) => one[key]))
    return `| ${WORDS[key]} | ${median.toFixed(0)} | ${min.toFixed(0)}–${max.toFixed(0)} |`
  })
  return [`| cold open, a stream of ${rows} rows from a peer, ${opens.length} times | median ms | min–max |`, '|---|--:|--:|', ...lines].join('\n')
}

const kB = (bytes: number): string => (bytes / 1000).toFixed(1)

const bytesTable = (scripts: readonly ScriptFile[]): string => {
  if (scripts.length === 0) return ''
  const before = scripts.filter(({ isBeforeEngine }) => isBeforeEngine)
  const sum = (of: (one: ScriptFile) => number): string => kB(before.reduce((total, one) => total + of(one), 0))
  const lines = scripts.map((one) => `| ${one.name} | ${kB(one.plainBytes)} | ${kB(one.gzipBytes)} | ${kB(one.brotliBytes)} | ${one.isBeforeEngine ? 'before' : 'not before'} |`)
  const total = `| **before the engine** | ${sum((one) => one.plainBytes)} | ${sum((one) => one.gzipBytes)} | ${sum((one) => one.brotliBytes)} | |`
  return ['| script of a first visit | kB | gzip | brotli | fetched before the engine |', '|---|--:|--:|--:|---|', ...lines, total].join('\n')
}

const auditTable = ({ audits }: StartupReport): string => {
  if (audits.length === 0) return ''
  const lines = audits.map(({ form, performance, accessibility, bestPractices }) => `| ${form} | ${performance} | ${accessibility} | ${bestPractices} |`)
  return ['| Lighthouse | performance | accessibility | best practices |', '|---|--:|--:|--:|', ...lines].join('\n')
}

const jankTable = ({ jank }: StartupReport): string => {
  if (jank.length === 0) return ''
  const lines = jank.map(({ during, forMs, tasks, longestMs, busyTasks, longestBusyMs }) =>
    `| ${during} | ${(forMs / 1000).toFixed(1)} | ${tasks} | ${longestMs.toFixed(0)} | ${busyTasks ?? '–'} | ${longestBusyMs?.toFixed(0) ?? '–'} |`)
  return ['| the page, during | seconds | tasks over 50 ms | longest ms | by processor time | longest ms |', '|---|--:|--:|--:|--:|--:|', ...lines].join('\n')
}

const memoryLine = ({ memory }: StartupReport): string => {
  if (memory === null) return ''
  const MiB = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
  const minutes = ((memory.samples.at(-1)?.atMs ?? 0) / 60_000).toFixed(0)
  return `Memory of page and workers, ${memory.streams} streams with a row every ${memory.rowEveryMs / 1000} s each, after ${minutes} min: ${MiB(memory.lastBytes)} MiB; the second half of that time says ${MiB(memory.bytesPerHour)} MiB more each hour.`
}
