import { bitsOf } from './integers.ts'

// By their number in a packed page; at most 8, only ever added at the end.
const LAST = 0
const LINE = 1
const MEAN_OF_2 = 2
const MEAN_OF_4 = 3
const MEAN_OF_16 = 4
const BESIDE = 5
const ALONGSIDE = 6

const PREDICTORS = 7
/** These need a column beside. */
const FIRST_BESIDE = BESIDE

/**
 * What is expected of row `row`, from the rows before it (`x`, in the finest unit) and, where there is one, from the
 * column beside it in the same unit. Only + − × ÷ of doubles, which are the same in every engine.
 */
export const predict = (predictor: number, x: Float64Array, row: number, beside: Float64Array): number => {
  // What is before the first row is never looked up: for that the compiler gives up what it has made of the loop (seen in its trace).
  const last = row > 0 ? (x[row - 1] ?? 0) : 0
  switch (predictor) {
    case LINE:
      return 2 * last - (row > 1 ? (x[row - 2] ?? 0) : last)
    case MEAN_OF_2:
      return meanOf(2, x, row)
    case MEAN_OF_4:
      return meanOf(4, x, row)
    case MEAN_OF_16:
      return meanOf(16, x, row)
    case BESIDE:
      return beside[row] ?? 0
    case ALONGSIDE:
      // As far from the column beside it as the last time.
      return row > 0 ? (beside[row] ?? 0) + last - (beside[row - 1] ?? 0) : (beside[row] ?? 0)
    case LAST:
    default:
      return last
  }
}

const meanOf = (width: number, x: Float64Array, row: number): number => {
  const from = Math.max(0, row - width)
  let sum = 0
  for (let i = from; i < row; i++) sum += x[i] ?? 0
  return sum / Math.max(1, row - from)
}

export interface Choice {
  readonly predictor: number
  /** Of its residuals, on average. */
  readonly bits: number
}

/** Rows between two that are looked at: one in three says nearly as much as all. */
const STRIDE = 3

/** The predictor whose residuals need the fewest bits. */
export const bestPredictor = (x: Float64Array, beside: Float64Array | null): Choice => {
  const none = beside ?? new Float64Array(0)
  let best = { predictor: 0, bits: Infinity }
  for (let predictor = 0; predictor < (beside === null ? FIRST_BESIDE : PREDICTORS); predictor++) {
    let bits = 0
    let rows = 0
    for (let row = 1; row < x.length; row += STRIDE) {
      bits += bitsOf(Math.abs((x[row] ?? 0) - Math.floor(predict(predictor, x, row, none) + 0.5)))
      rows++
    }
    if (bits / Math.max(1, rows) < best.bits) best = { predictor, bits: bits / Math.max(1, rows) }
  }
  return best
}
