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
