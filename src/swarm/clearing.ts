import type { PublicKey } from '../domain/stream.ts'
import type { Linked } from './linked.ts'
import { isLacking, isLackingOver, isNeededElsewhere, isOnly, isUrgent, placesFor, servesAny } from './places.ts'
import { compareRanks } from './ranks.ts'
import { close, type SwarmState } from './state.ts'
import { noteTurn, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// More streams than places: those that lack rows take turns. What lacks nothing hears of rows by the server too.

/** What ends the turn of a link, and which goes first: nothing is lacking over it; it gave nothing for long; it had its time. */
type TurnEnd = 'complete' | 'vain' | 'late'

/**
 * For a stream for which a link may go: closes
 * - one of its own that gives nothing; else, where none of the places is taken for it alone,
 * - one that is no stream's only one; else, where it starves,
 * - one whose turn is over.
 */
export const clearPlaceFor = (state: SwarmState, wanted: Wanted): SwarmEffect[] => {
  const urgent = isUrgent(state, wanted)
  const own = endTurn(state, firstToGo(state, urgent, (linked) => (isVainFor(state, linked, wanted) ? [-linked.vainMs] : null)))
  if (own.length > 0) return own
  const spare = clearPlace(state, urgent, isOnly)
  return spare.length > 0 || !urgent ? spare : endTurn(state, firstToGo(state, true, (linked) => rankOf(state, linked)))
}

const isVainFor = (state: SwarmState, linked: Linked, { stream }: Wanted): boolean =>
  linked.confirms.has(stream) && turnEnd(state, linked) === 'vain' && !isNeededElsewhere(state, linked)

const endTurn = (state: SwarmState, linked: Linked | null): SwarmEffect[] => {
  if (linked === null) return []
  for (const one of lackingOver(state, linked)) noteTurn(one, linked.peer, isVain(state, linked), state)
  return [giveUp(state, linked)]
}

/** Of those whose turns are over alike the one that had most goes first. */
const rankOf = (state: SwarmState, linked: Linked): readonly number[] | null => {
  switch (turnEnd(state, linked)) {
    case 'complete':
      // Without the server its rows come over this link alone.
      return [state.server.there ? 0 : 3, linked.carriedAt]
    case 'vain':
      return [1, -linked.vainMs]
    case 'late':
      return [2, -linked.heldMs]
    case null:
      return null
  }
}

const turnEnd = (state: SwarmState, linked: Linked): TurnEnd | null => {
  const { time, config } = state
  const lacksRows = isLackingOver(state, linked)
  if (!lacksRows && linked.busyUntil <= time) return 'complete'
  if (lacksRows && isVain(state, linked)) return 'vain'
  return linked.heldMs >= config.turnMs ? 'late' : null
}

const isVain = ({ config }: SwarmState, { vainMs }: Linked): boolean => vainMs >= config.vainMs

const lackingOver = ({ wanted }: SwarmState, { confirms }: Linked): readonly Wanted[] => [...confirms].flatMap((stream) => wanted.get(stream) ?? []).filter(isLacking)

/**
 * Nobody who has come keeps a place for good while others wait outside: thirty-two keys would keep everybody else from a publisher. Who fetches something
 * goes after who does not. To the other side it is as if it had found no place, and it comes again.
 */
export const closeVisitor = (state: SwarmState): SwarmEffect[] => {
  const { time, config } = state
  const open = [...state.links.values()].filter(({ closing }) => !closing)
  if (open.length <= config.maxSettled) return []
  const visitors = open.filter((linked) => !linked.begun && time - linked.since >= config.turnMs && !servesAny(state, linked, isOnly))
  // They stand in the order in which they came.
  const first = visitors.find(({ busyUntil }) => busyUntil <= time) ?? visitors[0]
  return first === undefined ? [] : [close(state, first, 'busy', 'Others wait for a place: come again.')]
}

/** Closes the least useful link: none that is new, that is transferring, or over which a wanted stream is confirmed that needs it. */
export const clearPlace = (state: SwarmState, isUrgent: boolean, isNeeded: (wanted: Wanted, peer: PublicKey) => boolean): SwarmEffect[] => {
  const isSpare = (linked: Linked): boolean => linked.busyUntil <= state.time && !servesAny(state, linked, isNeeded)
  const spare = firstToGo(state, isUrgent, (linked) => (isSpare(linked) ? [usefulness(linked), linked.carriedAt] : null))
  return spare === null ? [] : [giveUp(state, spare)]
}

/** Of the links that this node has begun, and that are not new, the one of the lowest rank (null: it stays); null where there is room, or soon will be. */
const firstToGo = (state: SwarmState, isUrgent: boolean, rankOf: (linked: Linked) => readonly number[] | null): Linked | null => {
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

const giveUp = (state: SwarmState, linked: Linked): SwarmEffect => close(state, linked, 'no-room', 'This node needs the place for somebody else.')

const usefulness = ({ confirms, traffic }: Linked): number => confirms.size + (traffic.follows > 0 ? 0.5 : 0)
