import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import { encode } from '../../../src/base/codec.ts'
import { headBytes, signedHeadCodec } from '../../../src/domain/head.ts'
import { merkleRoot } from '../../../src/domain/merkle.ts'
import { encodePage, type Page } from '../../../src/domain/page.ts'
import { rowBytes, type Row } from '../../../src/domain/row.ts'
import { identityBytes, predictionStreamOf, streamIdOf, uuidOf } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { transcriptBytes, type TranscriptSide } from '../../../src/protocol/link.ts'
import { checkInBytes } from '../../../src/protocol/signaling.ts'
import { hash } from '../../support/history.ts'
import { pinned } from '../../vectors/pinned.ts'
import { countingBytes, countingHex, sampleHead, sampleIdentity, sampleLaterHead, sampleObservation, samplePrediction } from '../../vectors/samples.ts'

// What is hashed and signed may never change: every history in the world would be another. No version helps here.

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const hashed = (bytes: Uint8Array) => ({ bytes: toHex(bytes), sha256: sha256(bytes) })

const observations: Row[] = ['315.70', '', 'größe', '👩‍🚀', '-1.5e-3', 'n/a'].map((value, i) => ({
  form: 'observation',
  time: ((i - 3) * 86_400_000_000 + i) as Micros,
  value,
}))

it('canonical bytes of rows, pages, streams and heads are those they always were', () => {
  const pages: Page[] = [
    { form: 'observation', number: 7, rows: observations },
    { form: 'prediction', number: 0, rows: [samplePrediction, { ...samplePrediction, kind: 'live', followsRow: 0 }] },
  ]
  const stream = streamIdOf(sampleIdentity, hash)
  const predictions = streamIdOf(predictionStreamOf(sampleIdentity.author, stream), hash)
  const side = (first: number): TranscriptSide => ({
    publicKey: countingHex(first) as TranscriptSide['publicKey'],
    nonce: countingBytes(first + 1),
    fingerprint: countingBytes(first + 2),
  })
  const transcript = { initiator: side(1), responder: side(101) }
  const actual = {
    'observation row 0': hashed(rowBytes(0, sampleObservation)),
    'observation row 2^32': hashed(rowBytes(2 ** 32, sampleObservation)),
    'prediction row 5': hashed(rowBytes(5, samplePrediction)),
    'observation page': hashed(encodePage(pages[0] as Page)),
    'prediction page': hashed(encodePage(pages[1] as Page)),
    stream: { ...hashed(identityBytes(sampleIdentity)), id: stream, uuid: uuidOf(stream) },
    'prediction stream': { id: predictions, uuid: uuidOf(predictions) },
    head: hashed(headBytes(sampleHead)),
    'head of a later epoch': hashed(headBytes(sampleLaterHead)),
    'link transcript of the initiator': hashed(transcriptBytes('initiator', transcript)),
    'link transcript of the responder': hashed(transcriptBytes('responder', transcript)),
    'check-in': hashed(checkInBytes(countingHex(9), 'Zazen.Example:8080')),
  }
  expect(actual).toEqual(pinned('canonical', actual))
})

it('Merkle roots of 1 … 9 pages are those they always were', () => {
  const leaves = Array.from({ length: 9 }, (_, i) => hash(countingBytes(i)))
  const actual = leaves.map((_, i) => toHex(merkleRoot(leaves.slice(0, i + 1), hash)))
  expect(actual).toEqual(pinned('merkle-roots', actual))
})

it('a head is signed as it always was, and the signature is of this head and this key alone', () => {
  const secret = countingBytes(0x11)
  const key = ed25519.getPublicKey(secret)
  const signature = new Uint8Array(ed25519.sign(headBytes(sampleHead), secret))
  const signed = { head: sampleHead, signature }
  const actual = { publicKey: toHex(key), signature: toHex(signature), encoded: toHex(encode(signedHeadCodec, signed)) }
  expect(actual).toEqual(pinned('head-signature', actual))

  const changes = [{ rows: 2 }, { rows: 1 }, { origin: countingBytes(1) }, { root: countingBytes(1) }, { time: 0 as Micros }, { stream: sampleIdentity.author as never }]
  expect(ed25519.verify(signature, headBytes(sampleLaterHead), key)).toBe(false)
  for (const change of changes) expect(ed25519.verify(signature, headBytes({ ...sampleHead, ...change }), key)).toBe(false)
  expect(ed25519.verify(signature, headBytes(sampleHead), key)).toBe(true)
})
