import { createScale, Runs, type Coder, type Scale } from './coder.ts'
import { MAX_DECIMALS, MAX_MANTISSA, powerOfTen, writeDecimal } from './decimals.ts'
import { codeChoices, codeTextCount, findDictionary } from './dictionary.ts'
import { noisyText } from './noise.ts'
import { emptyNumbers, noiseKind, readNumbers, textKind, type Numbers } from './numbers.ts'
import { bestPredictor, predict } from './predictor.ts'
import { createTextModel, makeRoom, type TextColumn } from './text-column.ts'

/**
 * A column of values: few texts as a dictionary, others one by one. Answers, row by row, the numbers; `beside` are numbers
 * that these are likely near to. Texts that are read fill `column` from its beginning.
 */
export const codeValues = (coder: Coder, column: TextColumn, beside: Float64Array | null): Numbers => {
  const dictionary = coder.isReading ? null : findDictionary(column)
  if (coder.raw(1, dictionary === null ? 0 : 1) === 0) return codeAll(coder, column, beside)
  const rows = column.lengths.length
  const count = codeTextCount(coder, dictionary?.texts.lengths.length ?? 1)
  if (count > rows) {
    coder.isBroken = true
    return emptyNumbers(rows, 0)
  }
  const texts = dictionary?.texts ?? { bytes: column.bytes, starts: new Uint32Array(count), lengths: new Uint8Array(count) }
  const choices = dictionary?.choices ?? new Uint8Array(rows)
  const known = codeAll(coder, texts, null)
  if (!coder.isBroken) codeChoices(coder, choices, count)
  return spread(known, texts, choices, column)
}

/** Every row as the text that it has chosen. */
const spread = (known: Numbers, texts: TextColumn, choices: Uint8Array, column: TextColumn): Numbers => {
  const { starts, lengths } = column
  column.bytes = texts.bytes
  const numbers = emptyNumbers(choices.length, known.decimals)
  for (let row = 0; row < choices.length; row++) {
    const choice = choices[row] ?? 0
    starts[row] = texts.starts[choice] ?? 0
    lengths[row] = texts.lengths[choice] ?? 0
    numbers.scaled[row] = known.scaled[choice] ?? 0
  }
  return numbers
}

/** As numbers where two integers give the text back, as text where they do not. */
const codeAll = (coder: Coder, column: TextColumn, beside: Float64Array | null): Numbers => {
  const rows = column.lengths.length
  const given = coder.isReading ? emptyNumbers(rows, 0) : readNumbers(column)
  const decimals = Math.min(MAX_DECIMALS, coder.raw(5, given.decimals))
  const numbers: Numbers = { ...given, decimals }
  codeKinds(coder, numbers)
  if (!coder.isBroken) codeNumbers(coder, column, numbers, beside)
  return numbers
}

/** One kind is usual; how long it goes on is all that is said of it. */
const codeKinds = (coder: Coder, { kinds, decimals }: Numbers): void => {
  const usual = coder.raw(5, coder.isReading ? 0 : mostFrequent(kinds))
  const runs = new Runs(coder)
  const others = createScale()
  for (let row = 0; row < kinds.length && !coder.isBroken; row++) {
    const kind = kinds[row] ?? 0
    if (runs.next(kind === usual)) kinds[row] = usual
    else {
      const other = coder.natural(others, kind > usual ? kind - 1 : kind)
      kinds[row] = other >= usual ? other + 1 : other
      if (other > textKind(decimals)) coder.isBroken = true
    }
  }
  if (usual > textKind(decimals)) coder.isBroken = true
  if (!coder.isBroken) runs.end()
}

const mostFrequent = (kinds: Uint8Array): number => {
  const counts = new Uint32Array(textKind(MAX_DECIMALS) + 1)
  let most = 0
  for (const kind of kinds) {
    counts[kind] = (counts[kind] ?? 0) + 1
    if ((counts[kind] ?? 0) > (counts[most] ?? 0)) most = kind
  }
  return most
}

/** Finer than a bit, in 16ths: by how many bits a unit with so many decimals fewer is coarser. */
const COARSER = Array.from({ length: MAX_DECIMALS + 1 }, (_, fewer) => Math.floor(fewer * 53.15))


const codeNumbers = (coder: Coder, column: TextColumn, numbers: Numbers, beside: Float64Array | null): void => {
  const { decimals, kinds, scaled } = numbers
  const unit = powerOfTen(decimals)
  const near = beside?.map((number) => number * unit) ?? new Float64Array(0)
  const best = coder.isReading ? { predictor: 0, bits: 0 } : bestPredictor(scaled, beside === null ? null : near)
  const predictor = coder.raw(3, best.predictor)
  const residuals = createScale(coder.raw(6, Math.floor(best.bits)))
  const distances = createScale(1)
  const codeText = createTextModel(coder)
  const last = textKind(decimals)
  let end = 0
  for (let row = 0; row < kinds.length && !coder.isBroken; row++) {
    if (coder.isReading) {
      makeRoom(column, end)
      column.starts[row] = end
    }
    if (kinds[row] === last) {
      scaled[row] = scaled[row - 1] ?? 0
      codeText(column, row)
    } else {
      const isNumber = codeNumber(coder, numbers, row, predict(predictor, scaled, row, near), residuals)
      if (kinds[row] === noiseKind(decimals)) numbers.distances[row] = coder.signed(distances, numbers.distances[row] ?? 0)
      if (!isNumber || (coder.isReading && !writeNumber(column, numbers, row))) coder.isBroken = true
    }
    if (coder.isReading) end += column.lengths[row] ?? 0
  }
}

/** Answers whether it is a number that a writer may have. */
const codeNumber = (coder: Coder, { decimals, kinds, mantissas, scaled }: Numbers, row: number, guess: number, residuals: Scale): boolean => {
  const kind = kinds[row] ?? 0
  const fewer = kind > decimals ? 0 : kind
  const power = powerOfTen(fewer)
  const expected = Math.max(-MAX_MANTISSA, Math.min(MAX_MANTISSA, Math.floor((fewer === 0 ? guess : guess / power) + 0.5)))
  const mantissa = expected + coder.signed(residuals, (mantissas[row] ?? 0) - expected, COARSER[fewer] ?? 0)
  mantissas[row] = mantissa
  scaled[row] = mantissa * power
  return Math.abs(mantissa * power) <= MAX_MANTISSA
}

/** Answers false where the number has no text. */
const writeNumber = (column: TextColumn, { decimals, kinds, mantissas, distances }: Numbers, row: number): boolean => {
  const kind = kinds[row] ?? 0
  const mantissa = mantissas[row] ?? 0
  const from = column.starts[row] ?? 0
  if (kind <= decimals) {
    column.lengths[row] = writeDecimal(column.bytes, from, mantissa, decimals - kind) - from
    return true
  }
  const text = noisyText(mantissa, decimals, distances[row] ?? 0)
  if (text === null) return false
  column.bytes.set(text, from)
  column.lengths[row] = text.length
  return true
}
