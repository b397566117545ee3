import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { ok } from '../../../src/base/result.ts'
import { rowBytes, type ObservationRow, type PredictionRow } from '../../../src/domain/row.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { pairWithRows } from '../../../src/neuron/predicted-series.ts'
import { createRows } from '../../support/history.ts'
import { createNodeKey, idOf, identityOf, sha256 } from '../../support/node-key.ts'

const stream = idOf(identityOf(createNodeKey()))

const history = (rows: number, seed = 1): ObservationRow[] =>
  createRows(createSeededRandom(seed), rows).map((row, at) => ({ ...row, time: (at * 60_000_000) as Micros }))

/** A prediction made after a row of this history; its value says which it is. */
const after = (rows: readonly ObservationRow[], followsRow: number, value = String(followsRow)): PredictionRow => {
  const row = rows[followsRow]
  if (row === undefined) throw new RangeError(`no row ${followsRow}`)
  const followsHash = sha256(rowBytes(followsRow, row))
  return { form: 'prediction', time: 0 as Micros, value, lower: '-1', upper: '1000', kind: 'live', follows: stream, followsRow, followsHash }
}

const pair = async (rows: readonly ObservationRow[], predictions: readonly PredictionRow[]) => {
  let read = 0
  const data = {
    rows: async (_: string, from: number, count: number) => {
      const part = rows.slice(from, from + Math.min(count, 20_000))
      read += part.length
      return ok({ rows: part, total: rows.length })
    },
  }
  const paired = await pairWithRows({ stream, rows: rows.length }, predictions, { data, sha256 })
  if (!paired.ok) throw new Error(paired.error.message)
  return { ...paired.value, read }
}

describe('predictions beside what came', () => {
  it('stand at the rows they were made for, the newest one step on', async () => {
    const rows = history(5)
    const { row, time, value, lower, upper } = await pair(rows, [2, 3, 4].map((at) => after(rows, at)))
    expect({ row, time, value, lower, upper }).toEqual({ row: [3, 4, 5], time: [180, 240, 300], value: [2, 3, 4], lower: [-1, -1, -1], upper: [1000, 1000, 1000] })
  })

  it('[D47] are in the order of the rows where an epoch gave some up, each row once; what followed the rows that are gone is left out', async () => {
    const before = history(10)
    const now = [...before.slice(0, 6), ...history(9, 2).slice(6)]
    const predictions = [
      ...[3, 4, 5, 6, 7, 8, 9].map((at) => after(before, at)),
      // Six rows were left, and their last one was predicted after again; then three others came.
      after(now, 5, '500'), ...[6, 7, 8].map((at) => after(now, at, String(at * 100))),
    ]
    const { row, value } = await pair(now, predictions)
    expect([row, value]).toEqual([[4, 5, 6, 7, 8, 9], [3, 4, 5, 600, 700, 800]])
  })

  it('of which the earliest follows a row far behind a later one are in order all the same', async () => {
    const rows = history(6)
    const { row, time } = await pair(rows, [after(rows, 4), after(rows, 1)])
    expect([row, time]).toEqual([[2, 5], [120, 300]])
  })

  it('are none where there are none, and none of a history that lost everything', async () => {
    expect(await pair(history(5), [])).toMatchObject({ row: [], time: [] })
    expect(await pair([], [after(history(5), 4)])).toMatchObject({ row: [], read: 0 })
  })

  it('read a bounded number of rows, however long ago the first was made', async () => {
    const [one] = history(1)
    if (one === undefined) throw new Error('no row')
    const rows = Array.from({ length: 150_000 }, (_, at) => ({ ...one, time: (at * 1_000_000) as Micros }))
    const { row, time, read } = await pair(rows, [after(rows, 3), after(rows, 149_999)])
    expect([row, time, read]).toEqual([[150_000], [150_000], 100_000])
  })
})
