import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { verifyEd25519 } from '../../../signaling/crypto.ts'
import { concatBytes, equalBytes, fromHex, toHex, type Bytes } from '../../../src/base/bytes.ts'
import type { Random } from '../../../src/base/random.ts'
import { headBytes, type Head } from '../../../src/domain/head.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import type { Identity, Verify } from '../../../src/ports/identity.ts'
import { transcriptBytes } from '../../../src/protocol/link.ts'
import { checkInBytes } from '../../../src/protocol/signaling.ts'
import { hash } from '../hash.ts'

export interface SimKey {
  readonly publicKey: PublicKey
  sign(message: Bytes): Bytes
}

/** The keys of one world. Only the owner of a key can sign with it; everybody can verify. */
export interface KeyRing {
  create(): SimKey
  readonly verify: Verify
}

/** `real`: Ed25519. Else a keyed hash, whose secrets the ring knows and no node: 60 times faster (measured). */
export const createKeyRing = (random: Random, isReal: boolean): KeyRing => (isReal ? createRealRing(random) : createHashRing(random))

const createHashRing = (random: Random): KeyRing => {
  const secrets = new Map<PublicKey, Bytes>()
  const seal = (secret: Bytes, message: Bytes): Bytes => {
    const half = hash(concatBytes([secret, message]))
    return concatBytes([half, half])
  }
  return {
    create: () => {
      const secret = random.bytes(32)
      const publicKey = toHex(hash(secret)) as PublicKey
      secrets.set(publicKey, secret)
      return { publicKey, sign: (message) => seal(secret, message) }
    },
    verify: (publicKey, message, signature) => {
      const secret = secrets.get(publicKey)
      return Promise.resolve(secret !== undefined && equalBytes(seal(secret, message), signature))
    },
  }
}

/** What stands before the seed of an Ed25519 key in PKCS 8. */
const PKCS8 = fromHex('302e020100300506032b657004220420')

const createRealRing = (random: Random): KeyRing => ({
  create: () => {
    const key = createPrivateKey({ key: Buffer.from(concatBytes([PKCS8, random.bytes(32)])), format: 'der', type: 'pkcs8' })
    const publicKey = toHex(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)) as PublicKey
    return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) }
  },
  verify: (publicKey, message, signature) => Promise.resolve(verifyEd25519(publicKey, message, signature)),
})

/** A key as the data process uses one; every head that it signs is told: it is the truth of its stream from then on. */
export const identityOf = (key: SimKey, onHead: (head: Head) => void): Identity => ({
  publicKey: key.publicKey,
  signHead: (head) => {
    onHead(head)
    return Promise.resolve(key.sign(headBytes(head)))
  },
  signCheckIn: (nonce, host) => Promise.resolve(key.sign(checkInBytes(toHex(nonce), host))),
  signLink: (role, transcript) => Promise.resolve(key.sign(transcriptBytes(role, transcript))),
})
