import fc from 'fast-check'
import type { Frame, FrameOf, FrameType } from '../../../src/protocol/frame.ts'
import {
  MAX_ENCODINGS,
  MAX_FOLLOWED_PER_FRAME,
  MAX_LOOSE_PER_ANSWER,
  MAX_PACKET_BYTES,
  MAX_PACKETS_PER_REQUEST,
  MAX_PAGES_PER_REQUEST,
  MAX_PREDICTIONS_PER_ANSWER,
  MAX_PROOF_HASHES,
  MAX_ROWS_PER_ANSWER,
} from '../../../src/protocol/limits.ts'
import { MAX_LIVE_BYTES } from '../../../src/protocol/live.ts'
import { PARTS_PER_NODE, RUN_LEAVES } from '../../../src/domain/merkle.ts'
import type { Row } from '../../../src/domain/row.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import {
  anyCount,
  anyHash,
  anyIdentity,
  anyKey,
  anyMicros,
  anyRow,
  anySignedHead,
  anyStreamId,
  anyU32,
  bytesOf,
  textOf,
} from '../../vectors/arbitraries.ts'
import { countingBytes, countingHex, sampleIdentity, sampleLaterHead, sampleObservation, samplePrediction } from '../../vectors/samples.ts'

// For every type of frame: any that may come, one of each choice that is pinned, and the largest honest one.
// A new type does not compile until it is here.

type Body<T extends FrameType> = Omit<FrameOf<T>, 'type' | 'request'>

const word = textOf(40)
const sentence = textOf(240)
const value = textOf(64)
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 5 })
const named = { stream: anyStreamId, root: anyHash, rows: anyCount }

