import type { Bytes } from '../base/bytes.ts'

/** SHA-256, 32 bytes. Given, not imported: the driver chooses the platform's or a library's. */
export type Sha256 = (bytes: Uint8Array) => Bytes

export const HASH_BYTES = 32
export const SIGNATURE_BYTES = 64
export const KEY_BYTES = 32
