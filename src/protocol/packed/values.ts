import { createOdds, type Coder, type Odds } from './coder.ts'
import { MAX_DECIMALS, MAX_MANTISSA, powerOfTen, writeDecimal } from './decimals.ts'
import { codeResidual, createResiduals, type Residuals } from './integers.ts'
import { noisyText } from './noise.ts'
import { emptyNumbers, noiseKind, readNumbers, scaledOf, textKind, type Numbers } from './numbers.ts'
import { bestPredictor, PREDICTORS } from './predictor.ts'
import { createRepeats, isRepetitive } from './repeats.ts'
import { createTextModel, type TextColumn } from './text-column.ts'

/**
 * A column of values: as numbers where two integers give the text back, as text where they do not. Answers, row by row,
 * the numbers; `beside` are numbers that these are likely near to. Texts that are read fill `column` from its beginning.
 */
export const codeValues = (coder: Coder, column: TextColumn, beside: Float64Array | null): Numbers => {
  const rows = column.lengths.length
  const given = coder.isReading ? emptyNumbers(rows, 0) : readNumbers(column)
  const decimals = Math.min(MAX_DECIMALS, coder.raw(5, given.decimals))
  const numbers: Numbers = { ...given, decimals }
  const unit = powerOfTen(decimals)
  const near = beside === null ? null : beside.map((number) => number * unit)
  const predictor = coder.raw(3, coder.isReading ? 0 : bestPredictor(numbers.scaled, near))
  const repeats = coder.raw(1, !coder.isReading && isRepetitive(column) ? 1 : 0) === 1 ? createRepeats(coder, column) : null
  const codeRow = createRowModel(coder, column, numbers, predictor, near)
  for (let row = 0; row < rows; row++) {
    if (coder.isReading) column.starts[row] = row === 0 ? 0 : (column.starts[row - 1] ?? 0) + (column.lengths[row - 1] ?? 0)
    const source = repeats?.find(row) ?? null
    if (source === null) codeRow(row)
    else copyRow(coder, column, numbers, source, row)
    if (coder.isBroken) break
    repeats?.note(row)
  }
  return numbers
}

const copyRow = (coder: Coder, column: TextColumn, numbers: Numbers, source: number, row: number): void => {
  const { decimals, kinds, mantissas, scaled } = numbers
  kinds[row] = kinds[source] ?? 0
  mantissas[row] = mantissas[source] ?? 0
  scaled[row] = kinds[row] === textKind(decimals) ? (scaled[row - 1] ?? 0) : scaledOf(numbers, row)
  if (!coder.isReading) return
  const from = column.starts[source] ?? 0
  const length = column.lengths[source] ?? 0
  column.bytes.copyWithin(column.starts[row] ?? 0, from, from + length)
  column.lengths[row] = length
}

/** Finer than a bit, in 16ths: by how many bits a unit with so many decimals fewer is coarser. */
const COARSER = Array.from({ length: MAX_DECIMALS + 1 }, (_, fewer) => Math.floor(fewer * 53.15))

interface RowModel {
  readonly coder: Coder
  readonly column: TextColumn
  readonly numbers: Numbers
  readonly kindOdds: Odds
  readonly residuals: Residuals
  readonly distances: Residuals
  lastKind: number
}

const createRowModel = (
  coder: Coder,
  column: TextColumn,
  numbers: Numbers,
  predictor: number,
  near: Float64Array | null,
): ((row: number) => void) => {
  const predict = PREDICTORS[predictor] ?? PREDICTORS[0]
  const beside = near ?? new Float64Array(0)
  const codeText = createTextModel(coder)
  const learnt = { kindOdds: createOdds(4 * 32), residuals: createResiduals(8), distances: createResiduals(1) }
  const model: RowModel = { coder, column, numbers, ...learnt, lastKind: 0 }
  const { scaled, decimals } = numbers
  return (row) => {
    const kind = codeKind(model, row)
    if (kind !== textKind(decimals)) return codeNumber(model, row, kind, predict(scaled, row, beside))
    scaled[row] = scaled[row - 1] ?? 0
    codeText(column, row)
  }
}

const codeKind = (model: RowModel, row: number): number => {
  const { coder, numbers, kindOdds } = model
  const last = textKind(numbers.decimals)
  const given = numbers.kinds[row] ?? 0
  const at = Math.min(3, model.lastKind) * 32
  let kind = 0
  while (kind < last && coder.bit(kindOdds, at + kind, given > kind ? 1 : 0) === 1) kind++
  numbers.kinds[row] = kind
  model.lastKind = kind
  return kind
}

const codeNumber = (model: RowModel, row: number, kind: number, guess: number): void => {
  const { coder, column, numbers } = model
  const { decimals, mantissas, scaled } = numbers
  const isNoise = kind === noiseKind(decimals)
  const fewer = isNoise ? 0 : kind
  const power = powerOfTen(fewer)
  const expected = Math.max(-MAX_MANTISSA, Math.min(MAX_MANTISSA, Math.floor(guess / power + 0.5)))
  const mantissa = expected + codeResidual(coder, model.residuals, coder.isReading ? 0 : (mantissas[row] ?? 0) - expected, COARSER[fewer])
  if (!(Math.abs(mantissa * power) <= MAX_MANTISSA)) coder.isBroken = true
  if (coder.isBroken) return
  mantissas[row] = mantissa
  scaled[row] = mantissa * power
  if (isNoise) return codeNoise(model, row, mantissa)
  if (!coder.isReading) return
  const from = column.starts[row] ?? 0
  column.lengths[row] = writeDecimal(column.bytes, from, mantissa, decimals - fewer) - from
}

const codeNoise = ({ coder, column, numbers, distances }: RowModel, row: number, mantissa: number): void => {
  const distance = codeResidual(coder, distances, numbers.distances[row] ?? 0)
  if (!coder.isReading) return
  const text = noisyText(mantissa, numbers.decimals, distance)
  if (text === null) coder.isBroken = true
  else {
    column.bytes.set(text, column.starts[row] ?? 0)
    column.lengths[row] = text.length
  }
}