const bodies: { readonly [T in FrameType]: fc.Arbitrary<Body<T>> } = {
  hello: fc.record({ publicKey: anyKey, nonce: anyHash, bulk: fc.boolean() }),
  auth: fc.record({ signature: bytesOf(64, 64) }),
  credit: fc.record({ consumed: anyCount }),
  bye: fc.record({ code: word, message: sentence }),
  'status-request': fc.record({ stream: anyStreamId }),
  status: fc.record({ stream: anyStreamId, serving: fc.boolean(), head: fc.option(anySignedHead) }),
  'hashes-request': fc.record({ ...named, from: anyU32 }),
  hashes: fc.record({ from: anyU32, hashes: few(anyHash), proof: few(anyHash) }),
  'pages-request': fc.record({ ...named, pages: few(anyU32), encodings: few(fc.nat(255)) }),
  packet: fc.record({ number: anyU32, page: anyU32, part: fc.nat(255), parts: fc.nat(255), bytes: bytesOf(0, 300) }),
  completed: fc.record({ packets: anyU32 }),
  missing: fc.record({ numbers: few(anyU32) }),
  complete: fc.record({}),
  unavailable: fc.record({ pages: few(anyU32) }),
  cancel: fc.record({ pages: few(anyU32) }),
  refused: fc.record({ code: word, message: sentence }),
  follow: fc.record({ streams: few(anyStreamId) }),
  unfollow: fc.record({ streams: few(anyStreamId) }),
  live: fc.record({ stream: anyStreamId, live: bytesOf(0, MAX_LIVE_BYTES) }),
  done: fc.record({}),
  watch: fc.record({}),
  state: fc.record({
    state: fc.record({
      stream: anyStreamId,
      identity: anyIdentity,
      own: fc.boolean(),
      subscribed: fc.boolean(),
      paused: fc.boolean(),
      rows: anyCount,
      head: fc.option(anySignedHead),
      phase: fc.constantFrom('idle', 'wanted', 'fetching'),
      targetRows: anyCount,
      pagesDone: anyU32,
      pagesTotal: anyU32,
      bytesReceived: anyCount,
      peers: fc.nat(0xffff),
      problem: fc.option(fc.record({ code: word, message: sentence })),
      forked: fc.boolean(),
      archived: fc.nat(0xffff),
      loose: fc.option(fc.record({ rows: anyCount, provisional: anyCount, edition: anyCount, walking: fc.boolean() })),
      checkedAt: fc.option(anyCount),
    }),
  }),
  'live-row': fc.record({ stream: anyStreamId, live: bytesOf(0, MAX_LIVE_BYTES) }),
  'link-event': fc.record({
    link: anyU32,
    peer: fc.option(anyKey),
    event: fc.constantFrom('ready', 'closed', 'cut'),
    via: fc.constantFrom('rendezvous', 'peerjs'),
    code: word,
    message: sentence,
  }),
  'log-entry': fc.record({
    level: fc.constantFrom('info', 'warn', 'error'),
    direction: fc.constantFrom('in', 'out', 'none'),
    stream: fc.option(anyStreamId),
    peer: fc.option(anyKey),
    message: sentence,
  }),
  'nodes-request': fc.record({ stream: anyStreamId, root: anyHash, rows: anyCount, from: anyU32, leaves: anyU32 }),
  nodes: fc.record({ hashes: few(anyHash) }),
  evidence: fc.record({ stream: anyStreamId, part: fc.nat(255), parts: fc.nat(255), bytes: bytesOf(0, 100) }),
  'rows-at-request': fc.record({ stream: anyStreamId, time: anyMicros, count: anyU32 }),
  'row-before-request': fc.record({ stream: anyStreamId, row: fc.option(anyCount), time: fc.option(anyMicros) }),
  'row-before': fc.record({
    stream: anyStreamId,
    found: fc.option(
      fc.record({ number: fc.option(anyCount), row: anyRow, mark: fc.constantFrom('signed' as const, 'quorum' as const, 'provisional' as const) }),
    ),
  }),
  'loose-request': fc.record({ stream: anyStreamId, from: anyCount, count: anyU32 }),
  loose: fc.record({
    from: anyCount,
    total: anyCount,
    rows: few(fc.record({ row: anyRow, number: fc.option(anyCount), mark: fc.constantFrom('signed', 'quorum', 'provisional') })),
  }),
  'loose-add': fc.record({ identity: anyIdentity, rows: few(anyRow) }),
  'learnt-keep': fc.record({ stream: anyStreamId, part: fc.nat(255), parts: fc.nat(255), bytes: bytesOf(0, 100) }),
  'learnt-request': fc.record({ stream: anyStreamId, part: fc.nat(255) }),
  learnt: fc.record({ part: fc.nat(255), parts: fc.nat(255), bytes: bytesOf(0, 100) }),
  'learnt-drop': fc.record({ stream: anyStreamId }),
  forget: fc.record({ stream: anyStreamId }),
  'begin-epoch': fc.record({ stream: anyStreamId }),
  recheck: fc.record({ stream: anyStreamId }),
  rechecked: fc.record({ good: anyU32, bad: anyU32 }),
  forgotten: fc.record({ stream: anyStreamId }),
  'link-serves': fc.record({ link: anyU32, peer: anyKey, stream: anyStreamId, serving: fc.boolean() }),
  'link-traffic': fc.record({
    link: anyU32,
    peer: anyKey,
    bytesIn: anyCount,
    bytesOut: anyCount,
    pagesGood: anyCount,
    pagesBad: anyCount,
    rttMs: fc.option(anyU32),
    follows: anyU32,
  }),
  'ask-serves': fc.record({ link: anyU32, stream: anyStreamId }),
  'ask-newest': fc.record({}),
  'newest-wanted': fc.record({ stream: anyStreamId, identity: anyIdentity, head: fc.option(anySignedHead) }),
  newest: fc.record({ stream: anyStreamId, head: fc.option(anySignedHead) }),
  'rows-request': fc.record({ stream: anyStreamId, from: anyCount, count: anyU32 }),
  rows: fc.record({ from: anyCount, total: anyCount, rows: few(anyRow) }),
  subscribe: fc.record({ identity: anyIdentity }),
  unsubscribe: fc.record({ stream: anyStreamId }),
  pause: fc.record({ stream: fc.option(anyStreamId), paused: fc.boolean() }),
  append: fc.record({ stream: anyStreamId, time: anyMicros, value }),
  appended: fc.record({ row: anyCount, hash: anyHash }),
  'draft-open': fc.record({ identity: anyIdentity }),
  'draft-opened': fc.record({ draft: anyU32, rows: anyCount }),
  'draft-rows': fc.record({ draft: anyU32, rows: few(anyRow) }),
  'draft-commit': fc.record({ draft: anyU32 }),
  'draft-drop': fc.record({ draft: anyU32 }),
  predict: fc.record({
    follows: anyStreamId,
    followsRow: anyCount,
    followsHash: anyHash,
    value,
    lower: value,
    upper: value,
    kind: fc.constantFrom('live', 'start-up'),
  }),
  deliver: fc.record({ stream: anyStreamId, live: bytesOf(0, MAX_LIVE_BYTES) }),
  'deliver-head': fc.record({ head: anySignedHead }),
  delivered: fc.record({ outcome: fc.constantFrom('appended', 'known', 'behind', 'refused') }),
  prove: fc.record({ nonce: anyHash, host: textOf(255) }),
  proof: fc.record({ publicKey: anyKey, signature: bytesOf(64, 64) }),
  'hold-signing': fc.record({ held: fc.boolean() }),
  'refuse-peers': fc.record({ peers: fc.array(anyKey, { maxLength: 4 }) }),
  'drop-link': fc.record({ link: anyU32, code: word, message: sentence }),
}

