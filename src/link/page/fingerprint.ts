import { fromHex, type Bytes } from '../../base/bytes.ts'

const SHA_256 = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\s*$/gim

/**
 * The DTLS certificate's SHA-256 fingerprint in a session description, 32 bytes. Null when there is none, or when lines
 * disagree: then it would not be clear which certificate the signature is about.
 */
export const fingerprintOf = (sdp: string | undefined): Bytes | null => {
  const found = new Set([...(sdp ?? '').matchAll(SHA_256)].map((match) => (match[1] ?? '').toLowerCase()))
  const [only] = found
  return found.size === 1 && only !== undefined ? fromHex(only.replaceAll(':', '')) : null
}
