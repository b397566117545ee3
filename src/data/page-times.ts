import { equalBytes, type Bytes } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { pagesOf } from '../domain/page.ts'
import type { HistoryShape } from '../domain/shape.ts'
import type { Micros } from '../domain/time.ts'
import type { History } from './history.ts'
import type { PageFailure } from './page-cache.ts'

/**
 * Finds rows by their time. Times may step back, so no page can be passed over unseen: the first question about a far time
 * reads every page after it, later ones look at one number a page (some 100 kB for a million rows, gone with the history).
 */
export interface PageTimes {
  /**
   * Number of the last row, by row number, whose time is at or before `time`; −1 when there is none. `mayRead` is asked before
   * each page that must be read; what was read until it says no makes the next question shorter.
   */
  lastAt(history: History, time: Micros, mayRead: () => boolean): Promise<Result<number, PageFailure | Failure<'busy'>>>
}

interface Known {
  readonly hash: Bytes
  readonly earliest: number
}

export const createPageTimes = ({ pageRows }: HistoryShape): PageTimes => {
  const known = new WeakMap<History, Map<number, Known>>()
  /** Null: not known of the page as it is now; one that grew or was mended has another hash. */
  const earliestOf = (history: History, page: number): number | null => {
    const found = known.get(history)?.get(page)
    return found !== undefined && equalBytes(found.hash, hashOf(history, page)) ? found.earliest : null
  }
  const learn = (history: History, page: number, fact: Known): void => {
    const pages = known.get(history) ?? new Map<number, Known>()
    known.set(history, pages.set(page, fact))
  }
  return {
    lastAt: async (history, time, mayRead) => {
      for (let page = pagesOf(history.rows, pageRows) - 1; page >= 0; page--) {
        const earliest = earliestOf(history, page)
        if (earliest !== null && earliest > time) continue
        if (!mayRead()) return fail('busy', 'That is more than can be read for one asker now.')
        const hash = hashOf(history, page)
        const read = await history.read(page * pageRows, pageRows)
        if (!read.ok) return read
        // The page may have been replaced meanwhile: what was read says nothing of the one that is there now.
        if (equalBytes(hash, hashOf(history, page)))
          learn(history, page, { hash, earliest: Math.min(...read.value.map((row) => row.time)) })
        const at = read.value.findLastIndex((row) => row.time <= time)
        if (at >= 0) return ok(page * pageRows + at)
      }
      return ok(-1)
    },
  }
}

const hashOf = ({ record }: History, page: number): Bytes =>
  record.hashes.slice(page * HASH_BYTES, (page + 1) * HASH_BYTES)
