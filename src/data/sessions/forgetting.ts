import { fail, type Result } from '../../base/result.ts'
import type { HistoryStore } from '../../ports/history-store.ts'
import type { LogDep } from '../../ports/log.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Watchers } from '../live/watchers.ts'
import type { Agreements } from '../loose/agreements.ts'
import type { Drafts } from '../own/drafts.ts'
import type { LearntShelf } from '../own/learnt-shelf.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import type { Entry } from '../streams/entry.ts'

export interface ForgettingDeps extends LogDep {
  readonly agreements: Agreements
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly drafts: Drafts
  readonly live: LiveRows
  readonly shelf: Pick<LearntShelf, 'forgotten'>
  readonly store: HistoryStore
  readonly watchers: Watchers
}

/**
 * Deletes a stream from this node: what is under way for it ends, its record goes and its loose rows, then the pages that
 * nobody else names. A stream of one's own stays: begun anew under its name it would contradict the heads signed before.
 */
export const createForgetting =
  ({ agreements, catalogue, downloads, drafts, live, shelf, store, watchers, log }: ForgettingDeps) =>
  async (entry: Entry): Promise<Result<null>> => {
    const { stream } = entry.history.record
    if (entry.own) return fail('own-stream', 'A stream of your own is kept: others hold heads that you signed for it.')
    const removed = await entry.history.remove()
    if (!removed.ok) return removed
    shelf.forgotten(stream)
    catalogue.drop(entry)
    downloads.cancel(stream)
    await agreements.stop(stream)
    // Peers hear that it is not followed any more, ask, and hear that it is not served either ([D62]).
    live.subscribed(stream, false)
    watchers.forgotten(stream)
    // A draft's pages are named by no record yet, nor are all of a damaged list; then a later start clears away. O(all pages).
    const collected = drafts.isIdle() && !catalogue.isDoubtful() ? await store.collect() : removed
    if (!collected.ok) log({ level: 'error', message: collected.error.message })
    return { ok: true, value: null }
  }
