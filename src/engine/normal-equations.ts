// What a ridge regression computes with: a symmetric matrix kept as the rows of its lower triangle, one after the other, so that
// snapshots carry half, and nothing of rows unused. Two rows are worked on side by side: no result waits for the one before it, and
// what is loaded serves twice (half the time, measured); every cell is still summed in the order of its indices.

/** Where row `i` begins; also the cells of `i` rows. */
export function startOfRow(i: number): number {
  return (i * (i + 1)) / 2
}

/** gram = forget · gram + weight · x xᵀ, cross = forget · cross + weight · target · x; of x the first `size`. */
export function accumulate(
  gram: Float64Array, cross: Float64Array, x: Float64Array,
  size: number, forget: number, weight: number, target: number,
): void {
  for (let i = 0; i < size; i++) cross[i] = forget * (cross[i] ?? 0) + weight * (x[i] ?? 0) * target
  for (let i = 0; i + 1 < size; i += 2) accumulatePair(gram, x, i, forget, weight)
  if (size % 2 === 1) accumulateRow(gram, x, size - 1, forget, weight)
}

/** Rows `i` (even) and the next. */
function accumulatePair(gram: Float64Array, x: Float64Array, i: number, forget: number, weight: number): void {
  const upper = startOfRow(i)
  const lower = upper + i + 1
  const a = weight * (x[i] ?? 0)
  const b = weight * (x[i + 1] ?? 0)
  for (let j = 0; j < i; j += 2) {
    const left = x[j] ?? 0
    const right = x[j + 1] ?? 0
    gram[upper + j] = forget * (gram[upper + j] ?? 0) + a * left
    gram[upper + j + 1] = forget * (gram[upper + j + 1] ?? 0) + a * right
    gram[lower + j] = forget * (gram[lower + j] ?? 0) + b * left
    gram[lower + j + 1] = forget * (gram[lower + j + 1] ?? 0) + b * right
  }
  gram[upper + i] = forget * (gram[upper + i] ?? 0) + a * (x[i] ?? 0)
  gram[lower + i] = forget * (gram[lower + i] ?? 0) + b * (x[i] ?? 0)
  gram[lower + i + 1] = forget * (gram[lower + i + 1] ?? 0) + b * (x[i + 1] ?? 0)
}

function accumulateRow(gram: Float64Array, x: Float64Array, i: number, forget: number, weight: number): void {
  const row = startOfRow(i)
  const a = weight * (x[i] ?? 0)
  for (let j = 0; j <= i; j++) gram[row + j] = forget * (gram[row + j] ?? 0) + a * (x[j] ?? 0)
}

/**
 * (gram + shrink · I) beta = cross by Cholesky: size³ / 6 multiplications. `work` becomes the triangle of the factor; its diagonal holds
 * the inverse: one division per row instead of one per cell.
 */
export function solveRidge(
  gram: Float64Array, cross: Float64Array, beta: Float64Array, work: Float64Array,
  size: number, shrink: number,
): void {
  for (let i = 0; i < size; i += 2) {
    // The last of an odd number of rows is a pair by itself.
    const next = Math.min(i + 1, size - 1)
    factorPair(gram, work, startOfRow(i), startOfRow(next), i)
    finishRow(gram, cross, beta, work, i, shrink)
    if (next === i) break
    const row = startOfRow(next)
    work[row + i] = lessProducts(gram[row + i] ?? 0, work, row, work, startOfRow(i), i) * (work[startOfRow(i) + i] ?? 0)
    finishRow(gram, cross, beta, work, next, shrink)
  }
  substituteBack(beta, work, size)
}

/** The cells left of column `columns` (even) of the two rows that begin at `r` and `s`: four at a time. */
function factorPair(gram: Float64Array, work: Float64Array, r: number, s: number, columns: number): void {
  for (let j = 0; j < columns; j += 2) {
    const left = startOfRow(j)
    const right = left + j + 1
    let rLeft = gram[r + j] ?? 0, rRight = gram[r + j + 1] ?? 0
    let sLeft = gram[s + j] ?? 0, sRight = gram[s + j + 1] ?? 0
    for (let k = 0; k < j; k++) {
      const a = work[r + k] ?? 0, b = work[s + k] ?? 0
      const c = work[left + k] ?? 0, d = work[right + k] ?? 0
      rLeft -= a * c
      rRight -= a * d
      sLeft -= b * c
      sRight -= b * d
    }
    rLeft *= work[left + j] ?? 0
    sLeft *= work[left + j] ?? 0
    const corner = work[right + j] ?? 0
    const inverse = work[right + j + 1] ?? 0
    work[r + j] = rLeft
    work[r + j + 1] = (rRight - rLeft * corner) * inverse
    work[s + j] = sLeft
    work[s + j + 1] = (sRight - sLeft * corner) * inverse
  }
}

/** The diagonal cell of row `i`, whose others are there, and what the rows so far make of cell `i` of the result. */
function finishRow(gram: Float64Array, cross: Float64Array, beta: Float64Array, work: Float64Array, i: number, shrink: number): void {
  const row = startOfRow(i)
  const pivot = lessProducts((gram[row + i] ?? 0) + shrink, work, row, work, row, i)
  const inverse = 1 / Math.sqrt(Math.max(pivot, shrink * 1e-3))
  work[row + i] = inverse
  beta[i] = lessProducts(cross[i] ?? 0, work, row, beta, 0, i) * inverse
}

/** `from` less the products of `count` cells of `a` and `b`, one after the other. */
function lessProducts(from: number, a: Float64Array, aStart: number, b: Float64Array, bStart: number, count: number): number {
  let rest = from
  for (let k = 0; k < count; k++) rest -= (a[aStart + k] ?? 0) * (b[bStart + k] ?? 0)
  return rest
}

function substituteBack(beta: Float64Array, work: Float64Array, size: number): void {
  for (let i = size - 1; i >= 0; i--) {
    let rest = beta[i] ?? 0
    let below = startOfRow(i + 1) + i
    for (let k = i + 1; k < size; k++) {
      rest -= (work[below] ?? 0) * (beta[k] ?? 0)
      below += k + 1
    }
    beta[i] = rest * (work[startOfRow(i) + i] ?? 0)
  }
}
