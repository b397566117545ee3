import type { Linked } from './linked.ts'
import { clearPlace, firstToGo, giveUp, isOnly, servesAny } from './places.ts'
import type { SwarmState } from './state.ts'
import { noteTurn, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// More streams lack rows than there are places: they take turns. What lacks nothing hears of rows by the server too.

/** What ends the turn of a link, and which goes first: nothing is lacking over it; it gave nothing for long; it had its time. */
type TurnEnd = 'complete' | 'vain' | 'late'

/**
 * Adds what has gone by to what each link has had. Time in which nothing is wanted of it is taken off again, not more: nobody begins anew by
 * a moment in which nothing is lacking. O(links × their streams) a tick.
 */
export const countTurns = (state: SwarmState, elapsedMs: number): void => {
  // Asleep nobody could give anything.
  if (elapsedMs >= state.config.sleptMs) return
  for (const linked of state.links.values()) {
    const { traffic, busyUntil } = linked
    const isLacking = isLackingOver(state, linked)
    const hasGiven = traffic.pagesGood > linked.pagesCounted
    linked.pagesCounted = traffic.pagesGood
    linked.heldMs = count(linked.heldMs, elapsedMs, isLacking || busyUntil > state.time)
    linked.vainMs = hasGiven ? 0 : count(linked.vainMs, elapsedMs, isLacking)
  }
}

const count = (ms: number, elapsedMs: number, isOn: boolean): number => (isOn ? ms + elapsedMs : Math.max(0, ms - elapsedMs))

/** It lacks rows, and no link that has confirmed it gives any: the more of these it has, the less they say. */
export const isStarving = ({ links, config }: SwarmState, { lackingSince, confirmed }: Wanted): boolean =>
  lackingSince !== null && [...confirmed].every((link) => (links.get(link)?.vainMs ?? 0) >= config.vainMs)

/** Whether it may use the last place: it starves, and no place is taken for it yet. */
export const isUrgent = (state: SwarmState, wanted: Wanted): boolean => isStarving(state, wanted) && ![...wanted.confirmed].some((link) => state.links.get(link)?.begun)

/**
 * For a stream that starves or has no link: closes one of its own that gives nothing; where it holds no place, else one that is no stream's only one; where it
 * starves, else one whose turn is over.
 */
export const clearPlaceFor = (state: SwarmState, wanted: Wanted): SwarmEffect[] => {
  const urgent = isUrgent(state, wanted)
  const own = closeVain(state, wanted, urgent)
  if (own.length > 0 || (!urgent && wanted.confirmed.size > 0)) return own
  const spare = clearPlace(state, urgent, isOnly)
  // A row that is on its way is no reason.
  const isPatient = state.time - (wanted.lackingSince ?? state.time) < state.config.confirmMs
  if (spare.length > 0 || !urgent || isPatient) return spare
  return endTurn(state, firstToGo(state, true, (linked) => rankOf(state, linked, wanted)))
}

/** Closes a link of this stream that gives nothing. */
export const closeVain = (state: SwarmState, { stream }: Wanted, urgent: boolean): SwarmEffect[] =>
  endTurn(state, firstToGo(state, urgent, (linked) => (linked.confirms.has(stream) && turnEnd(state, linked) === 'vain' ? [-linked.vainMs] : null)))

const endTurn = (state: SwarmState, linked: Linked | null): SwarmEffect[] => {
  if (linked === null) return []
  for (const one of lackingOver(state, linked)) noteTurn(one, linked.peer, isVain(state, linked), state)
  return [giveUp(state, linked)]
}

/** Of those whose turns are over alike the one that had most goes first. */
const rankOf = (state: SwarmState, linked: Linked, { turnEndedAt }: Wanted): readonly number[] | null => {
  const { time, config } = state
  // Whoever has just had a turn waits for as long as such a turn is before it ends another: else all would go round for one that is too many.
  const waited = time - turnEndedAt
  switch (turnEnd(state, linked)) {
    case 'complete':
      return [0, linked.carriedAt]
    case 'vain':
      return waited >= config.vainMs ? [1, -linked.vainMs] : null
    case 'late':
      return waited >= config.turnMs ? [2, -linked.heldMs] : null
    case null:
      return null
  }
}

const turnEnd = (state: SwarmState, linked: Linked): TurnEnd | null => {
  const { time, config } = state
  const isLacking = isLackingOver(state, linked)
  if (!isLacking && linked.busyUntil <= time) return 'complete'
  if (isLacking && isVain(state, linked)) return 'vain'
  return linked.heldMs >= config.turnMs ? 'late' : null
}

const isVain = ({ config }: SwarmState, { vainMs }: Linked): boolean => vainMs >= config.vainMs

const isLacking = ({ lackingSince }: Wanted): boolean => lackingSince !== null

const isLackingOver = (state: SwarmState, linked: Linked): boolean => servesAny(state, linked, isLacking)

const lackingOver = ({ wanted }: SwarmState, { confirms }: Linked): readonly Wanted[] => [...confirms].flatMap((stream) => wanted.get(stream) ?? []).filter(isLacking)