export const frameTypes = Object.keys(bodies) as FrameType[]

export const anyFrameOf = (type: FrameType): fc.Arbitrary<Frame> =>
  fc.tuple(anyU32, bodies[type] as fc.Arbitrary<object>).map(([request, body]) => ({ type, request, ...body }) as Frame)

const stream = countingHex(0x10) as StreamId
const key = countingHex(0x30) as PublicKey
const hash = countingBytes(0x50)
const signature = countingBytes(0x70, 64)
const signedHead = { head: sampleLaterHead, signature }
const code = 'busy'
const message = 'Zu groß.'
const rows: readonly Row[] = [sampleObservation, samplePrediction, { ...samplePrediction, kind: 'live' }]

/** Different values in every field and every choice once: what changes on the wire shows in one of them. */
export const samples: { readonly [T in FrameType]: readonly Body<T>[] } = {
  hello: [{ publicKey: key, nonce: hash, bulk: true }],
  auth: [{ signature }],
  credit: [{ consumed: 2 ** 40 + 1 }],
  bye: [{ code, message }],
  'status-request': [{ stream }],
  status: [{ stream, serving: true, head: signedHead }, { stream, serving: false, head: null }],
  'hashes-request': [{ stream, root: hash, rows: 9, from: 1024 }],
  hashes: [{ from: 1024, hashes: [hash, countingBytes(1)], proof: [countingBytes(2)] }],
  'pages-request': [{ stream, root: hash, rows: 9, pages: [3, 1, 2], encodings: [1, 7] }],
  packet: [{ number: 1, page: 2, part: 3, parts: 4, bytes: countingBytes(5, 6) }],
  completed: [{ packets: 7 }],
  missing: [{ numbers: [1, 2, 0xffff_ffff] }],
  complete: [{}],
  unavailable: [{ pages: [4, 5] }],
  cancel: [{ pages: [6] }],
  refused: [{ code, message }],
  follow: [{ streams: [stream, countingHex(0x11) as StreamId] }],
  unfollow: [{ streams: [stream] }],
  live: [{ stream, live: countingBytes(3, 5) }],
  done: [{}],
  watch: [{}],
  state: (['idle', 'wanted', 'fetching'] as const).map((phase, i) => ({
    state: {
      stream,
      identity: sampleIdentity,
      own: i === 0,
      subscribed: i === 1,
      paused: i === 2,
      rows: 11,
      head: i === 0 ? signedHead : null,
      phase,
      targetRows: 12,
      pagesDone: 13,
      pagesTotal: 14,
      bytesReceived: 15,
      peers: 16,
      problem: i === 1 ? { code, message } : null,
      forked: i === 2,
      archived: 17,
      loose: i === 0 ? { rows: 18, provisional: 19, edition: 49, walking: true } : null,
      checkedAt: i === 1 ? 20 : null,
    },
  })),
  'live-row': [{ stream, live: countingBytes(1, 5) }],
  'link-event': (['ready', 'closed', 'cut'] as const).map((event, i) => ({
    link: 8,
    peer: i === 0 ? key : null,
    event,
    via: i === 0 ? ('rendezvous' as const) : ('peerjs' as const),
    code,
    message,
  })),
  'log-entry': [
    { level: 'info', direction: 'in', stream, peer: null, message },
    { level: 'warn', direction: 'out', stream: null, peer: key, message },
    { level: 'error', direction: 'none', stream: null, peer: null, message },
  ],
  'nodes-request': [{ stream, root: hash, rows: 29, from: 30, leaves: 31 }],
  nodes: [{ hashes: [hash, hash] }],
  evidence: [{ stream, part: 1, parts: 2, bytes: countingBytes(4, 5) }],
  'rows-at-request': [{ stream, time: sampleObservation.time, count: 32 }],
  'row-before-request': [
    { stream, row: 33, time: null },
    { stream, row: null, time: sampleObservation.time },
    { stream, row: null, time: null },
  ],
  'row-before': [
    { stream, found: null },
    ...(['signed', 'quorum', 'provisional'] as const).map((mark, i) => ({
      stream,
      found: { number: i === 0 ? 34 : null, row: sampleObservation, mark },
    })),
  ],
  'loose-request': [{ stream, from: 50, count: 51 }],
  loose: [
    {
      from: 52,
      total: 53,
      rows: [
        { row: sampleObservation, number: 54, mark: 'quorum' },
        { row: samplePrediction, number: null, mark: 'provisional' },
      ],
    },
  ],
  'loose-add': [{ identity: sampleIdentity, rows }],
  'learnt-keep': [{ stream, part: 1, parts: 2, bytes: countingBytes(21, 3) }],
  'learnt-request': [{ stream, part: 3 }],
  learnt: [{ part: 4, parts: 5, bytes: countingBytes(22, 3) }],
  'learnt-drop': [{ stream }],
  forget: [{ stream }],
  'begin-epoch': [{ stream }],
  recheck: [{ stream }],
  rechecked: [{ good: 47, bad: 48 }],
  forgotten: [{ stream }],
  'link-serves': [{ link: 35, peer: key, stream, serving: true }],
  'link-traffic': [
    { link: 36, peer: key, bytesIn: 37, bytesOut: 38, pagesGood: 39, pagesBad: 40, rttMs: 41, follows: 47 },
    { link: 42, peer: key, bytesIn: 43, bytesOut: 44, pagesGood: 45, pagesBad: 46, rttMs: null, follows: 48 },
  ],
  'ask-serves': [{ link: 49, stream }],
  'ask-newest': [{}],
  'newest-wanted': [{ stream, identity: sampleIdentity, head: signedHead }, { stream, identity: sampleIdentity, head: null }],
  newest: [{ stream, head: signedHead }, { stream, head: null }],
  'rows-request': [{ stream, from: 17, count: 18 }],
  rows: [{ from: 19, total: 20, rows }],
  subscribe: [{ identity: sampleIdentity }],
  unsubscribe: [{ stream }],
  pause: [{ stream, paused: true }, { stream: null, paused: false }],
  append: [{ stream, time: sampleObservation.time, value: sampleObservation.value }],
  appended: [{ row: 21, hash }],
  'draft-open': [{ identity: sampleIdentity }],
  'draft-opened': [{ draft: 22, rows: 23 }],
  'draft-rows': [{ draft: 24, rows }],
  'draft-commit': [{ draft: 25 }],
  'draft-drop': [{ draft: 26 }],
  predict: (['live', 'start-up'] as const).map((kind) => ({
    follows: stream,
    followsRow: 27,
    followsHash: hash,
    value: '1',
    lower: '0.5',
    upper: '1.5',
    kind,
  })),
  deliver: [{ stream, live: countingBytes(2, 5) }],
  'deliver-head': [{ head: signedHead }],
  delivered: (['appended', 'known', 'behind', 'refused'] as const).map((outcome) => ({ outcome })),
  prove: [{ nonce: hash, host: 'zazen.example:8080' }],
  proof: [{ publicKey: key, signature }],
  'hold-signing': [{ held: true }],
  'refuse-peers': [{ peers: [] }, { peers: [key] }],
  'drop-link': [{ link: 28, code, message }],
}

