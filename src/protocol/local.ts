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
  u8,
  type Codec,
  type CodecType,
} from '../base/codec.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from '../domain/hash.ts'
import { signedHeadCodec } from '../domain/head.ts'
import { identityCodec, publicKeyCodec, streamIdCodec } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { MAX_VALUE_BYTES } from '../domain/value.ts'
import { MAX_CODE_BYTES, MAX_LOOSE_PER_ANSWER, MAX_PACKET_BYTES, MAX_REASON_BYTES, MAX_REFUSED_PEERS, MAX_ROWS_PER_ANSWER } from './limits.ts'
import { MAX_LIVE_BYTES, rowCodec } from './live.ts'
import { MARKS } from './reading.ts'

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
  /** The publisher signed two histories of this epoch: nothing of it is believed until a later one. */
  forked: bool,
  /** Histories of earlier epochs that are kept aside. */
  archived: u16,
  /**
   * Rows believed without a signature, and how many of them on the word of one only; null: there are none. `edition` differs whenever
   * they do; `walking`: more are being asked for.
   */
  loose: nullable(struct({ rows: count, provisional: count, edition: count, walking: bool })),
  /** When every page was last checked, milliseconds since 1970; null: never yet. */
  checkedAt: nullable(count),
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
      /** Who introduced the two: our signaling server's rendezvous, or a PeerServer. */
      via: choice(['rendezvous', 'peerjs']),
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
  /** This port asks others for the newest heads of own streams: it is told by `newest-wanted` when one is about to be signed. */
  'ask-newest': [110, struct({})],
  'newest-wanted': [111, struct({ stream: streamIdCodec, identity: identityCodec, head: nullable(signedHeadCodec) })],
  /** What others know of an own stream; null: nothing, or nobody could be asked. */
  newest: [112, struct({ stream: streamIdCodec, head: nullable(signedHeadCodec) })],
  delivered: [85, struct({ outcome: choice(['appended', 'known', 'behind', 'refused']) })],
  /** A check-in challenge to sign: the server's nonce and the host it was dialled at. */
  prove: [86, struct({ nonce: fixed(32), host: text(255) })],
  proof: [87, struct({ publicKey: publicKeyCodec, signature: fixed(SIGNATURE_BYTES) })],
  /** Closes a link with a reason. */
  'drop-link': [88, struct({ link: u32, code: text(MAX_CODE_BYTES), message: text(MAX_REASON_BYTES) })],
  /** With exactly these no link is kept or made from now on. */
  'refuse-peers': [113, struct({ peers: array(publicKeyCodec, MAX_REFUSED_PEERS) })],
  /** This identity may be in use elsewhere: until the neuron says otherwise nothing is signed but what somebody asks for. */
  'hold-signing': [114, struct({ held: bool })],
  /** Loose rows by place, oldest first; they are never among those of `rows-request`. */
  'loose-request': [98, struct({ stream: streamIdCodec, from: count, count: u32 })],
  loose: [
    99,
    struct({
      from: count,
      total: count,
      rows: array(struct({ row: rowCodec, number: nullable(count), mark: choice(MARKS) }), MAX_LOOSE_PER_ANSWER),
    }),
  ],
  /** Rows of a stream that nobody signs, from a file: kept as loose rows, and the stream with the first. */
  'loose-add': [100, struct({ identity: identityCodec, rows: array(rowCodec, MAX_LOOSE_PER_ANSWER) })],
  /** Forgets a stream of someone else, its history and its loose rows; every watcher is told by `forgotten`. */
  forget: [90, struct({ stream: streamIdCodec })],
  /** Own streams: gives up the rows that nobody has and begins a new epoch with those that are here. */
  'begin-epoch': [91, struct({ stream: streamIdCodec })],
  /** Checks every page of a stream now, and asks the peers for a newer head. */
  recheck: [92, struct({ stream: streamIdCodec })],
  /** Pages that had their hash, and those that did not and are fetched again. */
  rechecked: [96, struct({ good: u32, bad: u32 })],
  /** A stream is no longer kept: there is no `state` of it any more. */
  forgotten: [95, struct({ stream: streamIdCodec })],
  /** A peer has confirmed, or denied, that it serves a stream. */
  'link-serves': [93, struct({ link: u32, peer: publicKeyCodec, stream: streamIdCodec, serving: bool })],
  /** What a link has carried since it was made; said at most every two seconds while it changes. */
  'link-traffic': [
    94,
    struct({
      link: u32,
      peer: publicKeyCodec,
      bytesIn: count,
      bytesOut: count,
      /** Pages it brought that were verified, and that were not. */
      pagesGood: count,
      pagesBad: count,
      /** Shortest round trip measured lately, milliseconds. */
      rttMs: nullable(u32),
      /** Streams that this node has and the peer follows over it: it is of use to the peer. */
      follows: u32,
    }),
  ],
  /** What the engine has learnt of a stream, in parts, in order; the last one puts it in the place of what was kept before. */
  'learnt-keep': [101, struct({ stream: streamIdCodec, part: u8, parts: u8, bytes: bytes(MAX_PACKET_BYTES) })],
  'learnt-request': [102, struct({ stream: streamIdCodec, part: u8 })],
  /** Of no parts: nothing is kept. */
  learnt: [103, struct({ part: u8, parts: u8, bytes: bytes(MAX_PACKET_BYTES) })],
  'learnt-drop': [104, struct({ stream: streamIdCodec })],
  /** Asks a link's peer now whether it serves a stream; what it says comes as `link-serves`. */
  'ask-serves': [97, struct({ link: u32, stream: streamIdCodec })],
} as const
