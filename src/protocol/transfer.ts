import { array, bytes, count, fixed, nullable, bool, struct, text, u8, u32 } from '../base/codec.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { signedHeadCodec } from '../domain/head.ts'
import { PARTS_PER_NODE, RUN_LEAVES } from '../domain/merkle.ts'
import { streamIdCodec } from '../domain/stream.ts'
import {
  MAX_CODE_BYTES,
  MAX_ENCODINGS,
  MAX_PACKET_BYTES,
  MAX_PACKETS_PER_REQUEST,
  MAX_PAGES_PER_REQUEST,
  MAX_PROOF_HASHES,
  MAX_REASON_BYTES,
} from './limits.ts'

const hash = fixed(HASH_BYTES)

/** A history as a question names it: what is answered is judged against this root. */
const named = { stream: streamIdCodec, root: hash, rows: count }

/** How a page travels: the first byte of its parcel. Its canonical bytes as they are, or as `packed-page.ts` packs them. */
export const ENCODING_CANONICAL = 0
export const ENCODING_PACKED = 1

/** How a history moves from one node to another. SPEC, section T. */
export const transferFrames = {
  'status-request': [16, struct({ stream: streamIdCodec })],
  status: [17, struct({ stream: streamIdCodec, serving: bool, head: nullable(signedHeadCodec) })],
  /** One run of page hashes: `from` is a multiple of RUN_LEAVES. */
  'hashes-request': [18, struct({ ...named, from: u32 })],
  hashes: [19, struct({ from: u32, hashes: array(hash, RUN_LEAVES), proof: array(hash, MAX_PROOF_HASHES) })],
  /** `encodings`: those the asker reads beside canonical bytes; unknown ones are passed over. */
  'pages-request': [
    20,
    struct({ ...named, pages: array(u32, MAX_PAGES_PER_REQUEST), encodings: array(u8, MAX_ENCODINGS) }),
  ],
  /** Number `number` of the packets of a request: part `part` of `parts` of the parcel of page `page`. */
  packet: [21, struct({ number: u32, page: u32, part: u8, parts: u8, bytes: bytes(MAX_PACKET_BYTES) })],
  /** All packets of the request are sent, and there are this many; repeated until answered. */
  completed: [22, struct({ packets: u32 })],
  missing: [23, struct({ numbers: array(u32, MAX_PACKETS_PER_REQUEST) })],
  complete: [24, struct({})],
  /** Pages of the request that will not come; they count as settled. */
  unavailable: [25, struct({ pages: array(u32, MAX_PAGES_PER_REQUEST) })],
  /** Pages of the request that are no longer wanted; they count as settled. */
  cancel: [26, struct({ pages: array(u32, MAX_PAGES_PER_REQUEST) })],
  /** A question that is not answered, and why. */
  refused: [27, struct({ code: text(MAX_CODE_BYTES), message: text(MAX_REASON_BYTES) })],
  /** For the parts of the node over leaves `from` … `from + leaves − 1` of the tree of the named history: `domain/merkle.ts`. */
  'nodes-request': [28, struct({ ...named, from: u32, leaves: u32 })],
  /** Their hashes, from left to right, of a single page its own; they lead to their node, whose hash the asker knows. */
  nodes: [29, struct({ hashes: array(hash, PARTS_PER_NODE) })],
} as const
