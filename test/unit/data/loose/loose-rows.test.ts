import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { bounded, createLooseLedger } from '../../../../src/consensus/loose-ledger.ts'
import { MAX_LOOSE_ROWS, type LooseRow } from '../../../../src/consensus/loose-row.ts'
import { createLooseRows } from '../../../../src/data/loose/loose-rows.ts'
import type { ObservationRow } from '../../../../src/domain/row.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { createHistory } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { samplePrediction } from '../../../vectors/samples.ts'

const { stream } = createHistory({ seed: 1, rows: 1 })
const other = createHistory({ seed: 2, rows: 1 }).stream
const row = (time: number, value = `v${time}`): ObservationRow => ({ form: 'observation', time: time as Micros, value })
const loose = (time: number, before: number | 'unknown' | 'beginning' = 'unknown', more: Partial<LooseRow> = {}): LooseRow =>
  ({ row: row(time), number: null, mark: 'provisional', own: false, before: before as LooseRow['before'], ...more })
const shown = (rows: readonly LooseRow[]): readonly string[] => rows.map(({ row: { time, value }, mark, own, before }) => `${time} ${value} ${own ? 'own' : mark} after ${before}`)

describe('loose rows', () => {
  it('[C7] [C12] are seen when they are on disk, not before, and are there after a restart', async () => {
    const store = createMemoryStore()
    const rows = createLooseRows(store)
    expect(rows.of(stream)).toBeNull()
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await rows.change(stream, { put: [loose(10)], drop: [] })).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    expect(rows.count(stream)).toBeNull()
    store.refuseWrites(null)
    await rows.change(stream, { put: [loose(10), loose(20, 10, { mark: 'quorum' })], drop: [] })
    expect(rows.count(stream)).toEqual({ rows: 2, provisional: 1, edition: 1 })
    const again = createLooseRows(store)
    await again.load(stream, 'observation')
    await again.load(other, 'observation')
    expect(shown(again.of(stream)?.slice(0, 9) ?? [])).toEqual(['10 v10 provisional after unknown', '20 v20 quorum after 10'])
    expect(again.of(other)).toBeNull()
  })

  it('[C16] every change of them has an edition of its own', async () => {
    const rows = createLooseRows(createMemoryStore())
    await rows.change(stream, { put: [loose(10)], drop: [] })
    const first = rows.count(stream)?.edition
    await rows.change(stream, { put: [loose(10, 'unknown', { row: row(10, 'other') })], drop: [] })
    expect(rows.count(stream)).toMatchObject({ rows: 1, provisional: 1 })
    expect(rows.count(stream)?.edition).not.toBe(first)
  })

  it('[C15] an import is this node’s own word: in order, one a time, and what is before the first is not known', async () => {
    const rows = createLooseRows(createMemoryStore())
    await rows.add(stream, [row(30), row(10, 'old'), row(20), row(10)])
    expect(shown(rows.of(stream)?.slice(0, 9) ?? [])).toEqual(['10 v10 own after unknown', '20 v20 own after 10', '30 v30 own after 20'])
  })

  it('[C15] an import does not say what lies between rows where others are kept, and replaces no quorum', async () => {
    const rows = createLooseRows(createMemoryStore())
    await rows.change(stream, { put: [loose(15), loose(30, 'unknown', { mark: 'quorum' }), loose(40, 'unknown', { mark: 'quorum' })], drop: [] })
    await rows.add(stream, [row(10), row(20), row(30, 'lie'), row(40)])
    expect(shown(rows.of(stream)?.slice(0, 9) ?? [])).toEqual([
      '10 v10 own after unknown',
      '15 v15 provisional after unknown',
      '20 v20 own after unknown',
      '30 v30 quorum after unknown',
      '40 v40 own after 30',
    ])
    expect(rows.of(stream)?.at(40 as Micros)?.mark).toBe('quorum')
  })

  it('[C15] an import that is repeated, or goes on, keeps what is known of its rows', async () => {
    const rows = createLooseRows(createMemoryStore())
    await rows.add(stream, [row(10), row(20)])
    await rows.add(stream, [row(20), row(30)])
    expect(shown(rows.of(stream)?.slice(0, 9) ?? [])).toEqual(['10 v10 own after unknown', '20 v20 own after 10', '30 v30 own after 20'])
  })

  it('[C15] that are imported while something else is on its way to disk are neither replaced, dropped nor linked anew by it', async () => {
    const rows = createLooseRows(createMemoryStore())
    await rows.change(stream, { put: [loose(10), loose(30)], drop: [] })
    const adding = rows.add(stream, [row(20, 'mine'), row(25, 'mine'), row(30)])
    const found = { put: [loose(20, 10, { mark: 'quorum' }), loose(30, 20, { mark: 'quorum' })], drop: [25 as Micros] }
    expect(await rows.change(stream, found)).toMatchObject({ ok: true })
    await adding
    expect(shown(rows.of(stream)?.slice(0, 9) ?? [])).toEqual(['10 v10 provisional after unknown', '20 mine own after unknown', '25 mine own after 20', '30 v30 own after 25'])
  })

  it('[C15] [C16] are changed by what was found in the light of their edition only', async () => {
    const rows = createLooseRows(createMemoryStore())
    const edition = rows.editionOf(stream)
    await rows.add(stream, [row(10, 'mine')])
    expect(await rows.change(stream, { put: [loose(10)], drop: [] }, edition)).toMatchObject({ ok: true })
    expect(shown(rows.of(stream)?.slice(0, 9) ?? [])).toEqual(['10 mine own after unknown'])
    await rows.change(stream, { put: [loose(5)], drop: [] }, rows.editionOf(stream))
    expect(rows.count(stream)?.rows).toBe(2)
  })

  it('[C12] of all streams together have a bound: what is beyond is refused and said, and what is dropped makes room', async () => {
    const rows = createLooseRows(createMemoryStore(), 3)
    await rows.change(stream, { put: [loose(10), loose(20)], drop: [] })
    expect(await rows.change(other, { put: [loose(10), loose(20)], drop: [] })).toMatchObject({ ok: false, error: { code: 'loose-full' } })
    // To change what is here takes no room.
    expect(await rows.change(stream, { put: [loose(10, 'beginning')], drop: [] })).toMatchObject({ ok: true })
    await rows.drop(stream)
    expect(rows.of(stream)).toBeNull()
    expect(await rows.change(other, { put: [loose(10), loose(20)], drop: [] })).toMatchObject({ ok: true })
  })

  it('[C12] of one stream are the newest, whatever storage holds', async () => {
    const store = createMemoryStore()
    const many = Array.from({ length: MAX_LOOSE_ROWS + 5 }, (_, i) => loose(i, i === 0 ? 'beginning' : i - 1))
    store.sync.changeLoose(stream, { put: many, drop: [] })
    const rows = createLooseRows(store)
    await rows.load(stream, 'observation')
    expect(rows.of(stream)?.size).toBe(MAX_LOOSE_ROWS)
    expect(rows.of(stream)?.oldest).toMatchObject({ row: { time: 5 }, before: 'unknown' })
  }, 30_000)
})

