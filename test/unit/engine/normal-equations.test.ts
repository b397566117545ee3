import { describe, expect, it } from 'vitest'
import { accumulate, solveRidge, startOfRow } from '../../../src/engine/normal-equations.ts'
import { createNormal } from '../../support/series.ts'

interface Equations {
  readonly gram: Float64Array
  readonly cross: Float64Array
}

const at = (array: Float64Array, index: number): number => array[index] ?? NaN

/** Nine rows of features and targets, learnt with a memory that fades; `more` cells beyond the size used. */
function learnt(size: number, more = 0): Equations {
  const normal = createNormal(size)
  const gram = new Float64Array(startOfRow(size + more))
  const cross = new Float64Array(size + more)
  for (let row = 0; row < 9; row++) {
    const x = Float64Array.from({ length: size + more }, normal)
    accumulate(gram, cross, x, size, 0.9, 1 + (row % 3), normal())
  }
  return { gram, cross }
}

/** The same by definition, every cell by itself. */
function plainly(size: number): Equations {
  const normal = createNormal(size)
  const gram = new Float64Array(startOfRow(size))
  const cross = new Float64Array(size)
  for (let row = 0; row < 9; row++) {
    const x = Float64Array.from({ length: size }, normal)
    const target = normal()
    for (let i = 0; i < size; i++) {
      const weighed = (1 + (row % 3)) * at(x, i)
      cross[i] = 0.9 * at(cross, i) + weighed * target
      for (let j = 0; j <= i; j++) gram[startOfRow(i) + j] = 0.9 * at(gram, startOfRow(i) + j) + weighed * at(x, j)
    }
  }
  return { gram, cross }
}

/** Cholesky by definition, one cell after the other; the diagonal of the factor holds its inverse. */
function solvedPlainly({ gram, cross }: Equations, size: number, shrink: number): Float64Array {
  const beta = new Float64Array(size)
  const factor = new Float64Array(startOfRow(size))
  for (let i = 0; i < size; i++) {
    const row = startOfRow(i)
    let rest = at(cross, i)
    for (let j = 0; j < i; j++) {
      let sum = at(gram, row + j)
      for (let k = 0; k < j; k++) sum -= at(factor, row + k) * at(factor, startOfRow(j) + k)
      factor[row + j] = sum * at(factor, startOfRow(j) + j)
      rest -= at(factor, row + j) * at(beta, j)
    }
    let pivot = at(gram, row + i) + shrink
    for (let k = 0; k < i; k++) pivot -= at(factor, row + k) * at(factor, row + k)
    factor[row + i] = 1 / Math.sqrt(Math.max(pivot, shrink * 1e-3))
    beta[i] = rest * at(factor, row + i)
  }
  for (let i = size - 1; i >= 0; i--) {
    let rest = at(beta, i)
    for (let k = i + 1; k < size; k++) rest -= at(factor, startOfRow(k) + i) * at(beta, k)
    beta[i] = rest * at(factor, startOfRow(i) + i)
  }
  return beta
}

const SIZES = [1, 2, 3, 4, 5, 8, 9, 20, 47, 61]

describe('the sums of a regression', () => {
  it('are to the bit what they are cell by cell, for odd and even sizes', () => {
    for (const size of SIZES) expect(learnt(size), String(size)).toEqual(plainly(size))
  })

  it('leave cells beyond the size alone', () => {
    for (const size of [4, 5]) {
      const { gram, cross } = learnt(size, 2)
      expect([...gram.subarray(startOfRow(size)), ...cross.subarray(size)].every((cell) => cell === 0)).toBe(true)
    }
  })
})

describe('the coefficients', () => {
  const solved = (size: number, shrink: number) => {
    const equations = learnt(size)
    const beta = new Float64Array(size)
    const work = new Float64Array(startOfRow(size)).fill(NaN) // whatever the last one left there
    solveRidge(equations.gram, equations.cross, beta, work, size, shrink)
    return { ...equations, beta }
  }

  it('solve (gram + shrink) beta = cross, for odd and even sizes, with more unknowns than rows too', () => {
    for (const size of SIZES) {
      const { gram, cross, beta } = solved(size, 0.5)
      for (let i = 0; i < size; i++) {
        let sum = 0.5 * at(beta, i)
        for (let j = 0; j < size; j++) sum += at(gram, startOfRow(Math.max(i, j)) + Math.min(i, j)) * at(beta, j)
        expect(sum, `${size}, ${i}`).toBeCloseTo(at(cross, i), 9)
      }
    }
  })

  it('are to the bit what they are cell by cell', () => {
    for (const size of SIZES) for (const shrink of [0.5, 1e-6]) expect(solved(size, shrink).beta, String(size)).toEqual(solvedPlainly(learnt(size), size, shrink))
  })

  it('are nearer to zero the more they are shrunk', () => {
    const length = (shrink: number) => Math.hypot(...solved(9, shrink).beta)
    expect(length(10)).toBeLessThan(0.7 * length(1))
    expect(length(1e9)).toBeLessThan(1e-6)
  })

  it('stay finite where all rows were the same, and rounding is larger than the shrinkage', () => {
    const gram = new Float64Array(startOfRow(7))
    const cross = new Float64Array(7)
    const x = Float64Array.from({ length: 7 }, (_, i) => 1.1e8 * (i + 1))
    for (let row = 0; row < 5; row++) accumulate(gram, cross, x, 7, 1, 1, 1)
    const beta = new Float64Array(7)
    solveRidge(gram, cross, beta, new Float64Array(startOfRow(7)), 7, 1e-6)
    expect(beta.every(Number.isFinite)).toBe(true)
  })
})
