import { createScale, Runs, type Coder, type Scale } from './coder.ts'
import { MAX_DECIMALS, MAX_MANTISSA, powerOfTen, writeDecimal } from './decimals.ts'
import { codeChoices, codeTextCount, findDictionary } from './dictionary.ts'
import { noisyText } from './noise.ts'
import { readNumbers, spareNumbers, textKind, type Numbers } from './numbers.ts'
import { bestPredictor, predict } from './predictor.ts'
import { createTextModel, MAX_TEXT_BYTES, type TextColumn } from './text-column.ts'

/**
 * A column of values: few texts as a dictionary, others one by one. Answers, row by row, the numbers; `beside` are numbers
 * that these are likely near to, and stand until the next column is read. Texts that are read fill `column`.
 */
export const codeValues = (coder: Coder, column: TextColumn, beside: Float64Array | null): Numbers => {
  const dictionary = coder.isReading ? null : findDictionary(column)
  if (coder.raw(1, dictionary === null ? 0 : 1) === 0) return codeAll(coder, column, beside)
  const rows = column.lengths.length
  const count = codeTextCount(coder, dictionary?.texts.lengths.length ?? 1)
  if (count > rows) {
    coder.isBroken = true
    return spareNumbers(rows, 0)
  }
  const texts = dictionary?.texts ?? emptyTexts(count)
  const choices = dictionary?.choices ?? new Uint8Array(rows)
  const known = codeAll(coder, texts, null)
  if (!coder.isBroken) codeChoices(coder, choices, count)
  if (coder.isReading && !coder.isBroken) spread(texts, choices, column)
  const scaled = new Float64Array(rows)
  for (let row = 0; row < rows; row++) scaled[row] = known.scaled[choices[row] ?? 0] ?? 0
  return { ...known, scaled }
}

const emptyTexts = (count: number): TextColumn => ({
  bytes: new Uint8Array(count * MAX_TEXT_BYTES),
  starts: new Uint32Array(count),
  lengths: new Uint8Array(count),
  from: 0,
  gap: 0,
})

/** Every row as the text that it has chosen. */
const spread = (texts: TextColumn, choices: Uint8Array, { bytes, starts, lengths, from, gap }: TextColumn): void => {
  let at = from
  for (let row = 0; row < choices.length; row++) {
    const choice = choices[row] ?? 0
    const length = texts.lengths[choice] ?? 0
    const first = texts.starts[choice] ?? 0
    at += gap
    starts[row] = at
    lengths[row] = length
    for (let i = 0; i < length; i++) bytes[at + i] = texts.bytes[first + i] ?? 0
    at += length
  }
}

/** As numbers where two integers give the text back, as text where they do not. */
const codeAll = (coder: Coder, column: TextColumn, beside: Float64Array | null): Numbers => {
  const rows = column.lengths.length
  const given = coder.isReading ? null : readNumbers(column)
  const decimals = Math.min(MAX_DECIMALS, coder.raw(5, given?.decimals ?? 0))
  const numbers = given ?? spareNumbers(rows, decimals)
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

/** Where a value may not be one of a writer, reading ends. */
const codeNumbers = (coder: Coder, column: TextColumn, numbers: Numbers, beside: Float64Array | null): void => {
  const { decimals, kinds, scaled } = numbers
  const { starts, lengths } = column
  const unit = powerOfTen(decimals)
  const near = beside?.map((number) => number * unit) ?? new Float64Array(0)
  const best = coder.isReading ? { predictor: 0, bits: 0 } : bestPredictor(scaled, beside === null ? null : near)
  const predictor = coder.raw(3, best.predictor)
  const residuals = createScale(coder.raw(6, Math.floor(best.bits)))
  const others = createOthers(coder, column, numbers)
  let end = column.from
  for (let row = 0; row < kinds.length && !coder.isBroken; row++) {
    const start = end + column.gap
    if (coder.isReading) starts[row] = start
    const kind = kinds[row] ?? 0
    if (kind === textKind(decimals)) others.text(row)
    else {
      const mantissa = codeMantissa(coder, numbers, row, predict(predictor, scaled, row, near), residuals)
      if (kind > decimals) others.noise(row, mantissa)
      else if (coder.isReading) lengths[row] = writeDecimal(column.bytes, start, mantissa, decimals - kind) - start
    }
    end = start + (lengths[row] ?? 0)
  }
}

const codeMantissa = (coder: Coder, { decimals, kinds, mantissas, scaled }: Numbers, row: number, guess: number, residuals: Scale): number => {
  const kind = kinds[row] ?? 0
  const fewer = kind > decimals ? 0 : kind
  const power = powerOfTen(fewer)
  const expected = Math.max(-MAX_MANTISSA, Math.min(MAX_MANTISSA, Math.floor((fewer === 0 ? guess : guess / power) + 0.5)))
  const mantissa = expected + coder.signed(residuals, coder.isReading ? 0 : (mantissas[row] ?? 0) - expected, COARSER[fewer] ?? 0)
  const number = mantissa * power
  scaled[row] = number
  if (Math.abs(number) > MAX_MANTISSA) coder.isBroken = true
  return mantissa
}

/** Values that are no plain numbers: what is between a number and the text, and texts. */
const createOthers = (coder: Coder, column: TextColumn, { decimals, distances, scaled }: Numbers) => {
  const scale = createScale(1)
  const codeText = createTextModel(coder)
  return {
    text: (row: number): void => {
      scaled[row] = row > 0 ? (scaled[row - 1] ?? 0) : 0
      codeText(column, row)
    },
    noise: (row: number, mantissa: number): void => {
      const distance = coder.signed(scale, distances[row] ?? 0)
      if (!coder.isReading || coder.isBroken) return
      const text = noisyText(mantissa, decimals, distance)
      if (text === null) coder.isBroken = true
      else column.bytes.set(text, column.starts[row])
      column.lengths[row] = text?.length ?? 0
    },
  }
}
