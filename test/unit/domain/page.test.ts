import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReader } from '../../../src/base/byte-reader.ts'
import { toHex } from '../../../src/base/bytes.ts'
import { decode, encode } from '../../../src/base/codec.ts'
import { isNewer, MAX_ROWS, sameHistory, signedHeadCodec } from '../../../src/domain/head.ts'
import { checkPage, decodePage, encodePage, maxPageBytes, pagesOf, PAGE_ROWS, rowsInPage, type Page } from '../../../src/domain/page.ts'
import { MAX_ROW_BYTES, readRow, rowBytes, type Row } from '../../../src/domain/row.ts'
import type { RowForm } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { hash } from '../../support/history.ts'
import { anyObservation, anyPrediction, anyRow, anySignedHead } from '../../vectors/arbitraries.ts'
import { sampleHead, sampleLaterHead, sampleObservation, samplePrediction } from '../../vectors/samples.ts'
import { saying } from '../../vectors/saying.ts'

fc.configureGlobal({ seed: 7, numRuns: 150 })

const anyPage = fc.oneof(
  fc.record({ form: fc.constant('observation' as const), number: fc.nat(), rows: fc.array(anyObservation, { maxLength: 12 }) }),
  fc.record({ form: fc.constant('prediction' as const), number: fc.nat(), rows: fc.array(anyPrediction, { maxLength: 3 }) }),
) as fc.Arbitrary<Page>
const expectedOf = (page: Page) => ({ form: page.form, number: page.number, rows: page.rows.length })
/** Fields that hide in a tag or a length must be changed by hand: form tag, page number, row count. */
const smallPage: Page = { form: 'observation', number: 1, rows: [sampleObservation, { ...sampleObservation, value: 'größe' }] }

/** The row with every text as long as it may be. */
const largest = (form: RowForm): Row => {
  const value = '€'.repeat(21) + '1'
  return form === 'observation' ? { ...sampleObservation, value } : { ...samplePrediction, value, lower: value, upper: value }
}

