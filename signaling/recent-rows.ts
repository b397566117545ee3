import { MAX_KEPT_ROWS } from './limits.ts'

/**
 * The last few rows of one stream, for a subscriber that was away for a moment. Their sequence is the publisher's own, signed
 * in the head: epoch and row count. So it means the same after a restart and at another server. SPEC [S36].
 */
export interface RecentRow {
  readonly epoch: number
  /** Row count of the head that this row made. */
  readonly rows: number
  /** Hex of the live message. */
  readonly live: string
}

/** Adds a row that is as far as the last one or further; a new epoch begins anew. */
export const withRow = (recent: readonly RecentRow[], { epoch, rows, live }: RecentRow): readonly RecentRow[] =>
  [...recent.filter((row) => row.epoch === epoch && row.rows < rows), { epoch, rows, live }].slice(-MAX_KEPT_ROWS)

/** Whether someone with this history, and the rows that are handed out now, is still short of the head. */
export const isBehind = (
  has: Reached,
  missed: readonly RecentRow[],
  head: Reached,
): boolean => {
  let { epoch, rows } = has
  for (const row of missed) if (row.epoch === epoch && row.rows === rows + 1) ({ epoch, rows } = row)
  return epoch < head.epoch || (epoch === head.epoch && rows < head.rows)
}

interface Reached {
  readonly epoch: number
  readonly rows: number
}

/** What someone lacks who has `rows` rows of `epoch`. */
export const rowsAfter = (recent: readonly RecentRow[], epoch: number, rows: number): readonly RecentRow[] =>
  recent.filter((row) => row.epoch > epoch || (row.epoch === epoch && row.rows > rows))
