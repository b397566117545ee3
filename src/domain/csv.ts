import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { parseTime, type Micros } from './time.ts'
import { checkValue } from './value.ts'

// A CSV history: a time and a value per line, with or without a header. Splitting lines into fields is a library's work;
// what the fields mean is decided here.

export interface CsvRow {
  readonly time: Micros
  /** Verbatim, but for blanks around it. */
  readonly value: string
}

export type CsvLine = { readonly is: 'row'; readonly row: CsvRow } | { readonly is: 'header' } | { readonly is: 'blank' }

export interface CsvReader {
  /** Reads the fields of the next line; a failure says what is wrong with it. */
  read(fields: readonly string[]): Result<CsvLine, Failure<'bad-line' | 'bad-time' | 'bad-value'>>
}

const TIME_NAMES = new Set(['time', 'ts', 'timestamp', 'date', 'datetime', 'date_time', 'utc'])
const VALUE_NAMES = new Set(['value', 'val', 'v', 'y', 'close', 'price'])

interface Columns {
  readonly time: number
  readonly value: number
  /** Fields of the first line. */
  readonly width: number
}

/**
 * The columns are told from the first line that is not blank: when its first field is a time there is no header, and
 * time and value are the first two fields (a third, as in `ts,value,hash`, is left aside). Else it is the header: the
 * column called time, ts, date …, and the one called value, or else the first other one. A line with more fields than the
 * first is refused: it is how 1,5 looks where commas separate, and 1 would be read of it.
 */
export const createCsvReader = (): CsvReader => {
  let columns: Columns | null = null
  return {
    read: (fields) => {
      if (fields.every((field) => field.trim() === '')) return ok({ is: 'blank' })
      if (columns === null) {
        const header = readHeader(fields)
        columns = header ?? { time: 0, value: 1, width: Math.max(2, fields.length) }
        if (header !== null) return ok({ is: 'header' })
      }
      return readFields(fields, columns)
    },
  }
}

const readHeader = (fields: readonly string[]): Columns | null => {
  const names = fields.map((field) => field.trim().toLowerCase())
  const named = names.findIndex((name) => TIME_NAMES.has(name))
  if (named < 0 && parseTime(fields[0] ?? '').ok) return null
  // A first line that is neither a row nor a header we know is a bad row, not a header: it must be reported.
  if (named < 0 && !names.some((name) => VALUE_NAMES.has(name))) return null
  const time = Math.max(0, named)
  const valued = names.findIndex((name, index) => index !== time && VALUE_NAMES.has(name))
  const other = names.findIndex((_, index) => index !== time)
  const value = [valued, other].find((index) => index >= 0) ?? 1
  return { time, value, width: fields.length }
}

const readFields = (
  fields: readonly string[],
  columns: Columns,
): Result<CsvLine, Failure<'bad-line' | 'bad-time' | 'bad-value'>> => {
  const timeText = fields[columns.time]
  const valueText = fields[columns.value]
  if (timeText === undefined || valueText === undefined)
    return fail('bad-line', `The line has ${fields.length} of the ${Math.max(columns.time, columns.value) + 1} fields it needs.`)
  if (fields.slice(columns.width).some((field) => field.trim() !== ''))
    return fail(
      'bad-line',
      `The line has ${fields.length} fields where the first one has ${columns.width}: a decimal comma needs quotation marks.`,
    )
  const time = parseTime(timeText)
  if (!time.ok) return time
  const text = valueText.trim()
  if (text === '') return fail('bad-value', 'The value is empty.')
  if (text.includes('\ufffd')) return fail('bad-value', 'The value is not UTF-8 text.')
  const value = checkValue(text)
  if (!value.ok) return value
  return ok({ is: 'row', row: { time: time.value, value: value.value } })
}
