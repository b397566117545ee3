import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import type { GenericSchema } from 'valibot'
import { utf8 } from '../../src/base/bytes.ts'
import { decode, encode, type Codec } from '../../src/base/codec.ts'
import { createSeededRandom } from '../../src/base/random.ts'
import { createCsvReader } from '../../src/domain/csv.ts'
import { evidenceCodec, evidenceOfHeads, evidenceOfPage, readEvidence, type Side } from '../../src/domain/evidence.ts'
import { signedHeadCodec } from '../../src/domain/head.ts'
import { decodePage, encodePage, maxPageBytes } from '../../src/domain/page.ts'
import { identityCodec, type PublicKey } from '../../src/domain/stream.ts'
import { parseTime } from '../../src/domain/time.ts'
import { checkValue } from '../../src/domain/value.ts'
import { decodeFrame, encodeFrame, type FrameType } from '../../src/protocol/frame.ts'
import { decodeJson } from '../../src/protocol/json.ts'
import { MAX_FRAME_BYTES } from '../../src/protocol/limits.ts'
import { liveCodec } from '../../src/protocol/live.ts'
import { clientMessage, serverMessage } from '../../src/protocol/signaling.ts'
import { ENCODING_PACKED } from '../../src/protocol/transfer.ts'
import { decodeLearnt, encodeLearnt } from '../../src/runtime/learnt.ts'
import { decodeRecord, encodeRecord } from '../../src/store/record.ts'
import { openParcel, wrapPage } from '../../src/transfer/parcel.ts'
import { blankSignature, createRows, historyOf } from '../support/history.ts'
import { anyFrameOf, frameOf, frameTypes, largest, samples } from '../unit/protocol/frames.ts'
import { fromClient, fromServer } from '../unit/protocol/messages.ts'
import { anyIdentity, anyRow, anySignedHead } from '../vectors/arbitraries.ts'
import { samplePrediction } from '../vectors/samples.ts'

/** What a judge made of spoiled bytes: null, refused; else the kind of what it accepted. A broken promise is thrown. */
type Judge = (bytes: Uint8Array) => string | null

/** One kind of bytes from outside: well-formed ones to spoil, and the judge that they meet. */
export interface Target {
  readonly kind: string
  readonly seeds: readonly Uint8Array[]
  readonly judge: Judge
}

const SEED = 20_261_121

/** The longest sentence that a judge may say, characters. */
const MAX_REASON_CHARS = 300

/** Every kind of bytes that this node takes from a stranger, a person or its own disk. */
export const createTargets = (): readonly Target[] => [
  ...frameTypes.map(frameTarget),
  ...messageTargets('to the server', clientMessage, fromClient),
  ...messageTargets('from the server', serverMessage, fromServer),
  ...codecTargets(),
  evidenceTarget(),
  ...pageTargets(),
  recordTarget(),
  learntTarget(),
  csvTarget(),
]

const some = <T>(arbitrary: fc.Arbitrary<T>, count = 12): T[] => fc.sample(arbitrary, { seed: SEED, numRuns: count })

