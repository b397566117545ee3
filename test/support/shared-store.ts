import { ok } from '../../src/base/result.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { RegistryStore, StoredListing } from '../../signaling/registry-store/registry-store.ts'

/** A registry store that several servers of one process share. */
export const createSharedStore = (): { open(): RegistryStore } => {
  const listings = new Map<StreamId, StoredListing>()
  const followers = new Map<symbol, (id: StreamId, listing: StoredListing | null) => void>()
  return {
    open: () => {
      const own = Symbol('server')
      const tell = (id: StreamId, listing: StoredListing | null): void => {
        for (const [of, heard] of followers) if (of !== own) heard(id, listing)
      }
      return {
        load: () => Promise.resolve([...listings.values()]),
        put: (listing) => {
          listings.set(listing.id, listing)
          tell(listing.id, listing)
          return Promise.resolve(ok(null))
        },
        remove: (id) => {
          listings.delete(id)
          tell(id, null)
          return Promise.resolve(ok(null))
        },
        follow: (heard) => void followers.set(own, heard),
        isReachable: true,
        close: () => {
          followers.delete(own)
          return Promise.resolve()
        },
      }
    },
  }
}
