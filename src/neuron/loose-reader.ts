import { ok, type Result } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import { formatTime } from '../domain/time.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { LooseRowView } from './snapshot.ts'

/** The last rows without a signature, oldest first, answer by answer. O(`last`). */
export const readLoose = async (
  data: Pick<DataClient, 'loose'>,
  stream: StreamId,
  last: number,
): Promise<Result<readonly LooseRowView[]>> => {
  const counted = await data.loose(stream, 0, 0)
  if (!counted.ok) return counted
  const { total } = counted.value
  const found: LooseRowView[] = []
  for (let at = Math.max(0, total - last); at < total; ) {
    const answer = await data.loose(stream, at, total - at)
    if (!answer.ok) return answer
    const { rows } = answer.value
    // They can become fewer meanwhile: signed ones have come.
    if (rows.length === 0) break
    for (const { row, number, mark } of rows) found.push({ time: formatTime(row.time), value: row.value, row: number, mark })
    at += rows.length
  }
  return ok(found)
}
