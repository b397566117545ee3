import type { StoredPage } from '../../ports/history-store.ts'

/** Pages that are written in one go: eight at a time cost the processor half as much again, one at a time four times (measured). */
const PAGES_A_WRITE = 32

/** The largest pages are twenty times the usual: fewer of those make a write, bytes. */
const BYTES_A_WRITE = 1024 * 1024

/**
 * Verified pages of one download on their way to disk. One write is under way while the next is gathered; who brings a page when
 * that is full too waits, so that a slow disk does not fill the memory.
 */
export interface PageWrites {
  /** Settles when another page may come. */
  add(page: StoredPage): Promise<void>
  /** Writes what there is, however little. */
  flush(): void
  /** Settles when everything that was added is on disk, or could not be written. */
  settled(): Promise<void>
}

/** `write` tells by itself what could not be written; `detach` hears what went wrong in it. */
export const createPageWrites = (
  write: (pages: readonly StoredPage[]) => Promise<void>,
  detach: (work: Promise<void>) => void,
): PageWrites => {
  let waiting: StoredPage[] = []
  let bytes = 0
  let underWay: Promise<void> | null = null
  const isFull = (): boolean => waiting.length >= PAGES_A_WRITE || bytes >= BYTES_A_WRITE
  const writeWaiting = async (): Promise<void> => {
    const pages = waiting
    waiting = []
    bytes = 0
    try {
      await write(pages)
    } finally {
      underWay = null
    }
  }
  const flush = (): void => {
    if (underWay !== null || waiting.length === 0) return
    underWay = writeWaiting()
    detach(underWay)
  }
  return {
    add: async (page) => {
      waiting.push(page)
      bytes += page.bytes.length
      while (isFull() && underWay !== null) await underWay
      if (isFull()) flush()
    },
    flush,
    settled: async () => {
      while (underWay !== null || waiting.length > 0) {
        flush()
        await underWay
      }
    },
  }
}
