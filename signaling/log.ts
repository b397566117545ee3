import { pino, type DestinationStream, type Logger } from 'pino'

/** Structured: one object of short ids, codes and counts, and a sentence that is the same for the same event. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'isLevelEnabled'>

export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug'

/** Lines of JSON, or of words where a person is looking. */
export const createLog = (level: LogLevel, forPerson: boolean, out: DestinationStream): Log =>
  pino({ level, base: null }, forPerson ? { write: (line) => out.write(inWords(line)) } : out)

/** The first digits of a key, a stream id or a rendezvous key: enough to follow one through a log. */
export const short = (hex: string): string => hex.slice(0, 8)

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' }

const inWords = (line: string): string => {
  const { level, time, msg, ...rest } = JSON.parse(line) as { level: number; time: number; msg: string }
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${inQuotes(value)}`)
  const clock = new Date(time).toISOString().slice(11, 19)
  return `${clock} ${(LEVELS[level] ?? '').padEnd(5)} ${msg} ${fields.join(' ')}`.trimEnd() + '\n'
}

/** Bare where it is one plain word; what a stranger wrote must not steer a terminal. */
const inQuotes = (value: unknown): string =>
  typeof value === 'string' && /^[\w.:@[\]-]+$/.test(value)
    ? value
    : JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029]/g, '?')
