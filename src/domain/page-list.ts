import { concatBytes, type Bytes } from '../base/bytes.ts'
import { HASH_BYTES } from './hash.ts'

// A history's page hashes as one run of bytes (32 each): how they are stored and kept, 32 kB for a million rows.

export const splitPageList = (list: Bytes): Bytes[] => {
  const hashes: Bytes[] = []
  for (let at = 0; at < list.length; at += HASH_BYTES) hashes.push(list.slice(at, at + HASH_BYTES))
  return hashes
}

export const joinPageList = (hashes: readonly Uint8Array[]): Bytes => concatBytes(hashes)
