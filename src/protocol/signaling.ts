import * as v from 'valibot'
import { utf8, concatBytes, fromHex, type Bytes } from '../base/bytes.ts'
import { epochNumber, hexOf, hexUpTo, identity, publicKey, requestNumber, rowCount, shortText, signedHead, streamId, variantBy } from './json.ts'
import { MAX_DIRECTORY_ENTRIES, MAX_LISTED_PEERS, MAX_RETRY_AFTER_MS, MAX_SIGNAL_CHARS } from './limits.ts'
import { MAX_LIVE_BYTES } from './live.ts'
import { metaSchema } from './meta.ts'
import { MAX_NAME_BYTES } from '../domain/stream.ts'

/**
 * Version of the signaling protocol: JSON text messages over one WebSocket. SPEC, section S.
 * 1: the beginning.
 * 2: `subscribe` says the epoch too, and the server hands out the rows missed since. A node counts what it missed by the
 *    publisher's own signed numbers, so nothing of a server has to be remembered, and a restart or another server changes nothing.
 *    An entry counts its predictors, and a question may ask for streams without any.
 *    A stopping server says when to come back (`stopping`), and TURN credentials are renewed (`ice-servers`).
 * 3: `peers` lists who has a stream. Heads of later epochs say what they continue.
 */
export const SIGNALING_VERSION = 3

/** One stream as the directory lists it. The reader checks that the identity hashes to the id and the head is the author's. */
const directoryEntry = v.strictObject({
  id: streamId,
  identity,
  head: signedHead,
  subscribers: rowCount,
  /** Prediction streams listed that follow it. */
  predictors: rowCount,
  /** Whether the publisher is connected now. */
  online: v.boolean(),
})

export type DirectoryEntry = v.InferOutput<typeof directoryEntry>

const sdpOrCandidate = v.strictObject({
  /** What simple-peer calls a signal, as JSON text; the server carries it unread. */
  signal: shortText(MAX_SIGNAL_CHARS),
})

/** Every message of a node to the server. `re` numbers a request; its answer carries the same. */
export const clientMessage = variantBy('type', [
  v.strictObject({ type: v.literal('check-in'), version: v.literal(SIGNALING_VERSION), publicKey, signature: hexOf(64), yields: v.optional(v.literal(true)) }),
  /** Lists or refreshes one of the sender's own streams: the signed head proves the author, and the author the stream. */
  v.strictObject({ type: v.literal('register'), re: requestNumber, identity, head: signedHead }),
  /** One page of the directory, in the order of ids, after `after`. */
  v.strictObject({
    type: v.literal('directory'),
    re: requestNumber,
    after: v.nullable(streamId),
    /** Only streams whose name, source or target has this text, or whose id or author begins with it (8 digits or more). */
    search: shortText(MAX_NAME_BYTES),
    /** Null: observations. A stream id: the prediction streams that follow it. */
    follows: v.nullable(streamId),
    /** Only streams that no listed prediction stream follows: they need a predictor. */
    unpredicted: v.optional(v.boolean()),
  }),
  /** `epoch` and `rows`: the verified history the node has; 0 and 0 when it has none. */
  v.strictObject({ type: v.literal('subscribe'), re: requestNumber, stream: streamId, epoch: epochNumber, rows: rowCount }),
  v.strictObject({ type: v.literal('unsubscribe'), re: requestNumber, stream: streamId }),
  v.strictObject({ type: v.literal('publish'), re: requestNumber, stream: streamId, live: hexUpTo(MAX_LIVE_BYTES) }),
  /** `to` null: to those to whom a join would be announced. */
  v.strictObject({ type: v.literal('meta'), re: requestNumber, stream: streamId, to: v.nullable(publicKey), body: metaSchema }),
  /** Who has a stream: its publisher, and members in random order. */
  v.strictObject({ type: v.literal('peers'), re: requestNumber, stream: streamId }),
  v.strictObject({ type: v.literal('rendezvous'), re: requestNumber, key: hexOf(32) }),
  v.strictObject({ type: v.literal('signal'), key: hexOf(32), ...sdpOrCandidate.entries }),
  /** The caller is connected, or has given up. */
  v.strictObject({ type: v.literal('leave'), key: hexOf(32) }),
])

