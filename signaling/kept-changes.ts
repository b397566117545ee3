import type { Result } from '../src/base/result.ts'
import type { StreamId } from '../src/domain/stream.ts'
import type { Clock } from './clock.ts'
import { storedOf } from './kept-listings.ts'
import { KEPT_AGAIN_PER_TICK } from './limits.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Listing } from './registry.ts'
import type { RegistryStore, StoreFailure } from './registry-store/registry-store.ts'

/** Changes of listings on their way to the store; what it refuses is tried again. */
export interface KeptChanges {
  keep(listing: Listing): Promise<Result<null, StoreFailure>>
  remove(id: StreamId): void
  tick(): void
  /** Those under way. */
  readonly pending: ReadonlySet<Promise<unknown>>
}

export interface KeptChangesDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly store: RegistryStore
  readonly listingOf: (id: StreamId) => Listing | undefined
}

export const createKeptChanges = ({ clock, log, metrics, store, listingOf }: KeptChangesDeps): KeptChanges => {
  const pending = new Set<Promise<unknown>>()
  /** Changes that the store has refused; at most as many as there are listings, and those that made room. */
  const refused = new Set<StreamId>()

  const watch = async (id: StreamId, kept: Promise<Result<null, StoreFailure>>, isAgain = false): Promise<Result<null, StoreFailure>> => {
    const began = clock.now()
    pending.add(kept)
    const outcome = await kept
    pending.delete(kept)
    metrics.kept(clock.now() - began)
    if (outcome.ok) return outcome
    refused.add(id)
    // Said once: a full disk is not emptied by what is written about it.
    if (!isAgain) log.error(outcome.error, 'a change could not be kept')
    return outcome
  }
  const put = (listing: Listing): Promise<Result<null, StoreFailure>> => store.put(storedOf(listing, clock.now()))
  return {
    keep: (listing) => watch(listing.id, put(listing)),
    remove: (id) => void watch(id, store.remove(id)),
    /** A publisher that was told `not-kept` may be gone before it says it again. */
    tick: () => {
      if (!store.isReachable) return
      for (const id of [...refused].slice(0, KEPT_AGAIN_PER_TICK)) {
        refused.delete(id)
        const listing = listingOf(id)
        void watch(id, listing === undefined ? store.remove(id) : put(listing), true)
      }
    },
    pending,
  }
}
