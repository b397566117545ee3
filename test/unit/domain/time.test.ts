import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatTime, microsOf, microsOfMillis, parseTime, type Micros } from '../../../src/domain/time.ts'
import { saying } from '../../vectors/saying.ts'

fc.configureGlobal({ seed: 4, numRuns: 1_000 })

const micros = (text: string): number | string => {
  const read = parseTime(text)
  return read.ok ? read.value : read.error.code
}
const iso = (text: string): string => {
  const read = parseTime(text)
  return read.ok ? formatTime(read.value) : read.error.code
}
const anyMicros = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 1, 999_999, -999_999)) as fc.Arbitrary<Micros>

describe('a time that is printed', () => {
  it('is read as the same time, over the whole range', () => {
    fc.assert(
      fc.property(anyMicros, (time) => {
        expect(parseTime(formatTime(time))).toEqual({ ok: true, value: time })
      }),
    )
    for (const edge of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER] as Micros[])
      expect(parseTime(formatTime(edge))).toEqual({ ok: true, value: edge })
  })

  it('reads as Date prints it, where Date has the digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9_007_199_254_740, max: 9_007_199_254_740 }), (millis) => {
        const printed = new Date(millis).toISOString().replace(/\.?0+Z$/, 'Z').replace(/:(\d)Z$/, ':$10Z')
        const ours = formatTime((millis * 1000) as Micros)
        expect(Date.parse(ours)).toBe(millis)
        expect(ours.replace(/\.\d+Z$/, 'Z')).toBe(new Date(Math.floor(millis / 1000) * 1000).toISOString().replace('.000Z', 'Z'))
        expect(parseTime(printed)).toEqual({ ok: true, value: millis * 1000 })
      }),
    )
  })

  it('shows microseconds only where there are any', () => {
    expect(formatTime(1_714_566_600_000_000 as Micros)).toBe('2024-05-01T12:30:00Z')
    expect(formatTime(1_714_566_600_000_001 as Micros)).toBe('2024-05-01T12:30:00.000001Z')
    expect(formatTime(1_714_566_600_500_000 as Micros)).toBe('2024-05-01T12:30:00.5Z')
    expect(formatTime(-1 as Micros)).toBe('1969-12-31T23:59:59.999999Z')
  })
})

describe('ISO 8601', () => {
  it.each([
    ['1958-03-01', '1958-03-01T00:00:00Z'],
    ['1958-03-29T12:00:00.25Z', '1958-03-29T12:00:00.25Z'],
    ['2000-02-29', '2000-02-29T00:00:00Z'],
    ['2024-02-29 23:59:59.999999', '2024-02-29T23:59:59.999999Z'],
    ['1684-07-29', '1684-07-29T00:00:00Z'],
    ['2255-06-05', '2255-06-05T00:00:00Z'],
    ['  2024-05-01T12:30  ', '2024-05-01T12:30:00Z'],
    ['2024-05-01 12:30:15', '2024-05-01T12:30:15Z'],
    ['2024-05-01 12:30:15,123', '2024-05-01T12:30:15.123Z'],
    ['2024-05-01T12:30:15.1234567Z', '2024-05-01T12:30:15.123456Z'],
    ['2024-05-01T12:30:15.999999999Z', '2024-05-01T12:30:15.999999Z'],
    ['1969-12-31T23:59:59.9999999Z', '1969-12-31T23:59:59.999999Z'],
    ['2024-05-01T12:30:15z', '2024-05-01T12:30:15Z'],
    ['2024-05-01 12:30:15 UTC', '2024-05-01T12:30:15Z'],
    ['2024-05-01T12:30:15+02:00', '2024-05-01T10:30:15Z'],
    ['2024-05-01T12:30:15+0530', '2024-05-01T07:00:15Z'],
    ['2024-05-01 12:30:15 -08', '2024-05-01T20:30:15Z'],
    ['2024-01-01T00:30+01:00', '2023-12-31T23:30:00Z'],
    ['2023-12-31T23:30-01:00', '2024-01-01T00:30:00Z'],
    ['2024-05-01T12:30:15-00:00', '2024-05-01T12:30:15Z'],
  ])('%j is %s', (text, read) => {
    expect(iso(text)).toBe(read)
  })

  it('every day of four centuries comes back, leap days and all', () => {
    const DAY = 86_400_000
    const last = Date.UTC(2255, 0, 1)
    for (let millis = Date.UTC(1855, 0, 1), step = 0; millis < last; millis += DAY, step++) {
      const text = new Date(millis).toISOString().slice(0, 10)
      if (step % 7 === 0 || text.slice(5) === '02-29' || text.slice(5) === '03-01')
        if (micros(text) !== millis * 1000) expect.fail(text)
    }
  })
})

