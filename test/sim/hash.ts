import { hash as hashOnce } from 'node:crypto'
import { HASH_BYTES, type Sha256 } from '../../src/domain/hash.ts'

/**
 * The platform's SHA-256: what is simulated hashes small things all the time, and other tests' library is several times slower. Through a
 * text of one character a byte, because a buffer of the platform's costs as much as the hash (measured).
 */
export const hash: Sha256 = (bytes) => {
  const text = hashOnce('sha256', bytes, 'binary')
  const digest = new Uint8Array(HASH_BYTES)
  for (let i = 0; i < HASH_BYTES; i++) digest[i] = text.charCodeAt(i)
  return digest
}
