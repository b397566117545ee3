import { describe, expect, it } from 'vitest'
import { fail, ok } from '../../../src/base/result.ts'
import type { ObservationRow } from '../../../src/domain/row.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { createSeriesReader } from '../../../src/neuron/series.ts'
import { must } from '../../support/data-node.ts'

const STREAM = 'e'.repeat(64) as StreamId
const SLICE = 100

const rowsOf = (values: readonly (number | string)[]): ObservationRow[] =>
  values.map((value, index) => ({ form: 'observation', time: (index * 1_000_000) as Micros, value: String(value) }))

/** A reader over rows that may grow, and what it asked for. */
const begin = (values: readonly (number | string)[]) => {
  let rows = rowsOf(values)
  let broken = false
  const asked: string[] = []
  const reader = createSeriesReader({
    rows: async (stream, from, count) => {
      asked.push(`${stream.slice(0, 1)} ${from}+${count}`)
      await Promise.resolve()
      return broken ? fail('damaged-page', 'damaged') : ok({ rows: rows.slice(from, from + Math.min(count, SLICE)), total: rows.length })
    },
  })
  return {
    reader,
    asked,
    grow: (more: readonly (number | string)[]) => void (rows = rowsOf([...rows.map(({ value }) => value), ...more])),
    breakReads: (now: boolean) => void (broken = now),
  }
}

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

describe('points for a plot', () => {
  it('are all rows when they are fewer than asked for; what is no number is a gap', async () => {
    const { reader } = begin([1, 'n/a', 3])
    expect(await must(reader.read(STREAM, 3, { points: 100 }))).toEqual({ time: [0, 1, 2], value: [1, null, 3], row: [0, 1, 2], rows: 3 })
  })

  it('are at most as many as asked for, in order, and every spike is among them', async () => {
    const values = count(10_000).map((index) => (index === 1_234 ? 99 : index === 7_777 ? -99 : index % 2))
    const { reader } = begin(values)
    const { value, row, rows } = await must(reader.read(STREAM, 10_000, { points: 200 }))
    expect(row.length).toBeLessThanOrEqual(200)
    expect([...row].sort((a, b) => a - b)).toEqual(row)
    expect([value[row.indexOf(1_234)], value[row.indexOf(7_777)], rows]).toEqual([99, -99, 10_000])
  })

  it('are of the last rows when only those are wanted', async () => {
    const { reader } = begin(count(500))
    expect((await must(reader.read(STREAM, 500, { points: 100, last: 10 }))).row).toEqual(count(10).map((index) => 490 + index))
  })

  it('keep a stretch without any number as one gap', async () => {
    const { reader } = begin([...count(100), ...count(100).map(() => 'n/a'), ...count(100)])
    const { value } = await must(reader.read(STREAM, 300, { points: 30 }))
    expect(value.filter((one) => one === null).length).toBeGreaterThan(3)
  })

  it('are read once; afterwards only new rows are', async () => {
    const { reader, asked, grow } = begin(count(150))
    await must(reader.read(STREAM, 150, { points: 100 }))
    await must(reader.read(STREAM, 150, { points: 50 }))
    grow([7, 8])
    await must(reader.read(STREAM, 152, { points: 100 }))
    expect(asked).toEqual(['e 0+150', 'e 100+50', 'e 150+2'])
  })

  it('of the end of a history need only its end; the rest is read when it is wanted', async () => {
    const { reader, asked, grow } = begin(count(500))
    await must(reader.read(STREAM, 500, { points: 100, last: 10 }))
    grow([500])
    const end = await must(reader.read(STREAM, 501, { points: 100, last: 10 }))
    expect([end.row, end.value, end.time]).toEqual([0, 1, 2].map(() => count(10).map((index) => 491 + index)))
    expect(asked).toEqual(['e 490+10', 'e 500+1'])
    expect((await must(reader.read(STREAM, 501, { points: 1000 }))).value).toEqual(count(501))
    await must(reader.read(STREAM, 501, { points: 100, last: 20 }))
    expect(asked.slice(2)).toEqual([0, 1, 2, 3, 4, 5].map((slice) => `e ${slice * SLICE}+${501 - slice * SLICE}`))
  })

  it('hold every row once, however many ask for the new ones at a time', async () => {
    const { reader, grow } = begin(count(10))
    await must(reader.read(STREAM, 10, { points: 100 }))
    grow([10])
    await Promise.all([1, 2, 3].map(() => must(reader.read(STREAM, 11, { points: 100 }))))
    grow([11, 12])
    expect((await must(reader.read(STREAM, 13, { points: 100 }))).value).toEqual(count(13))
  })

  it('begin anew when the history has become shorter', async () => {
    const { reader, asked } = begin(count(50))
    await must(reader.read(STREAM, 50, { points: 100 }))
    expect((await must(reader.read(STREAM, 20, { points: 100 }))).row).toEqual(count(20))
    expect(asked).toEqual(['e 0+50', 'e 0+20'])
  })

  it('are kept of two streams', async () => {
    const { reader, asked } = begin(count(10))
    for (const letter of ['a', 'b', 'a', 'c', 'a', 'b'])
      await must(reader.read(letter.repeat(64) as StreamId, 10, { points: 100 }))
    expect(asked).toEqual(['a 0+10', 'b 0+10', 'c 0+10', 'b 0+10'])
  })

  it('fail as the reading failed, and are all there the next time', async () => {
    const { reader, breakReads } = begin(count(250))
    breakReads(true)
    expect(await reader.read(STREAM, 250, { points: 500 })).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
    breakReads(false)
    expect((await must(reader.read(STREAM, 250, { points: 500 }))).value).toEqual(count(250))
  })
})
