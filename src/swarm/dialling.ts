import type { PublicKey } from '../domain/stream.ts'
import type { SwarmState } from './state.ts'
import type { EventOf } from './words.ts'

// Dials under way, and what becomes of them.

export const onMeeting = (state: SwarmState, { stream, peer, ours }: EventOf<'meeting'>): void => {
  const asked = state.dials.get(peer)
  state.dials.set(peer, { peer, stream, way: 'rendezvous', ours: ours || asked?.ours === true, since: state.time })
  const wanted = state.wanted.get(stream)
  if (ours && wanted !== undefined) wanted.triedAt = state.time
}

export const onDialFailed = (state: SwarmState, { peer, trouble }: EventOf<'dial-failed'>): void => {
  const dial = state.dials.get(peer)
  state.dials.delete(peer)
  // Only this one waits: who could make everybody wait would keep this node from dialling at all.
  if (trouble === 'no-way') {
    state.regard.pause(peer, state.config.noWayMs)
    return
  }
  if (trouble === 'lapsed') state.avoidance.noteLapse(peer)
  if (dial?.way === 'peerjs') state.regard.meetAgain(peer)
  else if (trouble === 'absent') leave(state, peer)
  else state.regard.meetingFailed(peer)
  state.regard.failed(peer, state.config.rest)
}

/** It is in no topic that it was looked for in. */
const leave = (state: SwarmState, peer: PublicKey): void => {
  for (const { candidates } of state.wanted.values()) {
    const candidate = candidates.get(peer)
    if (candidate !== undefined) candidate.present = false
  }
}

export const expireDials = (state: SwarmState): void => {
  const { config, time } = state
  for (const { peer, way, since } of [...state.dials.values()]) {
    if (time - since < config.dialMs) continue
    state.dials.delete(peer)
    if (way === 'peerjs') state.regard.meetAgain(peer)
    else state.regard.meetingFailed(peer)
    state.regard.failed(peer, config.rest)
  }
}
