import { concatBytes, type Bytes } from '../../src/base/bytes.ts'
import { createCsvReader } from '../../src/domain/csv.ts'
import { encodePage, PAGE_ROWS } from '../../src/domain/page.ts'
import type { ObservationRow } from '../../src/domain/row.ts'
import { createSeededRandom } from '../../src/base/random.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'

/** One history as everybody gets it: ours as a CSV to publish, the others as the canonical bytes of the same rows. */
export interface Payload {
  readonly rows: number
  readonly csv: string
  readonly canonical: Bytes
}

/** The same rows for the same seed. */
export const createPayload = (rows: number, seed: number): Payload => {
  const { csv } = decimalCsv({ rows, seed })
  return { rows, csv, canonical: canonicalBytes(csv) }
}

/** Values that nothing can make shorter: there the line is the limit, not what the receiver does with each row. */
export const createTextPayload = (rows: number, seed: number): Payload => {
  const random = createSeededRandom(seed)
  const text = (): string => Array.from({ length: TEXT_BYTES }, () => LETTERS[random.below(LETTERS.length)]).join('')
  const csv = `time,value\n${Array.from({ length: rows }, (_, row) => `${timeOf(row)},${text()}\n`).join('')}`
  return { rows, csv, canonical: canonicalBytes(csv) }
}

const TEXT_BYTES = 60
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const canonicalBytes = (csv: string): Bytes => {
  const reader = createCsvReader()
  const rows: ObservationRow[] = []
  for (const line of csv.trimEnd().split('\n')) {
    const read = reader.read(line.split(','))
    if (!read.ok) throw new Error(read.error.message)
    if (read.value.is === 'row') rows.push({ form: 'observation', ...read.value.row })
  }
  const pages: Bytes[] = []
  for (let from = 0; from < rows.length; from += PAGE_ROWS)
    pages.push(encodePage({ form: 'observation', number: from / PAGE_ROWS, rows: rows.slice(from, from + PAGE_ROWS) }))
  return concatBytes(pages)
}
