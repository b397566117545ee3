import type { Mutable } from '../base/mutable.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { parseTime, type Micros, type TimeForm } from './time.ts'
import { clipUtf8 } from './text.ts'
import { checkValue, numericValue } from './value.ts'

// A CSV history: a time and a value per line, with or without a header. Splitting lines into fields is a library's work;
// what the fields mean is decided here.

export interface CsvRow {
  readonly time: Micros
  /** Verbatim, but for blanks around it. */
  readonly value: string
}

export type CsvLine = { readonly is: 'row'; readonly row: CsvRow } | { readonly is: 'header' } | { readonly is: 'blank' }

/** Where a field stands in its line, from 0, and what the header calls it; null without a header. */
export interface CsvColumn {
  readonly index: number
  readonly name: string | null
}

/** Where a person says that time and value stand, from 0, and how times are written. */
export interface CsvChoice {
  /** The first line that is not blank names the columns. */
  readonly hasHeader: boolean
  readonly time: number
  readonly value: number
  readonly times: TimeForm
}

export interface CsvReader {
  /** The columns that are read; null until a row was. */
  readonly columns: { readonly time: CsvColumn; readonly value: CsvColumn } | null
  /** Reads the fields of the next line; a failure says what is wrong with it. */
  read(fields: readonly string[]): Result<CsvLine, Failure<'bad-line' | 'bad-time' | 'bad-value'>>
}

const TIME_NAMES = new Set(['time', 'ts', 'timestamp', 'date', 'datetime', 'date_time', 'utc'])
const VALUE_NAMES = new Set(['value', 'val', 'v', 'y', 'close', 'price'])

/** As much of a column's name as a report repeats, bytes: a header may be a file of one line. */
const MAX_NAME_BYTES = 80

interface Columns {
  readonly time: number
  /** Null: the header names none, and the first row has to show which one holds numbers. */
  readonly value: number | null
  /** Fields of the first line. */
  readonly width: number
  /** Of the header. */
  readonly names: readonly string[] | null
  readonly times: TimeForm
}

/**
 * Unless a choice says which, the columns are told from the first line that is not blank: when its first field is a time there is no header, and
 * time and value are the first two fields (a third, as in `ts,value,hash`, is left aside). Else it is the header: the
 * column called time, ts, date …, and the one called value. When none is, it is the first other column that holds a number
 * in the first row, so that a station's name is not taken for its temperature; or else the first other one. A line with
 * more fields than the first is refused: it is how 1,5 looks where commas separate, and 1 would be read of it.
 */
export const createCsvReader = (choice: CsvChoice | null = null): CsvReader => {
  let columns: Columns | null = null
  const reader: Mutable<CsvReader> = {
    columns: null,
    read: (fields) => {
      if (fields.every((field) => field.trim() === '')) return ok({ is: 'blank' })
      if (columns === null) {
        columns = choice === null ? columnsOf(fields) : chosenColumns(fields, choice)
        if (columns.names !== null) return ok({ is: 'header' })
      }
      const value = columns.value ?? showsNumbers(fields, columns)
      const read = readFields(fields, columns, value)
      if (read.ok && reader.columns === null) {
        columns = { ...columns, value }
        reader.columns = viewColumns(columns)
      }
      return read
    },
  }
  return reader
}

/** By its first line. */
const columnsOf = (fields: readonly string[]): Columns =>
  readHeader(fields) ?? { time: 0, value: 1, width: Math.max(2, fields.length), names: null, times: 'guessed' }

const chosenColumns = (fields: readonly string[], { hasHeader, time, value, times }: CsvChoice): Columns => ({
  time,
  value,
  times,
  width: Math.max(time + 1, value + 1, fields.length),
  names: hasHeader ? fields : null,
})

const viewColumns = ({ time, value, names }: Columns): NonNullable<CsvReader['columns']> => {
  const view = (index: number): CsvColumn => ({ index, name: names === null ? null : clipUtf8((names[index] ?? '').trim(), MAX_NAME_BYTES) })
  return { time: view(time), value: view(value ?? 1) }
}

/** Of a header that names no value: decided by the first row. */
const showsNumbers = (fields: readonly string[], { time }: Columns): number => {
  const isOther = (index: number): boolean => index !== time
  const numeric = fields.findIndex((field, index) => isOther(index) && numericValue(field.trim()) !== null)
  return numeric >= 0 ? numeric : time === 0 ? 1 : 0
}

const readHeader = (fields: readonly string[]): Columns | null => {
  const names = fields.map((field) => field.trim().toLowerCase())
  const named = names.findIndex((name) => TIME_NAMES.has(name))
  if (named < 0 && parseTime(fields[0] ?? '').ok) return null
  // A first line that is neither a row nor a header we know is a bad row, not a header: it must be reported.
  if (named < 0 && !names.some((name) => VALUE_NAMES.has(name))) return null
  const time = Math.max(0, named)
  const valued = names.findIndex((name, index) => index !== time && VALUE_NAMES.has(name))
  return { time, value: valued >= 0 ? valued : null, width: fields.length, names: fields, times: 'guessed' }
}

const readFields = (
  fields: readonly string[],
  { time: timeColumn, width, times }: Columns,
  valueColumn: number,
): Result<CsvLine, Failure<'bad-line' | 'bad-time' | 'bad-value'>> => {
  const timeText = fields[timeColumn]
  const valueText = fields[valueColumn]
  if (timeText === undefined || valueText === undefined)
    return fail('bad-line', `The line has ${fields.length} of the ${Math.max(timeColumn, valueColumn) + 1} fields it needs.`)
  if (fields.slice(width).some((field) => field.trim() !== ''))
    return fail(
      'bad-line',
      `The line has ${fields.length} fields where the first one has ${width}: a decimal comma needs quotation marks.`,
    )
  const time = parseTime(timeText, times)
  if (!time.ok) return time
  const text = valueText.trim()
  if (text === '') return fail('bad-value', 'The value is empty.')
  if (text.includes('\ufffd')) return fail('bad-value', 'The value is not UTF-8 text.')
  const value = checkValue(text)
  if (!value.ok) return value
  return ok({ is: 'row', row: { time: time.value, value: value.value } })
}
