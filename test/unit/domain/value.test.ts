import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkValue, numericValue } from '../../../src/domain/value.ts'
import { encodePage, decodePage } from '../../../src/domain/page.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { saying } from '../../vectors/saying.ts'

fc.configureGlobal({ seed: 5, numRuns: 1_000 })

describe('a number is', () => {
  it.each([
    ['0', 0], ['-0', -0], ['00', 0], ['007', 7], ['1', 1], ['+1', 1], ['-1', -1], ['1.', 1], ['.5', 0.5], ['-.5', -0.5], ['1.50', 1.5], ['1e3', 1000],
    ['1E3', 1000], ['1e+3', 1000], ['1.5e-3', 0.0015], ['.5e1', 5], ['1.e1', 10], ['1e-400', 0], ['9007199254740993', 9007199254740992],
    ['0.1000000000000000055511151231257827', 0.1], ['1.7976931348623157e308', Number.MAX_VALUE], ['5e-324', 5e-324],
  ])('%s', (text, number) => {
    expect(numericValue(text)).toBe(number)
  })
})

describe('no number is', () => {
  it.each([
    '', ' ', '.', '+', '-', '+-1', '--1', '1 ', ' 1', '1 000', '1,5', '1,000', '1_000', '1.2.3', 'e5', '1e', '1e+', '1e1.5', '.e1', '0x10', '0b1', '0o7',
    '1n', '1f', '$1', '1%', 'NaN', 'nan', 'Infinity', '-Infinity', 'inf', 'null', 'true', 'n/a', '１', '١', '½', '1\u00a0', '−1', '1e400', '-1e400', '1\n',
  ])('%j', (text) => {
    expect(numericValue(text)).toBeNull()
  })
})

it('every finite number that is printed is a number', () => {
  fc.assert(fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (n) => { expect(numericValue(String(n))).toBe(Number(String(n))) }))
})

describe('the text of a value', () => {
  it('is at most 64 bytes of UTF-8, not characters', () => {
    for (const text of ['', 'a'.repeat(64), 'ä'.repeat(32), '€'.repeat(21), '👩'.repeat(16)]) expect(checkValue(text)).toEqual({ ok: true, value: text })
    for (const text of ['a'.repeat(65), 'ä'.repeat(33), '€'.repeat(22), '👩'.repeat(17), 'a'.repeat(1e6)])
      expect(checkValue(text)).toMatchObject({ ok: false, error: { code: 'bad-value', message: saying('64') } })
  })

  it('[D2] has no control character, wherever it stands', () => {
    const controls = [...Array.from({ length: 32 }, (_, i) => i), ...Array.from({ length: 33 }, (_, i) => 0x7f + i), 0x2028, 0x2029]
    for (const code of controls)
      for (const text of [String.fromCharCode(code), `1${String.fromCharCode(code)}`, `${String.fromCharCode(code)}1`])
        expect(checkValue(text)).toMatchObject({ ok: false, error: { code: 'bad-value' } })
    for (const code of [0x20, 0x7e, 0xa0, 0x2027, 0x202a]) expect(checkValue(`1${String.fromCharCode(code)}`).ok).toBe(true)
  })

  it('[D2] has no half of a surrogate pair, which would silently become another text', () => {
    for (const text of ['\ud83d', '\ude00', '\ude00\ud83d', '1\ud83d2', '\ud83d\ud83d\ude00', '\ud83d\ude00\ude00'])
      expect(checkValue(text)).toMatchObject({ ok: false, error: { code: 'bad-value' } })
    fc.assert(
      fc.property(fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 20 }), (text) => {
        if (checkValue(text).ok) expect(Buffer.from(text).toString()).toBe(text)
      }),
    )
  })

  it('is kept verbatim in a page: blanks, marks, directions, emoji, compositions', () => {
    const verbatim = ['', ' ', ' 1 ', '1.50', '+1', '\ufeff1', '\u202e1.5\u202c', '👩‍🚀', 'é', 'e\u0301', '\u200b', '雨', 'שלום', '~', '"', ',', '\ufffd']
    const rows = verbatim.map((value, i) => ({ form: 'observation' as const, time: i as Micros, value }))
    const bytes = encodePage({ form: 'observation', number: 0, rows })
    expect(decodePage(bytes, { form: 'observation', number: 0, rows: rows.length })).toMatchObject({ ok: true, value: { rows } })
  })
})
