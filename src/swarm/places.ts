import type { PublicKey } from '../domain/stream.ts'
import type { Linked } from './linked.ts'
import { compareRanks } from './ranks.ts'
import { begun, close, type SwarmState } from './state.ts'
import type { Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// A node begins so many links and no more: who gets the places when there are too few.

/** The last place is kept for a stream that starves and has no hope of a link yet: `isUrgent`. */
export const hasPlace = (state: SwarmState, isUrgent: boolean): boolean => begun(state) < placesFor(state, isUrgent)

const placesFor = ({ config }: SwarmState, isUrgent: boolean): number => config.maxBegun - (isUrgent ? 0 : 1)

/** Closes the least useful link: none that is new, that is transferring, or over which a wanted stream is confirmed that needs it. */
export const clearPlace = (state: SwarmState, isUrgent: boolean, isNeeded: (wanted: Wanted, peer: PublicKey) => boolean): SwarmEffect[] => {
  const isSpare = (linked: Linked): boolean => linked.busyUntil <= state.time && !servesAny(state, linked, isNeeded)
  const spare = firstToGo(state, isUrgent, (linked) => (isSpare(linked) ? [usefulness(linked), linked.carriedAt] : null))
  return spare === null ? [] : [giveUp(state, spare)]
}

/** Of the links that this node has begun, and that are not new, the one of the lowest rank (null: it stays); null where there is room, or soon will be. */
export const firstToGo = (state: SwarmState, isUrgent: boolean, rankOf: (linked: Linked) => readonly number[] | null): Linked | null => {
  const { links, config, time } = state
  const ours = [...links.values()].filter((linked) => linked.begun)
  // One is closing already, or a dial of ours may still come to nothing.
  if (ours.length < placesFor(state, isUrgent) || ours.some(({ closing }) => closing)) return null
  const ranked = ours.flatMap((linked) => {
    const rank = time - linked.since >= 2 * config.confirmMs ? rankOf(linked) : null
    return rank === null ? [] : [{ linked, rank }]
  })
  return ranked.sort((a, b) => compareRanks(a.rank, b.rank))[0]?.linked ?? null
}

export const giveUp = (state: SwarmState, linked: Linked): SwarmEffect => close(state, linked, 'no-room', 'This node needs the place for somebody else.')

/** Whether it has confirmed any wanted stream of this kind. */
export const servesAny = (state: SwarmState, { confirms, peer }: Linked, isOfKind: (wanted: Wanted, peer: PublicKey) => boolean): boolean =>
  [...confirms].some((stream) => {
    const wanted = state.wanted.get(stream)
    return wanted !== undefined && isOfKind(wanted, peer)
  })

export const isOnly = ({ confirmed }: Wanted): boolean => confirmed.size === 1

const usefulness = ({ confirms, traffic }: Linked): number => confirms.size + (traffic.follows > 0 ? 0.5 : 0)
