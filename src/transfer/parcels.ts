import { toHex, type Bytes } from '../base/bytes.ts'
import type { PageShape } from '../protocol/packed-page.ts'
import { wrapPage } from './parcel.ts'

/** Parcels kept, bytes: some 1,000 pages of the usual kind, so that a crowd that wants one history has it packed once. */
export const MAX_PARCEL_BYTES_KEPT = 4 * 1024 * 1024

/** The parcels of pages lately served, for all links together. */
export interface Parcels {
  /** `hash` is the page's, and was verified: the parcel of a page never changes. */
  of(page: Bytes, hash: Bytes, shape: PageShape, encodings: readonly number[]): Bytes
  /** Bytes kept. */
  readonly bytes: number
}

export const createParcels = (maxBytes = MAX_PARCEL_BYTES_KEPT): Parcels => {
  /** Least lately served first. */
  const kept = new Map<string, Bytes>()
  let bytes = 0
  const drop = (key: string, parcel: Bytes): void => {
    kept.delete(key)
    bytes -= parcel.length
  }
  return {
    get bytes() {
      return bytes
    },
    of(page, hash, shape, encodings) {
      // Nothing is gained by keeping what is not encoded.
      if (encodings.length === 0) return wrapPage(page, shape, encodings)
      const key = `${toHex(hash)} ${[...encodings].sort((a, b) => a - b).join()}`
      const known = kept.get(key)
      if (known !== undefined) drop(key, known)
      const parcel = known ?? wrapPage(page, shape, encodings)
      if (parcel.length > maxBytes) return parcel
      kept.set(key, parcel)
      bytes += parcel.length
      for (const [oldest, other] of kept) {
        if (bytes <= maxBytes) break
        drop(oldest, other)
      }
      return parcel
    },
  }
}