describe('a page', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        expect(decodePage(encodePage(page), expectedOf(page))).toEqual({ ok: true, value: page })
      }),
    )
  })

  it('that is altered anywhere has another hash, and is refused or is another page', () => {
    const bytes = encodePage(smallPage)
    const original = toHex(hash(bytes))
    for (let at = 0; at < bytes.length; at++)
      for (const flip of [1, 0x80, 0xff]) {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ flip
        expect(toHex(hash(changed))).not.toBe(original)
        const judged = decodePage(changed, expectedOf(smallPage))
        if (judged.ok) expect(encodePage(judged.value)).toEqual(changed)
        else expect(judged.error.code).toBe('malformed')
      }
  })

  it('that is cut short, or has bytes left over, is refused', () => {
    fc.assert(
      fc.property(anyPage, (page) => {
        const bytes = encodePage(page)
        for (let length = 0; length < bytes.length; length++)
          if (decodePage(bytes.subarray(0, length), expectedOf(page)).ok) expect.fail(`${length} of ${bytes.length} bytes`)
        expect(decodePage(new Uint8Array([...bytes, 0]), expectedOf(page)).ok).toBe(false)
      }),
      { numRuns: 20 },
    )
  })

  it('in the place of another is refused: form, number, row count', () => {
    const bytes = encodePage(smallPage)
    const judge = (more: object) => decodePage(bytes, { ...expectedOf(smallPage), ...more })
    expect(judge({ form: 'prediction' })).toMatchObject({ error: { message: saying('rows that are not predictions') } })
    expect(judge({ number: 2 })).toMatchObject({ error: { message: saying('page 1 where 2 was expected') } })
    expect(judge({ rows: 1 })).toMatchObject({ error: { message: saying('2 rows where 1 were expected') } })
    expect(judge({ rows: 3 }).ok).toBe(false)
  })

  it('of random bytes never throws, with a true beginning or without', () => {
    const beginning = encodePage(smallPage).subarray(0, 20)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (raw, begun) => {
        const bytes = begun ? new Uint8Array([...beginning, ...raw]) : raw
        expect(typeof decodePage(bytes, expectedOf(smallPage)).ok).toBe('boolean')
      }),
      { numRuns: 2_000 },
    )
  })

  it('is judged without being read as it is when it is read, altered anywhere or whole', () => {
    const judgedAlike = (bytes: Uint8Array, page: Page, more: object = {}): void => {
      const expected = { ...expectedOf(page), ...more }
      const read = decodePage(bytes, expected)
      expect(checkPage(bytes, expected)).toEqual(read.ok ? { ok: true, value: null } : read)
    }
    const plain: Page = { form: 'observation', number: 1, rows: [sampleObservation, { ...sampleObservation, time: -1 as Micros, value: '' }, sampleObservation] }
    for (const page of [plain, smallPage, { ...smallPage, form: 'prediction', rows: [samplePrediction] } as const]) {
      const bytes = encodePage(page)
      judgedAlike(bytes, page)
      for (let at = 0; at < bytes.length; at++)
        for (const byte of [0, 1, 0x1f, 0x20, 0x40, 0x41, 0x7e, 0x7f, 0x80, 0xe0, 0xff]) judgedAlike(bytes.with(at, byte), page)
      for (const more of [{ number: 2 }, { rows: 2 }, { form: 'prediction' }]) judgedAlike(bytes, page, more)
      for (let length = 0; length < bytes.length; length++) judgedAlike(bytes.subarray(0, length), page)
      judgedAlike(new Uint8Array([...bytes, 0]), page)
    }
    const long = new Uint8Array([...encodePage({ ...plain, rows: [] }), ...new Uint8Array(8), 65, ...new Uint8Array(65).fill(0x31)])
    new DataView(long.buffer).setUint16(18, 1)
    judgedAlike(long, { ...plain, rows: plain.rows.slice(0, 1) })
    expect(checkPage(long, { form: 'observation', number: 1, rows: 1 })).toMatchObject({ error: { message: saying('a value of 65 bytes') } })
    fc.assert(fc.property(anyPage, (page) => judgedAlike(encodePage(page), page)))
  })

  it('of the largest rows is as large as a page may be, and no larger', () => {
    for (const form of ['observation', 'prediction'] as const) {
      const bytes = encodePage({ form, number: 0xffff_ffff, rows: Array<Row>(PAGE_ROWS).fill(largest(form)) })
      expect(bytes.length).toBe(maxPageBytes(form, PAGE_ROWS))
      expect(decodePage(bytes, { form, number: 0xffff_ffff, rows: PAGE_ROWS }).ok).toBe(true)
    }
  })

  it('cannot be written with a number or a row count beyond its field', () => {
    expect(() => encodePage({ ...smallPage, number: -1 })).toThrow(RangeError)
    expect(() => encodePage({ ...smallPage, rows: Array<Row>(65_536).fill(sampleObservation) })).toThrow(RangeError)
  })
})

describe('a row', () => {
  it('has a hash that commits to its number, its form and every field', () => {
    const rows: Row[] = [
      sampleObservation,
      { ...sampleObservation, time: 0 as Micros },
      { ...sampleObservation, value: '315.7' },
      samplePrediction,
      { ...samplePrediction, time: 0 as Micros },
      { ...samplePrediction, value: '1' },
      { ...samplePrediction, lower: '1' },
      { ...samplePrediction, upper: '1' },
      { ...samplePrediction, value: samplePrediction.lower, lower: samplePrediction.value },
      { ...samplePrediction, kind: 'live' },
      { ...samplePrediction, follows: 'ff'.repeat(32) as never },
      { ...samplePrediction, followsRow: 0 },
      { ...samplePrediction, followsHash: new Uint8Array(32) },
    ]
    const hashes = [...rows.map((row) => rowBytes(0, row)), rowBytes(1, sampleObservation)].map((bytes) => toHex(hash(bytes)))
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('is at most MAX_ROW_BYTES long', () => {
    const most = (form: RowForm): number => `zazen ${form} 1\n`.length + 8 + MAX_ROW_BYTES[form]
    fc.assert(fc.property(anyRow, (row) => { expect(rowBytes(0, row).length).toBeLessThanOrEqual(most(row.form)) }))
    for (const form of ['observation', 'prediction'] as const) expect(rowBytes(0, largest(form)).length).toBe(most(form))
  })

  const read = (raw: readonly number[]): string | null => {
    const reader = createReader(new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, ...raw]))
    readRow(reader, 'observation')
    return reader.problem
  }

  it.each([
    ['of 65 bytes', [65, ...Array<number>(65).fill(0x31)], 'a value of 65 bytes'],
    ['of 255 bytes, which are not there', [255], 'a value of 255 bytes'],
    ['with a line end', [2, 0x31, 0x0a], 'control character'],
    ['with DEL', [1, 0x7f], 'control character'],
    ['with a C1 control', [2, 0xc2, 0x9b], 'control character'],
    ['with a line separator', [3, 0xe2, 0x80, 0xa8], 'control character'],
    ['with an encoded surrogate', [3, 0xed, 0xa0, 0x80], 'not UTF-8'],
    ['with a lone continuation', [1, 0x80], 'not UTF-8'],
    ['with an overlong letter', [2, 0xc1, 0xb1], 'not UTF-8'],
    ['beyond Unicode', [4, 0xf4, 0x90, 0x80, 0x80], 'not UTF-8'],
    ['that is cut', [3, 0x31, 0x32], '3 bytes wanted, 2 left'],
  ])('with a value %s is refused', (_, raw, problem) => {
    expect(read(raw)).toContain(problem)
  })

  it('with a value that may stand is not', () => {
    for (const raw of [[0], [1, 0x20], [3, 0xef, 0xbb, 0xbf], [64, ...Array<number>(64).fill(0x31)]]) expect(read(raw)).toBeNull()
  })
})

