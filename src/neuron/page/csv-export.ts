import { fail } from '../../base/result.ts'
import { isStreamId } from '../../domain/stream.ts'
import { formatTime } from '../../domain/time.ts'
import type { Row } from '../../domain/row.ts'
import type { DataClient } from '../../ports/data-client.ts'
import { orReject } from '../rejection.ts'
import type { NeuronCommands } from '../snapshot.ts'

/** Rows read before what was written of them is handed to the browser, which may keep it on disk. */
const ROWS_A_PART = 65_536

/** A history as a CSV of time and value, read straight from the data process: O(rows), and never all of it in memory twice. */
export const createCsvExport = (data: Pick<DataClient, 'rows'>): NeuronCommands['exportCsv'] => async (id, onProgress) => {
  if (!isStreamId(id)) return orReject(fail('unknown-stream', 'This node does not keep that stream.'))
  const parts: Blob[] = []
  let lines: string[] = ['time,value']
  for (let at = 0; ; ) {
    const { rows, total } = orReject(await data.rows(id, at, ROWS_A_PART))
    if (rows.length === 0 || at >= total) break
    for (const row of rows) lines.push(csvLine(row))
    at += rows.length
    onProgress?.(at / total)
    if (lines.length < ROWS_A_PART) continue
    parts.push(partOf(lines))
    lines = []
  }
  return new Blob([...parts, partOf(lines)], { type: 'text/csv' })
}

const partOf = (lines: readonly string[]): Blob => new Blob(lines.map((line) => `${line}\r\n`))

const csvLine = ({ time, value }: Row): string => `${formatTime(time)},${/[",]/.test(value) || value !== value.trim() ? `"${value.replaceAll('"', '""')}"` : value}`