const promise = (isKept: boolean, what: string): void => {
  if (!isKept) throw new Error(what)
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const refused = ({ message }: { readonly message: string }): null => {
  promise(message.length <= MAX_REASON_CHARS, `a refusal of ${message.length} characters`)
  return null
}

/** A decoder that takes a byte order mark for no part of the text writes another text. */
const MARKED = '\ufeffx'

const frameTarget = (type: FrameType): Target => ({
  kind: type,
  seeds: [
    ...[...samples[type], ...(largest[type] ?? []).slice(0, 1)].map((body) => encodeFrame(frameOf(type, body))),
    ...some(anyFrameOf(type)).map(encodeFrame),
    ...(type === 'bye' ? [encodeFrame({ type, request: 1, code: MARKED, message: MARKED })] : []),
  ],
  judge: (bytes) => {
    const judged = decodeFrame(bytes)
    if (!judged.ok) return refused(judged.error)
    promise(heldBytes(judged.value) <= MAX_FRAME_BYTES, 'a frame that holds more than it is')
    promise(same(encodeFrame(judged.value), bytes), 'a frame that is written otherwise')
    return judged.value.type
  },
})

/** Bytes and characters that a decoded thing keeps hold of; ids are twice as long in hex as on the wire. */
const heldBytes = (thing: unknown): number => {
  if (thing instanceof Uint8Array) return thing.buffer.byteLength
  if (typeof thing === 'string') return thing.length / 2
  if (typeof thing !== 'object' || thing === null) return 0
  let sum = 0
  for (const key in thing) sum += heldBytes((thing as Record<string, unknown>)[key])
  return sum
}

const text = new TextDecoder()

const messageTargets = (way: string, schema: GenericSchema, messages: readonly { readonly type: string }[]): Target[] =>
  [...new Set(messages.map(({ type }) => type))].map((type) => ({
    kind: `${type} ${way}`,
    seeds: messages.filter((message) => message.type === type).map((message) => utf8(JSON.stringify(message)).subarray(0, MAX_FRAME_BYTES)),
    judge: (bytes) => {
      const said = text.decode(bytes)
      const judged = decodeJson(schema, said)
      if (!judged.ok) return refused(judged.error)
      const again = JSON.stringify(judged.value)
      promise(again.length <= said.length * 2, 'a message that holds more than it is')
      const second = decodeJson(schema, again)
      promise(second.ok && JSON.stringify(second.value) === again, 'a message that is written otherwise')
      return `${(judged.value as { type: string }).type} ${way}`
    },
  }))

const codecTarget = <T>(kind: string, codec: Codec<T>, values: readonly T[]): Target => ({
  kind,
  seeds: values.map((value) => encode(codec, value)),
  judge: (bytes) => {
    const judged = decode(codec, bytes, kind)
    if (!judged.ok) return refused(judged.error)
    promise(same(encode(codec, judged.value), bytes), `a ${kind} that is written otherwise`)
    return kind
  },
})

const codecTargets = (): Target[] => [
  codecTarget('signed head', signedHeadCodec, some(anySignedHead)),
  codecTarget('identity', identityCodec, some(anyIdentity)),
  codecTarget('live message', liveCodec, some(fc.record({ row: anyRow, head: anySignedHead }))),
]

const SHAPE = { pageRows: 8, runLeaves: 4 }
const author = 'a'.repeat(64) as PublicKey
const identity = { source: 'fuzz', author, stream: 'series', target: '' }
const ROWS = createRows(createSeededRandom(SEED), 40)

const evidenceTarget = (): Target => {
  const other = ROWS.map((row, i) => (i < 12 ? row : { ...row, value: '0' }))
  const side = (rows: typeof ROWS, count: number): Side => {
    const { head, pageHashes } = historyOf(identity, rows, SHAPE.pageRows, count)
    return { signed: { head, signature: blankSignature() }, leaves: pageHashes }
  }
  const [page1 = new Uint8Array(0)] = historyOf(identity, other, SHAPE.pageRows).pages.slice(1)
  const deps = { sha256, shape: SHAPE }
  return {
    kind: 'proof of a fork',
    seeds: [
      evidenceOfHeads(side(ROWS, 20).signed, side(other, 20).signed),
      evidenceOfPage(side(ROWS, 20), side(other, 40), { page: 1, bytes: null }, sha256),
      evidenceOfPage(side(ROWS, 14), side(other, 40), { page: 1, bytes: page1 }, sha256),
    ],
    judge: (bytes) => {
      const judged = readEvidence(bytes, identity, deps)
      if (!judged.ok) return refused(judged.error)
      promise(same(encode(evidenceCodec, judged.value), bytes), 'evidence that is written otherwise')
      return 'proof of a fork'
    },
  }
}

const pageTargets = (): Target[] => {
  const rows = { observation: ROWS.slice(0, 20), prediction: Array.from({ length: 6 }, (_, i) => ({ ...samplePrediction, followsRow: i })) }
  return (['observation', 'prediction'] as const).flatMap((form): Target[] => {
    const shape = { form, number: 3, rows: rows[form].length }
    const page = encodePage({ form, number: 3, rows: rows[form] })
    return [
      {
        kind: `page of ${form}s`,
        seeds: [page],
        judge: (bytes) => {
          const judged = decodePage(bytes, shape)
          if (!judged.ok) return refused(judged.error)
          promise(same(encodePage(judged.value), bytes), 'a page that is written otherwise')
          return `page of ${form}s`
        },
      },
      {
        kind: `parcel of ${form}s`,
        seeds: [wrapPage(page, shape, [ENCODING_PACKED]), wrapPage(page, shape, [])],
        judge: (bytes) => {
          const opened = openParcel(new Uint8Array(bytes), shape)
          if (!opened.ok) return refused(opened.error)
          promise(opened.value.length <= maxPageBytes(form, shape.rows), 'a parcel that opens to more than a page')
          return `parcel of ${form}s`
        },
      },
    ]
  })
}

const recordTarget = (): Target => {
  const { stream, hashes, head } = historyOf(identity, ROWS, SHAPE.pageRows)
  const signed = { head, signature: blankSignature() }
  const plain = { stream, identity, subscribed: true, paused: false, head: signed, hashes, download: null, archive: [], fork: null, checkedAt: null, toldOf: null }
  const full = { ...plain, download: { head: signed, hashes }, archive: [{ head: signed, hashes }], fork: new Uint8Array(40), checkedAt: 1_700_000_000_000, toldOf: signed }
  const layout = encodeRecord(plain)[0]
  return {
    kind: 'stored record',
    seeds: [encodeRecord(plain), encodeRecord(full), encodeRecord({ ...plain, head: null, hashes: new Uint8Array(0) })],
    judge: (bytes) => {
      const judged = decodeRecord(bytes)
      if (!judged.ok) return refused(judged.error)
      // An older layout is read, and written as the present one.
      promise(bytes[0] !== layout || same(encodeRecord(judged.value), bytes), 'a record that is written otherwise')
      return 'stored record'
    },
  }
}

const learntTarget = (): Target => {
  const { stream } = historyOf(identity, ROWS, SHAPE.pageRows)
  const learnt = { stream, epoch: 1, from: 50, rows: 250, lastHash: new Uint8Array(32).fill(7), lastValue: -1.5e-7, state: new Uint8Array(60).fill(9) }
  return {
    kind: 'what was learnt',
    seeds: [encodeLearnt(learnt), encodeLearnt({ ...learnt, lastValue: null })],
    judge: (bytes) => {
      const judged = decodeLearnt(bytes, learnt.stream)
      if (!judged.ok) return refused(judged.error)
      promise(same(encodeLearnt(judged.value), bytes), 'what was learnt that is written otherwise')
      return 'what was learnt'
    },
  }
}

const LINES = [
  'time,value\n2024-05-01T12:30:00Z,1.5',
  '1700000000,-0.00012,ce8efc6eeb9fc30b',
  'station,Date,Temp °C\nA,1958-03-29 00:00:00.000001+02:00,316.1e-3\nB,1700000000000.25,n/a',
  '2024-02-29 , größe ',
].map(utf8)

const csvTarget = (): Target => ({
  kind: 'CSV lines',
  seeds: LINES,
  judge: (bytes) => {
    const reader = createCsvReader()
    let read = null
    for (const line of text.decode(bytes).split('\n')) {
      const judged = reader.read(line.split(','))
      if (!judged.ok) refused(judged.error)
      if (!judged.ok || judged.value.is !== 'row') continue
      const { time, value } = judged.value.row
      promise(Number.isSafeInteger(time) && checkValue(value).ok, 'a row that no history may have')
      read = 'CSV lines'
    }
    const time = parseTime(text.decode(bytes.subarray(0, 40)))
    promise(!time.ok || Number.isSafeInteger(time.value), 'a time that is none')
    return read
  },
})
