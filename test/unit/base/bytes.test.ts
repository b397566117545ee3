import fc from 'fast-check'
import { expect, it } from 'vitest'
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts'
import { failureOf } from '../../../src/base/result.ts'

fc.configureGlobal({ seed: 3, numRuns: 200 })

it('hex is lower-case and goes both ways; other text is a broken invariant', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (raw) => {
      expect(toHex(raw)).toBe(Buffer.from(raw).toString('hex'))
      expect(fromHex(toHex(raw))).toEqual(new Uint8Array(raw))
    }),
  )
  for (const text of ['0', 'zz', '0x00']) expect(() => fromHex(text)).toThrow()
})

it('bytes are equal when every one is, and joining keeps their order', () => {
  expect(equalBytes(utf8('ab'), utf8('ab'))).toBe(true)
  for (const other of ['', 'a', 'ac', 'abc']) expect(equalBytes(utf8('ab'), utf8(other))).toBe(false)
  expect(concatBytes([utf8('a'), utf8(''), utf8('bc')])).toEqual(utf8('abc'))
})

it('whatever was thrown becomes a plain failure', () => {
  expect(failureOf({ code: 'busy', message: 'Later.', more: 1 })).toEqual({ code: 'busy', message: 'Later.' })
  expect(failureOf(new TypeError('no'), 'odd')).toEqual({ code: 'odd', message: 'TypeError: no' })
  expect(failureOf(undefined)).toEqual({ code: 'internal', message: 'undefined' })
})
