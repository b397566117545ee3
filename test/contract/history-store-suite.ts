import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../src/base/bytes.ts'
import type { LooseRow } from '../../src/consensus/loose-row.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from '../../src/domain/hash.ts'
import type { SignedHead } from '../../src/domain/head.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'
import type { HistoryRecord, HistoryStore, StoredPage } from '../../src/ports/history-store.ts'
import { createHistory, hash, type TestHistory } from '../support/history.ts'

/** One empty disk and the store over it. */
export interface StoreBench {
  readonly store: HistoryStore
  /** The store as it is found after a restart of the process. */
  reopened(): Promise<HistoryStore>
  /** Commits a change of which the last write cannot be done. */
  commitThatFails(change: Parameters<HistoryStore['commit']>[0]): ReturnType<HistoryStore['commit']>
}

const PAGE_ROWS = 4

const pagesOf = (history: TestHistory): readonly StoredPage[] =>
  history.pages.map((bytes, page) => ({ bytes, hash: hashAt(history, page) }))

const hashAt = (history: TestHistory, page: number): Bytes => history.pageHashes[page] ?? new Uint8Array(HASH_BYTES)

const signed = (history: TestHistory, first = 1): SignedHead => ({
  head: history.head,
  signature: Uint8Array.from({ length: SIGNATURE_BYTES }, (_, index) => index + first),
})

const recordOf = (history: TestHistory, more: Partial<HistoryRecord> = {}): HistoryRecord => ({
  stream: history.stream,
  identity: history.identity,
  subscribed: true,
  paused: false,
  head: signed(history),
  hashes: history.hashes,
  download: null,
  archive: [],
  fork: null,
  checkedAt: null,
  toldOf: null,
  ...more,
})

const historyOf = (seed: number, pages = 3): TestHistory => createHistory({ seed, rows: pages * PAGE_ROWS, pageRows: PAGE_ROWS })

