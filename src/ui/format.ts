import { msg, str } from '@lit/localize'
import type { NextTime } from '../neuron/neuron-commands.ts'
import { language, type Language } from './words/language.ts'

// Numbers, times and skill in words, as the language of the window writes them. What a stream's rows hold keeps its decimal point in
// every language: that is how it is written in the row, and how it has to be typed.

/** What is costly to make, once for each language: the first of all costs a page 10 ms (measured), so nothing of it is made before it is needed. */
const forLanguage = <T>(make: (language: Language) => T): (() => T) => {
  const made = new Map<Language, T>()
  return () => {
    const known = made.get(language()) ?? make(language())
    made.set(language(), known)
    return known
  }
}

const counts = forLanguage((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }))
const tenths = forLanguage((tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 }))
const hundredths = forLanguage((tag) => new Intl.NumberFormat(tag, { minimumFractionDigits: 2, maximumFractionDigits: 2 }))
const distances = forLanguage((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'always' }))
const upTo6 = forLanguage(() => new Intl.NumberFormat('en', { maximumSignificantDigits: 6, useGrouping: false }))

/** 12,345 */
export const formatCount = (count: number): string => (isPlain(count) ? String(count) : counts().format(count))

/** Written alike in every language here. */
const isPlain = (count: number): boolean => Number.isInteger(count) && count >= 0 && count < 1000

/** One decimal: 1.4 */
export const formatTenths = (value: number): string => tenths().format(value)

/** Two decimals: 0.72 */
export const formatHundredths = (value: number): string => hundredths().format(value)

/** Whether what is counted stands as one thing; the languages here have no other forms that would be written with digits. */
export const isOne = (count: number): boolean => count === 1

/** What is counted, as one and as many; each text gets the number as it is written. */
const NOUNS = {
  row: [(n: string) => msg(str`${n} row`), (n: string) => msg(str`${n} rows`)],
  stream: [(n: string) => msg(str`${n} stream`), (n: string) => msg(str`${n} streams`)],
  peer: [(n: string) => msg(str`${n} peer`), (n: string) => msg(str`${n} peers`)],
  page: [(n: string) => msg(str`${n} page`), (n: string) => msg(str`${n} pages`)],
  line: [(n: string) => msg(str`${n} line`), (n: string) => msg(str`${n} lines`)],
  value: [(n: string) => msg(str`${n} value`), (n: string) => msg(str`${n} values`)],
  month: [(n: string) => msg(str`${n} month`), (n: string) => msg(str`${n} months`)],
  problem: [(n: string) => msg(str`${n} problem`), (n: string) => msg(str`${n} problems`)],
  predictor: [(n: string) => msg(str`${n} predictor`), (n: string) => msg(str`${n} predictors`)],
  subscriber: [(n: string) => msg(str`${n} subscriber`), (n: string) => msg(str`${n} subscribers`)],
  connection: [(n: string) => msg(str`${n} connection`), (n: string) => msg(str`${n} connections`)],
} as const

/** "1 row", "2 rows". */
export const plural = (count: number, noun: keyof typeof NOUNS): string => {
  const [one, many] = NOUNS[noun]
  return (isOne(count) ? one : many)(formatCount(count))
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units with three significant digits at most: 950 B, 1.2 kB, 34 MB. */
export const formatBytes = (bytes: number): string => {
  let size = Math.max(0, bytes)
  let unit = 0
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000
    unit++
  }
  const text = unit > 0 && size < 9.95 ? formatTenths(size) : formatCount(size)
  return `${text} ${UNITS[unit] ?? 'B'}`
}

export const formatByteRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`

export const formatRowRate = (rowsPerSecond: number): string =>
  rowsWords(rowsPerSecond > 0 && rowsPerSecond < 9.95 ? formatTenths(rowsPerSecond) : formatCount(Math.max(0, rowsPerSecond)))

const rowsWords = (rate: string): string => msg(str`${rate} rows/s`)

/** What a history waits for while no peer serves it; `rows` are here already. */
export const waitingWords = (rows: number, rowsTotal: number): string => {
  const total = plural(rowsTotal, 'row')
  if (rows > 0) return msg(str`A newer history of ${total} is known; waiting for a peer that serves it.`)
  if (rowsTotal === 0) return msg('Looking for a peer that has the history.')
  return isOne(rowsTotal) ? msg(str`Looking for a peer that has this ${total}.`) : msg(str`Looking for a peer that has these ${total}.`)
}

/** What no engine can learn from, said plainly. */
export const notNumbersWords = (rows: number, notNumbers: number, first: string): string => {
  const [some, all] = [formatCount(notNumbers), plural(rows, 'value')]
  return isOne(notNumbers)
    ? msg(str`${some} of ${all} is not a number, e.g. “${first}”: it is kept but cannot be learnt from.`)
    : msg(str`${some} of ${all} are not numbers, e.g. “${first}”: they are kept but cannot be learnt from.`)
}

/** Why an empty time is not now. */
export const nextTimeWords = ({ time, lastTime, step }: NextTime): string => {
  const apart = 'months' in step ? plural(step.months, 'month') : formatDuration(step.seconds)
  const [last, next] = [formatUtc(lastTime), formatUtc(time)]
  return msg(str`The last row is of ${last} and rows are ${apart} apart: an empty time means ${next}, not now.`)
}

/** A whole per cent that says 0 and 100 only when it is true: 199,999 of 200,000 rows is not all. */
export const formatShare = (share: number): string => {
  if (share <= 0) return '0 %'
  if (share >= 1) return '100 %'
  return `${Math.min(99, Math.max(1, Math.round(share * 100)))} %`
}

/** "4 s", "3 min 20 s", "2 h 5 min", "3 d": the two largest units, because nobody plans by the rest. The signs are those of the SI. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return join(Math.floor(whole / 60), 'min', whole < 600 ? whole % 60 : 0, 's')
  if (whole < 86_400) return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min')
  return join(Math.floor(whole / 86_400), 'd', whole < 864_000 ? Math.floor((whole % 86_400) / 3600) : 0, 'h')
}

const join = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`