describe('loose rows in storage', () => {
  it('[C12] of another form than the stream’s are left out', async () => {
    const store = createMemoryStore()
    store.sync.changeLoose(stream, { put: [loose(10, 'beginning'), { ...loose(20), row: { ...samplePrediction, time: 20 as Micros } }], drop: [] })
    const rows = createLooseRows(store)
    await rows.load(stream, 'observation')
    expect(rows.of(stream)?.slice(0, 9).map(({ row: { form } }) => form)).toEqual(['observation'])
  })
})

describe('the ledger', () => {
  it('[C12] finds what a list of all rows finds, whatever was put and dropped, and never holds more than its bound (20 seeds)', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = createSeededRandom(seed)
      const ledger = createLooseLedger()
      let model: LooseRow[] = []
      const max = 1 + random.below(12)
      for (let step = 0; step < 30; step++) {
        const time = () => (random.below(40) - 20) as Micros
        const put = Array.from({ length: random.below(step % 10 === 9 ? 60 : 4) }, () => loose(time(), 'unknown', { mark: random.below(2) === 0 ? 'quorum' : 'provisional' }))
        const drop = Array.from({ length: random.below(3) }, time)
        const change = bounded(ledger, { put: [...new Map(put.map((one) => [one.row.time, one])).values()], drop }, max)
        ledger.apply(change)
        model = model.filter((one) => !drop.includes(one.row.time) && !put.some((added) => added.row.time === one.row.time))
        model = [...model, ...new Map(put.map((one) => [one.row.time, one])).values()].sort((a, b) => a.row.time - b.row.time).slice(-max)
        expect({ seed, step, rows: ledger.slice(0, 99).map((one) => one.row.time) }).toEqual({ seed, step, rows: model.map((one) => one.row.time) })
        expect(ledger.provisional).toBe(model.filter((one) => one.mark === 'provisional').length)
        const at = time()
        const to = time()
        expect(ledger.at(at)?.row.time ?? null).toBe(model.find((one) => one.row.time === at)?.row.time ?? null)
        expect(ledger.before(at)?.row.time ?? null).toBe(model.findLast((one) => one.row.time < at)?.row.time ?? null)
        expect(ledger.after(at)?.row.time ?? null).toBe(model.find((one) => one.row.time > at)?.row.time ?? null)
        expect(ledger.between(at, to).map((one) => one.row.time)).toEqual(model.filter((one) => one.row.time > at && one.row.time < to).map((one) => one.row.time).reverse())
        expect(ledger.newest?.row.time).toBe(model.at(-1)?.row.time)
        expect(ledger.slice(1, 2).map((one) => one.row.time)).toEqual(model.slice(1, 3).map((one) => one.row.time))
      }
    }
  }, 30_000)
})