/** The value of what must have gone well. */
const must = async <T>(answer: Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }>): Promise<T> => {
  const result = await answer
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** What every store of histories keeps to, whatever it is made of. */
export const describeHistoryStore = (name: string, open: () => Promise<StoreBench>): void => {
  describe(`${name}: pages`, () => {
    it('gives back the bytes that were put under a hash, and null for others', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.stage(pagesOf(history)))
      expect(await must(store.page(hashAt(history, 1)))).toEqual(history.pages[1])
      expect(await must(store.page(hash(new Uint8Array([1]))))).toBeNull()
    })

    it('tells for each hash, in order, whether its page is there', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.stage(pagesOf(history).slice(1, 2)))
      expect(await must(store.has(history.pageHashes))).toEqual([false, true, false])
      expect(await must(store.has([]))).toEqual([])
    })

    it('tells so of a few among many as well', async () => {
      const { store } = await open()
      const [many, other] = [historyOf(1, 30), historyOf(2)]
      await must(store.stage(pagesOf(many)))
      expect(await must(store.has([hashAt(other, 0), hashAt(many, 17), hashAt(many, 2)]))).toEqual([false, true, true])
    })

    it('keeps staged pages without a record, over a restart', async () => {
      const { store, reopened } = await open()
      const history = historyOf(1)
      await must(store.stage(pagesOf(history)))
      const again = await reopened()
      expect(await must(again.has(history.pageHashes))).toEqual([true, true, true])
      expect(await must(again.records())).toEqual([])
    })

    it('takes the same page twice', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.stage([...pagesOf(history), ...pagesOf(history)]))
      await must(store.stage(pagesOf(history)))
      expect(await must(store.page(hashAt(history, 0)))).toEqual(history.pages[0])
    })
  })

  describe(`${name}: records`, () => {
    const before = historyOf(1, 2)
    const history = historyOf(1, 3)
    const variants: Readonly<Record<string, HistoryRecord>> = {
      'one with a head': recordOf(history),
      'one without any row': recordOf(history, { head: null, hashes: new Uint8Array(0), subscribed: false }),
      'one with a download under way': recordOf(before, { download: { head: signed(history, 9), hashes: history.hashes }, paused: true }),
      'one whose download has no page list yet': recordOf(before, { download: { head: signed(history), hashes: new Uint8Array(0) } }),
      'one of a long history': recordOf(history, { hashes: new Uint8Array(500 * HASH_BYTES).fill(7) }),
      'one with names in other scripts': recordOf(history, {
        identity: { ...history.identity, source: 'météo', stream: '気温 – наружная 🌡', target: '°C' },
      }),
    }
    for (const [variant, record] of Object.entries(variants))
      it(`gives back ${variant} exactly, over a restart`, async () => {
        const { store, reopened } = await open()
        await must(store.commit({ record }))
        expect(await must((await reopened()).records())).toEqual([record])
      })

    it('keeps one record of each stream: the last', async () => {
      const { store } = await open()
      const other = historyOf(2)
      await must(store.commit({ record: recordOf(before) }))
      await must(store.commit({ record: recordOf(other) }))
      await must(store.commit({ record: recordOf(history) }))
      const records = await must(store.records())
      expect(records).toHaveLength(2)
      expect(records).toEqual(expect.arrayContaining([recordOf(history), recordOf(other)]))
    })
  })

  describe(`${name}: a commit`, () => {
    it('puts the record and pages and deletes what is dropped, at once', async () => {
      const { store, reopened } = await open()
      const history = historyOf(1)
      await must(store.stage(pagesOf(history).slice(0, 2)))
      await must(store.commit({ record: recordOf(history), pages: pagesOf(history).slice(2), drop: [hashAt(history, 0)] }))
      const again = await reopened()
      expect(await must(again.has(history.pageHashes))).toEqual([false, true, true])
      expect(await must(again.records())).toEqual([recordOf(history)])
    })

    it('keeps a page that it both drops and puts', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.commit({ record: recordOf(history), pages: pagesOf(history), drop: [hashAt(history, 1)] }))
      expect(await must(store.has(history.pageHashes))).toEqual([true, true, true])
    })

    it('that fails leaves everything as it was', async () => {
      const { store, reopened, commitThatFails } = await open()
      const before = historyOf(1, 2)
      const after = historyOf(1, 3)
      await must(store.commit({ record: recordOf(before), pages: pagesOf(before) }))
      const failed = await commitThatFails({ record: recordOf(after), pages: pagesOf(after).slice(2), drop: [hashAt(before, 0)] })
      expect(failed).toMatchObject({ ok: false })
      const again = await reopened()
      expect(await must(again.records())).toEqual([recordOf(before)])
      expect(await must(again.has(after.pageHashes))).toEqual([true, true, false])
    })

    it('of one stream leaves the pages and the record of another alone', async () => {
      const { store } = await open()
      const mine = historyOf(1)
      const other = historyOf(2)
      await must(store.commit({ record: recordOf(mine), pages: pagesOf(mine) }))
      await must(store.commit({ record: recordOf(other), pages: pagesOf(other) }))
      await must(store.commit({ record: recordOf(other, { paused: true }), drop: other.pageHashes }))
      await must(store.remove(other.stream))
      expect(await must(store.has(mine.pageHashes))).toEqual([true, true, true])
      expect(await must(store.records())).toEqual([recordOf(mine)])
    })
  })

  describe(`${name}: loose rows`, () => {
    const { stream } = historyOf(1)
    const other = historyOf(2).stream
    const observation = (time: number, value = `v${time}`): LooseRow['row'] => ({ form: 'observation', time: time as Micros, value })
    const rows: readonly LooseRow[] = [
      { row: observation(-5_000_000), number: 0, mark: 'quorum', own: false, before: 'beginning' },
      { row: observation(-1), number: 1, mark: 'provisional', own: false, before: -5_000_000 as Micros },
      { row: observation(0, 'n/a'), number: null, mark: 'provisional', own: true, before: 'unknown' },
      { row: observation(Number.MAX_SAFE_INTEGER), number: 2 ** 32, mark: 'quorum', own: false, before: 0 as Micros },
    ]

    it('[C12] come back exactly, in the order of their times, over a restart, apart from the records', async () => {
      const { store, reopened } = await open()
      await must(store.changeLoose(stream, { put: [...rows].reverse(), drop: [] }))
      const again = await reopened()
      expect(await must(again.looseRows(stream))).toEqual(rows)
      expect(await must(again.looseRows(other))).toEqual([])
      expect(await must(again.records())).toEqual([])
    })

    it('[C12] are one a time: the last that was put, and none that was dropped', async () => {
      const { store } = await open()
      await must(store.changeLoose(stream, { put: rows, drop: [] }))
      const changed = { ...rows[1], row: observation(-1, 'changed') } as LooseRow
      await must(store.changeLoose(stream, { put: [changed], drop: [0 as Micros, 77 as Micros] }))
      expect(await must(store.looseRows(stream))).toEqual([rows[0], changed, rows[3]])
    })

    it('of a stream go with it, or alone, and those of another stay', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.commit({ record: recordOf(history) }))
      for (const id of [stream, other]) await must(store.changeLoose(id, { put: rows, drop: [] }))
      await must(store.dropLoose(stream))
      expect(await must(store.looseRows(stream))).toEqual([])
      expect(await must(store.records())).toHaveLength(1)
      await must(store.changeLoose(stream, { put: rows, drop: [] }))
      await must(store.remove(stream))
      expect(await must(store.looseRows(stream))).toEqual([])
      expect(await must(store.looseRows(other))).toEqual(rows)
    })
  })

  describe(`${name}: what the engine has learnt`, () => {
    const { stream } = historyOf(1)
    const other = historyOf(2).stream
    const bytes = (first: number, length = 3_000): Bytes => Uint8Array.from({ length }, (_, index) => first + index)
    const keep = (store: HistoryStore, id: StreamId, learnt: Bytes, turn: number) => store.changeLearnt({ put: { stream: id, bytes: learnt, turn }, drop: [] })

    it('[D40] comes back as it was kept last, over a restart, and is nothing where nothing was kept', async () => {
      const { store, reopened } = await open()
      expect(await must(store.learnt(stream))).toBeNull()
      await must(keep(store, stream, bytes(1), 1))
      await must(keep(store, stream, bytes(2), 2))
      const again = await reopened()
      expect(await must(again.learnt(stream))).toEqual(bytes(2))
      expect(await must(again.learnt(other))).toBeNull()
    })

    it('[D40] goes when it is dropped, and with its stream, and that of another stays', async () => {
      const { store } = await open()
      await must(store.commit({ record: recordOf(historyOf(1)) }))
      for (const id of [stream, other]) await must(keep(store, id, bytes(3), 1))
      await must(store.changeLearnt({ put: null, drop: [stream] }))
      expect(await must(store.learnt(stream))).toBeNull()
      await must(keep(store, stream, bytes(4), 2))
      await must(store.remove(stream))
      expect(await must(store.learnt(stream))).toBeNull()
      expect(await must(store.learnt(other))).toEqual(bytes(3))
      expect(await must(store.learntKept())).toEqual([{ stream: other, bytes: 3_000, turn: 1 }])
    })

    it('[D55] is listed with its size and turn, over a restart, and what makes room goes in the same write', async () => {
      const { store, reopened } = await open()
      const third = historyOf(3).stream
      await must(keep(store, stream, bytes(1, 10), 1))
      await must(keep(store, other, bytes(1, 20), 2))
      await must(keep(store, stream, bytes(1, 30), 3))
      await must(store.changeLearnt({ put: { stream: third, bytes: bytes(1, 40), turn: 4 }, drop: [other] }))
      const again = await reopened()
      expect(await must(again.learnt(other))).toBeNull()
      expect([...(await must(again.learntKept()))].sort((a, b) => a.turn - b.turn)).toEqual([{ stream, bytes: 30, turn: 3 }, { stream: third, bytes: 40, turn: 4 }])
    })
  })

  describe(`${name}: forgetting`, () => {
    it('removes a record and leaves its pages to be collected', async () => {
      const { store } = await open()
      const history = historyOf(1)
      await must(store.commit({ record: recordOf(history), pages: pagesOf(history) }))
      await must(store.remove(history.stream))
      await must(store.remove(history.stream))
      expect(await must(store.records())).toEqual([])
      expect(await must(store.has(history.pageHashes))).toEqual([true, true, true])
      expect(await must(store.collect())).toBe(3)
      expect(await must(store.has(history.pageHashes))).toEqual([false, false, false])
    })

    it('collects nothing that a head or a download names', async () => {
      const { store } = await open()
      const before = historyOf(1, 2)
      const wanted = historyOf(3, 2)
      const orphan = historyOf(4, 2)
      for (const history of [before, wanted, orphan]) await must(store.stage(pagesOf(history)))
      await must(store.commit({ record: recordOf(before, { download: { head: signed(wanted), hashes: wanted.hashes } }) }))
      expect(await must(store.collect())).toBe(2)
      expect(await must(store.has([...before.pageHashes, ...wanted.pageHashes]))).toEqual([true, true, true, true])
      expect(await must(store.has(orphan.pageHashes))).toEqual([false, false])
      expect(await must(store.collect())).toBe(0)
    })

    it('[D23] collects nothing that is kept aside, and gives the record of it back over a restart', async () => {
      const { store, reopened } = await open()
      const now = historyOf(1, 2)
      const aside = [historyOf(3, 2), historyOf(4, 1)]
      for (const history of [now, ...aside]) await must(store.stage(pagesOf(history)))
      const archive = aside.map((history) => ({ head: signed(history), hashes: history.hashes }))
      const record = recordOf(now, { archive, fork: new Uint8Array([1, 2, 3]), checkedAt: 5 })
      await must(store.commit({ record }))
      const again = await reopened()
      expect(await must(again.records())).toEqual([record])
      expect(await must(again.collect())).toBe(0)
      expect(await must(again.has(aside.flatMap(({ pageHashes }) => pageHashes)))).toEqual([true, true, true])
      await must(again.commit({ record: { ...record, archive: archive.slice(0, 1) } }))
      expect(await must(again.collect())).toBe(1)
    })

    it('keeps a page that two streams name until neither does', async () => {
      const { store } = await open()
      const mine = historyOf(1, 1)
      const other = historyOf(2, 1)
      await must(store.commit({ record: recordOf(mine), pages: pagesOf(mine) }))
      await must(store.commit({ record: recordOf(other, { hashes: mine.hashes }) }))
      await must(store.remove(mine.stream))
      expect(await must(store.collect())).toBe(0)
      await must(store.remove(other.stream))
      expect(await must(store.collect())).toBe(1)
    })
  })
}
