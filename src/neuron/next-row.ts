import { formatTime, microsOf, microsOfMillis, MICROS_PER_SECOND, type Micros } from '../domain/time.ts'
import { numericValue } from '../domain/value.ts'
import type { NextTime } from './neuron-commands.ts'

/** Within so many usual steps after the last row, now is when the next row is. */
const NEAR_STEPS = 3

/**
 * The time of a new row that names none, where now would not do: the last row's time and one usual step, the median gap
 * of the times, oldest first. One gap in a recording must not become the default. Null: now is as good as any, or there is
 * no step to go by.
 */
export const nextTimeOf = (times: readonly Micros[], nowMs: number): NextTime | null => {
  const last = times.at(-1)
  const step = median(gapsOf(times))
  if (last === undefined || step === null || step <= 0) return null
  const now = microsOfMillis(nowMs)
  if (now > last && now - last <= NEAR_STEPS * step) return null
  const lastTime = formatTime(last)
  const months = monthStep(times.map(formatTime))
  if (months !== null) return { time: afterMonths(lastTime, months), lastTime, step: { months } }
  const next = microsOf(last + step)
  return next === null ? null : { time: formatTime(next), lastTime, step: { seconds: step / MICROS_PER_SECOND } }
}

/** Whether a value is no number while all the last ones are: then it is more likely a slip of the hand than meant. */
export const isOdd = (value: string, lastValues: readonly string[]): boolean =>
  numericValue(value.trim()) === null && lastValues.length > 0 && lastValues.every((last) => numericValue(last) !== null)

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

const afterMonths = (time: string, months: number): string => {
  const [, year, month, rest = ''] = MONTH.exec(time) ?? []
  const next = Number(year) * 12 + Number(month) - 1 + months
  return `${String(Math.floor(next / 12)).padStart(4, '0')}-${String((next % 12) + 1).padStart(2, '0')}${rest}`
}
