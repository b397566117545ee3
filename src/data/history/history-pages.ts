import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { pagesOf, rowsInPage } from '../../domain/page.ts'
import { hashInList } from '../../domain/page-list.ts'
import type { Row } from '../../domain/row.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { StoredPage } from '../../ports/history-store.ts'
import { wrapPage } from '../../transfer/parcel.ts'
import type { Serial } from '../pace/serial.ts'
import type { Digest } from './kept-page.ts'
import type { KeptRecord } from './kept-record.ts'
import { createPageBuilder } from './page-builder.ts'
import type { ExpectedPage, PageCache, PageFailure } from './page-cache.ts'
import { readRows } from './read-rows.ts'

/** A history as it is read, and served to peers whole or cut at an earlier head. */
export interface HistoryPages {
  /** Rows `from` … `from + count − 1`, as far as there are any. */
  read(from: number, count: number): Promise<Result<readonly Row[], PageFailure>>
  /** Rows of a history kept aside; 0 is the newest. */
  readArchived(which: number, from: number, count: number): Promise<Result<readonly Row[], PageFailure>>
  /** Page hashes of this history cut at `rows`; null when it is not that long. */
  leavesAt(rows: number): Promise<Result<readonly Bytes[] | null, PageFailure>>
  /** Verified canonical bytes of a page of this history cut at `rows`. */
  pageBytes(number: number, rows: number): Promise<Result<Bytes, PageFailure>>
  /** The same page as it travels to who reads these encodings. */
  parcel(number: number, rows: number, encodings: readonly number[]): Promise<Result<Bytes, PageFailure>>
}

export interface HistoryPagesDeps {
  readonly pages: PageCache
  readonly digest: Digest
  readonly shape: HistoryShape
}

export const createHistoryPages = (kept: KeptRecord, serial: Serial, { pages, digest, shape: { pageRows } }: HistoryPagesDeps): HistoryPages => {
  const { form } = kept
  /** The last page is replaced on disk when it grows: what is not found may only be that page as it was a moment ago. */
  const settled = async <T>(
    number: number,
    load: (page: ExpectedPage) => Promise<Result<T, PageFailure>>,
  ): Promise<Result<T, PageFailure>> => {
    for (;;) {
      if (kept.doubt !== null) return err(kept.doubt)
      const page = kept.page(number)
      const loaded = await load(page)
      if (loaded.ok || loaded.error.code !== 'damaged-page') return loaded
      await serial(() => Promise.resolve())
      if (equalBytes(kept.page(number).hash, page.hash)) return loaded
    }
  }
  const cutPage = async (whole: ExpectedPage, count: number): Promise<Result<StoredPage, PageFailure>> => {
    const page = await pages.load(whole)
    if (!page.ok) return page
    const start = { form, pageRows, startRows: whole.number * pageRows + count, tail: page.value.rows.slice(0, count) }
    const cut = await createPageBuilder(start, digest).partial()
    if (cut === null) throw new Error(`page ${whole.number} cut to no rows`)
    return ok(cut)
  }
  return {
    read: (from, count) => readRows({ pageRows, from, count, total: kept.rows }, (number) => settled(number, pages.load)),
    readArchived: async (which, from, count) => {
      const archived = kept.current.archive[which]
      if (archived === undefined) return ok([])
      const total = archived.head.head.rows
      return readRows({ pageRows, from, count, total }, (number) =>
        pages.load({ hash: hashInList(archived.hashes, number), form, number, rows: rowsInPage(number, total, pageRows) }),
      )
    },
    leavesAt: async (wanted) => {
      if (kept.doubt !== null) return err(kept.doubt)
      if (wanted > kept.rows) return ok(null)
      const leaves = kept.leaves()
      if (wanted === kept.rows) return ok(leaves)
      if (wanted % pageRows === 0) return ok(leaves.slice(0, pagesOf(wanted, pageRows)))
      const last = Math.floor(wanted / pageRows)
      const before = leaves.slice(0, last)
      const cut = await settled(last, (page) => cutPage(page, rowsInPage(last, wanted, pageRows)))
      return cut.ok ? ok([...before, cut.value.hash]) : cut
    },
    pageBytes: (number, wanted) =>
      settled(number, async (whole) => {
        const count = rowsInPage(number, wanted, pageRows)
        if (count === whole.rows) return pages.loadBytes(whole)
        const cut = await cutPage(whole, count)
        return cut.ok ? ok(cut.value.bytes) : cut
      }),
    parcel: (number, wanted, encodings) =>
      settled(number, async (whole) => {
        const count = rowsInPage(number, wanted, pageRows)
        if (count === whole.rows) return pages.loadParcel(whole, encodings)
        const cut = await cutPage(whole, count)
        return cut.ok ? ok(wrapPage(cut.value.bytes, { form, number, rows: count }, encodings)) : cut
      }),
  }
}
