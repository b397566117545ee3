import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { toHex, type Bytes } from '../../src/base/bytes.ts'
import { encode } from '../../src/base/codec.ts'
import { headBytes, signedHeadCodec, type Head, type SignedHead } from '../../src/domain/head.ts'
import { streamIdOf, type PublicKey, type StreamId, type StreamIdentity } from '../../src/domain/stream.ts'
import type { Row } from '../../src/domain/row.ts'
import type { Micros } from '../../src/domain/time.ts'
import { liveCodec } from '../../src/protocol/live.ts'

/** An Ed25519 key made on the spot, that signs anything: honest nodes and forgers are made of it. */
export interface NodeKey {
  readonly publicKey: PublicKey
  sign(bytes: Bytes): Bytes
}

export const createNodeKey = (): NodeKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    publicKey: toHex(raw) as PublicKey,
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  }
}

export const sha256 = (bytes: Uint8Array): Bytes => new Uint8Array(createHash('sha256').update(bytes).digest())

export const identityOf = (key: NodeKey, stream = 'temperature', source = 'test'): StreamIdentity => ({
  source,
  author: key.publicKey,
  stream,
  target: '',
})

export const idOf = (identity: StreamIdentity): StreamId => streamIdOf(identity, sha256)

/** A signed head over made-up hashes: what a server, which holds no history, can judge. */
export const headOf = (key: NodeKey, stream: StreamId, rows: number, more: Partial<Head> = {}): SignedHead => {
  const hash = sha256(new Uint8Array([rows & 0xff]))
  const origin = sha256(new Uint8Array(0))
  const { epoch = 0 } = more
  // All heads of one epoch begin with one row, and continue one history.
  const continues = epoch === 0 ? null : { epoch: epoch - 1, rows: 1, root: origin }
  const head: Head = { stream, epoch, rows, origin, root: hash, time: 0 as Micros, continues, ...more }
  return { head, signature: key.sign(headBytes(head)) }
}

export const headHex = (head: SignedHead): string => toHex(encode(signedHeadCodec, head))

export const liveHex = (
  head: SignedHead,
  row: Row = { form: 'observation', time: 0 as Micros, value: '1.5' },
): string => toHex(encode(liveCodec, { row, head }))
