import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, utf8, type Bytes } from '../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { decodePage, encodePage, maxPageBytes, type Page } from '../../../src/domain/page.ts'
import type { ObservationRow, Row } from '../../../src/domain/row.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { checkValue } from '../../../src/domain/value.ts'
import { Coder, createScale, Runs } from '../../../src/protocol/packed/coder.ts'
import { packPage, unpackPage, type PageShape } from '../../../src/protocol/packed-page.ts'
import { createRows, hash } from '../../support/history.ts'
import { pinned } from '../../vectors/pinned.ts'
import { sampleObservation, samplePrediction } from '../../vectors/samples.ts'
import { anyHash, anyMicros, anyObservation, anyPrediction, anyStreamId, anyValue } from '../../vectors/arbitraries.ts'

const SEED = 20_240_501
fc.configureGlobal({ seed: SEED, numRuns: 300 })

const pageOf = (rows: readonly Row[], number = 7): Page => ({ form: rows[0]?.form ?? 'observation', number, rows })
const shapeOf = ({ form, number, rows }: Page): PageShape & { maxBytes: number } => ({
  form,
  number,
  rows: rows.length,
  maxBytes: maxPageBytes(form, rows.length),
})

/** Memory in which something was before. */
const used = (length: number): Bytes => new Uint8Array(length + 9).fill(0xa5).subarray(9)

/** Packs and unpacks; a page that is sent as it is has nothing to prove. Answers the packed size, or null. */
const crosses = (page: Page): number | null => {
  const bytes = encodePage(page)
  const packed = packPage(bytes, shapeOf(page))
  if (packed === null) return null
  expect(packed.length).toBeLessThan(bytes.length)
  const unpacked = unpackPage(packed, shapeOf(page), used)
  if (!unpacked.ok) throw new Error(unpacked.error.message)
  expect(Buffer.compare(unpacked.value, bytes)).toBe(0)
  return packed.length
}

const regular = (values: readonly string[], step = 60_000_000): ObservationRow[] =>
  values.map((value, row) => ({ form: 'observation', time: (1_700_000_000_000_000 + row * step) as Micros, value }))

const cycled = (values: readonly string[], count: number): string[] => Array.from({ length: count }, (_, row) => values[row % values.length] ?? '')

/** Numbers as programs print them, and what is nearly a number. */
const anyNumberText = fc.oneof(
  fc.tuple(fc.maxSafeInteger(), fc.nat(20)).map(([mantissa, places]) => (mantissa / 10 ** places).toFixed(Math.min(places, 20))),
  fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => String(a / 1e4 + b / 1e3)),
  fc.double().map((number) => number.toPrecision(17)),
  fc.stringMatching(/^[+-]?\d{0,18}\.?\d{0,18}(e[+-]?\d{1,3})?$/),
).filter((text) => checkValue(text).ok)

