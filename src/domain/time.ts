import type { Brand } from '../base/brand.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'

/** UTC time in microseconds since 1970, a safe integer (1684 … 2255); negative before 1970. */
export type Micros = Brand<number, 'Micros'>

export const MICROS_PER_SECOND = 1_000_000
const MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND

/** Judges a number as a time; null when it is no safe integer. */
export const microsOf = (value: number): Micros | null => (Number.isSafeInteger(value) ? (value as Micros) : null)

/** Milliseconds of the platform's clock as a time. */
export const microsOfMillis = (millis: number): Micros => Math.round(millis * 1000) as Micros

/** Days since 1970-01-01 of a proleptic Gregorian date (H. Hinnant, "chrono-compatible low-level date algorithms"). */
const daysOf = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const dateOf = (days: number): { year: number; month: number; day: number } => {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/
const EPOCH = /^(-?)(\d+)(?:\.(\d+))?$/

/** How a time is written. An epoch number is one of three units; `guessed`: told from the text itself. */
export type TimeForm = 'guessed' | 'iso' | 'seconds' | 'milliseconds' | 'microseconds'

/**
 * Reads a time: ISO 8601 (a date alone is midnight; without a zone it is UTC; beyond microseconds is cut off) or an
 * epoch number in seconds, milliseconds or microseconds. Where nobody has said which, the unit of a number is told from its
 * size: seconds below 10^11 (year 5138), milliseconds below 10^14, microseconds above.
 */
export const parseTime = (text: string, form: TimeForm = 'guessed'): Result<Micros, Failure<'bad-time'>> => {
  const trimmed = text.trim()
  const epoch = EPOCH.exec(trimmed)
  if (epoch !== null && form !== 'iso') return parseEpoch(epoch, form)
  const iso = form === 'iso' || form === 'guessed' ? ISO.exec(trimmed) : null
  if (iso !== null) return parseIso(iso, shown(trimmed))
  return fail('bad-time', `"${shown(trimmed)}" is not a time: write it as 2024-05-01T12:30:00Z or as a Unix time.`)
}

/** How a text is written that `parseTime` reads as a time; null when it is none. */
export const timeFormOf = (text: string): Exclude<TimeForm, 'guessed'> | null => {
  if (!parseTime(text).ok) return null
  const epoch = EPOCH.exec(text.trim())
  return epoch === null ? 'iso' : unitOf(epoch)
}

const unitOf = ([, , digits = '']: RegExpExecArray): Exclude<TimeForm, 'guessed' | 'iso'> => {
  const whole = Number(digits)
  return whole < 1e11 ? 'seconds' : whole < 1e14 ? 'milliseconds' : 'microseconds'
}

const MICROS_OF = { seconds: MICROS_PER_SECOND, milliseconds: 1_000, microseconds: 1 } as const

/** As much of a stranger's text as a message may repeat. */
const shown = (text: string): string => text.slice(0, 40)

/** Whole and fraction apart: as one number, seconds with microseconds have more digits than a double holds. */
const parseEpoch = (epoch: RegExpExecArray, form: Exclude<TimeForm, 'iso'>): Result<Micros, Failure<'bad-time'>> => {
  const [text, sign, digits = '', fraction = '0'] = epoch
  const factor = MICROS_OF[form === 'guessed' ? unitOf(epoch) : form]
  const size = Number(digits) * factor + Math.round(Number(`0.${fraction}`) * factor)
  const micros = microsOf(sign === '-' ? 0 - size : size)
  return micros === null ? fail('bad-time', `${shown(text)} is beyond the years 1684 to 2255.`) : ok(micros)
}

const parseIso = (match: RegExpExecArray, text: string): Result<Micros, Failure<'bad-time'>> => {
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  const days = daysOf(year, month, day)
  const back = dateOf(days)
  const isDate = month >= 1 && month <= 12 && back.month === month && back.day === day
  const zone = zoneSeconds(match[8])
  if (!isDate || hour > 23 || minute > 59 || second > 59 || zone === null)
    return fail('bad-time', `"${text}" is no moment of the calendar.`)
  const fraction = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6))
  const seconds = hour * 3600 + minute * 60 + second - zone
  const micros = microsOf(days * MICROS_PER_DAY + seconds * MICROS_PER_SECOND + fraction)
  return micros === null ? fail('bad-time', `"${text}" is beyond the years 1684 to 2255.`) : ok(micros)
}

/** East of Greenwich; null when no clock is set so. */
const zoneSeconds = (zone: string | undefined): number | null => {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  const [hours, minutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))]
  if (hours > 23 || minutes > 59) return null
  const seconds = hours * 3600 + minutes * 60
  return zone.startsWith('-') ? -seconds : seconds
}

/** ISO 8601 in UTC with microseconds only where there are any: 2024-05-01T12:30:00Z, 2024-05-01T12:30:00.000001Z. */
export const formatTime = (micros: Micros): string => {
  const days = Math.floor(micros / MICROS_PER_DAY)
  const ofDay = micros - days * MICROS_PER_DAY
  const { year, month, day } = dateOf(days)
  const seconds = Math.floor(ofDay / MICROS_PER_SECOND)
  const fraction = ofDay - seconds * MICROS_PER_SECOND
  const two = (n: number): string => String(n).padStart(2, '0')
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const decimals = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock}${decimals}Z`
}
