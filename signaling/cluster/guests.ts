import type { PublicKey } from '../../src/domain/stream.ts'
import type { ServerName } from '../rendezvous-keys/rendezvous-keys.ts'

export interface Guest {
  readonly node: PublicKey
  readonly home: ServerName
  /** Its rendezvous has ended by then, also when the word of that was lost. */
  readonly until: number
}

/** Keys that nodes here have called for whose home is elsewhere. A node that leaves costs what it holds; a server that is gone, a look at all. */
export interface Guests {
  add(key: string, guest: Guest): void
  get(key: string): Guest | undefined
  delete(key: string): void
  /** Rendezvous that a node holds elsewhere. */
  held(node: PublicKey): number
  forgetNode(node: PublicKey): void
  /** Takes out those of a home; answers whose they were. */
  takeOf(home: ServerName): readonly (readonly [key: string, node: PublicKey])[]
  tick(now: number): void
}

export const createGuests = (): Guests => {
  /** In the order of their ends: each lasts equally long. */
  const guests = new Map<string, Guest>()
  const byNode = new Map<PublicKey, Set<string>>()

  const remove = (key: string): void => {
    const node = guests.get(key)?.node
    if (node === undefined) return
    guests.delete(key)
    const keys = byNode.get(node)
    keys?.delete(key)
    if (keys?.size === 0) byNode.delete(node)
  }
  return {
    add: (key, guest) => {
      remove(key)
      guests.set(key, guest)
      byNode.set(guest.node, (byNode.get(guest.node) ?? new Set()).add(key))
    },
    get: (key) => guests.get(key),
    delete: remove,
    held: (node) => byNode.get(node)?.size ?? 0,
    forgetNode: (node) => {
      for (const key of [...(byNode.get(node) ?? [])]) remove(key)
    },
    takeOf: (home) => {
      const taken = [...guests].flatMap(([key, guest]) => (guest.home === home ? [[key, guest.node] as const] : []))
      for (const [key] of taken) remove(key)
      return taken
    },
    tick: (now) => {
      for (const [key, { until }] of guests) {
        if (until > now) break
        remove(key)
      }
    },
  }
}