describe('a packed page', () => {
  it('[T22] is exactly the canonical page again, for any observations', () => {
    const rows = fc.array(anyObservation, { maxLength: 60 })
    fc.assert(fc.property(rows, (some) => void crosses(pageOf(some))))
  })

  it('[T22] is exactly the canonical page again, for any predictions', () => {
    const follows = fc.constantFrom(...fc.sample(anyStreamId, 2))
    const rows = fc.array(fc.oneof(anyPrediction, fc.record({ row: anyPrediction, follows }).map(({ row, follows: one }) => ({ ...row, follows: one }))), { maxLength: 40 })
    fc.assert(fc.property(rows, (some) => void crosses({ form: 'prediction', number: 3, rows: some })))
  })

  it('[T22] is exactly the canonical page again, whatever numbers stand between regular ones', () => {
    const odd = fc.array(fc.tuple(fc.nat(199), fc.oneof(anyNumberText, anyValue)), { maxLength: 12 })
    const times = fc.array(fc.tuple(fc.nat(199), anyMicros), { maxLength: 2 })
    fc.assert(
      fc.property(fc.nat(), odd, times, (seed, values, strays) => {
        const rows = createRows(createSeededRandom(seed), 200)
        for (const [row, value] of values) rows[row] = { ...(rows[row] ?? rows[0]), value } as ObservationRow
        for (const [row, time] of strays) rows[row] = { ...(rows[row] ?? rows[0]), time } as ObservationRow
        expect(crosses(pageOf(rows))).not.toBeNull()
      }),
    )
  })

  it('[T22] keeps every text that a number alone would not', () => {
    const odd = [
      '1.0', '1', '+1', '1e5', '1E5', '007', '0', '-0', '0.0', '-0.00', '.5', '5.', '', ' ', '-', '.', '-.', '1.2.3', '--1', 'NaN', 'Infinity', '1e-7',
      '0.1', '0.10', '00.1', '9007199254740991', '9007199254740993', '4503599627370495', '4503599627370496', '-4503599627370496',
      '74.93588199999998', '0.30000000000000004', '1.7976931348623157e308', '5e-324', '1234567890123456789012345678901234567890',
      '0.000000000000000001', '0.0000000000000000001', '1,5', '½', '雨', '👩‍🚀', '\ufeff1.5', '\ufeff74.93588199999998', 'a'.repeat(64), '😀'.repeat(16),
    ]
    for (const value of odd) {
      expect(checkValue(value).ok).toBe(true)
      crosses(pageOf(regular(cycled(['12.5', value, '13.25', value], 64))))
      crosses(pageOf(regular(cycled([value], 64))))
    }
    crosses(pageOf(regular(cycled(odd, 1_024))))
  })

  it('[T22] keeps times that repeat, step back, or lie at the ends of what a time can be', () => {
    const ends = [0, 1, -1, 2 ** 52, 2 ** 52 - 1, -(2 ** 52), Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
    for (const a of ends)
      for (const b of ends) {
        const times = [a, b, a, a, b, 1_700_000_000_000_000]
        crosses(pageOf(cycled(['1.5'], 60).map((value, row) => ({ form: 'observation', time: (times[row % 6] ?? 0) as Micros, value }))))
      }
  })

  it('costs next to nothing where nothing is new', () => {
    expect(crosses(pageOf(regular(cycled(['20.5'], 1_024))))).toBeLessThan(64)
    expect(crosses(pageOf(regular(cycled(['0', '1', 'n/a'], 1_024))))).toBeLessThan(96)
  })

  it('sees doubles that were summed up as the decimals that were meant', () => {
    const meant = createRows(createSeededRandom(5), 1_024).map(({ value }) => Number(value) || 1)
    const plain = regular(meant.map((value) => value.toFixed(4)))
    const summed = regular(meant.map((value) => String(Number(value.toFixed(4)) + 0.1 + 0.2 - 0.3)))
    expect(crosses(pageOf(summed))).toBeLessThan(1.5 * (crosses(pageOf(plain)) ?? 0))
  })

  it('sees them in texts as long as a double is ever printed, and below zero', () => {
    let sum = 0
    const summed = Array.from({ length: 1_024 }, () => String((sum -= 0.0000012)))
    // As texts they take eight bytes a row.
    expect(crosses(pageOf(regular(summed)))).toBeLessThan(4 * 1_024)
  })

  it('[T23] is the same bytes every time, so that a lost part fits', () => {
    const page = pageOf(createRows(createSeededRandom(9), 1_024))
    const bytes = encodePage(page)
    expect(packPage(bytes, shapeOf(page))).toEqual(packPage(bytes.slice(), shapeOf(page)))
  })

  it('[T22] is the same page whatever was opened before it, and stays what it was', () => {
    const random = createSeededRandom(17)
    const pages = [
      pageOf(createRows(random, 1_024)),
      pageOf(regular(cycled(['1.25', '-3', '1e5', 'n/a', ''], 700))),
      pageOf(regular(Array.from({ length: 90 }, (_, row) => `${row} ${'x'.repeat(row % 61)}`))),
      pageOf(regular(Array.from({ length: 300 }, () => String(random.next() * 1_000)))),
      ...samples(),
    ]
    const packed = pages.map((page) => packPage(encodePage(page), shapeOf(page)) ?? new Uint8Array(0))
    const opened = Array.from({ length: 60 }, () => {
      const at = random.below(pages.length)
      const page = pages[at] ?? pageOf([])
      // A page that says what none can say leaves something behind, too.
      unpackPage(mutated(packed[random.below(packed.length)] ?? new Uint8Array(0), random), shapeOf(page))
      return { page, answer: unpackPage(packed[at] ?? new Uint8Array(0), shapeOf(page)) }
    })
    for (const { page, answer } of opened) expect(answer.ok && Buffer.compare(answer.value, encodePage(page))).toBe(0)
  })

  it('is not made of bytes that are no such page', () => {
    const long = pageOf(createRows(createSeededRandom(9), 100))
    const canonical = encodePage(long)
    const shape = shapeOf(long)
    expect(packPage(canonical, shape)).not.toBeNull()
    for (const other of [{ ...shape, number: 8 }, { ...shape, rows: 99 }, { ...shape, rows: 101 }, { ...shape, form: 'prediction' as const }])
      expect(packPage(canonical, other)).toBeNull()
    expect(packPage(canonical.slice(0, -1), shape)).toBeNull()
    expect(packPage(concatBytes([canonical, utf8('x')]), shape)).toBeNull()
  })

  it('is never made of what it would not give back', () => {
    const random = createSeededRandom(11)
    const [observations, predictions] = samples()
    for (const page of [observations, predictions])
      for (let i = 0; i < 1_000; i++) {
        const bytes = mutated(encodePage(page), random)
        const packed = packPage(bytes, shapeOf(page))
        const unpacked = packed === null ? null : unpackPage(packed, { ...shapeOf(page), maxBytes: Infinity })
        if (unpacked !== null) expect(unpacked.ok && Buffer.compare(unpacked.value, bytes) === 0).toBe(true)
      }
  })
})

const samples = (): readonly [Page, Page] => {
  const random = createSeededRandom(3)
  const observations = pageOf(createRows(random, 12))
  const [follows = '' as never] = fc.sample(anyStreamId, { numRuns: 1, seed: SEED })
  const [followsHash = new Uint8Array(32)] = fc.sample(anyHash, { numRuns: 1, seed: SEED })
  const predictions = createRows(random, 5).map(({ time, value }, row) => {
    const kind = row < 3 ? ('start-up' as const) : ('live' as const)
    return { form: 'prediction' as const, time, value, lower: `${value}1`, upper: `${value}9`, kind, follows, followsRow: row, followsHash }
  })
  return [observations, pageOf(predictions)]
}

/** A bit, a byte, a stretch or the end of it is another. */
const mutated = (bytes: Bytes, random: ReturnType<typeof createSeededRandom>): Bytes => {
  const copy = bytes.slice(0, random.next() < 0.1 ? random.below(bytes.length) : bytes.length)
  for (let i = random.below(3); i >= 0 && copy.length > 0; i--) {
    const at = random.below(copy.length)
    copy[at] = random.next() < 0.5 ? (copy[at] ?? 0) ^ (1 << random.below(8)) : random.below(256)
    if (random.next() < 0.2) copy.fill(random.below(256), at, at + random.below(40))
  }
  return random.next() < 0.1 ? concatBytes([copy, random.bytes(random.below(20))]) : copy
}

describe('a hostile packed page', () => {
  it('[T24] throws nothing and opens to no more than a page, in 100,000 mutants', { timeout: 60_000 }, () => {
    const random = createSeededRandom(SEED)
    for (const [page, rounds] of [[samples()[0], 80_000], [samples()[1], 20_000]] as const) {
      const packed = packPage(encodePage(page), shapeOf(page)) ?? new Uint8Array(0)
      let opened = 0
      for (let i = 0; i < rounds; i++) {
        const unpacked = unpackPage(mutated(packed, random), shapeOf(page))
        if (!unpacked.ok) continue
        opened++
        if (unpacked.value.length > maxPageBytes(page.form, page.rows.length)) throw new Error('larger than any page')
        // What it says may be nonsense, but it is for the judge to say so, and for him too without a throw.
        decodePage(unpacked.value, shapeOf(page))
      }
      expect(opened).toBeGreaterThan(rounds / 1_000)
    }
  })

  it('[T24] throws nothing on bytes of any kind', () => {
    const random = createSeededRandom(SEED)
    const [page] = samples()
    for (let i = 0; i < 20_000; i++) unpackPage(random.bytes(random.below(200)), shapeOf(page))
    for (let byte = 0; byte < 256; byte++)
      for (const size of [0, 1, 2, 3, 4, 7, 100]) unpackPage(new Uint8Array(size).fill(byte), { ...shapeOf(page), form: byte % 2 ? 'prediction' : 'observation' })
  })

  it('[T24] that goes on for ever costs no more than the longest page', () => {
    const shape = { form: 'prediction', number: 0, rows: 1_024, maxBytes: maxPageBytes('prediction', 1_024) } as const
    for (const tail of [[], [0xff], [0x80, 0, 0, 0xff], Array<number>(5_000).fill(0xaa), Array<number>(5_000).fill(0x7f)]) {
      const began = process.cpuUsage()
      const bomb = unpackPage(new Uint8Array(tail), shape)
      const { user } = process.cpuUsage(began)
      expect(bomb.ok).toBe(false)
      // It takes a hundredth of that.
      expect(user).toBeLessThan(5_000_000)
    }
  })

  it('[T24] with a dictionary of more texts than rows, or a row with a text that the dictionary has not, is refused', () => {
    /** One row whose value is a choice among texts that are all "0". */
    const page = (texts: number, place: number | null): Bytes => {
      const coder = new Coder()
      const [kinds, residuals, places] = [new Runs(coder), createScale(), createScale(1)]
      coder.raw(1, 0)
      coder.integer(7)
      coder.raw(1, 1)
      coder.raw(7, texts - 1)
      coder.raw(10, 0)
      for (let text = 0; text < texts; text++) kinds.next(true)
      kinds.end()
      coder.raw(9, 0)
      for (let text = 0; text < texts; text++) coder.signed(residuals, 0)
      const choices = new Runs(coder)
      choices.next(place === null)
      if (place !== null) coder.natural(places, place)
      choices.end()
      return coder.finish()
    }
    const shape = { form: 'observation', number: 0, rows: 1, maxBytes: maxPageBytes('observation', 1) } as const
    expect(unpackPage(page(1, null), shape).ok).toBe(true)
    expect(unpackPage(page(1, 1), shape).ok).toBe(true)
    expect(unpackPage(page(2, null), shape)).toMatchObject({ ok: false, error: { code: 'malformed' } })
    expect(unpackPage(page(1, 2), shape)).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })

  it('[T24] with a number whose neighbours cannot be told from it is refused', () => {
    /** One row, no dictionary: a whole number. */
    const page = (value: number): Bytes => {
      const coder = new Coder()
      const kinds = new Runs(coder)
      coder.raw(1, 0)
      coder.integer(7)
      coder.raw(1, 0)
      coder.raw(10, 0)
      kinds.next(true)
      kinds.end()
      coder.raw(9, 0)
      coder.signed(createScale(), value)
      return coder.finish()
    }
    const shape = { form: 'observation', number: 0, rows: 1, maxBytes: maxPageBytes('observation', 1) } as const
    const most = 2 ** 52 - 1
    for (const value of [most, -most]) expect(unpackPage(page(value), shape).ok).toBe(true)
    for (const value of [most + 1, -most - 1]) expect(unpackPage(page(value), shape)).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })

  it('[T24] that opens to more than it may is refused', () => {
    const page = pageOf(createRows(createSeededRandom(2), 1_024))
    const bytes = encodePage(page)
    const packed = packPage(bytes, shapeOf(page)) ?? new Uint8Array(0)
    expect(unpackPage(packed, { ...shapeOf(page), maxBytes: bytes.length }).ok).toBe(true)
    expect(unpackPage(packed, { ...shapeOf(page), maxBytes: bytes.length - 1 })).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })

  it('[T24] with a byte too few or too many is refused', () => {
    const page = pageOf(createRows(createSeededRandom(2), 300))
    const packed = packPage(encodePage(page), shapeOf(page)) ?? new Uint8Array(0)
    for (const cut of [packed.slice(0, -1), packed.slice(0, 2), concatBytes([packed, new Uint8Array(1)])])
      expect(unpackPage(cut, shapeOf(page))).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })
})

it('[T23] what each rule of prediction expects is what it was, from the first row on', () => {
  const random = createSeededRandom(23)
  const curves: Readonly<Record<string, (row: number) => number>> = {
    line: (row) => 7 * row + random.below(3),
    noise: () => random.below(1_000),
    slow: (row) => Math.floor(row / 9) + random.below(4),
    zigzag: (row) => (row % 2) * 50 + random.below(9) + row,
  }
  const packed = Object.entries(curves).map(([name, curve]) => {
    const page = pageOf(regular(Array.from({ length: 40 }, (_, row) => String(100 + curve(row)))))
    return [name, Buffer.from(packPage(encodePage(page), shapeOf(page)) ?? []).toString('hex')]
  })
  expect(Object.fromEntries(packed)).toMatchInlineSnapshot(`
    {
      "line": "0c1448303c8000d7270e0000e0000084100003e43ab7372f7e9feb7f6cb91ec8fb2a2a3a65",
      "noise": "0c1448303c8000d7270e0000e000009086d5c6d0fa4f68a621fc58268d923f0da7da4089088911dfbd093c5908a52fdde50d3ff4b6d05154c0d95f36b9e62b4f4a3b166e118f80",
      "slow": "0c1448303c8000d7270e0000e000008c000003e57b48e52acc8f5136cba693afad0b80",
      "zigzag": "0c1448303c8000d7270e0000e00000885131cbcf6dbc39f8e7b35a075d5b7e7be59fc77eddfc71f1e7969e1af871e197869e1afa00",
    }
  `)
})

it('[T23] a packed page is what it was when its encoding got its number; another packing is another encoding', () => {
  const hex = (bytes: Bytes): string => Buffer.from(bytes).toString('hex')
  const packed = (page: Page): Bytes => packPage(encodePage(page), shapeOf(page)) ?? new Uint8Array(0)
  const few = (row: Row): Row[] => Array.from({ length: 5 }, (_, n) => ({ ...row, time: (row.time + n * 1_000_000) as Micros }))
  const actual = {
    observations: hex(packed(pageOf(few(sampleObservation)))),
    predictions: hex(packed(pageOf(few(samplePrediction)))),
    odd: hex(packed(pageOf(regular(cycled(['1.0', '+1', '1e5', '007', 'n/a', '', '74.93588199999998', '雨'], 24))))),
    'sha-256 of 1,024 rows': Array.from({ length: 8 }, (_, seed) => hex(hash(packed(pageOf(createRows(createSeededRandom(seed), 1_024)))))),
  }
  expect(actual).toEqual(pinned('packed-pages', actual))
})
