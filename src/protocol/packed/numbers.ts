import { MAX_DECIMALS, MAX_MANTISSA, MINUS, powerOfTen, readDecimal, ZERO, type Decimal } from './decimals.ts'
import { noiseOf } from './noise.ts'
import { createSpare } from './spare.ts'
import type { TextColumn } from './text-column.ts'

/** A column of texts as the numbers they are, where they are numbers. The finest unit is 10^−decimals. */
export interface Numbers {
  readonly decimals: number
  /** Per row: how many decimals fewer than the finest; or noise; or text. See `noiseKind`, `textKind`. */
  readonly kinds: Uint8Array
  /** In the row's own unit. */
  readonly mantissas: Float64Array
  /** Of rows that are noise: the distance, in doubles. */
  readonly distances: Int16Array
  /** Per row, in the finest unit; where there is no number, the one before. */
  readonly scaled: Float64Array
}

export const noiseKind = (decimals: number): number => decimals + 1
export const textKind = (decimals: number): number => decimals + 2

export const emptyNumbers = (rows: number, decimals: number): Numbers => ({
  decimals,
  kinds: new Uint8Array(rows),
  mantissas: new Float64Array(rows),
  distances: new Int16Array(rows),
  scaled: new Float64Array(rows),
})

const spareKinds = createSpare((length) => new Uint8Array(length))
const spareMantissas = createSpare((length) => new Float64Array(length))
const spareDistances = createSpare((length) => new Int16Array(length))
const spareScaled = createSpare((length) => new Float64Array(length))

/** To be filled in, until the next ones are asked for. */
export const spareNumbers = (rows: number, decimals: number): Numbers => ({
  decimals,
  kinds: spareKinds(rows),
  mantissas: spareMantissas(rows),
  distances: spareDistances(rows),
  scaled: spareScaled(rows),
})

/** A mantissa of 16 digits is noise until it proves not to be: it does not set the unit of a page. */
const NOISY = 1e15
/** So many bytes has the shortest text that can be noise. */
const NOISY_BYTES = 16
/** And so many the longest that a double is printed as: sign, `0.`, five zeros, 17 digits. */
const LONGEST_DOUBLE_BYTES = 25

const NO_DECIMALS = 0xff

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export const readNumbers = (column: TextColumn): Numbers => {
  const rows = column.lengths.length
  const mantissas = new Float64Array(rows)
  const places = new Uint8Array(rows)
  const numbers = { ...emptyNumbers(rows, readMantissas(column, mantissas, places)), mantissas }
  let scaled = 0
  for (let row = 0; row < rows; row++) {
    if (!settle(numbers, row, places[row] ?? 0)) settleOther(numbers, column, row)
    if (numbers.kinds[row] !== textKind(numbers.decimals)) scaled = scaledOf(numbers, row)
    numbers.scaled[row] = scaled
  }
  return numbers
}

/** Answers the decimals of the finest unit in which every number of usual length is exact. */
const readMantissas = ({ bytes, starts, lengths }: TextColumn, mantissas: Float64Array, places: Uint8Array): number => {
  const decimal: Decimal = { mantissa: 0, decimals: 0 }
  let decimals = 0
  let largest = 0
  for (let row = 0; row < lengths.length; row++) {
    const from = starts[row] ?? 0
    const isNumber = readDecimal(bytes, from, from + (lengths[row] ?? 0), decimal)
    mantissas[row] = isNumber ? decimal.mantissa : 0
    places[row] = isNumber ? decimal.decimals : NO_DECIMALS
    const magnitude = Math.abs(decimal.mantissa)
    if (!isNumber || magnitude >= NOISY) continue
    decimals = Math.max(decimals, decimal.decimals)
    largest = Math.max(largest, magnitude / powerOfTen(decimal.decimals))
  }
  while (decimals > 0 && largest * powerOfTen(decimals) > MAX_MANTISSA / 2) decimals--
  return decimals
}

const settle = ({ decimals, kinds, mantissas }: Numbers, row: number, places: number): boolean => {
  if (places > decimals || places > MAX_DECIMALS) return false
  kinds[row] = decimals - places
  return Math.abs((mantissas[row] ?? 0) * powerOfTen(decimals - places)) <= MAX_MANTISSA
}

const settleOther = (numbers: Numbers, column: TextColumn, row: number): void => {
  const { decimals, kinds, mantissas, distances } = numbers
  kinds[row] = textKind(decimals)
  mantissas[row] = 0
  const from = column.starts[row] ?? 0
  const length = column.lengths[row] ?? 0
  // A reading for every text of letters took a sender a third of its time (measured).
  if (length < NOISY_BYTES || length > LONGEST_DOUBLE_BYTES || !beginsNumber(column.bytes[from] ?? 0)) return
  const text = decoder.decode(column.bytes.subarray(from, from + length))
  const mantissa = Math.round(Number(text) * powerOfTen(decimals))
  if (!(Math.abs(mantissa) <= MAX_MANTISSA)) return
  const distance = noiseOf(text, mantissa, decimals)
  if (distance === null) return
  kinds[row] = noiseKind(decimals)
  mantissas[row] = mantissa
  distances[row] = distance
}

const beginsNumber = (byte: number): boolean => byte === MINUS || (byte >= ZERO && byte < ZERO + 10)

export const scaledOf = ({ decimals, kinds, mantissas }: Numbers, row: number): number => {
  const kind = kinds[row] ?? 0
  return (mantissas[row] ?? 0) * (kind > decimals ? 1 : powerOfTen(kind))
}

export const toDoubles = ({ scaled, decimals }: Numbers): Float64Array => {
  const unit = powerOfTen(decimals)
  return scaled.map((number) => number / unit)
}
