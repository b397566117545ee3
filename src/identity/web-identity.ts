import { toHex, type Bytes } from '../base/bytes.ts'
import { headBytes } from '../domain/head.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { IdentityKeys, KeyVault } from '../ports/key-vault.ts'
import { transcriptBytes } from '../protocol/link.ts'
import { checkInBytes } from '../protocol/signaling.ts'
import { fromHex } from '../base/bytes.ts'

const ED25519 = { name: 'Ed25519' } as const

/**
 * Makes a key once and keeps it: the working key is non-extractable; its seed stays beside it, sealed under a
 * non-extractable AES-GCM key, because a key that can never be backed up is lost with the profile.
 */
const createKeys = async (): Promise<IdentityKeys<CryptoKey>> => {
  const pair = (await crypto.subtle.generateKey(ED25519, true, ['sign', 'verify']))
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', pair.privateKey)
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const signing = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, false, ['sign'])
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealedSeed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, pkcs8))
  return { publicKey, signing, sealedSeed, iv, wrapping }
}

/** The profile's identity: loaded, or made at the first start. */
export const openIdentity = async (vault: KeyVault<CryptoKey>): Promise<Identity> => {
  const found = await vault.load()
  const keys = found ?? (await createKeys())
  if (found === null) await vault.save(keys)
  const sign = async (message: Bytes): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.sign(ED25519, keys.signing, message))
  return {
    publicKey: toHex(keys.publicKey) as PublicKey,
    signHead: (head) => sign(headBytes(head)),
    signCheckIn: (nonce, host) => sign(checkInBytes(toHex(nonce), host)),
    signLink: (role, transcript) => sign(transcriptBytes(role, transcript)),
  }
}

/** Keys already imported: a directory or a download judges many signatures of few authors. */
const MAX_KEYS_CACHED = 256

/** Ed25519 by the platform. A key that is no curve point, or a signature of the wrong size, is false. */
export const createVerify = (): Verify => {
  const imported = new Map<PublicKey, Promise<CryptoKey>>()
  const keyOf = (publicKey: PublicKey): Promise<CryptoKey> => {
    const known = imported.get(publicKey)
    if (known !== undefined) return known
    const fresh = crypto.subtle.importKey('raw', fromHex(publicKey), ED25519, false, ['verify'])
    const [oldest] = imported.keys()
    if (imported.size >= MAX_KEYS_CACHED && oldest !== undefined) imported.delete(oldest)
    imported.set(publicKey, fresh)
    return fresh
  }
  return async (publicKey, message, signature) => {
    try {
      return await crypto.subtle.verify(ED25519, await keyOf(publicKey), signature, message)
    } catch {
      // The platform throws for what is no key at all: that is a signature that does not verify.
      imported.delete(publicKey)
      return false
    }
  }
}
