import type { Bytes } from '../../base/bytes.ts'

/** Pages of a few peers are with the judge at once, two of each. */
const MOST_FREE = 8

/**
 * Memory for pages that are opened, judged and let go of, because their parcels are what is kept: made anew for each, a history of 1 M rows leaves
 * 20 MiB for the collector within a second (measured: the data worker's peak was 26 MiB instead of 12). O(pages at once).
 */
export interface PageBuffers {
  /** So many bytes, whatever is in them. */
  take(length: number): Bytes
  /** Nobody looks at them any more. */
  giveBack(bytes: Bytes): void
}

export const createPageBuffers = (): PageBuffers => {
  const free: ArrayBuffer[] = []
  return {
    take: (length) => {
      const at = free.findIndex(({ byteLength }) => byteLength >= length)
      // Where none is large enough one makes room: pages that grow must not leave only what is too small.
      const [found] = free.splice(Math.max(0, at), 1)
      const buffer = at < 0 || found === undefined ? new ArrayBuffer(length) : found
      return new Uint8Array(buffer, 0, length)
    },
    giveBack: ({ buffer }) => {
      if (free.length < MOST_FREE) free.push(buffer)
    },
  }
}
