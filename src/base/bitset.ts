import type { Mutable } from './mutable.ts'

/** A fixed-length set of small integers: 1 bit each. Indices outside are never members. */
export interface Bitset {
  readonly length: number
  /** How many are members. */
  readonly size: number
  has(index: number): boolean
  /** Adds; answers whether it was new. Outside the range is a broken invariant and throws. */
  add(index: number): boolean
  /** Up to `limit` members of the complement, ascending. */
  missing(limit: number): number[]
}

export const createBitset = (length: number): Bitset => {
  const bits = new Uint8Array((length + 7) >> 3)
  // Every index below this is a member, so that a scan for the missing does not start over: O(length) in all.
  let full = 0
  const has = (index: number): boolean =>
    index >= 0 && index < length && ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
  const bitset: Mutable<Bitset> = {
    length,
    size: 0,
    has,
    add(index) {
      if (!Number.isInteger(index) || index < 0 || index >= length)
        throw new RangeError(`bit ${index} is outside 0…${length - 1}`)
      if (has(index)) return false
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
      bitset.size++
      return true
    },
    missing(limit) {
      while (full < length && has(full)) full++
      const found: number[] = []
      for (let i = full; i < length && found.length < limit; i++) if (!has(i)) found.push(i)
      return found
    },
  }
  return bitset
}
