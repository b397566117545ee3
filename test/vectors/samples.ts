import type { Bytes } from '../../src/base/bytes.ts'
import type { Head } from '../../src/domain/head.ts'
import type { ObservationRow, PredictionRow } from '../../src/domain/row.ts'
import type { PublicKey, StreamId, StreamIdentity } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'

// One of each of the shared words, with a different value in every field, so that two fields that change places show.

/** 32 bytes that count up from `first`. */
export const countingBytes = (first: number, size = 32): Bytes => Uint8Array.from({ length: size }, (_, i) => (first + i) & 0xff)

export const countingHex = (first: number, size = 32): string => Buffer.from(countingBytes(first, size)).toString('hex')

export const sampleIdentity: StreamIdentity = {
  source: 'NOAA',
  author: countingHex(1) as PublicKey,
  stream: 'mauna loa größe',
  target: 'CO₂ ppm',
}

export const sampleObservation: ObservationRow = { form: 'observation', time: -372_729_600_123_456 as Micros, value: '315.70' }

export const samplePrediction: PredictionRow = {
  form: 'prediction',
  time: 1_714_566_600_000_001 as Micros,
  value: '425.5',
  lower: '-1e3',
  upper: '+.5',
  kind: 'start-up',
  follows: countingHex(0x20) as StreamId,
  followsRow: 1_000_000,
  followsHash: countingBytes(0x40),
}

export const sampleHead: Head = {
  stream: countingHex(0x60) as StreamId,
  epoch: 0,
  rows: 1_000_001,
  origin: countingBytes(0x80),
  root: countingBytes(0xa0),
  time: 1_714_566_600_000_000 as Micros,
  continues: null,
}

/** The publisher gave up what nobody had any more, and went on from the first million rows. */
export const sampleLaterHead: Head = { ...sampleHead, epoch: 3, continues: { epoch: 2, rows: 1_000_000, root: countingBytes(0xc0) } }
