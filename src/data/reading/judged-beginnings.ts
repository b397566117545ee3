import type { Bytes } from '../../base/bytes.ts'
import type { StreamId } from '../../domain/stream.ts'

/**
 * Beginnings of histories that are remembered for one asker, 150 bytes each. It stops the work that nobody pays for: what its MAX_REQUESTS_SERVED
 * requests name is computed again only after it has paid for sixty others.
 */
export const MAX_JUDGED = 64

/** What a history has that ends at an earlier row: its root, and the hash of its last page, which is cut there. */
export interface Judged {
  readonly root: Bytes
  readonly lastPage: Bytes
}

/**
 * What was computed of beginnings: anew for each page that is served it would be O(pages²), whatever is asked for by turns. Within an epoch the
 * first rows stay what they are. The one that was looked at longest ago goes first.
 */
export interface JudgedBeginnings {
  of(stream: StreamId, rows: number, epoch: number): Judged | null
  keep(stream: StreamId, rows: number, judged: Judged & { readonly epoch: number }): void
}

export const createJudgedBeginnings = (): JudgedBeginnings => {
  const kept = new Map<string, Judged & { readonly epoch: number }>()
  const keep: JudgedBeginnings['keep'] = (stream, rows, judged) => {
    const key = `${stream}/${rows}`
    kept.delete(key)
    kept.set(key, judged)
    const [oldest] = kept.keys()
    if (oldest !== undefined && kept.size > MAX_JUDGED) kept.delete(oldest)
  }
  return {
    of: (stream, rows, epoch) => {
      const judged = kept.get(`${stream}/${rows}`)
      if (judged?.epoch !== epoch) return null
      keep(stream, rows, judged)
      return judged
    },
    keep,
  }
}
