import type { Stateful } from './state.ts'

/** Scored rows that the live score looks back on. */
export const SCORE_ROWS = 1000

/** How published forecasts met the rows they were about, over the last SCORE_ROWS scored rows. */
export interface Score extends Stateful {
  add(error: number, naiveError: number, inside: boolean): void
  rows(): number
  /** mean |error| / mean |naive error|; null when naive never erred. */
  relMae(): number | null
  coverage(): number | null
}

export function createScore(): Score {
  const errors = new Float64Array(SCORE_ROWS)
  const naive = new Float64Array(SCORE_ROWS)
  const inside = new Float64Array(SCORE_ROWS)
  const counter = new Float64Array(1)
  const rows = () => Math.min(SCORE_ROWS, (counter[0] ?? 0))
  return {
    state: [errors, naive, inside, counter],
    add(error, naiveError, isInside) {
      const slot = (counter[0] ?? 0) % SCORE_ROWS
      errors[slot] = Math.abs(error)
      naive[slot] = Math.abs(naiveError)
      inside[slot] = isInside ? 1 : 0
      counter[0] = (counter[0] ?? 0) + 1
    },
    rows,
    relMae() {
      const base = sum(naive)
      return base > 0 ? sum(errors) / base : null
    },
    coverage: () => (rows() > 0 ? sum(inside) / rows() : null),
  }
}

function sum(array: Float64Array): number {
  return array.reduce((total, value) => total + value, 0)
}
