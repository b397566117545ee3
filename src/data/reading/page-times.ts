import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { pagesOf } from '../../domain/page.ts'
import { hashInList } from '../../domain/page-list.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { Micros } from '../../domain/time.ts'
import type { History } from '../history/history.ts'
import type { PageFailure } from '../history/page-cache.ts'

/**
 * Finds rows by their time. Times may step back, so no page can be passed over unseen: the first question about a far time
 * reads every page after it, later ones look at one number a page (40 bytes a page, 40 kB for a million rows, gone with the history).
 */
export interface PageTimes {
  /**
   * Number of the last row, by row number, whose time is at or before `time`; −1 when there is none. `mayRead` is asked before
   * each page that must be read; what was read until it says no makes the next question shorter.
   */
  lastAt(history: History, time: Micros, mayRead: () => boolean): Promise<Result<number, PageFailure | Failure<'busy'>>>
}

/** Of each page the hash that it had and the earliest time in it; NaN: nothing is known of it. */
interface Known {
  readonly hashes: Bytes
  readonly earliest: Float64Array
}

export const createPageTimes = ({ pageRows }: HistoryShape): PageTimes => {
  const known = new WeakMap<History, Known>()
  /** NaN: not known of the page as it is now; one that grew or was mended has another hash. */
  const earliestOf = (history: History, page: number): number => {
    const found = known.get(history)
    if (found === undefined || page >= found.earliest.length) return NaN
    return equalBytes(hashInList(found.hashes, page), hashOf(history, page)) ? (found.earliest[page] ?? NaN) : NaN
  }
  const learn = (history: History, page: number, hash: Bytes, earliest: number): void => {
    const facts = roomFor(known.get(history), pagesOf(history.rows, pageRows))
    known.set(history, facts)
    if (page >= facts.earliest.length) return
    facts.hashes.set(hash, page * HASH_BYTES)
    facts.earliest[page] = earliest
  }
  return {
    lastAt: async (history, time, mayRead) => {
      for (let page = pagesOf(history.rows, pageRows) - 1; page >= 0; page--) {
        const earliest = earliestOf(history, page)
        if (earliest > time) continue
        if (!mayRead()) return fail('busy', 'That is more than can be read for one asker now.')
        // A copy: it is compared with what is there later.
        const hash = hashOf(history, page).slice()
        const read = await history.read(page * pageRows, pageRows)
        if (!read.ok) return read
        // The page may have been replaced meanwhile: what was read says nothing of the one that is there now.
        if (equalBytes(hash, hashOf(history, page)))
          learn(history, page, hash, Math.min(...read.value.map((row) => row.time)))
        const at = read.value.findLastIndex((row) => row.time <= time)
        if (at >= 0) return ok(page * pageRows + at)
      }
      return ok(-1)
    },
  }
}

/** Half as much again each time: a page that is added does not copy them all. */
const roomFor = (facts: Known | undefined, pages: number): Known => {
  if (facts !== undefined && facts.earliest.length >= pages) return facts
  const room = Math.ceil(pages * 1.5)
  const grown: Known = { hashes: new Uint8Array(room * HASH_BYTES), earliest: new Float64Array(room).fill(NaN) }
  if (facts === undefined) return grown
  grown.hashes.set(facts.hashes)
  grown.earliest.set(facts.earliest)
  return grown
}

const hashOf = ({ record }: History, page: number): Bytes => hashInList(record.hashes, page)