export type ClientMessage = v.InferOutput<typeof clientMessage>

/** ICE servers to use, as RTCPeerConnection takes them. */
const iceServers = v.pipe(
  v.array(
    v.strictObject({
      urls: shortText(300),
      username: v.optional(shortText(300)),
      credential: v.optional(shortText(300)),
    }),
  ),
  v.maxLength(16),
)

/** Every message of the server to a node. */
export const serverMessage = variantBy('type', [
  v.strictObject({ type: v.literal('challenge'), version: v.literal(SIGNALING_VERSION), nonce: hexOf(32) }),
  v.strictObject({ type: v.literal('welcome'), iceServers }),
  /** The credentials given before will end: from now on these. */
  v.strictObject({ type: v.literal('ice-servers'), iceServers }),
  /** The server is about to close with CLOSE_DRAINING; each node is given its own time to come back. */
  v.strictObject({ type: v.literal('stopping'), retryAfterMs: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_RETRY_AFTER_MS)) }),
  v.strictObject({ type: v.literal('done'), re: requestNumber }),
  v.strictObject({ type: v.literal('refused'), re: v.nullable(requestNumber), code: shortText(40), message: shortText(240) }),
  v.strictObject({
    type: v.literal('entries'),
    re: requestNumber,
    entries: v.pipe(v.array(directoryEntry), v.maxLength(MAX_DIRECTORY_ENTRIES)),
    /** Ask again after this id; null: that was all. */
    next: v.nullable(streamId),
  }),
  /**
   * The directory has changed for this stream: it is new or longer, or its publisher or a subscriber has come or gone.
   * Sent to everyone who has asked for that directory (the same `follows`), at most once a second for each stream.
   */
  v.strictObject({ type: v.literal('listed'), entry: directoryEntry }),
  /** A row of a stream subscribed to. */
  v.strictObject({ type: v.literal('observation'), stream: streamId, live: hexUpTo(MAX_LIVE_BYTES) }),
  /** Node ids, never addresses. `publisher` null: it is not connected. */
  v.strictObject({
    type: v.literal('peers'),
    re: requestNumber,
    publisher: v.nullable(publicKey),
    members: v.pipe(v.array(publicKey), v.maxLength(MAX_LISTED_PEERS)),
  }),
  /** A member joined; sent to the publisher and at most MAX_ANNOUNCED random members. */
  v.strictObject({ type: v.literal('joined'), stream: streamId, member: publicKey, rows: rowCount }),
  v.strictObject({ type: v.literal('meta'), stream: streamId, from: publicKey, body: metaSchema }),
  v.strictObject({ type: v.literal('matched'), key: hexOf(32), role: v.picklist(['initiator', 'responder']), peer: publicKey }),
  v.strictObject({ type: v.literal('signal'), key: hexOf(32), ...sdpOrCandidate.entries }),
  /** The rendezvous is over for this caller, with the reason. */
  v.strictObject({ type: v.literal('dropped'), key: hexOf(32), code: shortText(40), message: shortText(240) }),
])

export type ServerMessage = v.InferOutput<typeof serverMessage>

const TAG = utf8('zazen check-in 1\n')

/** What a node signs to check in: the server's nonce and the host it dialled, so that one server cannot use it at another. */
export const checkInBytes = (nonce: string, host: string): Bytes =>
  concatBytes([TAG, fromHex(nonce), utf8(host.toLowerCase())])

/** The path of the WebSocket on its server. */
export const SIGNALING_PATH = '/signaling'

/** Close codes of the WebSocket that a node must tell apart. */
export const CLOSE_REPLACED = 4001
export const CLOSE_REFUSED = 4002
export const CLOSE_DRAINING = 4003
