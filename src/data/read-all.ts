import type { Result } from '../base/result.ts'
import type { Row } from '../domain/row.ts'
import type { StreamId } from '../domain/stream.ts'
import type { DataClient } from '../ports/data-client.ts'

/** Reads rows `from` … `to − 1` answer by answer; stops at the first failure. */
export const readAll = async (
  client: Pick<DataClient, 'rows'>,
  stream: StreamId,
  range: { readonly from: number; readonly to: number },
): Promise<Result<Row[]>> => {
  const found: Row[] = []
  for (let at = range.from; at < range.to; ) {
    const answer = await client.rows(stream, at, range.to - at)
    if (!answer.ok) return answer
    if (answer.value.rows.length === 0) break
    for (const row of answer.value.rows) found.push(row)
    at += answer.value.rows.length
  }
  return { ok: true, value: found }
}
