import { fail } from '../base/result.ts'

// What a person or a script hands to the console handle: judged here, so that nothing is signed that nobody wrote and
// every refusal says which argument it is and what it must be.

export const judgeId = (id: unknown): string => textOf(id, 'id', 'the id of a stream')

export const judgePeer = (id: unknown): string => textOf(id, 'id', 'the id of a peer')

export const judgeNewStream = (stream: unknown): { readonly name: string; readonly csv: string } => {
  const { name, csv } = fieldsOf(stream, 'stream', '{name, csv}')
  return { name: textOf(name, 'name', 'what the stream is called'), csv: textOf(csv, 'csv', 'the lines of a CSV') }
}

export const judgeUnsigned = (stream: unknown): { readonly source: string; readonly name: string; readonly csv?: string } => {
  const { source, name, csv } = fieldsOf(stream, 'stream', '{source, name, csv}')
  const names = { source: textOf(source, 'source', 'where its rows come from'), name: textOf(name, 'name', 'what the stream is called') }
  return { ...names, ...(csv === undefined ? {} : { csv: textOf(csv, 'csv', 'the lines of a CSV, or left out') }) }
}

export const judgeRow = (row: unknown): { readonly time?: string; readonly value: string } => {
  const { time, value } = fieldsOf(row, 'row', '{time, value}')
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value
  if (typeof text !== 'string') throw refusal('value', 'a text or a finite number', value)
  return { value: text, ...(time === undefined ? {} : { time: textOf(time, 'time', 'such as 2024-05-01T12:30:00Z, or left out for now') }) }
}

export const judgeHistoryOptions = (options: unknown): { readonly last?: number } => {
  if (options === undefined) return {}
  const { last } = fieldsOf(options, 'options', '{last}')
  if (last === undefined) return {}
  if (typeof last !== 'number' || !Number.isSafeInteger(last) || last < 0) throw refusal('last', 'a whole number of rows, 0 or more', last)
  return { last }
}

const textOf = (thing: unknown, argument: string, what: string): string => {
  if (typeof thing !== 'string') throw refusal(argument, `a text: ${what}`, thing)
  return thing
}

const fieldsOf = (thing: unknown, argument: string, shape: string): Readonly<Record<string, unknown>> => {
  if (typeof thing !== 'object' || thing === null) throw refusal(argument, `an object ${shape}`, thing)
  return thing as Readonly<Record<string, unknown>>
}

const refusal = (argument: string, must: string, thing: unknown) =>
  fail('bad-argument', `"${argument}" must be ${must}; it is ${shown(thing)}.`).error

const shown = (thing: unknown): string => {
  if (thing === undefined || thing === null) return String(thing)
  if (typeof thing === 'string') return `the text "${thing.slice(0, 40)}"`
  return typeof thing === 'number' ? String(thing) : `of type ${Array.isArray(thing) ? 'array' : typeof thing}`
}
