import type { PublicKey } from '../domain/stream.ts'
import type { Linked } from './linked.ts'
import { compareRanks } from './ranks.ts'
import { begun, close, type SwarmState } from './state.ts'
import { noteVain, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// A node begins so many links and no more: who gets the places when there are too few.

/** The last place is kept for a stream that lacks rows and has no link and no hope of one yet: `isUrgent`. */
export const hasPlace = (state: SwarmState, isUrgent: boolean): boolean => begun(state) < placesFor(state, isUrgent)

const placesFor = ({ config }: SwarmState, isUrgent: boolean): number => config.maxBegun - (isUrgent ? 0 : 1)

/** For a stream without any link: closes one that is no stream's only one; where rows are lacking else one whose turn is over. O(links × their streams). */
export const clearPlaceFor = (state: SwarmState, wanted: Wanted): SwarmEffect[] => {
  const isUrgent = wanted.lackingSince !== null
  const cleared = clearPlace(state, isUrgent, isOnly)
  return cleared.length > 0 || !isUrgent ? cleared : endTurn(state, wanted)
}

/** Closes the least useful link: none that is new, that is transferring, or over which a wanted stream is confirmed that needs it. */
export const clearPlace = (state: SwarmState, isUrgent: boolean, isNeeded: (wanted: Wanted, peer: PublicKey) => boolean): SwarmEffect[] => {
  const isSpare = (linked: Linked): boolean => linked.busyUntil <= state.time && !servesAny(state, linked, isNeeded)
  return closeFirst(state, isUrgent, (linked) => (isSpare(linked) ? [usefulness(linked), linked.carriedAt] : null))
}

/** Closes a link over which nothing is lacking any more, though some stream has no other. */
export const closeDone = (state: SwarmState): SwarmEffect[] => closeFirst(state, false, (linked) => (endOf(state, linked) === 'done' ? [linked.carriedAt] : null))

/** Whether it has confirmed any wanted stream of this kind. */
export const servesAny = (state: SwarmState, { confirms, peer }: Linked, isOfKind: (wanted: Wanted, peer: PublicKey) => boolean): boolean =>
  [...confirms].some((stream) => {
    const wanted = state.wanted.get(stream)
    return wanted !== undefined && isOfKind(wanted, peer)
  })

/** Some wanted stream has no other link. */
export const isOnlyOfAny = (state: SwarmState, linked: Linked): boolean => servesAny(state, linked, isOnly)

const isOnly = ({ confirmed }: Wanted): boolean => confirmed.size === 1

const usefulness = ({ confirms, traffic }: Linked): number => confirms.size + (traffic.follows > 0 ? 0.5 : 0)

// More streams lack rows than there are places: they take turns. What lacks nothing hears of rows by the server too.

/** What has ended the turn of a link: nothing is lacking over it, it carried next to nothing for long, or it had its time. The first goes first. */
const ENDS = ['done', 'idle', 'late'] as const
type End = (typeof ENDS)[number]

const endTurn = (state: SwarmState, waiting: Wanted): SwarmEffect[] => {
  const { time, config } = state
  const waited = time - waiting.triedAt
  // Whoever has just had a turn waits for as long as such a turn is before it ends another: else all would go round for one that is too many.
  const leastWait: Readonly<Record<End, number>> = { done: 0, idle: config.idleMs, late: config.turnMs }
  return closeFirst(state, true, (linked) => {
    const end = endOf(state, linked)
    if (end === null || waited < leastWait[end]) return null
    return [ENDS.indexOf(end), end === 'late' ? linked.since : linked.carriedAt]
  })
}

const endOf = (state: SwarmState, linked: Linked): End | null => {
  const { time, config } = state
  const lacking = lackingOver(state, linked)
  if (lacking.length === 0 && linked.busyUntil <= time) return 'done'
  // The link may be older than what is lacking.
  const since = Math.max(linked.since, ...lacking.map(({ lackingSince }) => lackingSince ?? 0))
  if (time - Math.max(since, linked.carriedAt) >= config.idleMs) return 'idle'
  return time - since >= config.turnMs ? 'late' : null
}

const lackingOver = ({ wanted }: SwarmState, { confirms }: Linked): readonly Wanted[] =>
  [...confirms].flatMap((stream) => {
    const one = wanted.get(stream)
    return one !== undefined && one.lackingSince !== null ? [one] : []
  })

/** Of the links that this node has begun, and that are not new, the one of the lowest rank makes room; null: it stays. */
const closeFirst = (state: SwarmState, isUrgent: boolean, rankOf: (linked: Linked) => readonly number[] | null): SwarmEffect[] => {
  const { links, config, time } = state
  const ours = [...links.values()].filter((linked) => linked.begun)
  // One is closing already, or a dial of ours may still come to nothing: there will be room.
  if (ours.length < placesFor(state, isUrgent) || ours.some(({ closing }) => closing)) return []
  const [first] = ours
    .flatMap((linked) => {
      const rank = time - linked.since >= 2 * config.confirmMs ? rankOf(linked) : null
      return rank === null ? [] : [{ linked, rank }]
    })
    .sort((a, b) => compareRanks(a.rank, b.rank))
  if (first === undefined) return []
  const { linked } = first
  for (const one of lackingOver(state, linked)) {
    one.triedAt = time
    if (endOf(state, linked) === 'idle') noteVain(one, linked.peer, time, state)
  }
  return [close(state, linked, 'no-room', 'This node needs the place for somebody else.')]
}
