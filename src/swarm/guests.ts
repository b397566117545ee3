import type { PublicKey } from '../domain/stream.ts'
import { askList, dial, mayAskList, mayDial, wayTo, type Choice } from './finding.ts'
import type { Linked } from './linked.ts'
import { clearPlace } from './clearing.ts'
import { hasPlace, servesAny } from './places.ts'
import { close, type Guest, type SwarmState } from './state.ts'
import { isStuck, linksFor, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// A stream may have all its links and lack rows all the same: whoever confirms it and gives nothing must not keep out who has it. Somebody else
// is invited beside them, one guest at a time, and goes again where nothing came of it. The others stay: most are honest, and lack the same rows.

/** O(streams + links) a tick. */
export const hostGuest = (state: SwarmState): SwarmEffect[] => (state.guest === null ? invite(state) : lookAfter(state, state.guest))

const invite = (state: SwarmState): SwarmEffect[] => {
  const { time, random, config } = state
  const wanted = nextStuck(state)
  if (wanted === null) {
    state.inviteMs = 0
    return []
  }
  // What is known of it all its followers heard at the same moment.
  if (state.inviteMs === 0) pause(state)
  if (time < state.inviteAt || !mayDial(state)) return []
  wanted.turnAt = time
  const effects = mayAskList(state, wanted) ? [askList(state, wanted)] : []
  const choice = draw(state, wanted)
  if (choice === null) {
    state.inviteAt = time + random.next() * config.spreadMs
    return effects
  }
  if (!hasPlace(state, false)) return [...effects, ...clearPlace(state, false, (one, peer) => isNeeded(one, peer, config.linksPerStream))]
  pause(state)
  state.invited.add(choice.peer)
  state.guest = { peer: choice.peer, stream: wanted.stream, since: time, until: time + config.guest.firstMs, pages: 0 }
  return [...effects, dial(state, wanted, choice)]
}

/** Of those that are stuck the one whose last turn was the longest ago. */
const nextStuck = (state: SwarmState): Wanted | null => {
  let next: Wanted | null = null
  for (const one of state.wanted.values()) if (isStuck(one, state) && (next === null || one.turnAt < next.turnAt)) next = one
  return next
}

const pause = (state: SwarmState): void => {
  const { firstMs, longestMs } = state.config.invite
  state.inviteMs = Math.min(longestMs, state.inviteMs === 0 ? firstMs : state.inviteMs * 2)
  state.inviteAt = state.time + state.inviteMs * (0.75 + state.random.next() / 2)
}

/** By lot: who has done well does not have what is missing, and who cheats would do well. Nobody twice before everybody once. */
const draw = (state: SwarmState, wanted: Wanted): Choice | null => {
  const { invited, config, random } = state
  const authors = new Set([...state.wanted.values()].map(({ author }) => author))
  const choices = [...wanted.candidates.values()].flatMap((candidate): Choice | readonly [] => {
    const way = authors.has(candidate.peer) ? null : wayTo(state, wanted, candidate)
    return way === null ? [] : { peer: candidate.peer, way }
  })
  if (invited.size >= config.maxPeers) invited.clear()
  if (choices.every(({ peer }) => invited.has(peer))) for (const { peer } of choices) invited.delete(peer)
  const fresh = choices.filter(({ peer }) => !invited.has(peer))
  return fresh[random.below(fresh.length)] ?? null
}

const lookAfter = (state: SwarmState, guest: Guest): SwarmEffect[] => {
  const { time, config } = state
  const wanted = state.wanted.get(guest.stream)
  // Where it has helped it stays as any other.
  if (wanted === undefined || !isStuck(wanted, state)) {
    state.guest = null
    return []
  }
  if (time < guest.until) return []
  const links = [...state.links.values()].filter(({ peer, closing }) => peer === guest.peer && !closing)
  const pages = links.reduce((sum, { traffic }) => sum + traffic.pagesGood, 0)
  const hasGiven = pages > guest.pages
  if (hasGiven && time - guest.since < config.guest.longestMs) {
    Object.assign(guest, { pages, until: time + config.guest.firstMs })
    return []
  }
  state.guest = null
  if (hasGiven) return []
  const isSpare = (linked: Linked): boolean => linked.begun && !servesAny(state, linked, (one, peer) => isNeeded(one, peer, linksFor(one, state)))
  return links.filter(isSpare).map((linked) => close(state, linked, 'no-room', 'Rows are still missing: somebody else is invited.'))
}

/** Without it the stream would have fewer links than so many, or none to its source. */
const isNeeded = ({ confirmed, author }: Wanted, peer: PublicKey, links: number): boolean => confirmed.size <= links || author === peer
