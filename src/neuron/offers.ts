import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'

/** An offer can be accepted for this long, milliseconds: as long as a rendezvous waits. */
const OFFER_MS = 60_000

/** Offers remembered: questions cost nothing, so a crowd of them must not fill the memory. The oldest is forgotten first. */
const MAX_OFFERS = 1_000

/** What this node has offered, and to whom: nobody else's acceptance makes it go to a rendezvous (M14). */
export interface Offers {
  note(stream: StreamId, to: PublicKey): void
  /** Whether it was offered not long ago; an offer is accepted once. */
  take(stream: StreamId, from: PublicKey): boolean
  clear(): void
}

export const createOffers = ({ clock }: ClockDep): Offers => {
  const madeAt = new Map<string, number>()
  return {
    note: (stream, to) => {
      const name = `${stream} ${to}`
      madeAt.delete(name)
      madeAt.set(name, clock.now())
      const [oldest] = madeAt.keys()
      if (madeAt.size > MAX_OFFERS && oldest !== undefined) madeAt.delete(oldest)
    },
    take: (stream, from) => {
      const name = `${stream} ${from}`
      const at = madeAt.get(name)
      madeAt.delete(name)
      return at !== undefined && clock.now() - at < OFFER_MS
    },
    clear: () => {
      madeAt.clear()
    },
  }
}
