import { describe, expect, it } from 'vitest'
import { concatBytes, type Bytes } from '../../../src/base/bytes.ts'
import { maxPageBytes } from '../../../src/domain/page.ts'
import { MAX_PACKET_BYTES, MAX_PARTS_PER_PAGE } from '../../../src/protocol/limits.ts'
import { ENCODING_CANONICAL, ENCODING_PACKED } from '../../../src/protocol/transfer.ts'
import { ENCODINGS_READ, maxParcelBytes, openParcel, wrapPage } from '../../../src/transfer/parcel.ts'
import { createParcels } from '../../../src/transfer/parcels.ts'
import { createHistory } from '../../support/history.ts'

const history = createHistory({ seed: 4, rows: 96, pageRows: 32 })
const [page = new Uint8Array(0), second = new Uint8Array(0), third = new Uint8Array(0)] = history.pages
const [hash = new Uint8Array(0), secondHash = new Uint8Array(0), thirdHash = new Uint8Array(0)] = history.pageHashes
const shape = { form: 'observation', number: 0, rows: 32 } as const
const PACKED = [ENCODING_PACKED]

describe('a parcel', () => {
  it('[T22] says how its page is encoded, and opens to it', () => {
    const packed = wrapPage(page, shape, ENCODINGS_READ)
    expect(packed[0]).toBe(ENCODING_PACKED)
    expect(packed.length).toBeLessThan(page.length / 2)
    expect(openParcel(packed, shape)).toEqual({ ok: true, value: page })
    const canonical = wrapPage(page, shape, [])
    expect(canonical).toEqual(concatBytes([new Uint8Array([ENCODING_CANONICAL]), page]))
    expect(openParcel(canonical, shape)).toEqual({ ok: true, value: page })
  })

  it('[T22] is canonical for who reads nothing else that the sender knows, and where packing would not make it shorter', () => {
    expect(wrapPage(page, shape, [9, 200])[0]).toBe(ENCODING_CANONICAL)
    expect(wrapPage(page, shape, [9, ENCODING_PACKED])[0]).toBe(ENCODING_PACKED)
    const nonsense = new Uint8Array([1, 2, 3])
    expect(wrapPage(nonsense, shape, PACKED)[0]).toBe(ENCODING_CANONICAL)
  })

  it('[T24] of another encoding, of none, or of more than the largest page is malformed', () => {
    const bad = { ok: false, error: { code: 'malformed' } }
    for (const bytes of [new Uint8Array(0), new Uint8Array([2]), concatBytes([new Uint8Array([255]), page])])
      expect(openParcel(bytes, shape)).toMatchObject(bad)
    const most = maxParcelBytes('observation', 32)
    expect(openParcel(new Uint8Array(most), shape).ok).toBe(true)
    expect(openParcel(new Uint8Array(most + 1), shape)).toMatchObject(bad)
    expect(openParcel(new Uint8Array([ENCODING_PACKED]), shape)).toMatchObject(bad)
  })

  it('[T8] of the largest page fits into the parts that a page may have', () => {
    expect(maxParcelBytes('prediction', 1_024)).toBeLessThanOrEqual(MAX_PACKET_BYTES * MAX_PARTS_PER_PAGE)
    expect(maxParcelBytes('prediction', 1_024)).toBe(maxPageBytes('prediction', 1_024) + 1)
  })
})

describe('parcels that are kept', () => {
  const [parcel, other, last] = [page, second, third].map((bytes, number) => wrapPage(bytes, { ...shape, number }, PACKED)) as [Bytes, Bytes, Bytes]

  it('[T25] are the same for everyone who asks for the same encodings, also when two were made at a time', () => {
    const parcels = createParcels()
    expect(parcels.keep(hash, PACKED, parcel)).toBe(parcel)
    expect(parcels.keep(hash, PACKED, parcel.slice())).toBe(parcel)
    expect(parcels.bytes).toBe(parcel.length)
    expect(parcels.keep(hash, [], page)).toBe(page)
    expect(parcels.bytes).toBe(parcel.length)
  })

  it('[T25] are at hand without their page, for the encodings they were made for', () => {
    const parcels = createParcels()
    expect(parcels.kept(hash, PACKED)).toBeNull()
    parcels.keep(hash, PACKED, parcel)
    expect(parcels.kept(hash, PACKED)).toBe(parcel)
    expect(parcels.kept(hash, [])).toBeNull()
    expect(parcels.kept(hash, [9, ...PACKED])).toBeNull()
    expect(parcels.kept(secondHash, PACKED)).toBeNull()
  })

  it('[T25] never take more bytes than their bound; the one served longest ago goes first', () => {
    const bound = parcel.length + other.length + last.length - 1
    const parcels = createParcels(bound)
    parcels.keep(hash, PACKED, parcel)
    parcels.keep(secondHash, PACKED, other)
    expect(parcels.kept(hash, PACKED)).toBe(parcel)
    parcels.keep(thirdHash, PACKED, last)
    expect(parcels.bytes).toBeLessThanOrEqual(bound)
    expect(parcels.kept(hash, PACKED)).toBe(parcel)
    expect(parcels.kept(secondHash, PACKED)).toBeNull()
  })

  it('[T25] larger than the bound are not kept', () => {
    const parcels = createParcels(10)
    expect(parcels.keep(hash, PACKED, parcel)).toBe(parcel)
    expect(parcels.bytes).toBe(0)
    const few = createParcels(Math.max(parcel.length, other.length))
    few.keep(hash, PACKED, parcel)
    few.keep(secondHash, PACKED, new Uint8Array(few.bytes + other.length))
    expect(few.kept(hash, PACKED)).toBe(parcel)
  })

  it('[T25] fill their bound to the last byte', () => {
    const parcels = createParcels(parcel.length + other.length)
    parcels.keep(hash, PACKED, parcel)
    parcels.keep(secondHash, PACKED, other)
    expect(parcels.kept(hash, PACKED)).toBe(parcel)
    const one = createParcels(parcel.length)
    one.keep(hash, PACKED, parcel)
    expect(one.kept(hash, PACKED)).toBe(parcel)
  })

  it('[T25] are the same in whatever order encodings are named', () => {
    const parcels = createParcels()
    parcels.keep(hash, [9, ...PACKED], parcel)
    expect(parcels.kept(hash, [...PACKED, 9])).toBe(parcel)
  })
})