const longValue = '€'.repeat(21) + '1'
const longWord = 'w'.repeat(40)
const longSentence = 'ß'.repeat(120)
const longName = 'ä'.repeat(64)
const longIdentity = { source: longName, author: key, stream: longName, target: longName }
const largeHead = { head: { ...sampleLaterHead, epoch: 0xffff_ffff, rows: 2 ** 32 }, signature }
const observation: Row = { ...sampleObservation, value: longValue }
const prediction: Row = { ...samplePrediction, value: longValue, lower: longValue, upper: longValue }
const times = <T>(count: number, one: T): T[] => Array<T>(count).fill(one)

/** The largest frames an honest sender can mean, for every type whose size varies. */
export const largest: { readonly [T in FrameType]?: readonly Body<T>[] } = {
  bye: [{ code: longWord, message: longSentence }],
  status: [{ stream, serving: true, head: largeHead }],
  hashes: [{ from: 0, hashes: times(RUN_LEAVES, hash), proof: times(MAX_PROOF_HASHES, hash) }],
  'pages-request': [{ stream, root: hash, rows: 2 ** 32, pages: times(MAX_PAGES_PER_REQUEST, 0xffff_ffff), encodings: times(MAX_ENCODINGS, 255) }],
  packet: [{ number: 255, page: 0xffff_ffff, part: 7, parts: 8, bytes: new Uint8Array(MAX_PACKET_BYTES) }],
  missing: [{ numbers: times(MAX_PACKETS_PER_REQUEST, 0xffff_ffff) }],
  unavailable: [{ pages: times(MAX_PAGES_PER_REQUEST, 0xffff_ffff) }],
  cancel: [{ pages: times(MAX_PAGES_PER_REQUEST, 0xffff_ffff) }],
  refused: [{ code: longWord, message: longSentence }],
  follow: [{ streams: times(MAX_FOLLOWED_PER_FRAME, stream) }],
  unfollow: [{ streams: times(MAX_FOLLOWED_PER_FRAME, stream) }],
  live: [{ stream, live: new Uint8Array(MAX_LIVE_BYTES) }],
  state: samples.state.map(({ state }) => ({
    state: { ...state, identity: longIdentity, head: largeHead, problem: { code: longWord, message: longSentence } },
  })),
  'live-row': [{ stream, live: new Uint8Array(MAX_LIVE_BYTES) }],
  nodes: [{ hashes: times(PARTS_PER_NODE, hash) }],
  evidence: [{ stream, part: 5, parts: 6, bytes: new Uint8Array(MAX_PACKET_BYTES) }],
  'row-before': [{ stream, found: { number: 2 ** 32, row: prediction, mark: 'signed' } }],
  'link-event': [{ link: 1, peer: key, event: 'cut', via: 'peerjs', code: longWord, message: longSentence }],
  'log-entry': [{ level: 'error', direction: 'none', stream, peer: key, message: longSentence }],
  rows: [
    { from: 2 ** 32, total: 2 ** 32, rows: times(MAX_ROWS_PER_ANSWER, observation) },
    { from: 2 ** 32, total: 2 ** 32, rows: times(MAX_PREDICTIONS_PER_ANSWER, prediction) },
  ],
  'draft-rows': [
    { draft: 1, rows: times(MAX_ROWS_PER_ANSWER, observation) },
    { draft: 1, rows: times(MAX_PREDICTIONS_PER_ANSWER, prediction) },
  ],
  loose: [{ from: 2 ** 32, total: 2 ** 32, rows: times(MAX_LOOSE_PER_ANSWER, { row: prediction, number: 2 ** 32, mark: 'quorum' as const }) }],
  'loose-add': [{ identity: longIdentity, rows: times(MAX_LOOSE_PER_ANSWER, prediction) }],
  'learnt-keep': [{ stream, part: 34, parts: 35, bytes: new Uint8Array(MAX_PACKET_BYTES) }],
  learnt: [{ part: 34, parts: 35, bytes: new Uint8Array(MAX_PACKET_BYTES) }],
  subscribe: [{ identity: longIdentity }],
  'newest-wanted': [{ stream, identity: longIdentity, head: largeHead }],
  newest: [{ stream, head: largeHead }],
  append: [{ stream, time: sampleObservation.time, value: longValue }],
  deliver: [{ stream, live: new Uint8Array(MAX_LIVE_BYTES) }],
  prove: [{ nonce: hash, host: 'h'.repeat(255) }],
}

/** The body as a frame. */
export const frameOf = (type: FrameType, body: object): Frame => ({ type, request: 0x0102_0304, ...body }) as Frame
