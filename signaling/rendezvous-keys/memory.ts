import { ok } from '../../src/base/result.ts'
import type { Clock } from '../clock.ts'
import { claimed, type Place } from './place.ts'
import type { RendezvousKeys } from './rendezvous-keys.ts'

/** The book of servers in one process: for tests of a cluster without one. */
export const createMemoryKeys = ({ clock }: { readonly clock: Clock }): RendezvousKeys => {
  const places = new Map<string, Place>()
  return {
    claim: (key, caller, isThere) => {
      const next = claimed(places.get(key) ?? null, caller, clock.now(), isThere)
      if (next.ok) places.set(key, next.value)
      return Promise.resolve(next.ok ? ok({ home: next.value.home }) : next)
    },
    release: (key, server) => {
      const known = places.get(key)
      if (known?.home === server && known.second === null) places.delete(key)
      return Promise.resolve()
    },
  }
}
