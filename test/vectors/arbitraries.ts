import fc from 'fast-check'
import type { Bytes } from '../../src/base/bytes.ts'
import type { Head, SignedHead } from '../../src/domain/head.ts'
import type { ObservationRow, PredictionRow, Row } from '../../src/domain/row.ts'
import { checkIdentity, type PublicKey, type StreamId, type StreamIdentity } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'
import { checkValue } from '../../src/domain/value.ts'

// Anything the shared words allow, for tests that say "for every …".

export const bytesOf = (minLength: number, maxLength: number): fc.Arbitrary<Bytes> =>
  fc.uint8Array({ minLength, maxLength }).map((raw) => new Uint8Array(raw))

const utf8Length = (text: string): number => Buffer.byteLength(text)

/** Well-formed text of any script, at most `max` bytes. */
export const textOf = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength: max }).map((text) => {
    const points = Array.from(text)
    while (utf8Length(points.join('')) > max) points.pop()
    return points.join('')
  })

const hexOf = (size: number): fc.Arbitrary<string> => bytesOf(size, size).map((raw) => Buffer.from(raw).toString('hex'))

export const anyStreamId = hexOf(32) as fc.Arbitrary<StreamId>
export const anyKey = hexOf(32) as fc.Arbitrary<PublicKey>
export const anyHash = bytesOf(32, 32)
export const anyCount = fc.oneof(fc.nat(), fc.maxSafeNat())
export const anyU32 = fc.nat({ max: 0xffff_ffff })
export const anyMicros = fc.maxSafeInteger() as fc.Arbitrary<Micros>

export const anyValue: fc.Arbitrary<string> = fc.oneof(
  fc.double({ noDefaultInfinity: true, noNaN: true }).map(String),
  fc.constantFrom('', '0', '-1.50', '1e5', 'n/a', 'größe', '雨', '👩‍🚀', 'a'.repeat(64)),
  textOf(64).filter((text) => checkValue(text).ok),
)

export const anyObservation: fc.Arbitrary<ObservationRow> = fc.record({
  form: fc.constant('observation' as const),
  time: anyMicros,
  value: anyValue,
})

export const anyPrediction: fc.Arbitrary<PredictionRow> = fc.record({
  form: fc.constant('prediction' as const),
  time: anyMicros,
  value: anyValue,
  lower: anyValue,
  upper: anyValue,
  kind: fc.constantFrom('live' as const, 'start-up' as const),
  follows: anyStreamId,
  followsRow: anyCount,
  followsHash: anyHash,
})

export const anyRow: fc.Arbitrary<Row> = fc.oneof(anyObservation, anyPrediction)

const anyRows = fc.integer({ min: 1, max: 0x1_0000_0000 })

const anyFirstHead: fc.Arbitrary<Head> = fc.record({
  stream: anyStreamId,
  epoch: fc.constant(0),
  rows: anyRows,
  origin: anyHash,
  root: anyHash,
  time: anyMicros,
  continues: fc.constant(null),
})

/** Continues an epoch before its own, with no more rows than it has. */
const anyLaterHead: fc.Arbitrary<Head> = fc
  .tuple(anyFirstHead, fc.integer({ min: 1, max: 0xffff_ffff }), fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), anyHash)
  .map(([head, epoch, before, share, root]) => ({
    ...head,
    epoch,
    continues: { epoch: before % epoch, rows: Math.floor(head.rows * share), root },
  }))

export const anyHead: fc.Arbitrary<Head> = fc.oneof(anyFirstHead, anyLaterHead)

export const anySignedHead: fc.Arbitrary<SignedHead> = fc.record({ head: anyHead, signature: bytesOf(64, 64) })

export const anyIdentity: fc.Arbitrary<StreamIdentity> = fc
  .oneof(
    fc.record({ source: textOf(128), author: anyKey, stream: textOf(128), target: textOf(128) }),
    fc.record({ source: fc.constant('zazen/prediction'), author: anyKey, stream: anyStreamId, target: fc.constant('') }),
    fc.record({ source: fc.string(), author: anyKey, stream: fc.string({ minLength: 1 }), target: fc.string() }),
  )
  .filter((identity) => checkIdentity(identity).ok)
