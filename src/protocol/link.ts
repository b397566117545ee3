import { bool, count, fixed, struct, text } from '../base/codec.ts'
import { concatBytes, utf8, type Bytes } from '../base/bytes.ts'
import { encode } from '../base/codec.ts'
import { KEY_BYTES, SIGNATURE_BYTES } from '../domain/hash.ts'
import { publicKeyCodec, type PublicKey } from '../domain/stream.ts'
import { MAX_CODE_BYTES, MAX_REASON_BYTES } from './limits.ts'

/** What makes a link: who is there, and how much may be under way. SPEC, section L. */
export const linkFrames = {
  /** First frame of both sides. */
  hello: [
    1,
    struct({
      publicKey: publicKeyCodec,
      nonce: fixed(32),
      /** This side can use the second, negotiated channel of the connection; when both can, everything after the proof goes there. */
      bulk: bool,
    }),
  ],
  /** Signature over the transcript; nothing else is answered before it verifies. */
  auth: [2, struct({ signature: fixed(SIGNATURE_BYTES) })],
  /** Bytes of frames consumed since the link began: lets the sender go on. */
  credit: [3, struct({ consumed: count })],
  /** The reason, before closing. */
  bye: [4, struct({ code: text(MAX_CODE_BYTES), message: text(MAX_REASON_BYTES) })],
} as const

/** Code of `bye`: a person at the other end wants no link with this node. */
export const UNWANTED = 'unwanted'

/** Stream number of the second channel: negotiated, so that both sides can make it before they know of each other. */
export const BULK_CHANNEL_ID = 100

export type LinkRole = 'initiator' | 'responder'

/** What both sides of a link saw; a server that swapped a session description cannot make both the same. */
export interface LinkTranscript {
  readonly initiator: TranscriptSide
  readonly responder: TranscriptSide
}

export interface TranscriptSide {
  readonly publicKey: PublicKey
  readonly nonce: Bytes
  /** SHA-256 DTLS certificate fingerprint of this side's description in force, 32 bytes. */
  readonly fingerprint: Bytes
}

const side = struct({ publicKey: publicKeyCodec, nonce: fixed(32), fingerprint: fixed(KEY_BYTES) })
const TAG = utf8('zazen link 1\n')

/** The bytes that `role` signs: tag, role, then both sides in a fixed order. The role keeps a signature from being mirrored. */
export const transcriptBytes = (role: LinkRole, transcript: LinkTranscript): Bytes =>
  concatBytes([TAG, utf8(`${role}\n`), encode(side, transcript.initiator), encode(side, transcript.responder)])
