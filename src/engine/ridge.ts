import { MAX_FEATURES } from './frame.ts'
import { accumulate, solveRidge, startOfRow } from './normal-equations.ts'
import type { Stateful } from './state.ts'

export interface RidgeOptions {
  readonly name: string
  /** Uses the first `width` features only (more than there are: all). */
  readonly width: number
  /** Weight of a row after one more row, 0.9 … 1. */
  readonly forget: number
  /** Added to the diagonal: this many rows' worth of evidence for "no change". */
  readonly shrink: number
  /** Residuals beyond this many running median |residuals| pull linearly, not squarely (Huber 1964). */
  readonly huber: number
}

/** Exponentially weighted ridge regression, solved afresh by Cholesky: unlike recursive least squares the ridge never fades. */
export interface Ridge extends Stateful {
  readonly options: RidgeOptions
  /** Learns that features `x` (the first `dim`) were followed by `target`. */
  learn(x: Float64Array, dim: number, target: number): void
  /** Makes the coefficients agree with everything learnt. */
  solve(dim: number): void
  predict(x: Float64Array, dim: number): number
  clear(): void
}

/** Scratch of whoever solves: nothing in it outlives the call, and a thousand streams need it once. */
const work = new Float64Array(startOfRow(MAX_FEATURES))

/** Features beyond this size lower the weight of their row: one spike must not own the regression. */
const LEVERAGE = 20

/** `maxDim` is MAX_FEATURES at most. */
export function createRidge(options: RidgeOptions, maxDim: number): Ridge {
  const gram = new Float64Array(startOfRow(maxDim))
  const cross = new Float64Array(maxDim)
  const beta = new Float64Array(maxDim)
  const scalars = new Float64Array(2) // running median |residual|, rows learnt
  const used = (dim: number) => Math.min(dim, maxDim, options.width)
  const predict = (x: Float64Array, dim: number) => dot(beta, x, used(dim))

  function learn(x: Float64Array, dim: number, target: number): void {
    const size = used(dim)
    const miss = Math.abs(target - dot(beta, x, size))
    const rows = scalars[1] ?? 0
    const typical = rows === 0 ? miss : (scalars[0] ?? 0)
    const weight = (miss <= options.huber * typical ? 1 : (options.huber * typical) / miss) * leverageWeight(x, size)
    scalars[0] = followMedian(typical, miss, rows)
    scalars[1] = rows + 1
    accumulate(gram, cross, x, size, options.forget, weight, target)
  }

  return {
    options,
    state: [gram, cross, beta, scalars],
    learn,
    predict,
    solve: (dim) => { solveRidge(gram, cross, beta, work, used(dim), options.shrink) },
    clear: () => { for (const array of [gram, cross, beta, scalars]) array.fill(0) },
  }
}

/** Running median of positive numbers: a step up or down in proportion, larger while young (Robbins & Monro 1951). */
function followMedian(median: number, value: number, count: number): number {
  if (median <= 0) return value
  const rate = Math.max(0.02, 0.7 / (count + 1))
  return Math.max(1e-6, value > median ? median * (1 + rate) : median / (1 + rate))
}

function leverageWeight(x: Float64Array, dim: number): number {
  let largest = 0
  for (let i = 0; i < dim; i++) largest = Math.max(largest, Math.abs((x[i] ?? 0)))
  return largest <= LEVERAGE ? 1 : LEVERAGE / largest
}

function dot(a: Float64Array, b: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
