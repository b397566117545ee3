import { createWriter } from '../base/byte-writer.ts'
import { toHex } from '../base/bytes.ts'
import { writeRow, type Row } from '../domain/row.ts'

/** What one peer says is before a place: a row, or (null) nothing. The mark that it gives the row is not its to give us. */
export type Answer = Found | null

export interface Found {
  readonly row: Row
  /** Its place in the history, where the peer numbers its rows. */
  readonly number: number | null
}

export type Verdict =
  | { readonly type: 'silence' }
  /** One answered. */
  | { readonly type: 'word'; readonly answer: Answer }
  /** Several answered, and at least two thirds of them this. */
  | { readonly type: 'agreed'; readonly answer: Answer }
  | { readonly type: 'split' }

export const isTwoThirds = (votes: number, of: number): boolean => 3 * votes >= 2 * of

/** The very row that was published: time and text to the byte. */
export const sameRow = (a: Row, b: Row): boolean => textOf(a) === textOf(b)

const textOf = (row: Row): string => {
  const writer = createWriter(32)
  writeRow(writer, row)
  return `${row.form} ${toHex(writer.finish())}`
}

/** The same for answers that are alike in all: row, number, or that there is none. */
export const answerKey = (answer: Answer): string => (answer === null ? 'nothing' : `${answer.number ?? '-'} ${textOf(answer.row)}`)

/**
 * What a round of answers comes to. Each is one voice; who did not answer has none. The row and its number are agreed upon
 * apart, each by two thirds of all who answered: of peers with and without numbers, one alone cannot number a row.
 */
export const judge = (answers: readonly Answer[]): Verdict => {
  const [first] = answers
  if (first === undefined) return { type: 'silence' }
  if (answers.length === 1) return { type: 'word', answer: first }
  const row = mostSaid(answers, (answer) => (answer === null ? 'nothing' : textOf(answer.row)))
  if (!isTwoThirds(row.length, answers.length)) return { type: 'split' }
  const said = row[0] ?? null
  if (said === null) return { type: 'agreed', answer: null }
  const numbered = mostSaid(row.flatMap((answer) => (answer === null || answer.number === null ? [] : [answer.number])), String)
  const number = isTwoThirds(numbered.length, answers.length) ? (numbered[0] ?? null) : null
  return { type: 'agreed', answer: { row: said.row, number } }
}

const mostSaid = <T>(said: readonly T[], keyOf: (one: T) => string): readonly T[] => {
  const groups = new Map<string, T[]>()
  for (const one of said) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one])
  return [...groups.values()].reduce<readonly T[]>((most, group) => (group.length > most.length ? group : most), [])
}

/**
 * How far at least two thirds of those who answered have got: nobody honest answers alike for "the last of all" while rows are on
 * their way, but all who have got there agree on what is there. Null: fewer have any row.
 */
export const reachedByMost = (answers: readonly Answer[]): { readonly time: number; readonly number: number | null } | null => {
  const place = Math.ceil((2 * answers.length) / 3) - 1
  const found = answers.flatMap((answer) => (answer === null ? [] : [answer]))
  const time = descending(found.map(({ row }) => row.time))[place]
  const number = descending(found.flatMap((one) => (one.number === null ? [] : [one.number])))[place]
  return time === undefined ? null : { time, number: number ?? null }
}

const descending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => b - a)
