import type { Bytes } from '../../base/bytes.ts'
import { HASH_BYTES } from '../../domain/hash.ts'

/**
 * What a record names while a history of `pages` is fetched: the page hashes of the runs that are verified, each in its place, and in other
 * places what an interrupted download had named there: what of that is here is not cleared away before it is known to be of no use. Where
 * nothing is known are zeros, which name no page. O(pages).
 */
export const namedPages = (verified: ReadonlyMap<number, Bytes>, pages: number, before: Bytes = new Uint8Array(0)): Bytes => {
  const ends = [...verified].map(([from, run]) => from * HASH_BYTES + run.length)
  const kept = before.subarray(0, pages * HASH_BYTES)
  const list = new Uint8Array(Math.max(kept.length, ...ends))
  list.set(kept)
  for (const [from, run] of verified) list.set(run, from * HASH_BYTES)
  return list
}
