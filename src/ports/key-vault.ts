import type { Bytes } from '../base/bytes.ts'

/** A platform key that cannot leave: its shape is the platform's business. */
export type SealedKey = object

export interface IdentityKeys<Key extends SealedKey = SealedKey> {
  readonly publicKey: Bytes
  readonly signing: Key
  /** The signing seed, encrypted under `wrapping`; opened only to write a backup. */
  readonly sealedSeed: Bytes
  readonly iv: Bytes
  readonly wrapping: Key
}

/** Where the identity's keys rest. */
export interface KeyVault<Key extends SealedKey = SealedKey> {
  load(): Promise<IdentityKeys<Key> | null>
  save(keys: IdentityKeys<Key>): Promise<void>
}

/** Where an identity may give way to another one. */
export interface ReplaceableVault<Key extends SealedKey = SealedKey> extends KeyVault<Key> {
  /** The identity that was there is gone for good. */
  replace(keys: IdentityKeys<Key>): Promise<void>
}
