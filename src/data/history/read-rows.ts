import { ok, type Result } from '../../base/result.ts'
import type { Page } from '../../domain/page.ts'
import type { Row } from '../../domain/row.ts'
import type { PageFailure } from './page-cache.ts'

export interface RowRange {
  readonly from: number
  readonly count: number
  /** Rows that there are. */
  readonly total: number
  readonly pageRows: number
}

/** Rows from as many pages as they lie in. */
export const readRows = async (
  { from, count, total, pageRows }: RowRange,
  load: (page: number) => Promise<Result<Page, PageFailure>>,
): Promise<Result<readonly Row[], PageFailure>> => {
  const to = Math.min(from + count, total)
  const found: Row[] = []
  for (let at = Math.max(0, from); at < to; ) {
    const page = await load(Math.floor(at / pageRows))
    if (!page.ok) return page
    const slice = page.value.rows.slice(at % pageRows, (at % pageRows) + (to - at))
    if (slice.length === 0) break
    for (const row of slice) found.push(row)
    at += slice.length
  }
  return ok(found)
}
