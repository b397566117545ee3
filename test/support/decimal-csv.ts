import { createSeededRandom } from '../../src/base/random.ts'

/** One row each five minutes from 2020 on. */
const STEP_MS = 300_000
const START_MS = Date.UTC(2020, 0, 1)

export interface DecimalCsv {
  readonly csv: string
  /** Text of every value, in order. */
  readonly values: readonly string[]
}

/**
 * Decimal text as real sources print it: 2 to 6 places, kept trailing zeros, some in exponent form, now and then none.
 * A daily wave with noise, so that there is something to learn; the same for the same seed.
 */
export const decimalCsv = ({ rows, seed }: { readonly rows: number; readonly seed: number }): DecimalCsv => {
  const random = createSeededRandom(seed)
  const values: string[] = []
  const lines = ['time,value']
  for (let row = 0; row < rows; row++) {
    const number = 20 + 8 * Math.sin((2 * Math.PI * row) / 288) + 4 * (random.next() - 0.5)
    const value = random.below(50) === 0 ? number.toExponential(6) : number.toFixed(2 + random.below(5))
    values.push(value)
    lines.push(`${timeOf(row)},${value}`)
  }
  return { csv: `${lines.join('\n')}\n`, values }
}

/** Time of a row, ISO 8601; also of the rows that would come next. */
export const timeOf = (row: number): string => new Date(START_MS + row * STEP_MS).toISOString()