describe('a Unix time', () => {
  it.each([
    ['0', 0],
    ['1', 1_000_000],
    ['-372729600', -372_729_600_000_000],
    ['1700000000', 1_700_000_000_000_000],
    ['1700000000.5', 1_700_000_000_500_000],
    ['1700000000.123456', 1_700_000_000_123_456],
    ['-0.25', -250_000],
    ['99999999', 99_999_999_000_000],
    ['9007199254.740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254.740991', Number.MIN_SAFE_INTEGER],
    ['1700000000123', 1_700_000_000_123_000],
    ['1700000000123.456', 1_700_000_000_123_456],
    ['100000000000', 100_000_000_000_000],
    ['-100000000001', -100_000_000_001_000],
    ['1700000000123456', 1_700_000_000_123_456],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%s is %i microseconds', (text, read) => {
    expect(micros(text)).toBe(read)
  })

  it('is exact to the microsecond, in seconds and in milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_007_199_253 }), fc.nat(999_999), fc.boolean(), (seconds, fraction, negative) => {
        const sign = negative ? '-' : ''
        const size = seconds * 1_000_000 + fraction
        expect(micros(`${sign}${seconds}.${String(fraction).padStart(6, '0')}`)).toBe(negative ? 0 - size : size)
        const millis = Math.floor(size / 1000)
        if (millis >= 1e11)
          expect(micros(`${sign}${millis}.${String(size % 1000).padStart(3, '0')}`)).toBe(negative ? -size : size)
      }),
    )
  })

  it('is never minus zero', () => {
    for (const text of ['-0', '-0.0', '-0.0000001']) expect(Object.is(micros(text), 0)).toBe(true)
  })
})

describe('what is no time is refused', () => {
  it.each([
    '', ' ', 'now', 'yesterday', '12:30', '2024', '2024-5-1', '24-05-01', '2024-05', '2024/05/01', '01.05.2024', '2024-05-01T', '2024-05-01T12',
    '2024-05-01T12:30:15.', '2024-05-01T12:30:15.1234567890', '2024-05-01 12:30 PM', '2024-05-01T12:30:15+', '2024-05-01T12:30:15+1',
    '2024-05-01Z', '2024-05-01T12:30:15Z Z', '+1700000000', '1.7e9', '0x10', '1_000', '1,5', 'NaN', 'Infinity', '１７０００００００',
    '2024-05-01\u0000', '--1', '1.', '.5',
  ].filter((text) => text !== '2024'))('%j is not a time', (text) => {
    expect(micros(text)).toBe('bad-time')
  })

  it.each([
    '2023-02-29', '1900-02-29', '2100-02-29', '2024-00-10', '2024-13-01', '2024-04-31', '2024-01-00', '2024-01-32', '2024-99-99',
    '2024-05-01T24:00', '2024-05-01T12:60', '2024-05-01T23:59:60', '2024-05-01T12:30+24:00', '2024-05-01T12:30+99:99', '2024-05-01T12:30-05:60',
  ])('%s is no moment of the calendar', (text) => {
    expect(parseTime(text)).toMatchObject({ ok: false, error: { message: saying('calendar') } })
  })

  it.each(['1684-07-27', '2255-06-07', '0000-01-01', '9999-12-31', '9007199254.740992', '9007199254740992', '-9007199254740992', '9'.repeat(400)])(
    '%s is beyond the range',
    (text) => {
      expect(parseTime(text)).toMatchObject({ ok: false, error: { message: saying('beyond the years') } })
    },
  )

  it('and the message repeats at most 40 characters of it', () => {
    for (const text of ['x'.repeat(1e5), '9'.repeat(1e5), `2024-13-01 00:00${' '.repeat(1e5)}Z`, `-${'1'.repeat(1e5)}.${'1'.repeat(1e5)}`]) {
      const read = parseTime(text)
      expect(read.ok ? Infinity : read.error.message.length).toBeLessThan(140)
    }
  })

  it('whatever text it is, without throwing', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'-+:.TZ 0123456789'.split('')), maxLength: 30 })
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly), (text) => {
        const read = parseTime(text)
        if (read.ok) expect(Number.isSafeInteger(read.value) && !Object.is(read.value, -0)).toBe(true)
      }),
    )
  })
})

it('a number is a time when it is a safe integer', () => {
  expect([microsOf(-5), microsOf(0.5), microsOf(Number.NaN), microsOf(2 ** 53)]).toEqual([-5, null, null, null])
  expect(microsOfMillis(1_700_000_000_123.4567)).toBe(1_700_000_000_123_457)
})
