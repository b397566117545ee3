import { ok, type Result } from '../base/result.ts'
import type { Row } from '../domain/row.ts'
import type { StreamId } from '../domain/stream.ts'
import type { DataClient } from '../ports/data-client.ts'

interface Range {
  readonly from: number
  readonly to: number
}

/** Reads rows `from` … `to − 1` answer by answer and hands on each as it comes; stops at the first failure. */
export const readEach = async (client: Pick<DataClient, 'rows'>, stream: StreamId, { from, to }: Range, take: (row: Row) => void): Promise<Result<null>> => {
  for (let at = from; at < to; ) {
    const answer = await client.rows(stream, at, to - at)
    if (!answer.ok) return answer
    if (answer.value.rows.length === 0) break
    for (const row of answer.value.rows) take(row)
    at += answer.value.rows.length
  }
  return ok(null)
}

/** All of them at once. */
export const readAll = async (client: Pick<DataClient, 'rows'>, stream: StreamId, range: Range): Promise<Result<Row[]>> => {
  const found: Row[] = []
  const read = await readEach(client, stream, range, (row) => void found.push(row))
  return read.ok ? ok(found) : read
}
