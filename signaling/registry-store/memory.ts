import { fail, ok } from '../../src/base/result.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { RegistryStore, StoredListing } from './registry-store.ts'

/** Keeps listings as long as the object lives: for tests, and for servers that are to forget (`DATA_DIR=none`). */
export const createMemoryStore = (): RegistryStore => {
  const listings = new Map<StreamId, StoredListing>()
  let closed = false
  const change = (run: () => void): ReturnType<RegistryStore['put']> => {
    if (closed) return Promise.resolve(fail('not-kept', 'The store is closed.'))
    run()
    return Promise.resolve(ok(null))
  }
  return {
    load: () => Promise.resolve([...listings.values()].sort((a, b) => a.seenAt - b.seenAt)),
    put: (listing) => change(() => void listings.set(listing.id, listing)),
    remove: (id) => change(() => void listings.delete(id)),
    follow: () => undefined,
    isReachable: true,
    close: () => {
      closed = true
      return Promise.resolve()
    },
  }
}
