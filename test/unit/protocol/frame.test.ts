import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../../src/base/codec.ts'
import { maxPageBytes, PAGE_ROWS } from '../../../src/domain/page.ts'
import { DATA_PROTOCOL_VERSION, decodeFrame, encodeFrame, frameCodes, isPeerFrame, type FrameType } from '../../../src/protocol/frame.ts'
import { MAX_FRAME_BYTES, MAX_PACKET_BYTES, MAX_PARTS_PER_PAGE } from '../../../src/protocol/limits.ts'
import { liveCodec, MAX_LIVE_BYTES } from '../../../src/protocol/live.ts'
import { anyRow, anySignedHead } from '../../vectors/arbitraries.ts'
import { sampleLaterHead, samplePrediction } from '../../vectors/samples.ts'
import { saying } from '../../vectors/saying.ts'
import { anyFrameOf, frameOf, frameTypes, largest, samples } from './frames.ts'

const SEED = 20_240_501

fc.configureGlobal({ seed: SEED, numRuns: 40 })

describe('a frame', () => {
  it.each(frameTypes)('%s comes back as it was', (type) => {
    fc.assert(
      fc.property(anyFrameOf(type), (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, value: frame })
      }),
    )
  })

  it('has its own number, and no field that hides its type or request', () => {
    const codes = frameCodes()
    expect(codes.map(({ type }) => type).sort()).toEqual([...frameTypes].sort())
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length)
    for (const type of frameTypes) for (const body of samples[type]) expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['type']))
    for (const type of frameTypes) for (const body of samples[type]) expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['request']))
  })

  it('begins with the version and the number of its type, then the request', () => {
    for (const { type, code } of frameCodes())
      for (const body of samples[type])
        expect([...encodeFrame(frameOf(type, body)).subarray(0, 6)]).toEqual([DATA_PROTOCOL_VERSION, code, 1, 2, 3, 4])
  })

  it('is a stranger’s below number 64 and a local port’s from there', () => {
    for (const { type, code } of frameCodes())
      for (const body of samples[type]) expect(isPeerFrame(frameOf(type, body))).toBe(code < 64)
  })

  it('fits the largest frame, at its honest largest', () => {
    for (const type of frameTypes)
      for (const body of largest[type] ?? []) {
        const bytes = encodeFrame(frameOf(type, body))
        expect(bytes.length, type).toBeLessThanOrEqual(MAX_FRAME_BYTES)
        expect(decodeFrame(bytes).ok, type).toBe(true)
      }
  })

  it('that is larger is never sent, and never read', () => {
    const whole = largest.rows?.[1]?.rows ?? []
    expect(() => encodeFrame({ type: 'rows', request: 1, from: 0, total: 0, rows: [...whole, ...whole] })).toThrow(RangeError)
    const [packet] = largest.packet ?? []
    expect(() => encodeFrame(frameOf('packet', { ...packet, bytes: new Uint8Array(MAX_PACKET_BYTES + 1) }))).toThrow(RangeError)
    expect(decodeFrame(new Uint8Array(MAX_FRAME_BYTES + 1))).toMatchObject({ ok: false, error: { code: 'oversized' } })
  })

  it('of another version is told apart from garbage, of an unknown type is not believed', () => {
    const bytes = encodeFrame({ type: 'done', request: 1 })
    expect(decodeFrame(bytes.with(0, DATA_PROTOCOL_VERSION + 1))).toMatchObject({ ok: false, error: { code: 'other-version' } })
    expect(decodeFrame(bytes.with(1, 0))).toMatchObject({ ok: false, error: { code: 'malformed', message: saying('unknown frame type 0') } })
    expect(decodeFrame(new Uint8Array(0))).toMatchObject({ ok: false, error: { code: 'malformed' } })
    expect(decodeFrame(new Uint8Array([...bytes, 0]))).toMatchObject({ ok: false, error: { message: 'done: 1 bytes too many at byte 6' } })
  })
})

it('the largest page fits the packets it may have', () => {
  for (const form of ['observation', 'prediction'] as const)
    expect(maxPageBytes(form, PAGE_ROWS)).toBeLessThanOrEqual(MAX_PACKET_BYTES * MAX_PARTS_PER_PAGE)
})

describe('a live message', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(anyRow, anySignedHead, (row, head) => {
        const bytes = encode(liveCodec, { row, head })
        expect(bytes.length).toBeLessThanOrEqual(MAX_LIVE_BYTES)
        expect(decode(liveCodec, bytes, 'live')).toEqual({ ok: true, value: { row, head } })
      }),
    )
  })

  it('fits its bound at its largest', () => {
    const value = '1'.repeat(64)
    const row = { ...samplePrediction, value, lower: value, upper: value }
    expect(encode(liveCodec, { row, head: { head: sampleLaterHead, signature: new Uint8Array(64) } }).length).toBeLessThanOrEqual(MAX_LIVE_BYTES)
  })
})

describe('bytes that are no frame', () => {
  const whole = frameTypes.flatMap((type) => samples[type].map((body) => encodeFrame(frameOf(type, body))))

  it('every truncation of every type is refused', () => {
    for (const bytes of whole)
      for (let length = 0; length < bytes.length; length++)
        if (decodeFrame(bytes.subarray(0, length)).ok) expect.fail(`${length} bytes of ${Buffer.from(bytes).toString('hex')}`)
  })

  it('every change of one byte of every type is refused, or is another frame', () => {
    for (const bytes of whole)
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.with(at, (bytes[at] ?? 0) ^ (1 << (at % 8)))
        const judged = decodeFrame(changed)
        if (judged.ok && !Buffer.from(encodeFrame(judged.value)).equals(changed)) expect.fail(`byte ${at} of ${judged.value.type}`)
      }
  })

  it('lengths that lie do not make it take memory or time', () => {
    const lying = (type: FrameType, at: number): Uint8Array => {
      const [body] = samples[type]
      const bytes = encodeFrame(frameOf(type, body ?? {}))
      new DataView(bytes.buffer).setUint32(at, 0xffff_ffff)
      return bytes
    }
    // Had one of them been believed once, 4 GiB would have been asked for.
    for (let i = 0; i < 200; i++) {
      expect(decodeFrame(lying('packet', 16))).toMatchObject({ error: { message: saying('at most 61440') } })
      expect(decodeFrame(lying('hashes', 10))).toMatchObject({ error: { message: saying('at most 1024') } })
      expect(decodeFrame(lying('rows', 22))).toMatchObject({ error: { message: saying('at most 800') } })
    }
  })
})
