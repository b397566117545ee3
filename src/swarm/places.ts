import type { PublicKey } from '../domain/stream.ts'
import type { Linked } from './linked.ts'
import { begun, close, putLast, type SwarmState } from './state.ts'
import type { Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// A node begins so many links and no more: who gets the places when there are too few.

/** The last place is kept for a stream that lacks rows and has no link and no hope of one yet. */
export const hasPlace = (state: SwarmState, isUrgent: boolean): boolean => begun(state) < mostFor(state, isUrgent)

const mostFor = ({ config }: SwarmState, isUrgent: boolean): number => config.maxBegun - (isUrgent ? 0 : 1)

/** For a stream without any link: one goes that is no stream's only one, or, where rows are lacking, one that has had its turn. */
export const makeRoomForFirst = (state: SwarmState, isUrgent: boolean): SwarmEffect[] => {
  const most = mostFor(state, isUrgent)
  const room = makeRoom(state, most, isOnly)
  return room.length > 0 || !isUrgent ? room : closeOne(state, most, (linked) => hasHadItsTurn(state, linked))
}

const isOnly = ({ confirmed }: Wanted): boolean => confirmed.size === 1

/** Where this node has begun so many links the least useful of them is closed: none that is transferring, new, or needed by a stream over which it is confirmed. */
export const makeRoom = (state: SwarmState, most: number, isNeeded: (wanted: Wanted, peer: PublicKey) => boolean): SwarmEffect[] =>
  closeOne(state, most, (linked) => linked.busyUntil <= state.time && !servesAny(state, linked, isNeeded))

/** More streams than places: what lacks nothing hears of rows by the server too, and what still lacks some goes on with them in its next turn. */
const hasHadItsTurn = (state: SwarmState, linked: Linked): boolean => {
  const { time, config } = state
  const isDone = linked.busyUntil <= time && !isLackedOver(state, linked)
  return isDone || time - linked.carriedAt >= config.idleMs || time - linked.since >= config.turnMs
}

/** It is the only link of a stream that lacks rows. */
const isLackedOver = (state: SwarmState, linked: Linked): boolean => servesAny(state, linked, (wanted) => isOnly(wanted) && wanted.lackingSince !== null)

const closeOne = (state: SwarmState, most: number, mayGo: (linked: Linked) => boolean): SwarmEffect[] => {
  const { links, config, time } = state
  const ours = [...links.values()].filter((linked) => linked.begun)
  // One is closing already, or a dial of ours may still come to nothing: there will be room.
  if (ours.length < most || ours.some(({ closing }) => closing)) return []
  const [least] = ours
    .filter((linked) => time - linked.since >= 2 * config.confirmMs && mayGo(linked))
    .map((linked) => ({ linked, isLacked: isLackedOver(state, linked) }))
    .sort((a, b) => Number(a.isLacked) - Number(b.isLacked) || usefulness(a.linked) - usefulness(b.linked) || state.regard.score(a.linked.peer) - state.regard.score(b.linked.peer))
  if (least === undefined) return []
  for (const stream of least.linked.confirms) {
    const one = state.wanted.get(stream)
    if (one !== undefined) putLast(state, one)
  }
  return [close(state, least.linked, 'no-room', 'This node needs the place for somebody else.')]
}

/** Whether it has confirmed any wanted stream of this kind. */
export const servesAny = (state: SwarmState, { confirms, peer }: Linked, isOfKind: (wanted: Wanted, peer: PublicKey) => boolean): boolean =>
  [...confirms].some((stream) => {
    const wanted = state.wanted.get(stream)
    return wanted !== undefined && isOfKind(wanted, peer)
  })

const usefulness = ({ confirms, traffic }: Linked): number => confirms.size + (traffic.follows > 0 ? 0.5 : 0)
