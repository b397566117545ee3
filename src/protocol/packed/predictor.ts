import { powerOfTwo } from './coder.ts'
import { bitsOf } from './integers.ts'

/**
 * What is expected of row `row`, from the rows before it (`x`, in the finest unit) and, where there is one, from the
 * column beside it in the same unit. Only + − × ÷ of doubles, which are the same in every engine.
 */
export type Predictor = (x: Float64Array, row: number, beside: Float64Array) => number

const last: Predictor = (x, row) => x[row - 1] ?? 0

const line: Predictor = (x, row) => 2 * (x[row - 1] ?? 0) - (x[row - 2] ?? x[row - 1] ?? 0)

const meanOf =
  (width: number): Predictor =>
  (x, row) => {
    const from = Math.max(0, row - width)
    let sum = 0
    for (let i = from; i < row; i++) sum += x[i] ?? 0
    return sum / Math.max(1, row - from)
  }

const besides: Predictor = (_, row, beside) => beside[row] ?? 0

/** As far from the column beside it as the last time. */
const alongside: Predictor = (x, row, beside) => (beside[row] ?? 0) + (x[row - 1] ?? 0) - (beside[row - 1] ?? 0)

/** By their number in a packed page; at most 8, only ever added at the end. */
export const PREDICTORS: readonly [Predictor, ...Predictor[]] = [last, line, meanOf(2), meanOf(4), meanOf(16), besides, alongside]

/** The predictor whose residuals need the fewest bits. */
export const bestPredictor = (x: Float64Array, beside: Float64Array | null): number => {
  const none = new Float64Array(0)
  let best = 0
  let least = Infinity
  for (const [number, predict] of PREDICTORS.entries()) {
    if (beside === null && (predict === besides || predict === alongside)) continue
    let bits = 0
    for (let row = 1; row < x.length; row++) bits += costOf((x[row] ?? 0) - Math.floor(predict(x, row, beside ?? none) + 0.5))
    if (bits >= least) continue
    least = bits
    best = number
  }
  return best
}

/** Bits, about: log2(1 + magnitude) in straight lines, because what `Math.log2` gives is left to each engine. */
const costOf = (residual: number): number => {
  const magnitude = Math.abs(residual)
  const bits = bitsOf(magnitude)
  return bits === 0 ? 0 : bits - 1 + magnitude / powerOfTwo(bits - 1)
}
