import { fromHex, toHex, type Bytes } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { headBytes } from '../domain/head.ts'
import type { PublicKey } from '../domain/stream.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { IdentityKeys, KeyVault, ReplaceableVault } from '../ports/key-vault.ts'
import { transcriptBytes } from '../protocol/link.ts'
import { checkInBytes } from '../protocol/signaling.ts'

const ED25519 = { name: 'Ed25519' } as const

/**
 * As keys rest: the working key is non-extractable; its seed stays beside it, sealed under a non-extractable AES-GCM key,
 * because a key that can never be backed up is lost with the profile.
 */
const sealKeys = async (publicKey: Bytes, pkcs8: Bytes): Promise<IdentityKeys<CryptoKey>> => {
  const signing = await crypto.subtle.importKey('pkcs8', pkcs8, ED25519, false, ['sign'])
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealedSeed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, wrapping, pkcs8))
  return { publicKey, signing, sealedSeed, iv, wrapping }
}

const createKeys = async (): Promise<IdentityKeys<CryptoKey>> => {
  const pair = await crypto.subtle.generateKey(ED25519, true, ['sign', 'verify'])
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  return sealKeys(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)), pkcs8)
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

/** The profile's identity as an encrypted file. */
export const backUpIdentity = async (vault: KeyVault<CryptoKey>, passphrase: string): Promise<Result<Bytes>> => {
  const keys = await vault.load()
  if (keys === null) return fail('no-identity', 'This node has no identity yet.')
  const { publicKey, sealedSeed, iv, wrapping } = keys
  const pkcs8 = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, wrapping, sealedSeed))
  const { sealBackup } = await import('./backup.ts')
  return sealBackup({ publicKey: toHex(publicKey) as PublicKey, pkcs8 }, passphrase)
}

/**
 * Puts the identity of a backup in the place of the profile's own; the node must be started anew to use it. Answers whose it
 * is, and changes nothing when the file is none or the key in it is not the one it names.
 */
export const restoreIdentity = async (vault: ReplaceableVault<CryptoKey>, file: Bytes, passphrase: string): Promise<Result<PublicKey>> => {
  const { openBackup } = await import('./backup.ts')
  const opened = await openBackup(file, passphrase)
  if (!opened.ok) return opened
  const { publicKey, pkcs8 } = opened.value
  const keys = await sealKeys(fromHex(publicKey), pkcs8).catch(() => null)
  if (keys === null || !(await isPairOf(keys.signing, publicKey, file)))
    return fail('not-a-backup', 'The key in this backup is not the one that it names.')
  await vault.replace(keys)
  return ok(publicKey)
}

/** Shown by signing the backup itself: it begins with a tag of its own, so that nothing else is signed by the way. */
const isPairOf = async (signing: CryptoKey, publicKey: PublicKey, file: Bytes): Promise<boolean> =>
  createVerify()(publicKey, file, new Uint8Array(await crypto.subtle.sign(ED25519, signing, file)))

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
