import type { Bytes } from '../../base/bytes.ts'
import { ok, type Result } from '../../base/result.ts'
import { rowsInPage } from '../../domain/page.ts'
import type { StoreFailure } from '../../ports/history-store.ts'
import type { HistoryDeps } from '../history/history.ts'
import type { Goal } from './stage.ts'

/**
 * Which pages of a run need not be fetched. Where one page was damaged others may be: then each is read and judged before it
 * counts, O(pages) of the run; else it is enough that it is there, because every load judges it again.
 */
export const pagesHere = async (
  { entry, target }: Goal,
  { from, hashes }: { readonly from: number; readonly hashes: readonly Bytes[] },
  { store, pages, shape: { pageRows } }: Pick<HistoryDeps, 'store' | 'pages' | 'shape'>,
): Promise<Result<readonly boolean[], StoreFailure>> => {
  if (!entry.damaged) return store.has(hashes)
  const have: boolean[] = []
  for (const [index, hash] of hashes.entries()) {
    const number = from + index
    const read = await pages.loadBytes({ hash, number, form: entry.history.form, rows: rowsInPage(number, target.head.rows, pageRows) })
    if (!read.ok && read.error.code !== 'damaged-page') return { ok: false, error: read.error }
    have.push(read.ok)
  }
  return ok(have)
}
