import { toHex, type Bytes } from '../base/bytes.ts'
import type { Mutable } from '../base/mutable.ts'

/** Parcels kept, bytes: some 1,000 pages of the usual kind, so that a crowd that wants one history has it packed once. */
export const MAX_PARCEL_BYTES_KEPT = 4 * 1024 * 1024

/** The parcels of pages lately served, for all links together. */
export interface Parcels {
  /**
   * What is kept of the page of this hash, or null. It was verified, or its seal was, when it was read in this process, and nobody can
   * reach it since: to serve it, the page need not be read again.
   */
  kept(hash: Bytes, encodings: readonly number[]): Bytes | null
  /** The parcel of the page of this hash for who reads these encodings; answers the one to send: of two that were made at a time the first. */
  keep(hash: Bytes, encodings: readonly number[], parcel: Bytes): Bytes
  /** Bytes kept. */
  readonly bytes: number
}

export const createParcels = (maxBytes = MAX_PARCEL_BYTES_KEPT): Parcels => {
  /** Least lately served first. */
  const kept = new Map<string, Bytes>()
  const drop = (key: string, parcel: Bytes): void => {
    kept.delete(key)
    parcels.bytes -= parcel.length
  }
  const parcels: Mutable<Parcels> = {
    bytes: 0,
    kept(hash, encodings) {
      const key = keyOf(hash, encodings)
      const parcel = kept.get(key)
      if (parcel === undefined) return null
      kept.delete(key)
      kept.set(key, parcel)
      return parcel
    },
    keep(hash, encodings, made) {
      // Nothing is gained by keeping what is not encoded.
      if (encodings.length === 0) return made
      const key = keyOf(hash, encodings)
      const known = kept.get(key)
      if (known !== undefined) drop(key, known)
      const parcel = known ?? made
      if (parcel.length > maxBytes) return parcel
      kept.set(key, parcel)
      parcels.bytes += parcel.length
      for (const [oldest, other] of kept) {
        if (parcels.bytes <= maxBytes) break
        drop(oldest, other)
      }
      return parcel
    },
  }
  return parcels
}

const keyOf = (hash: Bytes, encodings: readonly number[]): string => `${toHex(hash)} ${[...encodings].sort((a, b) => a - b).join()}`
