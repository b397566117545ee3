import { ok, type Result } from '../../base/result.ts'
import type { LooseView } from '../../consensus/loose-ledger.ts'
import { sameRow } from '../../consensus/vote.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { LogDep } from '../../ports/log.ts'
import type { History } from '../history/history.ts'
import type { PageFailure } from '../history/page-cache.ts'
import { rowsWords } from './loose-rows.ts'

/** Pages of the signed history that loose rows are held against: more rows than one stream may have loose. */
const MAX_PAGES_CHECKED = 128

/** Says how many loose rows the signed history does not have. */
export const sayUntrue = async (loose: LooseView, history: History, { log, shape }: LogDep & { readonly shape: HistoryShape }): Promise<void> => {
  const checked = await checkLoose(loose, history, shape.pageRows)
  const other = checked.ok ? checked.value.other : 0
  if (other === 0) return
  const { stream } = history.record
  log({ level: 'warn', stream, message: `${other} of ${rowsWords(loose.size)} believed without a signature are not its publisher's: dropped` })
}

/** Loose rows that the signed history has, byte for byte, and those that it does not have. Reads from its end as far back as loose rows go. */
const checkLoose = async (
  loose: LooseView,
  history: History,
  pageRows: number,
): Promise<Result<{ readonly same: number; readonly other: number }, PageFailure>> => {
  const same = new Set<number>()
  const earliest = loose.oldest?.row.time ?? 0
  const last = Math.ceil(history.rows / pageRows) - 1
  for (let page = last; page >= 0 && page > last - MAX_PAGES_CHECKED; page--) {
    const rows = await history.read(page * pageRows, pageRows)
    if (!rows.ok) return rows
    for (const row of rows.value) {
      const claimed = loose.at(row.time)
      if (claimed !== null && sameRow(claimed.row, row)) same.add(row.time)
    }
    if (same.size === loose.size || rows.value.every((row) => row.time < earliest)) break
  }
  return ok({ same: same.size, other: loose.size - same.size })
}