/** "about 3 min left"; while the rate is not known, that. */
export const formatEta = (seconds: number | null): string => {
  if (seconds === null || !Number.isFinite(seconds)) return msg('time left not known yet')
  return seconds < 1 ? msg('almost done') : msg(str`about ${formatDuration(seconds)} left`)
}

/** Milliseconds of a step: "12 ms", "1.4 s". */
export const formatTook = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${formatTenths(ms / 1000)} s` : formatDuration(ms / 1000)
}

/** "just now", "5 minutes ago", "in 3 hours"; empty when the time cannot be read. */
export const formatAgo = (iso: string, nowMs: number): string => {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return ''
  const seconds = (nowMs - at) / 1000
  if (Math.abs(seconds) < 10) return msg('just now')
  const [size, unit] = largestUnit(Math.abs(seconds))
  return distances().format(seconds > 0 ? -size : size, unit)
}

const largestUnit = (seconds: number): readonly [number, Intl.RelativeTimeFormatUnit] => {
  if (seconds < 60) return [Math.round(seconds), 'second']
  if (seconds < 3600) return [Math.floor(seconds / 60), 'minute']
  if (seconds < 86_400) return [Math.floor(seconds / 3600), 'hour']
  if (seconds < 63_072_000) return [Math.floor(seconds / 86_400), 'day']
  return [Math.floor(seconds / 31_557_600), 'year']
}

/**
 * An ISO time in UTC for reading: "2024-05-01 12:30:00"; midnight shows the day alone. Text that is no ISO time stays
 * as it is.
 */
export const formatUtc = (iso: string): string => {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|\+00:00)$/.exec(iso)
  if (match === null) return iso
  const [, day = '', clock = '', fraction = ''] = match
  const beyond = /[1-9]/.test(fraction) ? fraction.replace(/0+$/, '') : ''
  return clock === '00:00:00' && beyond === '' ? day : `${day} ${clock}${beyond}`
}

/** The time of day of a log line in UTC, to the second. */
export const formatClock = (iso: string): string => /T(\d{2}:\d{2}:\d{2})/.exec(iso)?.[1] ?? iso

/** First and last characters of a long hex text: "3fa9…c01e". */
export const shortHash = (hash: string): string => (hash.length <= 12 ? hash : `${hash.slice(0, 6)}…${hash.slice(-4)}`)

/** A plotted or computed number with at most six significant digits; very large and small ones by exponent. */
export const formatNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e12 || size < 1e-6)) return value.toExponential(3)
  return size >= 1e6 ? value.toFixed(0) : upTo6().format(value)
}

export interface ForecastText {
  readonly value: string
  readonly lower: string
  readonly upper: string
}

/**
 * A forecast cut to the decimals that its interval leaves meaningful: two digits of the interval's width, one more
 * for the value's sake.
 */
export const formatForecast = (forecast: ForecastText): ForecastText => {
  const [value, lower, upper] = [Number(forecast.value), Number(forecast.lower), Number(forecast.upper)]
  const width = upper - lower
  if (![value, lower, upper].every(Number.isFinite)) return forecast
  const size = Math.max(Math.abs(value), Math.abs(lower), Math.abs(upper))
  if (size >= 1e12 || !(width > 0)) return { value: formatNumber(value), lower: formatNumber(lower), upper: formatNumber(upper) }
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(width))))
  const cut = (n: number): string => n.toFixed(decimals)
  return { value: cut(value), lower: cut(lower), upper: cut(upper) }
}

/** Below this distance from 1 the difference to "no change" is called none. */
const SKILL_TIE = 0.005

/** Relative mean absolute error in words. */
export const skillWords = (relMae: number | null): string => {
  if (relMae === null || !Number.isFinite(relMae)) return msg('not known yet how errors compare with guessing “no change”')
  if (Math.abs(relMae - 1) < SKILL_TIE) return msg('errors are as large as when guessing “no change”')
  if (relMae < 1) return msg(str`errors are ${percent(1 - relMae)} smaller than guessing “no change”`)
  return relMae >= 2
    ? msg(str`errors are ${formatTenths(relMae)} times those of guessing “no change”`)
    : msg(str`errors are ${percent(relMae - 1)} larger than guessing “no change”`)
}

/** The same for a card: "28 % better", "3 % worse", "as good as no change". */
export const skillShort = (relMae: number | null): string => {
  if (relMae === null || !Number.isFinite(relMae)) return msg('no score yet')
  if (Math.abs(relMae - 1) < SKILL_TIE) return msg('as good as “no change”')
  if (relMae < 1) return msg(str`${percent(1 - relMae)} better than “no change”`)
  return relMae >= 2
    ? msg(str`${formatTenths(relMae)} × the error of “no change”`)
    : msg(str`${percent(relMae - 1)} worse than “no change”`)
}

const percent = (share: number): string => `${Math.max(1, Math.min(100, Math.round(share * 100)))} %`

/** The first letter large: reasons and scores are written to stand inside a sentence, too. */
export const sentence = (text: string): string => text.charAt(0).toLocaleUpperCase(language()) + text.slice(1)

/** How often the 90 % interval held. */
export const coverageWords = (coverage: number | null): string =>
  coverage === null
    ? msg('no interval has been tested yet')
    : msg(str`the 90 % interval held ${formatShare(coverage)} of the time`)
