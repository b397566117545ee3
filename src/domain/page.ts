import { createReader } from '../base/byte-reader.ts'
import { createWriter } from '../base/byte-writer.ts'
import { equalBytes, utf8, type Bytes } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { MAX_ROW_BYTES, readRow, writeRow, type Row } from './row.ts'
import type { RowForm } from './stream.ts'
import { MAX_VALUE_BYTES } from './value.ts'

/** Rows in a full page. The simulator uses fewer; every function takes it from its caller. */
export const PAGE_ROWS = 1024

/** Consecutive rows of one history, beginning at row `number × pageRows`. */
export interface Page {
  readonly form: RowForm
  readonly number: number
  readonly rows: readonly Row[]
}

const TAG = utf8('zazen page 1\n')
const FORMS = ['observation', 'prediction'] as const satisfies readonly RowForm[]
const HEADER_BYTES = TAG.length + 1 + 4 + 2
const TIME_BYTES = 8

/** The most bytes that a page of this form can have: what one page can cost us before it is judged. */
export const maxPageBytes = (form: RowForm, pageRows: number): number => HEADER_BYTES + pageRows * MAX_ROW_BYTES[form]

export const pagesOf = (rows: number, pageRows: number): number => Math.ceil(rows / pageRows)

/** How many rows page `number` has in a history of `rows` rows. */
export const rowsInPage = (number: number, rows: number, pageRows: number): number =>
  Math.max(0, Math.min(pageRows, rows - number * pageRows))

/** Canonical bytes of a page; their SHA-256 is the page's hash. */
export const encodePage = (page: Page): Bytes => {
  const writer = createWriter(HEADER_BYTES + page.rows.length * 24)
  writer.raw(TAG)
  writer.u8(FORMS.indexOf(page.form))
  writer.u32(page.number)
  writer.u16(page.rows.length)
  for (const row of page.rows) writeRow(writer, row)
  return writer.finish()
}

/** Judges bytes as the page that is expected there: form, number, row count and every row. */
export const decodePage = (
  bytes: Uint8Array,
  expected: { readonly form: RowForm; readonly number: number; readonly rows: number },
): Result<Page, Failure<'malformed'>> => {
  const reader = createReader(bytes)
  if (!equalBytes(reader.raw(TAG.length), TAG)) reader.reject('no page tag')
  const form = FORMS[reader.u8()]
  const number = reader.u32()
  const count = reader.u16()
  if (form !== expected.form) reader.reject(`rows that are not ${expected.form}s`)
  if (number !== expected.number) reader.reject(`page ${number} where ${expected.number} was expected`)
  if (count !== expected.rows) reader.reject(`${count} rows where ${expected.rows} were expected`)
  const rows: Row[] = []
  for (let i = 0; i < expected.rows && reader.problem === null; i++) rows.push(readRow(reader, expected.form))
  if (reader.problem === null && reader.remaining > 0) reader.reject(`${reader.remaining} bytes too many`)
  return reader.problem === null
    ? ok({ form: expected.form, number, rows })
    : fail('malformed', `page ${expected.number}: ${reader.problem}`)
}

/** Judges bytes exactly as `decodePage` does, without making rows of them: what is only kept need not be read (measured: ten times faster). */
export const checkPage = (
  bytes: Uint8Array,
  expected: { readonly form: RowForm; readonly number: number; readonly rows: number },
): Result<null, Failure<'malformed'>> => {
  if (isPlainPage(bytes, expected)) return ok(null)
  const page = decodePage(bytes, expected)
  return page.ok ? ok(null) : page
}

/** Upper halves of times beyond these may be of no safe integer. */
const LARGEST_HIGH = 0x1f_ffff
const SPACE = 0x20
const TILDE = 0x7e

/** Whether it is the expected page of observations and all its values are printable ASCII, as nearly all are; false says nothing. */
const isPlainPage = (bytes: Uint8Array, { form, number, rows }: { readonly form: RowForm; readonly number: number; readonly rows: number }): boolean => {
  if (form !== 'observation' || bytes.length < HEADER_BYTES || !equalBytes(bytes.subarray(0, TAG.length), TAG)) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isExpected = bytes[TAG.length] === FORMS.indexOf(form) && view.getUint32(TAG.length + 1) === number && view.getUint16(TAG.length + 5) === rows
  if (!isExpected) return false
  let at = HEADER_BYTES
  for (let row = 0; row < rows; row++) {
    if (at + TIME_BYTES + 1 > bytes.length) return false
    const high = view.getInt32(at)
    const length = bytes[at + TIME_BYTES] ?? 0
    if (high > LARGEST_HIGH || high < -LARGEST_HIGH || length > MAX_VALUE_BYTES) return false
    const from = at + TIME_BYTES + 1
    at = from + length
    // Below zero as soon as one byte is outside: one question a value, not two a byte.
    let within = 0
    for (let i = from; i < at; i++) within |= ((bytes[i] ?? 0) - SPACE) | (TILDE - (bytes[i] ?? 0))
    if (within < 0) return false
  }
  return at === bytes.length
}
