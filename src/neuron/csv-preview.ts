import { fail, ok, type Result } from '../base/result.ts'
import { createCsvReader, type CsvChoice, type CsvReader } from '../domain/csv.ts'
import { guessColumns } from '../domain/csv-columns.ts'
import { clipUtf8 } from '../domain/text.ts'
import { formatTime, timeFormOf } from '../domain/time.ts'
import { judgeChoice, MAX_COLUMNS } from './csv-choice.ts'
import { readCsvRecords, type CsvRecord } from './csv-records.ts'
import type { CsvChoice as ChoiceView, CsvPreview, CsvPreviewLine } from './csv-view.ts'

/** As much of a file is looked at before it is imported: some hundred lines. */
const PREVIEW_BYTES = 32 * 1024

/** Lines that columns are guessed from, and lines shown. */
const GUESS_LINES = 64
const SHOWN_LINES = 6

/** As much of a field is shown, bytes: the smallest file may be one field. */
const MAX_FIELD_BYTES = 80

/** How the beginning of a CSV would be read, with these columns or with those that are guessed. Nothing is kept of it. */
export const previewCsv = async (csv: string | Blob, chosen: ChoiceView | undefined): Promise<Result<CsvPreview>> => {
  const choice = judgeChoice(chosen)
  if (!choice.ok) return choice
  const records = await firstRecords(typeof csv === 'string' ? new Blob([csv]) : csv)
  if (!records.ok) return records
  const lines = records.value.filter(({ fields }) => fields.some((field) => field.trim() !== ''))
  if (lines.length === 0) return fail('no-rows', 'There is nothing in this file.')
  const read = choice.value ?? guessColumns(lines.slice(0, GUESS_LINES).map(({ fields }) => fields))
  return ok(viewPreview(lines, read))
}

/** Whole records at the beginning of the file: where it was cut off, the last one may not be. */
const firstRecords = async (blob: Blob): Promise<Result<readonly CsvRecord[]>> => {
  const isCut = blob.size > PREVIEW_BYTES
  for await (const chunk of readCsvRecords(isCut ? blob.slice(0, PREVIEW_BYTES) : blob)) {
    if (!chunk.ok) return chunk
    const { records } = chunk.value
    return ok(isCut && records.length > 1 ? records.slice(0, -1) : records)
  }
  return ok([])
}

const viewPreview = (lines: readonly CsvRecord[], choice: CsvChoice): CsvPreview => {
  const reader = createCsvReader(choice)
  const shown = lines.slice(0, SHOWN_LINES).map((record) => viewLine(record, reader))
  const width = Math.min(MAX_COLUMNS, Math.max(choice.time + 1, choice.value + 1, ...lines.map(({ fields }) => fields.length)))
  const names = choice.hasHeader ? (lines[0]?.fields ?? []) : null
  const timed = lines.map(({ fields }) => timeFormOf(fields[choice.time] ?? '')).find((form) => form !== null)
  return {
    choice: { ...choice, time: choice.time + 1, value: choice.value + 1 },
    guessed: timed ?? null,
    columns: Array.from({ length: width }, (_, at) => ({ number: at + 1, name: names === null ? null : shorten(names[at] ?? '') })),
    lines: shown,
  }
}

const viewLine = (record: CsvRecord, reader: CsvReader): CsvPreviewLine => {
  const { line, fields } = record
  const shown = { line, fields: fields.slice(0, MAX_COLUMNS).map(shorten) }
  if (record.quoted === 'badly') return { ...shown, is: 'problem', problem: 'The quotation marks are not in pairs.' }
  const read = reader.read(fields)
  if (!read.ok) return { ...shown, is: 'problem', problem: read.error.message }
  if (read.value.is !== 'row') return { ...shown, is: 'header' }
  return { ...shown, is: 'row', time: formatTime(read.value.row.time), value: read.value.row.value }
}

const shorten = (field: string): string => clipUtf8(field.trim(), MAX_FIELD_BYTES)
