import { utf8, type Bytes } from '../../base/bytes.ts'
import { powerOfTen } from './decimals.ts'

// Sums of doubles are printed with 16 or 17 digits: 74.93588199999998 is the double two below the one of 74.935882. Such
// a text is the decimal that was meant and that distance. JavaScript prints the shortest text that reads back, the
// closest of these: the same in every engine.

/** Further away it is another number, not noise. */
const MAX_DISTANCE = 1_000

const double = new Float64Array(1)
const word = new BigInt64Array(double.buffer)

const bitsOf = (number: number): bigint => {
  double[0] = number
  return word[0] ?? 0n
}

/** How many doubles the number that `text` prints is from mantissa / 10^decimals; null when that does not make the text. */
export const noiseOf = (text: string, mantissa: number, decimals: number): number | null => {
  const number = Number(text)
  if (String(number) !== text || !Number.isFinite(number)) return null
  const distance = Number(bitsOf(number) - bitsOf(mantissa / powerOfTen(decimals)))
  return Math.abs(distance) <= MAX_DISTANCE ? distance : null
}

/** The text `distance` doubles from mantissa / 10^decimals; null when no writer goes so far. */
export const noisyText = (mantissa: number, decimals: number, distance: number): Bytes | null => {
  if (Math.abs(distance) > MAX_DISTANCE) return null
  word[0] = bitsOf(mantissa / powerOfTen(decimals)) + BigInt(distance)
  return utf8(String(double[0]))
}
