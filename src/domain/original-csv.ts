import type { CsvRow } from './csv.ts'
import { formatTime, type Micros } from './time.ts'

// The original network's file: no header; time, value and a hash that chains each line to the one before.

/** BLAKE2s with a digest of 8 bytes (not one cut short), as hex. */
export type Blake2s8 = (text: string) => string

/** Writes one line after the other, each with the hash over the hash before, its time and its value; the first has none before. */
export const createOriginalWriter = (hash: Blake2s8) => {
  let before = ''
  return ({ time, value }: CsvRow): readonly [time: string, value: string, hash: string] => {
    const text = originalTime(time)
    before = hash(before + text + value)
    return [text, value, before]
  }
}

/** `2024-05-01 12:30:00`, with six decimals where there are any. */
const originalTime = (time: Micros): string => {
  const [date = '', clock = ''] = formatTime(time).replace('Z', '').split('T')
  const [seconds = '', decimals] = clock.split('.')
  return `${date} ${seconds}${decimals === undefined ? '' : `.${decimals.padEnd(6, '0')}`}`
}
