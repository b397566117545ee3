import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/base/bytes.ts'
import { digest } from '../../support/data-node.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { keepPage, LEAST_SAVED_BYTES, openKept, parcelAtRest } from '../../../src/data/kept-page.ts'
import { ENCODINGS_READ, wrapPage } from '../../../src/transfer/parcel.ts'
import { createHistory } from '../../support/history.ts'

const history = createHistory({ seed: 4, rows: 2 * PAGE_ROWS + 9, pageRows: PAGE_ROWS })

const pageAt = async (number: number) => {
  const [bytes, hash] = [history.pages[number], history.pageHashes[number]]
  if (bytes === undefined || hash === undefined) throw new RangeError(`no page ${number}`)
  const shape = { form: 'observation', number, rows: number < 2 ? PAGE_ROWS : 9 } as const
  const parcel = wrapPage(bytes, shape, ENCODINGS_READ)
  return { bytes, hash, shape, parcel, kept: await keepPage({ hash, bytes }, parcel, digest) }
}

const altered = (bytes: Bytes, at: number): Bytes => bytes.with(at, (bytes[at] ?? 0) ^ 1)

describe('a page at rest', () => {
  it('[T48] is its sealed parcel, which opens to the page', async () => {
    const { bytes, hash, shape, parcel, kept } = await pageAt(0)
    expect(kept.length).toBe(1 + 32 + parcel.length)
    expect(kept.length).toBeLessThan(bytes.length / 3)
    expect(openKept(kept, shape)).toEqual({ ok: true, value: bytes })
    expect(await parcelAtRest(kept, hash, digest)).toEqual({ ok: true, value: parcel })
  })

  it('[T48] is its canonical bytes where a parcel would save too little', async () => {
    const small = await pageAt(2)
    expect(small.kept).toBe(small.bytes)
    expect(openKept(small.kept, small.shape)).toEqual({ ok: true, value: small.bytes })
    expect(await parcelAtRest(small.kept, small.hash, digest)).toEqual({ ok: true, value: null })
    const { bytes, hash } = await pageAt(0)
    const most = bytes.length - LEAST_SAVED_BYTES - 33
    expect(await keepPage({ hash, bytes }, new Uint8Array(most + 1), digest)).toBe(bytes)
    expect(await keepPage({ hash, bytes }, new Uint8Array(most), digest)).toHaveLength(most + 33)
  })

  it('[T49] has a broken seal when any byte behind the first is another, or when it is another page', async () => {
    const { hash, kept } = await pageAt(0)
    const broken = { ok: false, error: { code: 'malformed' } }
    for (let at = 1; at < kept.length; at += 7) expect(await parcelAtRest(altered(kept, at), hash, digest)).toMatchObject(broken)
    expect(await parcelAtRest((await pageAt(1)).kept, hash, digest)).toMatchObject(broken)
    for (const length of [1, 5, 33, kept.length - 1]) expect(await parcelAtRest(kept.slice(0, length), hash, digest)).toMatchObject(broken)
  })

  it('[T24] [T48] opens to no more than a page, whatever the bytes are', async () => {
    const { shape, kept } = await pageAt(0)
    for (let length = 1; length < 200; length++) expect(openKept(kept.slice(0, length), shape)).toMatchObject({ ok: false })
    expect(openKept(new Uint8Array(0), shape)).toEqual({ ok: true, value: new Uint8Array(0) })
  })
})
