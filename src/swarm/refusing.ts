import { unlink, type SwarmState } from './state.ts'
import { hurryList } from './wanted.ts'
import type { EventOf, SwarmEffect } from './words.ts'

// Whom a person has refused, and what becomes of what there was with them.

/** Its links count no more; whoever keeps them ends them, and every one that is begun, by whomever. */
export const onRefuse = (state: SwarmState, { peers, forMs }: EventOf<'refuse'>): readonly SwarmEffect[] => {
  for (const peer of peers) {
    state.refused.add(peer, forMs === null ? Infinity : state.time + forMs)
    state.dials.delete(peer)
  }
  const links = [...state.links.values()].filter(({ peer }) => state.refused.has(peer))
  for (const linked of links) {
    for (const stream of linked.confirms) {
      const wanted = state.wanted.get(stream)
      if (wanted !== undefined) hurryList(wanted, state.time, 0, state)
    }
    linked.closing = true
    unlink(state, linked)
  }
  return [tellRefused(state)]
}

/** As anybody again, and at once: what was held against it before counts as over. */
export const onAdmit = (state: SwarmState, { peer }: EventOf<'admit'>): readonly SwarmEffect[] => {
  if (!state.refused.remove(peer)) return []
  state.regard.steady(peer)
  return [tellRefused(state)]
}

export const expireRefused = (state: SwarmState): readonly SwarmEffect[] => (state.refused.expire(state.time) ? [tellRefused(state)] : [])

const tellRefused = ({ refused }: SwarmState): SwarmEffect => ({ type: 'refuse', peers: refused.all() })
