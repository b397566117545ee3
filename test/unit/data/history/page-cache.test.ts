import { describe, expect, it } from 'vitest'
import { concatBytes, type Bytes } from '../../../../src/base/bytes.ts'
import { createPageCache, type ExpectedPage } from '../../../../src/data/history/page-cache.ts'
import { ENCODING_CANONICAL } from '../../../../src/protocol/transfer.ts'
import { keepPage } from '../../../../src/data/history/kept-page.ts'
import { ENCODINGS_READ, wrapPage } from '../../../../src/transfer/parcel.ts'
import { createHistory } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { digest, must } from '../../../support/data-node.ts'

const PAGE_ROWS = 4

/** A store with the pages of a history, that counts how often one is read from it. */
const startCache = async (pages: number) => {
  const history = createHistory({ seed: 1, rows: pages * PAGE_ROWS, pageRows: PAGE_ROWS })
  const store = createMemoryStore()
  const expected: ExpectedPage[] = history.pageHashes.map((hash, number) => ({ hash, number, form: 'observation', rows: PAGE_ROWS }))
  await must(store.stage(history.pages.map((bytes, page) => ({ bytes, hash: expected[page]?.hash ?? new Uint8Array(0) }))))
  const reads: number[] = []
  const counted = { ...store, page: (hash: Bytes) => (reads.push(history.pageHashes.indexOf(hash)), store.page(hash)) }
  const page = (number: number): ExpectedPage => {
    const found = expected[number]
    if (found === undefined) throw new RangeError(`no page ${number}`)
    return found
  }
  return { history, store, cache: createPageCache(counted, digest), reads, page }
}

describe('the page cache', () => {
  it('reads a page once for its rows and every time for its bytes', async () => {
    const { history, cache, reads, page } = await startCache(2)
    for (let times = 0; times < 3; times++) expect((await must(cache.load(page(1)))).rows).toEqual(history.rows.slice(4, 8))
    expect(reads).toEqual([1])
    for (let times = 0; times < 2; times++) expect(await must(cache.loadBytes(page(1)))).toEqual(history.pages[1])
    expect(reads).toEqual([1, 1, 1])
  })

  it('keeps 128 pages and lets go of the one not used for longest', async () => {
    const { cache, reads, page } = await startCache(129)
    for (let number = 0; number < 128; number++) await must(cache.load(page(number)))
    await must(cache.load(page(0)))
    await must(cache.load(page(128)))
    reads.length = 0
    await must(cache.load(page(0)))
    await must(cache.load(page(1)))
    expect(reads).toEqual([1])
  })

  it('has the rows of a page that took the place of another at hand, and lets go of those', async () => {
    const { history, cache, reads, page } = await startCache(2)
    await must(cache.load(page(0)))
    cache.grown(page(0).hash, page(1).hash, { form: 'observation', number: 1, rows: history.rows.slice(4, 8) })
    reads.length = 0
    await must(cache.load(page(1)))
    await must(cache.load(page(0)))
    expect(reads).toEqual([0])
  })

  it('[D8] names a page whose bytes do not have its hash, or that is missing', async () => {
    const { store, cache, page } = await startCache(2)
    store.sync.stage([{ hash: page(0).hash, bytes: new Uint8Array(5) }])
    expect(await cache.load(page(0))).toMatchObject({ ok: false, error: { code: 'damaged-page', hash: page(0).hash, message: expect.stringContaining('Page 0') as string } })
    expect(await cache.load({ ...page(1), hash: new Uint8Array(32) })).toMatchObject({ ok: false, error: { code: 'damaged-page', message: expect.stringContaining('missing') as string } })
  })

  it('[D8] does not remember a damaged page: what was mended is read', async () => {
    const { history, store, cache, page } = await startCache(1)
    const [good] = history.pages
    store.sync.stage([{ hash: page(0).hash, bytes: new Uint8Array(5) }])
    expect((await cache.load(page(0))).ok).toBe(false)
    store.sync.stage([{ hash: page(0).hash, bytes: good ?? new Uint8Array(0) }])
    expect((await must(cache.load(page(0)))).rows).toEqual(history.rows)
  })

  it('takes no page for another one, even when its hash is right', async () => {
    const { cache, page } = await startCache(2)
    for (const wrong of [{ number: 0 }, { rows: 3 }, { form: 'prediction' as const }])
      expect(await cache.load({ ...page(1), ...wrong })).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
  })

  it('[T49] hands a sealed page on as it rests to who reads it, and its canonical bytes to who does not', async () => {
    const { cache, parcel, canonical, expected } = await startSealed()
    expect(await must(cache.loadParcel(expected, ENCODINGS_READ))).toEqual(parcel)
    expect(await must(cache.loadParcel(expected, []))).toEqual(concatBytes([Uint8Array.of(ENCODING_CANONICAL), canonical]))
    expect(await must(cache.loadBytes(expected))).toEqual(canonical)
    expect((await must(cache.load(expected))).rows).toHaveLength(expected.rows)
  })

  it('[T49] serves a page of which the seal alone was hit: its rows are whole, and nobody else may have them', async () => {
    const { store, cache, parcel, kept, canonical, expected } = await startSealed()
    store.sync.stage([{ hash: expected.hash, bytes: kept.with(5, (kept[5] ?? 0) ^ 4) }])
    expect(await must(cache.loadBytes(expected))).toEqual(canonical)
    expect(await must(cache.loadParcel(expected, ENCODINGS_READ))).toEqual(parcel)
  })

  it('[T49] names a page that was altered behind its seal, and one that another parcel was sealed for, whoever wants it', async () => {
    const { store, cache, kept, expected, reseal } = await startSealed()
    const damaged = { ok: false, error: { code: 'damaged-page', hash: expected.hash } }
    store.sync.stage([{ hash: expected.hash, bytes: kept.with(500, (kept[500] ?? 0) ^ 4) }])
    expect(await cache.loadParcel(expected, ENCODINGS_READ)).toMatchObject(damaged)
    for (const load of [cache.load, cache.loadBytes]) expect(await load(expected)).toMatchObject(damaged)
    // The seal is whole, and nobody ever verified what is in it: whoever reads rows from it looks.
    store.sync.stage([{ hash: expected.hash, bytes: await reseal(1) }])
    for (const load of [cache.load, cache.loadBytes]) expect(await load(expected)).toMatchObject(damaged)
    expect(await cache.loadParcel(expected, [])).toMatchObject(damaged)
  })
})

/** Full pages of the usual size, the first of them at rest as its publisher keeps it. */
const startSealed = async () => {
  const history = createHistory({ seed: 1, rows: 2_048, pageRows: 1_024 })
  const [canonical = new Uint8Array(0)] = history.pages
  const [hash = new Uint8Array(0)] = history.pageHashes
  const expected: ExpectedPage = { hash, number: 0, form: 'observation', rows: 1_024 }
  const parcelOf = (number: number): Bytes => wrapPage(history.pages[number] ?? canonical, { ...expected, number }, ENCODINGS_READ)
  const reseal = (number: number): Promise<Bytes> => keepPage({ hash, bytes: canonical }, parcelOf(number), digest)
  const [parcel, kept, store] = [parcelOf(0), await reseal(0), createMemoryStore()]
  await must(store.stage([{ hash, bytes: kept }]))
  return { store, cache: createPageCache(store, digest), parcel, kept, canonical, expected, reseal }
}
