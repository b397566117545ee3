/** Mantissas stay below this, so that the difference of two is still exact. */
export const MAX_MANTISSA = 2 ** 52 - 1

/** A text with more decimals is no number here. */
export const MAX_DECIMALS = 18

/** Written out: these are exact doubles, and what `10 ** n` gives is left to each engine. */
const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18]

export const powerOfTen = (exponent: number): number => POWERS[exponent] ?? Infinity

export const MINUS = 0x2d
const POINT = 0x2e
export const ZERO = 0x30

/** A text that two integers give back: mantissa / 10^decimals. */
export interface Decimal {
  mantissa: number
  decimals: number
}

/**
 * Reads `-?(0|[1-9]\d*)(\.\d+)?`, no negative zero: exactly what `writeDecimal` writes. Any other text has signs, zeros,
 * exponents or letters that two integers do not remember; for it the answer is false.
 */
export const readDecimal = (bytes: Uint8Array, from: number, to: number, into: Decimal): boolean => {
  const isNegative = bytes[from] === MINUS
  const first = isNegative ? from + 1 : from
  let mantissa = 0
  let point = to
  for (let at = first; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit
    else if (digit === POINT - ZERO && point === to) point = at
    else return false
    if (mantissa > MAX_MANTISSA) return false
  }
  const decimals = point === to ? 0 : to - 1 - point
  const whole = point - first
  if (whole === 0 || point === to - 1 || decimals > MAX_DECIMALS) return false
  if ((whole > 1 && bytes[first] === ZERO) || (isNegative && mantissa === 0)) return false
  into.mantissa = isNegative ? -mantissa : mantissa
  into.decimals = decimals
  return true
}

/** The most bytes that `writeDecimal` writes: sign, zero, point, decimals. */
export const MAX_DECIMAL_BYTES = MAX_DECIMALS + 3

/** Writes the text of a decimal and answers where it ends. */
export const writeDecimal = (bytes: Uint8Array, from: number, mantissa: number, decimals: number): number => {
  const isNegative = mantissa < 0
  if (isNegative) bytes[from] = MINUS
  const first = isNegative ? from + 1 : from
  const magnitude = Math.abs(mantissa)
  const digits = Math.max(digitsOf(magnitude), decimals + 1)
  if (decimals === 0) {
    writeDigits(bytes, first, first + digits, magnitude)
    return first + digits
  }
  const point = first + digits - decimals
  // All digits as if there were no point, then those before it one place back.
  writeDigits(bytes, first + 1, first + 1 + digits, magnitude)
  for (let at = first; at < point; at++) bytes[at] = bytes[at + 1] ?? 0
  bytes[point] = POINT
  return first + digits + 1
}

/** The last digits of a number, with zeros before it. In two halves, because integers below 2^31 are divided several times faster. */
const writeDigits = (bytes: Uint8Array, first: number, end: number, magnitude: number): void => {
  const high = magnitude < HALF ? 0 : Math.floor(magnitude / HALF)
  const low = Math.max(first, end - HALF_DIGITS)
  let rest = (magnitude - high * HALF) | 0
  for (let at = end - 1; at >= low; at--) {
    const next = (rest / 10) | 0
    bytes[at] = ZERO + rest - next * 10
    rest = next
  }
  if (low > first) writeDigits(bytes, first, low, high)
}

const HALF = 1e9
const HALF_DIGITS = 9

const digitsOf = (magnitude: number): number => {
  if (magnitude >= HALF) return HALF_DIGITS + digitsOf(Math.floor(magnitude / HALF))
  // log 2 ÷ log 10 is 1,233 ÷ 4,096: of as many bits a number has so many digits or one more.
  const least = ((32 - Math.clz32(magnitude)) * 1_233) >> 12
  return Math.max(1, magnitude >= (POWERS[least] ?? Infinity) ? least + 1 : least)
}
