import type { KV } from '@nats-io/kv'
import { fail, failureOf, ok } from '../../src/base/result.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { isConflict } from '../nats-failure.ts'
import { claimed, decodePlace, encodePlace } from './place.ts'
import type { RendezvousKeys } from './rendezvous-keys.ts'

/** Two callers race at most a few times for one key; more is a cluster that cannot agree. */
const MAX_ATTEMPTS = 5

/** The book in a JetStream key-value bucket: a claim is one compare-and-set on the revision of its key. */
export const createNatsKeys = (bucket: KV, { clock, log }: { readonly clock: Clock; readonly log: Log }): RendezvousKeys => ({
  claim: async (key, caller, isThere) => {
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const entry = await bucket.get(key)
        const known = entry === null || entry.operation !== 'PUT' ? null : decodePlace(entry.string())
        const next = claimed(known, caller, clock.now(), isThere)
        if (!next.ok) return next
        if (await put(bucket, key, encodePlace(next.value), entry?.revision ?? 0)) return ok({ home: next.value.home })
      }
      return fail('not-kept', 'The servers could not agree on this key. Make a new one.')
    } catch (thrown) {
      return fail('not-kept', `The servers cannot reach their store: ${failureOf(thrown).message}`)
    }
  },
  release: async (key, server) => {
    try {
      const entry = await bucket.get(key)
      const known = entry === null || entry.operation !== 'PUT' ? null : decodePlace(entry.string())
      if (entry !== null && known?.home === server && known.second === null) await bucket.delete(key, { previousSeq: entry.revision })
    } catch (thrown) {
      // A second caller came first, or the store is away: the key then ends with its time.
      if (!isConflict(thrown)) log.warn({ error: failureOf(thrown).message }, 'a rendezvous key was not released')
    }
  },
})

/** False: somebody else was first. */
const put = async (bucket: KV, key: string, text: string, revision: number): Promise<boolean> => {
  try {
    await bucket.put(key, text, { previousSeq: revision })
    return true
  } catch (thrown) {
    if (isConflict(thrown)) return false
    throw thrown
  }
}
