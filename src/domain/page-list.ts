import { concatBytes, type Bytes } from '../base/bytes.ts'
import { HASH_BYTES } from './hash.ts'

// A history's page hashes as one run of bytes (32 each): how they are stored and kept, 32 kB for a million rows. One object for
// each hash takes ten times as much: it is made where the hashes are worked with, and is not kept.

/** Views into the list: they keep it in memory, and cost no copy. By a loop: `Array.from` over a length takes twice as long (measured). */
export const splitPageList = (list: Bytes): Bytes[] => {
  const hashes: Bytes[] = []
  for (let page = 0; page < pagesInList(list); page++) hashes.push(hashInList(list, page))
  return hashes
}

export const joinPageList = (hashes: readonly Uint8Array[]): Bytes => concatBytes(hashes)

export const pagesInList = (list: Bytes): number => Math.ceil(list.length / HASH_BYTES)

/** A view; no bytes where the list has no such page. */
export const hashInList = (list: Bytes, page: number): Bytes => list.subarray(page * HASH_BYTES, (page + 1) * HASH_BYTES)

/** The first pages of it: a view. */
export const cutPageList = (list: Bytes, pages: number): Bytes => list.subarray(0, pages * HASH_BYTES)
