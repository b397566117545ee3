import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { keepPage, openKept, parcelAtRest } from '../../../../src/data/history/kept-page.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { ENCODINGS_READ, wrapPage } from '../../../../src/transfer/parcel.ts'
import { digest } from '../../../support/data-node.ts'
import { createHistory } from '../../../support/history.ts'

const SEAL_END = 33

const history = createHistory({ seed: 4, rows: 2 * PAGE_ROWS, pageRows: PAGE_ROWS })

const pageAt = async (number: number) => {
  const [bytes, hash] = [history.pages[number], history.pageHashes[number]]
  if (bytes === undefined || hash === undefined) throw new RangeError(`no page ${number}`)
  const shape = { form: 'observation', number, rows: PAGE_ROWS } as const
  const parcel = wrapPage(bytes, shape, ENCODINGS_READ)
  return { bytes, hash, shape, parcel, kept: await keepPage({ hash, bytes }, parcel, digest) }
}

const altered = (bytes: Bytes, at: number): Bytes => bytes.with(at, (bytes[at] ?? 0) ^ 1)

describe('a page at rest', () => {
  it('[T48] is its sealed parcel, which opens to the page', async () => {
    const { bytes, hash, shape, parcel, kept } = await pageAt(0)
    expect(kept.length).toBe(SEAL_END + parcel.length)
    expect(kept.length).toBeLessThan(bytes.length / 3)
    expect(openKept(kept, shape)).toEqual({ ok: true, value: bytes })
    expect(await parcelAtRest(kept, hash, digest)).toEqual(parcel)
  })

  it('[T48] is its canonical bytes where a parcel would save less than half', async () => {
    const { bytes, hash, shape } = await pageAt(0)
    const most = Math.floor(bytes.length / 2) - SEAL_END
    expect(await keepPage({ hash, bytes }, new Uint8Array(most + 1), digest)).toBe(bytes)
    expect(await keepPage({ hash, bytes }, new Uint8Array(most), digest)).toHaveLength(most + SEAL_END)
    expect(openKept(bytes, shape)).toEqual({ ok: true, value: bytes })
    expect(await parcelAtRest(bytes, hash, digest)).toBeNull()
  })

  it('[T49] has no parcel to send when any byte behind the first is another, or when it is another page', async () => {
    const { hash, kept } = await pageAt(0)
    for (let at = 1; at < kept.length; at += 7) expect(await parcelAtRest(altered(kept, at), hash, digest)).toBeNull()
    expect(await parcelAtRest((await pageAt(1)).kept, hash, digest)).toBeNull()
    for (const length of [1, 5, SEAL_END, kept.length - 1]) expect(await parcelAtRest(kept.slice(0, length), hash, digest)).toBeNull()
  })

  it('[T24] [T48] opens to no more than a page, whatever the bytes are', async () => {
    const { shape, kept } = await pageAt(0)
    for (let length = 1; length < 200; length++) expect(openKept(kept.slice(0, length), shape)).toMatchObject({ ok: false })
    expect(openKept(new Uint8Array(0), shape)).toEqual({ ok: true, value: new Uint8Array(0) })
  })
})
