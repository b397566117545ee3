import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { err, failureOf, ok, type Result } from '../../../src/base/result.ts'
import { createCsvReader } from '../../../src/domain/csv.ts'
import { numericValue } from '../../../src/domain/value.ts'
import type { EngineRow } from '../../../src/engine/forecaster.ts'
import { readCsvRecords, type CsvRecord } from '../../../src/neuron/csv-records.ts'

/** A stream to be scored. */
export interface SeriesFile {
  readonly path: string
  readonly name: string
  /** The subfolder it lies in; "." directly in the folder given, or for a file given by itself. */
  readonly group: string
}

export interface Series {
  readonly rows: readonly EngineRow[]
  readonly problems: readonly LineProblem[]
}

export interface LineProblem {
  readonly line: number
  readonly message: string
}

/** The file, or all .csv files of the folder, in order of their names; null when there is nothing of that name. */
export const listSeries = (target: string): readonly SeriesFile[] | null => {
  const stat = statSync(target, { throwIfNoEntry: false })
  if (stat === undefined) return null
  if (!stat.isDirectory()) return [{ path: target, name: basename(target), group: '.' }]
  return readdirSync(target, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.toLowerCase().endsWith('.csv'))
    .sort()
    .map((name) => join(target, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, name: basename(path), group: relative(target, dirname(path)) || '.' }))
}

export const readSeries = async (path: string): Promise<Result<Series>> => {
  try {
    return await readCsv(new Blob([readFileSync(path)]))
  } catch (thrown) {
    return err(failureOf(thrown))
  }
}

/** Reads as the app does when a file is published; a line that is refused is a problem, a value that is no number a row without one. */
export const readCsv = async (csv: Blob): Promise<Result<Series>> => {
  const rows: EngineRow[] = []
  const problems: LineProblem[] = []
  const reader = createCsvReader()
  const take = ({ fields, line, quoted }: CsvRecord): void => {
    const read = reader.read(fields)
    if (quoted === 'badly') problems.push({ line, message: 'The quotation marks are not in pairs.' })
    else if (!read.ok) problems.push({ line, message: read.error.message })
    else if (read.value.is === 'row') rows.push({ row: rows.length, time: read.value.row.time, value: numericValue(read.value.row.value) })
  }
  for await (const chunk of readCsvRecords(csv)) {
    if (!chunk.ok) return chunk
    chunk.value.records.forEach(take)
  }
  return ok({ rows, problems })
}
