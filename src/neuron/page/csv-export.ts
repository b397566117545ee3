import { fail } from '../../base/result.ts'
import type { CsvRow } from '../../domain/csv.ts'
import { createOriginalWriter, type Blake2s8 } from '../../domain/original-csv.ts'
import { isStreamId } from '../../domain/stream.ts'
import { formatTime } from '../../domain/time.ts'
import type { DataClient } from '../../ports/data-client.ts'
import { orReject } from '../rejection.ts'
import type { CsvFormat } from '../csv-view.ts'
import type { NeuronCommands } from '../neuron-commands.ts'

/** Rows read at a time before what was written of them is handed to the browser, which may keep it on disk. */
const ROWS_A_PART = 65_536

/** Rows hashed at a time, which takes the page some 10 ms: a person may be using it meanwhile. */
const ROWS_HASHED = 2_048

/** A history as a CSV, read straight from the data process: O(rows), and never all of it in memory twice. */
export const createCsvExport = (data: Pick<DataClient, 'rows'>): NeuronCommands['exportCsv'] => async (id, format, onProgress) => {
  if (!isStreamId(id)) return orReject(fail('unknown-stream', 'This node does not keep that stream.'))
  const { header, lineOf } = await writerOf(format)
  const parts: Blob[] = []
  let lines: string[] = header
  for (let at = 0; ; ) {
    const { rows, total } = orReject(await data.rows(id, at, format === 'plain' ? ROWS_A_PART : ROWS_HASHED))
    if (rows.length === 0 || at >= total) break
    for (const row of rows) lines.push(lineOf(row))
    at += rows.length
    onProgress?.(at / total)
    if (lines.length < ROWS_A_PART) continue
    parts.push(partOf(lines))
    lines = []
  }
  return new Blob([...parts, partOf(lines)], { type: 'text/csv' })
}

const writerOf = async (format: CsvFormat): Promise<{ readonly header: string[]; readonly lineOf: (row: CsvRow) => string }> => {
  if (format === 'plain') return { header: ['time,value'], lineOf: ({ time, value }) => csvLine([formatTime(time), value]) }
  const write = createOriginalWriter(await loadBlake2s())
  return { header: [], lineOf: (row) => csvLine(write(row)) }
}

/** Fetched when somebody wants it: nothing else of the page hashes. */
const loadBlake2s = async (): Promise<Blake2s8> => (await import('./blake2s.ts')).blake2s8

const partOf = (lines: readonly string[]): Blob => new Blob(lines.map((line) => `${line}\r\n`))

const csvLine = (fields: readonly string[]): string => fields.map(quoted).join(',')

const quoted = (field: string): string => (/[",]/.test(field) || field !== field.trim() ? `"${field.replaceAll('"', '""')}"` : field)
