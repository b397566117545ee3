import { fail, ok, type Result } from '../base/result.ts'
import type { CsvChoice } from '../domain/csv.ts'
import type { CsvChoice as ChoiceView } from './csv-view.ts'

/** Columns that can be chosen from: a file with more is none of a time and a value. */
export const MAX_COLUMNS = 64

/** Numbers as a person counts columns, from 1, judged and counted from 0; null: nobody has chosen. */
export const judgeChoice = (chosen: ChoiceView | undefined): Result<CsvChoice | null> => {
  if (chosen === undefined) return ok(null)
  const { time, value, times, hasHeader } = chosen
  const isColumn = (number: number): boolean => Number.isInteger(number) && number >= 1 && number <= MAX_COLUMNS
  if (!isColumn(time) || !isColumn(value)) return fail('bad-columns', `A column is a number from 1 to ${MAX_COLUMNS}.`)
  if (time === value) return fail('bad-columns', 'Time and value stand in two different columns.')
  return ok({ hasHeader, times, time: time - 1, value: value - 1 })
}
