import { createCsvReader, type CsvChoice } from './csv.ts'
import { timeFormOf } from './time.ts'
import { numericValue } from './value.ts'

/** An epoch number has this many digits at least (1973): shorter ones are as likely counts, years or prices. */
const MIN_EPOCH_DIGITS = 9

/**
 * Which columns of a CSV are time and value, told from its first lines: as the reader tells them, or, where it reads nothing that
 * way, by what stands in them. A guess to be shown to a person; it is always one that can be read with. O(fields).
 */
export const guessColumns = (lines: readonly (readonly string[])[]): CsvChoice => {
  const told = lines.filter((fields) => fields.some((field) => field.trim() !== ''))
  const { time, value } = readerColumns(told) ?? likelyColumns(told)
  return { time, value, times: 'guessed', hasHeader: told.length > 1 && isHeader(told[0] ?? [], time, value) }
}

interface Pair {
  readonly time: number
  readonly value: number
}

const readerColumns = (lines: readonly (readonly string[])[]): Pair | null => {
  const reader = createCsvReader()
  for (const fields of lines) reader.read(fields)
  return reader.columns && { time: reader.columns.time.index, value: reader.columns.value.index }
}

/** The column with the most times, and the other one with the most numbers; of equals the first. */
const likelyColumns = (lines: readonly (readonly string[])[]): Pair => {
  const width = Math.max(2, ...lines.map((fields) => fields.length))
  const most = (score: (field: string) => number, except: number): number => {
    const scores = Array.from({ length: width }, (_, at) => (at === except ? -1 : lines.reduce((sum, fields) => sum + score(fields[at] ?? ''), 0)))
    return scores.indexOf(Math.max(...scores))
  }
  const time = most(likeTime, -1)
  return { time, value: most((field) => (numericValue(field.trim()) === null ? 0 : 1), time) }
}

const likeTime = (field: string): number => {
  const form = timeFormOf(field)
  if (form === null) return 0
  if (form === 'iso') return 3
  return field.replace(/\..*$/, '').replaceAll(/\D/g, '').length >= MIN_EPOCH_DIGITS ? 2 : 0
}

/** Neither a time nor a number where they should be: it names them. */
const isHeader = (fields: readonly string[], time: number, value: number): boolean =>
  timeFormOf(fields[time] ?? '') === null && numericValue((fields[value] ?? '').trim()) === null
