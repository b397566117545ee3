import type { Bytes } from '../../base/bytes.ts'
import type { Failure } from '../../base/result.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { sameHistory } from '../../domain/head.ts'
import { pagesOf } from '../../domain/page.ts'
import { splitPageList } from '../../domain/page-list.ts'
import type { KnownRun } from '../../transfer/ledger.ts'
import { createFetch } from './fetch.ts'
import { createRepair } from './repairs.ts'
import type { Goal, Stage, StageDeps } from './stage.ts'

/**
 * One stream's way to one head: who has a page list searches first for what differs, then fetches that; who has none fetches
 * the list too. `ended` is called once, unless it is cancelled.
 */
export const createPursuit = (goal: Goal, deps: StageDeps, ended: (failure: Failure | null) => void): Stage => {
  const links = new Set<number>()
  const own = ownList(goal, deps.shape.pageRows)

  const fetch = (known: readonly KnownRun[]): Stage => createFetch(goal, known, deps, ended)
  const begin = (): Stage => {
    if (own === null) return fetch([])
    return createRepair(goal, own, deps, (found) => {
      if (!found.ok) {
        ended(found.error)
        return
      }
      stage = fetch(found.value)
      for (const link of links) stage.join(link)
      // Nothing may be left to fetch, and then nobody is needed.
      stage.tick()
    })
  }
  let stage = begin()
  return {
    join: (link) => {
      links.add(link)
      stage.join(link)
    },
    leave: (link) => {
      links.delete(link)
      stage.leave(link)
    },
    tick: () => {
      stage.tick()
    },
    cancel: () => {
      stage.cancel()
    },
    view: () => stage.view(),
  }
}

/** The page list to begin with, right or wrong; null: there is none worth comparing. */
const ownList = ({ entry, target }: Goal, pageRows: number): readonly Bytes[] | null => {
  const { head, hashes, download } = entry.history.record
  const pages = pagesOf(target.head.rows, pageRows)
  // When it was interrupted after all of it was known, nothing need be asked again. The descent finds what of it is wrong.
  if (download !== null && sameHistory(download.head.head, target.head) && download.hashes.length === pages * HASH_BYTES) {
    const list = splitPageList(download.hashes)
    if (list.every(isKnown)) return list
  }
  if (head === null) return null
  return head.head.rows >= pageRows || sameHistory(head.head, target.head) ? splitPageList(hashes) : null
}

/** No gap: there `namedPages` leaves zeros. */
const isKnown = (hash: Bytes): boolean => hash.some((byte) => byte !== 0)
