import type { PublicKey } from '../domain/stream.ts'
import type { Linked } from './linked.ts'
import { begun, type SwarmState } from './state.ts'
import type { Wanted } from './wanted.ts'

// A node begins so many links and no more: whether there is a place, and what each link has had of its own.

/** The last place is kept for a stream that starves and has no hope of a link yet: `isUrgent`. */
export const hasPlace = (state: SwarmState, isUrgent: boolean): boolean => begun(state) < placesFor(state, isUrgent)

export const placesFor = ({ config }: SwarmState, isUrgent: boolean): number => config.maxBegun - (isUrgent ? 0 : 1)

/** It lacks rows, and no link that has confirmed it gives any: the more of these it has, the less they say. */
export const isStarving = ({ links, config }: SwarmState, { lackingSince, confirmed }: Wanted): boolean =>
  lackingSince !== null && [...confirmed].every((link) => (links.get(link)?.vainMs ?? 0) >= config.vainMs)

/** Whether it may use the last place: it starves, not for a row that is on its way, and none of the places is taken for it alone. */
export const isUrgent = (state: SwarmState, wanted: Wanted): boolean => {
  if (state.time - (wanted.lackingSince ?? state.time) < state.config.confirmMs) return false
  const linked = [...wanted.confirmed].flatMap((link) => state.links.get(link) ?? [])
  return isStarving(state, wanted) && !linked.some((one) => one.begun && !isNeededElsewhere(state, one))
}

/**
 * Whether a link may go for it: it has none, or few that give nothing; not for a row that is on its way, nor soon after it has had a turn, for else all would
 * go round for one that is too many.
 */
export const mayClear = (state: SwarmState, wanted: Wanted): boolean => {
  const { time, config } = state
  const { confirmed, lackingSince, turnEndedAt, waitMs } = wanted
  if (time - turnEndedAt < waitMs || (lackingSince !== null && time - lackingSince < config.confirmMs)) return false
  return confirmed.size === 0 || (confirmed.size < config.linksPerStream && isStarving(state, wanted))
}

/** Some stream that lacks nothing has no other link. */
export const isNeededElsewhere = (state: SwarmState, linked: Linked): boolean => servesAny(state, linked, (one) => isOnly(one) && !isLacking(one))

export const isOnly = ({ confirmed }: Wanted): boolean => confirmed.size === 1

/**
 * Adds what has gone by to what each link has had. Time in which nothing is wanted of it is taken off again, not more: nobody begins anew by
 * a moment in which nothing is lacking. O(links × their streams) a tick.
 */
export const countTurns = (state: SwarmState, elapsedMs: number): void => {
  const { sleptMs, turnMs } = state.config
  // Asleep nobody could give anything.
  if (elapsedMs >= sleptMs) return
  const count = (ms: number, isOn: boolean): number => (isOn ? Math.min(turnMs, ms + elapsedMs) : Math.max(0, ms - elapsedMs))
  for (const linked of state.links.values()) {
    const { traffic, busyUntil } = linked
    const lacksRows = isLackingOver(state, linked)
    const hasGiven = traffic.pagesGood > linked.pagesCounted
    linked.pagesCounted = traffic.pagesGood
    linked.heldMs = count(linked.heldMs, lacksRows || busyUntil > state.time)
    linked.vainMs = hasGiven ? 0 : count(linked.vainMs, lacksRows)
  }
}

export const isLacking = ({ lackingSince }: Wanted): boolean => lackingSince !== null

export const isLackingOver = (state: SwarmState, linked: Linked): boolean => servesAny(state, linked, isLacking)

/** Whether it has confirmed any wanted stream of this kind. */
export const servesAny = (state: SwarmState, { confirms, peer }: Linked, isOfKind: (wanted: Wanted, peer: PublicKey) => boolean): boolean =>
  [...confirms].some((stream) => {
    const wanted = state.wanted.get(stream)
    return wanted !== undefined && isOfKind(wanted, peer)
  })
