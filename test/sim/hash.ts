import { hash as hashOnce } from 'node:crypto'
import type { Sha256 } from '../../src/domain/hash.ts'

/** The platform's SHA-256: what is simulated hashes small things all the time, and other tests' library is several times slower. */
export const hash: Sha256 = (bytes) => new Uint8Array(hashOnce('sha256', bytes, 'buffer'))
