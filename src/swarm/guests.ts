import { askList, dial, hasPlace, mayAskList, mayDial, wayTo, type Choice } from './finding.ts'
import type { Linked } from './linked.ts'
import { close, type Guest, type SwarmState } from './state.ts'
import { isStuck, linksFor, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// A stream may have all its links and lack rows all the same: whoever confirms it and gives nothing must not keep out who has it. Somebody else
// is invited beside them, one guest at a time, and goes again where nothing came of it. The others stay: most are honest, and lack the same rows.

/** O(streams + links) a tick. */
export const hostGuest = (state: SwarmState): SwarmEffect[] => (state.guest === null ? invite(state) : lookAfter(state, state.guest))

const invite = (state: SwarmState): SwarmEffect[] => {
  const wanted = longestStuck(state)
  if (wanted === null) {
    state.inviteMs = 0
    return []
  }
  // What is known of it all its followers heard at the same moment.
  if (state.inviteMs === 0) pause(state)
  if (state.time < state.inviteAt || !mayDial(state) || !hasPlace(state, false)) return []
  wanted.turnAt = state.time
  const effects = mayAskList(state, wanted) ? [askList(state, wanted)] : []
  const choice = draw(state, wanted)
  if (choice === null) return effects
  pause(state)
  state.invited.add(choice.peer)
  state.guest = { peer: choice.peer, stream: wanted.stream, since: state.time, until: state.time + state.config.guest.firstMs, pages: 0 }
  return [...effects, dial(state, wanted, choice)]
}

const longestStuck = (state: SwarmState): Wanted | null => {
  let longest: Wanted | null = null
  for (const one of state.wanted.values()) if (isStuck(one, state) && (longest === null || one.turnAt < longest.turnAt)) longest = one
  return longest
}

const pause = (state: SwarmState): void => {
  const { firstMs, longestMs } = state.config.invite
  state.inviteMs = Math.min(longestMs, state.inviteMs === 0 ? firstMs : state.inviteMs * 2)
  state.inviteAt = state.time + state.inviteMs * (0.75 + state.random.next() / 2)
}

/** By lot: who has done well does not have what is missing, and who cheats would do well. Nobody twice before everybody once. */
const draw = (state: SwarmState, wanted: Wanted): Choice | null => {
  const choices = [...wanted.candidates.values()].flatMap((candidate): Choice | readonly [] => {
    const way = candidate.peer === wanted.author ? null : wayTo(state, wanted, candidate)
    return way === null ? [] : { peer: candidate.peer, way }
  })
  const fresh = choices.filter(({ peer }) => !state.invited.has(peer))
  if (fresh.length === 0 || state.invited.size >= state.config.maxPeers) state.invited.clear()
  const drawn = fresh.length === 0 ? choices : fresh
  return drawn[state.random.below(drawn.length)] ?? null
}

const lookAfter = (state: SwarmState, guest: Guest): SwarmEffect[] => {
  const { time, config } = state
  const linked = [...state.links.values()].find(({ peer }) => peer === guest.peer)
  const wanted = state.wanted.get(guest.stream)
  if (linked === undefined) {
    if (!state.dials.has(guest.peer)) dismiss(state, guest)
    return []
  }
  // It has helped, or is one of those that are aimed at: it stays as any other.
  if (wanted === undefined || !isStuck(wanted, state)) {
    state.guest = null
    return []
  }
  if (time < guest.until) return []
  const { pagesGood } = linked.traffic
  if (pagesGood > guest.pages && time - guest.since < config.guest.longestMs) {
    Object.assign(guest, { pages: pagesGood, until: time + config.guest.firstMs })
    return []
  }
  dismiss(state, guest)
  return linked.begun && !isNeeded(state, linked) ? [close(state, linked, 'no-room', 'Rows are still missing: somebody else is invited.')] : []
}

/** It makes room for others: it was asked for every stream. */
const dismiss = (state: SwarmState, { peer }: Guest): void => {
  state.guest = null
  state.regard.pause(peer, state.config.guest.longestMs)
  for (const { candidates } of state.wanted.values()) {
    const candidate = candidates.get(peer)
    if (candidate !== undefined) candidate.known = false
  }
}

const isNeeded = (state: SwarmState, { confirms }: Linked): boolean =>
  [...confirms].some((stream) => {
    const wanted = state.wanted.get(stream)
    return wanted !== undefined && wanted.confirmed.size <= linksFor(wanted, state)
  })
