import { createHash, createPublicKey, randomBytes, verify as verifyBytes } from 'node:crypto'
import { fromHex, type Bytes } from '../src/base/bytes.ts'
import { randomOf, type Random } from '../src/base/random.ts'
import type { Sha256 } from '../src/domain/hash.ts'
import type { PublicKey } from '../src/domain/stream.ts'

/** Judges Ed25519 signatures; total: a key that is no point of the curve is false. */
export type Verify = (publicKey: PublicKey, message: Bytes, signature: Bytes) => boolean

export const verifyEd25519: Verify = (publicKey, message, signature) => {
  const x = Buffer.from(fromHex(publicKey)).toString('base64url')
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verifyBytes(null, message, key, signature)
  } catch {
    // The only input that throws is a key that is none, and nobody can have signed with it.
    return false
  }
}

export const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** Unpredictable numbers: check-in nonces are made of them. */
export const createSystemRandom = (): Random => ({
  ...randomOf(() => randomBytes(4).readUInt32LE()),
  bytes: (count) => new Uint8Array(randomBytes(count)),
})
