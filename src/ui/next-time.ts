import { formatTime, microsOf, microsOfMillis, MICROS_PER_SECOND, parseTime, type Micros } from '../domain/time.ts'
import { formatDuration, formatUtc } from './format.ts'

/** A default for the time of a new row: the last row's time and one usual step. */
export interface NextTime {
  /** ISO 8601, UTC. */
  readonly time: string
  /** Why it is not now, for a person. */
  readonly why: string
}

/** Within so many usual steps after the last row, now is when the next row is. */
const NEAR_STEPS = 3

/**
 * The usual step is the median gap of the times, oldest first: one gap in a recording must not become the default. Null:
 * now is as good a default as any, or there is no step to go by.
 */
export const nextTimeOf = (times: readonly string[], nowMs: number): NextTime | null => {
  const micros = times.flatMap((text) => {
    const read = parseTime(text)
    return read.ok ? [read.value] : []
  })
  const last = micros.at(-1)
  const step = median(gapsOf(micros))
  if (last === undefined || step === null || step <= 0) return null
  const now = microsOfMillis(nowMs)
  if (now > last && now - last <= NEAR_STEPS * step) return null
  const months = monthStep(times)
  const time = months === null ? afterStep(last, step) : afterMonths(times.at(-1) ?? '', months)
  if (time === null) return null
  const apart = months === null ? formatDuration(step / MICROS_PER_SECOND) : months === 1 ? '1 month' : `${months} months`
  const why = `The last row is of ${formatUtc(formatTime(last))} and rows are ${apart} apart: an empty time means ${formatUtc(time)}, not now.`
  return { time, why }
}

const gapsOf = (numbers: readonly number[]): readonly number[] => numbers.slice(1).map((number, i) => number - (numbers[i] ?? number))

const median = (numbers: readonly number[]): number | null => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null

const MONTH = /^(\d{4})-(\d{2})(-(?:[01]\d|2[0-8])T.*)$/

/** Months are not equally long: where all times have one day and clock, the step is so many months; else null. */
const monthStep = (times: readonly string[]): number | null => {
  const matches = times.map((time) => MONTH.exec(time))
  const rests = new Set(matches.map((match) => match?.[3]))
  if (rests.size !== 1 || rests.has(undefined)) return null
  const step = median(gapsOf(matches.map((match) => Number(match?.[1]) * 12 + Number(match?.[2]))))
  return step !== null && step > 0 ? step : null
}

/** Null beyond the years that a time can be. */
const afterStep = (last: Micros, step: number): string | null => {
  const next = microsOf(last + step)
  return next === null ? null : formatTime(next)
}

const afterMonths = (time: string, months: number): string | null => {
  const match = MONTH.exec(time)
  if (match === null) return null
  const month = Number(match[1]) * 12 + Number(match[2]) - 1 + months
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}${match[3] ?? ''}`
}
