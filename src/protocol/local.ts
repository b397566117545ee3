import {
  array,
  bool,
  bytes,
  choice,
  count,
  fixed,
  i64,
  nullable,
  struct,
  text,
  u16,
  u32,
  type Codec,
  type CodecType,
} from '../base/codec.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from '../domain/hash.ts'
import { signedHeadCodec } from '../domain/head.ts'
import { identityCodec, publicKeyCodec, streamIdCodec } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { MAX_VALUE_BYTES } from '../domain/value.ts'
import { MAX_CODE_BYTES, MAX_REASON_BYTES, MAX_ROWS_PER_ANSWER } from './limits.ts'
import { MAX_LIVE_BYTES, rowCodec } from './live.ts'

const micros = i64 as Codec<Micros>
const valueText = text(MAX_VALUE_BYTES)

const problem = nullable(struct({ code: text(MAX_CODE_BYTES), message: text(MAX_REASON_BYTES) }))

/** What the data process says of one stream; sent to every watcher whenever it changes. */
export const streamStateCodec = struct({
  stream: streamIdCodec,
  identity: identityCodec,
  own: bool,
  subscribed: bool,
  paused: bool,
  /** Rows of the promoted, verified history. */
  rows: count,
  /** The signed head of that history. */
  head: nullable(signedHeadCodec),
  /** `idle`: nothing newer is known; `wanted`: a newer head is known and nobody serves it yet; `fetching`: pages are arriving. */
  phase: choice(['idle', 'wanted', 'fetching']),
  /** Rows of the newest signed head known. */
  targetRows: count,
  pagesDone: u32,
  pagesTotal: u32,
  /** Bytes of packets received for the present download. */
  bytesReceived: count,
  peers: u16,
  problem,
})

export type StreamState = CodecType<typeof streamStateCodec>

/** What only local ports may say: the neuron, the engine and the page. SPEC, section D. */
export const localFrames = {
  done: [64, struct({})],
  /** Begins a stream of `state`, `live-row`, `link-event` and `log-entry` frames with this request number; all states come first. */
  watch: [65, struct({})],
  state: [66, struct({ state: streamStateCodec })],
  /** A row that this node has just signed, ready to be published. */
  'live-row': [67, struct({ stream: streamIdCodec, live: bytes(MAX_LIVE_BYTES) })],
  'link-event': [
    68,
    struct({
      link: u32,
      peer: nullable(publicKeyCodec),
      event: choice(['ready', 'closed', 'cut']),
      code: text(MAX_CODE_BYTES),
      message: text(MAX_REASON_BYTES),
    }),
  ],
  'log-entry': [
    69,
    struct({
      level: choice(['info', 'warn', 'error']),
      direction: choice(['in', 'out', 'none']),
      stream: nullable(streamIdCodec),
      peer: nullable(publicKeyCodec),
      message: text(MAX_REASON_BYTES),
    }),
  ],
  'rows-request': [70, struct({ stream: streamIdCodec, from: count, count: u32 })],
  rows: [71, struct({ from: count, total: count, rows: array(rowCodec, MAX_ROWS_PER_ANSWER) })],
  subscribe: [72, struct({ identity: identityCodec })],
  unsubscribe: [73, struct({ stream: streamIdCodec })],
  pause: [74, struct({ stream: nullable(streamIdCodec), paused: bool })],
  append: [75, struct({ stream: streamIdCodec, time: micros, value: valueText })],
  appended: [76, struct({ row: count, hash: fixed(HASH_BYTES) })],
  /** Begins a draft: rows that become a new own stream, or the next rows of one, when it is committed. */
  'draft-open': [77, struct({ identity: identityCodec })],
  'draft-opened': [78, struct({ draft: u32, rows: count })],
  'draft-rows': [79, struct({ draft: u32, rows: array(rowCodec, MAX_ROWS_PER_ANSWER) })],
  'draft-commit': [80, struct({ draft: u32 })],
  'draft-drop': [81, struct({ draft: u32 })],
  predict: [
    82,
    struct({
      follows: streamIdCodec,
      followsRow: count,
      followsHash: fixed(HASH_BYTES),
      value: valueText,
      lower: valueText,
      upper: valueText,
      kind: choice(['live', 'start-up']),
    }),
  ],
  /** A live message that came by pub/sub. */
  deliver: [83, struct({ stream: streamIdCodec, live: bytes(MAX_LIVE_BYTES) })],
  /** A head that came by the directory or a check-in. */
  'deliver-head': [84, struct({ head: signedHeadCodec })],
  delivered: [85, struct({ outcome: choice(['appended', 'known', 'behind', 'refused']) })],
  /** A check-in challenge to sign: the server's nonce and the host it was dialled at. */
  prove: [86, struct({ nonce: fixed(32), host: text(255) })],
  proof: [87, struct({ publicKey: publicKeyCodec, signature: fixed(SIGNATURE_BYTES) })],
  /** Closes a link with a reason. */
  'drop-link': [88, struct({ link: u32, code: text(MAX_CODE_BYTES), message: text(MAX_REASON_BYTES) })],
} as const
