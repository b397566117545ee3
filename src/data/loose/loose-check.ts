import { ok, type Result } from '../../base/result.ts'
import type { LooseRow } from '../../consensus/loose-row.ts'
import { sameRow } from '../../consensus/vote.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { LogDep } from '../../ports/log.ts'
import type { History } from '../history/history.ts'
import type { PageFailure } from '../history/page-cache.ts'
import { rowsWords } from './loose-rows.ts'

/** Pages of the signed history that loose rows are held against: more rows than one stream may have loose. */
const MAX_PAGES_CHECKED = 128

/** Says how many loose rows, in the order of their times, the signed history does not have. */
export const sayUntrue = async (loose: readonly LooseRow[], history: History, { log, shape }: LogDep & { readonly shape: HistoryShape }): Promise<void> => {
  const checked = await countOthers(loose, history, shape.pageRows)
  const other = checked.ok ? checked.value : 0
  if (other === 0) return
  const { stream } = history.record
  log({ level: 'warn', stream, message: `${other} of ${rowsWords(loose.length)} believed without a signature are not its publisher's: dropped` })
}

/** Loose rows that the signed history does not have, byte for byte. Reads from its end as far back as loose rows go. */
const countOthers = async (loose: readonly LooseRow[], history: History, pageRows: number): Promise<Result<number, PageFailure>> => {
  const claimed = new Map(loose.map(({ row }) => [row.time, row]))
  const same = new Set<number>()
  const earliest = loose[0]?.row.time ?? 0
  const last = Math.ceil(history.rows / pageRows) - 1
  for (let page = last; page >= 0 && page > last - MAX_PAGES_CHECKED; page--) {
    const rows = await history.read(page * pageRows, pageRows)
    if (!rows.ok) return rows
    for (const row of rows.value) {
      const claim = claimed.get(row.time)
      if (claim !== undefined && sameRow(claim, row)) same.add(row.time)
    }
    if (same.size === loose.length || rows.value.every((row) => row.time < earliest)) break
  }
  return ok(loose.length - same.size)
}
