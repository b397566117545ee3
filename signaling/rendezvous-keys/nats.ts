import type { KV, KvEntry } from '@nats-io/kv'
import { fail, failureOf, ok, type Result } from '../../src/base/result.ts'
import { pause, type Clock } from '../clock.ts'
import { CLAIM_MS, STORE_PAUSE_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import { isConflict } from '../nats-failure.ts'
import { claimed, decodePlace, encodePlace, type Place } from './place.ts'
import type { Caller, ClaimFailure, RendezvousKeys, ServerName } from './rendezvous-keys.ts'

/** Two callers race at most a few times for one key; more is a cluster that cannot agree. */
const MAX_ATTEMPTS = 5

/** The book in a JetStream key-value bucket: a claim is one compare-and-set on the revision of its key. */
export const createNatsKeys = (bucket: Pick<KV, 'get' | 'put' | 'delete'>, { clock, log }: { readonly clock: Clock; readonly log: Log }): RendezvousKeys => ({
  claim: async (key, caller, isThere) => {
    const until = clock.now() + CLAIM_MS
    const claim = createClaim(bucket, key, caller, (known) => claimed(known, caller, clock.now(), isThere))
    for (;;) {
      try {
        return await claim()
      } catch (thrown) {
        if (clock.now() >= until) return fail('not-kept', `The servers cannot reach their store: ${failureOf(thrown).message}`)
        await pause(clock, STORE_PAUSE_MS)
      }
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

/** One caller's claim, which may be tried again: a write that was not answered may have been carried out, and is then not somebody else's. */
const createClaim = (
  bucket: Pick<KV, 'get' | 'put'>,
  key: string,
  caller: Caller,
  next: (known: Place | null) => Result<Place, ClaimFailure>,
) => {
  /** What was written without an answer: each may have been carried out, also after the next look. */
  const unanswered = new Set<string>()
  /** Also where a second caller has put its name beside it since. */
  const isOwn = (known: Place, text: string): boolean =>
    unanswered.has(text) || (unanswered.size > 0 && known.first === caller.node && known.home === caller.server)
  // Nearly every key is new to the book: the first look is the write itself, which fails where there is something.
  let isUnseen = true
  return async (): Promise<Result<{ readonly home: ServerName }, ClaimFailure>> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const entry: KvEntry | null = isUnseen ? null : await bucket.get(key)
      isUnseen = false
      const text = entry === null || entry.operation !== 'PUT' ? '' : entry.string()
      const known = text === '' ? null : decodePlace(text)
      if (known !== null && isOwn(known, text)) return ok({ home: known.home })
      const place = next(known)
      if (!place.ok) return place
      const written = encodePlace(place.value)
      unanswered.add(written)
      if (await put(bucket, key, written, entry?.revision ?? 0)) return ok({ home: place.value.home })
      unanswered.delete(written)
    }
    return fail('not-kept', 'The servers could not agree on this key. Make a new one.')
  }
}

/** False: somebody else was first. */
const put = async (bucket: Pick<KV, 'put'>, key: string, text: string, revision: number): Promise<boolean> => {
  try {
    await bucket.put(key, text, { previousSeq: revision })
    return true
  } catch (thrown) {
    if (isConflict(thrown)) return false
    throw thrown
  }
}
