import type { Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import { decodePage, pagesOf, rowsInPage } from '../../domain/page.ts'
import { hashInList } from '../../domain/page-list.ts'
import { rowBytes } from '../../domain/row.ts'
import type { RowForm } from '../../domain/stream.ts'
import type { HistoryRecord, StoreFailure } from '../../ports/history-store.ts'
import type { ExpectedPage, PageCache, PageFailure } from './page-cache.ts'

// What is still there of a history whose record, or some of whose pages, may be damaged.

interface Shelf {
  readonly pages: PageCache
  readonly form: RowForm
  readonly pageRows: number
}

type Named = Pick<HistoryRecord, 'head' | 'hashes'>

/** Rows before the first page that is damaged or missing. From the disk, not from memory: what is signed must be there after a restart. O(pages). */
export const countWholeRows = async (named: Named, { pages, form, pageRows }: Shelf): Promise<Result<number, StoreFailure>> => {
  const total = named.head?.head.rows ?? 0
  for (let number = 0; number < pagesOf(total, pageRows); number++) {
    const page = expectedOf(named.hashes, number, { form, pageRows, total })
    const bytes = await pages.loadBytes(page)
    if (!bytes.ok && bytes.error.code !== 'damaged-page') return err(bytes.error)
    if (!bytes.ok || !decodePage(bytes.value, page).ok) return ok(number * pageRows)
  }
  return ok(total)
}

/** The hash of row 0. */
export const originOnDisk = async (
  named: Named,
  { pages, form, pageRows, sha256 }: Shelf & { readonly sha256: Sha256 },
): Promise<Result<Bytes, PageFailure | Failure<'no-rows'>>> => {
  const total = named.head?.head.rows ?? 0
  const page = await pages.load(expectedOf(named.hashes, 0, { form, pageRows, total }))
  if (!page.ok) return page
  const [row] = page.value.rows
  return row === undefined ? fail('no-rows', 'A history needs at least one row.') : ok(sha256(rowBytes(0, row)))
}

const expectedOf = (
  list: Bytes,
  number: number,
  { form, pageRows, total }: { readonly form: RowForm; readonly pageRows: number; readonly total: number },
): ExpectedPage => ({ hash: hashInList(list, number), form, number, rows: rowsInPage(number, total, pageRows) })
