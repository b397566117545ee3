import type { Brand } from '../base/brand.ts'
import { toHex, utf8, type Bytes } from '../base/bytes.ts'
import { encode, mapped, struct, text, fixed, type Codec } from '../base/codec.ts'
import { fromHex } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { KEY_BYTES, HASH_BYTES, type Sha256 } from './hash.ts'
import { hasControl, isWellFormed, utf8Length } from './text.ts'

/** SHA-256 of a stream's identity, as 64 lower-case hex digits. It commits to the publisher's key. */
export type StreamId = Brand<string, 'StreamId'>

/** An Ed25519 public key, as 64 lower-case hex digits; also the name of the node that holds it. */
export type PublicKey = Brand<string, 'PublicKey'>

/** Each of the three texts is at most this many UTF-8 bytes: an identity fits any message and any table. */
export const MAX_NAME_BYTES = 128

/** What makes a stream the one it is. Two streams with the same four are the same stream. */
export interface StreamIdentity {
  /** Where the data comes from: a data set, a site, "manual". */
  readonly source: string
  /** The publisher's public key. */
  readonly author: PublicKey
  /** The name of the stream at its source. */
  readonly stream: string
  /** The column or quantity; may be empty. */
  readonly target: string
}

/**
 * The author of a stream that nobody signs: an import of unknown origin, a legacy network. No head of such a stream is ever
 * believed; agreement of peers is all there is. As a key these bytes would be a point of small order, under which anybody can sign.
 */
export const NO_AUTHOR = '0'.repeat(64) as PublicKey

export const isKeyless = (identity: StreamIdentity): boolean => identity.author === NO_AUTHOR

export type RowForm = 'observation' | 'prediction'

/** The source of every prediction stream; its `stream` is the id of the stream it follows. No other stream may use it. */
const PREDICTION_SOURCE = 'zazen/prediction'

export const predictionStreamOf = (author: PublicKey, follows: StreamId): StreamIdentity => ({
  source: PREDICTION_SOURCE,
  author,
  stream: follows,
  target: '',
})

export const formOf = (identity: StreamIdentity): RowForm =>
  identity.source === PREDICTION_SOURCE ? 'prediction' : 'observation'

/** The stream that a prediction stream follows; null for observations. */
export const followedBy = (identity: StreamIdentity): StreamId | null =>
  formOf(identity) === 'prediction' ? (identity.stream as StreamId) : null

const HEX_64 = /^[0-9a-f]{64}$/

export const isStreamId = (text: string): text is StreamId => HEX_64.test(text)

export const isPublicKey = (text: string): text is PublicKey => HEX_64.test(text)

const isName = (name: string): boolean => isWellFormed(name) && !hasControl(name) && utf8Length(name) <= MAX_NAME_BYTES

/** Judges the parts of an identity that a person or a stranger gave. */
export const checkIdentity = (identity: StreamIdentity): Result<StreamIdentity, Failure<'bad-name'>> => {
  for (const field of ['source', 'stream', 'target'] as const)
    if (!isName(identity[field]))
      return fail(
        'bad-name',
        `The ${field} of a stream is at most ${MAX_NAME_BYTES} bytes of text without control characters.`,
      )
  if (identity.source.trim() === '' || identity.stream.trim() === '')
    return fail('bad-name', 'A stream needs a source and a name.')
  if (formOf(identity) === 'prediction' && (!isStreamId(identity.stream) || identity.target !== ''))
    return fail('bad-name', 'A prediction stream is named by the id of the stream it follows.')
  return ok(identity)
}

const hex64 = <T extends string>(size: number): Codec<T> =>
  mapped(
    fixed(size),
    (hex: T) => fromHex(hex),
    (bytes) => toHex(bytes) as T,
  )

export const streamIdCodec: Codec<StreamId> = hex64<StreamId>(HASH_BYTES)
export const publicKeyCodec: Codec<PublicKey> = hex64<PublicKey>(KEY_BYTES)

const parts: Codec<StreamIdentity> = struct({
  source: text(MAX_NAME_BYTES),
  author: publicKeyCodec,
  stream: text(MAX_NAME_BYTES),
  target: text(MAX_NAME_BYTES),
})

/** An identity on the wire, judged as it is read. */
export const identityCodec: Codec<StreamIdentity> = mapped(
  parts,
  (identity: StreamIdentity) => identity,
  (identity, reader) => {
    const judged = checkIdentity(identity)
    if (!judged.ok) reader.reject(judged.error.message)
    return identity
  },
)

const IDENTITY_TAG = utf8('zazen stream 1\n')

/** The canonical bytes whose SHA-256 is the stream's id. */
export const identityBytes = (identity: StreamIdentity): Bytes => {
  const body = encode(parts, identity)
  const bytes = new Uint8Array(IDENTITY_TAG.length + body.length)
  bytes.set(IDENTITY_TAG)
  bytes.set(body, IDENTITY_TAG.length)
  return bytes
}

export const streamIdOf = (identity: StreamIdentity, sha256: Sha256): StreamId =>
  toHex(sha256(identityBytes(identity))) as StreamId

/** The stable UUID of a stream (RFC 9562 version 8 over the first 128 bits of its id), for systems that want one. */
export const uuidOf = (id: StreamId): string => {
  const version = `8${id.slice(13, 16)}`
  const variant = ((Number.parseInt(id.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return `${id.slice(0, 8)}-${id.slice(8, 12)}-${version}-${variant}${id.slice(17, 20)}-${id.slice(20, 32)}`
}

/** What people call a stream. */
export const displayName = (identity: StreamIdentity): string =>
  identity.target === '' ? identity.stream : `${identity.stream} · ${identity.target}`