describe('a history of n rows', () => {
  it('has exactly the pages that hold its rows', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.integer({ min: 1, max: 1_024 }), (rows, pageRows) => {
        const counts = Array.from({ length: pagesOf(rows, pageRows) }, (_, number) => rowsInPage(number, rows, pageRows))
        expect(counts.reduce((sum, one) => sum + one, 0)).toBe(rows)
        expect(counts.slice(0, -1).every((one) => one === pageRows)).toBe(true)
        expect(counts.every((one) => one >= 1 && one <= pageRows)).toBe(true)
        expect(rowsInPage(counts.length, rows, pageRows)).toBe(0)
      }),
    )
  })

  it('has these, at the edges', () => {
    expect([0, 1, 1023, 1024, 1025, 2048, MAX_ROWS].map((rows) => pagesOf(rows, PAGE_ROWS))).toEqual([0, 1, 1, 1, 2, 2, 4_194_304])
  })
})

describe('a signed head', () => {
  it('comes back as it was, in 180 bytes, and 224 in a later epoch', () => {
    fc.assert(
      fc.property(anySignedHead, (signed) => {
        const bytes = encode(signedHeadCodec, signed)
        expect(bytes.length).toBe(signed.head.epoch === 0 ? 180 : 224)
        expect(decode(signedHeadCodec, bytes, 'head')).toEqual({ ok: true, value: signed })
      }),
    )
  })

  it.each([0, -1, MAX_ROWS + 1])('of %i rows is refused', (rows) => {
    const bytes = encode(signedHeadCodec, { head: { ...sampleHead, rows: 1 }, signature: new Uint8Array(64) })
    new DataView(bytes.buffer).setBigInt64(36, BigInt(rows))
    expect(decode(signedHeadCodec, bytes, 'head').ok).toBe(false)
  })

  it.each([
    ['its own epoch', { epoch: 3, rows: 1, root: new Uint8Array(32) }],
    ['more rows than it has', { epoch: 2, rows: sampleLaterHead.rows + 1, root: new Uint8Array(32) }],
  ])('that continues %s is refused', (_, continues) => {
    const bytes = encode(signedHeadCodec, { head: { ...sampleLaterHead, continues }, signature: new Uint8Array(64) })
    expect(decode(signedHeadCodec, bytes, 'head').ok).toBe(false)
  })

  it('is newer by its epoch first, then by its rows, and never than itself', () => {
    const head = (epoch: number, rows: number) => ({ ...sampleHead, epoch, rows })
    expect(isNewer(head(1, 1), head(0, 9))).toBe(true)
    expect(isNewer(head(0, 9), head(1, 1))).toBe(false)
    expect(isNewer(head(0, 2), head(0, 1))).toBe(true)
    expect(isNewer(head(0, 1), head(0, 1))).toBe(false)
  })

  it('says the same of a history whenever it was signed', () => {
    expect(sameHistory(sampleHead, { ...sampleHead, time: 0 as Micros })).toBe(true)
    for (const more of [{ epoch: 9 }, { rows: 9 }, { root: new Uint8Array(32) }, { stream: 'ff'.repeat(32) as never }])
      expect(sameHistory(sampleHead, { ...sampleHead, ...more })).toBe(false)
  })
})
