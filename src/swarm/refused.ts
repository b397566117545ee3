import type { PublicKey } from '../domain/stream.ts'
import { MAX_REFUSED_PEERS } from '../protocol/limits.ts'

/** Whom a person wants no link with: for a while, or until they say otherwise. */
export interface Refused {
  has(peer: PublicKey): boolean
  all(): readonly PublicKey[]
  /** `until` Infinity: for good. Whoever is refused for longer already stays so. */
  add(peer: PublicKey, until: number): void
  /** False: it was not refused. */
  remove(peer: PublicKey): boolean
  /** False: nobody's time is over. */
  expire(now: number): boolean
}

/** O(refused) where it says `all` or looks for whose time is over: at most MAX_REFUSED_PEERS. */
export const createRefused = (): Refused => {
  const refused = new Map<PublicKey, number>()
  /** Those refused for a while give way, the first of them first: those refused for good are fewer than there is room for. */
  const makeRoom = (): void => {
    if (refused.size < MAX_REFUSED_PEERS) return
    const [spare] = [...refused].find(([, until]) => until !== Infinity) ?? []
    if (spare !== undefined) refused.delete(spare)
  }
  return {
    has: (peer) => refused.has(peer),
    all: () => [...refused.keys()],
    add: (peer, until) => {
      const before = refused.get(peer)
      if (before === undefined) makeRoom()
      refused.set(peer, Math.max(until, before ?? 0))
    },
    remove: (peer) => refused.delete(peer),
    expire: (now) => {
      const over = [...refused].filter(([, until]) => until <= now)
      for (const [peer] of over) refused.delete(peer)
      return over.length > 0
    },
  }
}
