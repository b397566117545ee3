import { equalBytes, type Bytes } from '../../base/bytes.ts'
import type { Mutable } from '../../base/mutable.ts'
import { encodePage } from '../../domain/page.ts'
import type { Row } from '../../domain/row.ts'
import type { RowForm } from '../../domain/stream.ts'
import type { StoredPage } from '../../ports/history-store.ts'
import { ENCODINGS_READ, openParcel, wrapPage } from '../../transfer/parcel.ts'
import { keepPage, type Digest } from './kept-page.ts'

/** Cuts rows into pages as they come. */
export interface PageBuilder {
  readonly form: RowForm
  /** Rows of the whole history so far. */
  readonly rows: number
  /** The rows of the last, partial page. */
  readonly tail: readonly Row[]
  /** Hashes of the pages filled since the start, whoever keeps their bytes. */
  readonly filled: readonly Bytes[]
  /** Row 0 of the history, when this builder began it. */
  readonly first: Row | null
  /** Takes rows; answers the pages that they filled, as they rest. */
  push(rows: readonly Row[]): Promise<StoredPage[]>
  /** The partial last page, in its canonical bytes; null when the last page is full. */
  partial(): Promise<StoredPage | null>
}

/** `startRows` and `tail` continue a history; its full pages are not needed. */
export const createPageBuilder = (
  start: { readonly form: RowForm; readonly pageRows: number; readonly startRows: number; readonly tail: readonly Row[] },
  digest: Digest,
  pack = wrapPage,
): PageBuilder => {
  const { form, pageRows } = start
  let tail = [...start.tail]
  const filled: Bytes[] = []
  const seal = async (sealed: readonly Row[], number: number): Promise<StoredPage> => {
    const bytes = encodePage({ form, number, rows: sealed })
    return { bytes, hash: await digest(bytes) }
  }
  /** Nobody else may have these rows: what was packed is opened once, before nothing but it is kept. */
  const resting = async (page: StoredPage, number: number): Promise<Bytes> => {
    const shape = { form, number, rows: pageRows }
    const parcel = pack(page.bytes, shape, ENCODINGS_READ)
    const opened = openParcel(parcel, shape)
    return opened.ok && equalBytes(opened.value, page.bytes) ? keepPage(page, parcel, digest) : page.bytes
  }
  const builder: Mutable<PageBuilder> = {
    form,
    rows: start.startRows,
    tail,
    filled,
    first: null,
    async push(added) {
      const full: StoredPage[] = []
      if (builder.rows === 0) builder.first = added[0] ?? null
      for (const row of added) {
        tail.push(row)
        builder.rows++
        if (tail.length < pageRows) continue
        const whole = tail
        tail = []
        builder.tail = tail
        const page = await seal(whole, builder.rows / pageRows - 1)
        filled.push(page.hash)
        full.push({ hash: page.hash, bytes: await resting(page, builder.rows / pageRows - 1) })
      }
      return full
    },
    partial: async () => (tail.length === 0 ? null : seal(tail, Math.floor(builder.rows / pageRows))),
  }
  return builder
}
