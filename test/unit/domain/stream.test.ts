import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../../src/base/codec.ts'
import {
  checkIdentity,
  displayName,
  followedBy,
  formOf,
  identityBytes,
  identityCodec,
  isStreamId,
  predictionStreamOf,
  streamIdOf,
  uuidOf,
  type PublicKey,
  type StreamId,
  type StreamIdentity,
} from '../../../src/domain/stream.ts'
import { hash } from '../../support/history.ts'
import { anyIdentity } from '../../vectors/arbitraries.ts'
import { saying } from '../../vectors/saying.ts'

fc.configureGlobal({ seed: 6, numRuns: 300 })

const author = 'ab'.repeat(32) as PublicKey
const identity: StreamIdentity = { source: 'noaa', author, stream: 'mauna-loa', target: 'co2' }
const withName = (field: 'source' | 'stream' | 'target', name: string): StreamIdentity => ({ ...identity, [field]: name })

describe('[D61] the id of a stream', () => {
  it('commits to every field', () => {
    const ids = [
      identity,
      withName('source', 'noab'),
      withName('stream', 'mauna-lob'),
      withName('target', ''),
      { ...identity, author: 'ac'.repeat(32) as PublicKey },
    ].map((one) => streamIdOf(one, hash))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every(isStreamId)).toBe(true)
  })

  it('tells fields apart: moving a letter from one to the next makes another stream', () => {
    const moved = { ...identity, source: 'noa', stream: 'amauna-loa' }
    expect(streamIdOf(moved, hash)).not.toBe(streamIdOf(identity, hash))
    const different = fc.tuple(anyIdentity, anyIdentity).filter(([a, b]) => JSON.stringify(a) !== JSON.stringify({ ...b }))
    fc.assert(fc.property(different, ([a, b]) => { expect(identityBytes(a)).not.toEqual(identityBytes(b)) }))
  })

  it('does not depend on the order in which the fields were written', () => {
    const { source, stream, target } = identity
    expect(streamIdOf({ target, stream, author, source }, hash)).toBe(streamIdOf(identity, hash))
  })

  it('is the SHA-256 of the tagged canonical bytes', () => {
    const id = createHash('sha256').update(identityBytes(identity)).digest('hex')
    expect(streamIdOf(identity, hash)).toBe(id)
    expect(Buffer.from(identityBytes(identity)).toString('latin1')).toMatch(/^zazen stream 1\n/)
  })

  it('is 64 lower-case hex digits and nothing else', () => {
    for (const text of ['', 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(64), `${'a'.repeat(64)}\n`, 'g'.repeat(64)]) expect(isStreamId(text)).toBe(false)
  })
})

describe('[D61] the UUID of a stream', () => {
  it('is version 8 of RFC 9562 and keeps the other bits of the id', () => {
    fc.assert(
      fc.property(anyIdentity, (one) => {
        const id = streamIdOf(one, hash)
        const uuid = uuidOf(id)
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        const digits = uuid.replaceAll('-', '')
        expect(digits.slice(0, 12) + digits.slice(13, 16) + digits.slice(17)).toBe(id.slice(0, 12) + id.slice(13, 16) + id.slice(17, 32))
      }),
    )
  })

  it('is stable', () => {
    expect(uuidOf('0123456789abcdef'.repeat(4) as StreamId)).toBe('01234567-89ab-8def-8123-456789abcdef')
  })
})

describe('an identity on the wire', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyIdentity, (one) => {
        expect(decode(identityCodec, encode(identityCodec, one), 'identity')).toEqual({ ok: true, value: one })
      }),
    )
  })

  it.each([
    ['a line end', 'a\nb'], ['a null', 'a\0'], ['an escape', '\u001b[31m'], ['a C1 control', '\u009b'], ['a line separator', 'a\u2028b'],
    ['half a surrogate pair', 'a\ud800'], ['129 bytes', 'a'.repeat(129)], ['129 bytes in 65 characters', `${'ä'.repeat(64)}a`],
  ])('a name with %s is refused in every field', (_, name) => {
    for (const field of ['source', 'stream', 'target'] as const)
      expect(checkIdentity(withName(field, name))).toMatchObject({ ok: false, error: { code: 'bad-name', message: saying(field) } })
  })

  it('blank names are refused, a blank target is not', () => {
    for (const name of ['', ' ', '\u00a0', '\ufeff']) {
      expect(checkIdentity(withName('source', name)).ok).toBe(false)
      expect(checkIdentity(withName('stream', name)).ok).toBe(false)
    }
    expect(checkIdentity(withName('target', '')).ok).toBe(true)
  })

  it('strange but harmless names are kept verbatim', () => {
    for (const name of ['__proto__', 'constructor', '../../etc', '<script>', '"; DROP', '\u202etxt', '👩‍🚀', 'a'.repeat(128)]) {
      const one = withName('stream', name)
      expect(decode(identityCodec, encode(identityCodec, one), 'identity')).toEqual({ ok: true, value: one })
    }
  })

  it('an identity that must not be is refused as it is read', () => {
    const bytes = encode(identityCodec, withName('source', 'a\nb'))
    expect(decode(identityCodec, bytes, 'identity')).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })
})

describe('[D61] a prediction stream', () => {
  const follows = streamIdOf(identity, hash)
  const prediction = predictionStreamOf(author, follows)

  it('is named by the stream it follows and by who predicts', () => {
    expect(checkIdentity(prediction).ok).toBe(true)
    expect([formOf(prediction), followedBy(prediction)]).toEqual(['prediction', follows])
    expect([formOf(identity), followedBy(identity)]).toEqual(['observation', null])
    expect(streamIdOf(predictionStreamOf('cd'.repeat(32) as PublicKey, follows), hash)).not.toBe(streamIdOf(prediction, hash))
  })

  it('has no other name and no target', () => {
    for (const more of [{ stream: 'x' }, { stream: follows.toUpperCase() }, { stream: `${follows} ` }, { target: 'x' }])
      expect(checkIdentity({ ...prediction, ...more })).toMatchObject({ ok: false, error: { code: 'bad-name' } })
  })
})

it('a stream is called by its name, and by its target where it has one', () => {
  expect(displayName(identity)).toBe('mauna-loa · co2')
  expect(displayName(withName('target', ''))).toBe('mauna-loa')
})
