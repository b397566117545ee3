import type { PublicKey } from '../domain/stream.ts'
import { hasPlace, isStarving, isUrgent, mayClear } from './places.ts'
import { compareRanks } from './ranks.ts'
import { isAwaited, ourDials, type SwarmState } from './state.ts'
import { linksFor, listAsked, type Candidate, type Wanted } from './wanted.ts'
import type { SwarmEffect, Way } from './words.ts'

/** Dials by rendezvous that fail in a row before the other way is tried. */
const MEETINGS_BEFORE_PEERJS = 2

/** Streams that lack a link, or their source, the next in turn, those without any before the others, and of those alike who was tried last behind. O(streams) a tick. */
export const considerStreams = (state: SwarmState): readonly Wanted[] => {
  const { wanted, config } = state
  const needy: Wanted[] = []
  for (const one of wanted.values()) {
    if (one.confirmed.size < linksFor(one, state) || lacksSource(state, one)) needy.push(one)
    if (needy.length >= config.maxConsidered) break
  }
  for (const one of needy) {
    wanted.delete(one.stream)
    wanted.set(one.stream, one)
  }
  return needy.sort((a, b) => urgency(b, state) - urgency(a, state) || a.triedAt - b.triedAt)
}

const urgency = (wanted: Wanted, state: SwarmState): number => {
  if (isStarving(state, wanted)) return 3
  const links = wanted.confirmed.size
  return links === 0 ? 2 : links < state.config.linksPerStream ? 1 : 0
}

/** No link to the publisher has confirmed it: three who agree with each other may all have missed what it says now. Whom a person refuses is not missed. */
const lacksSource = ({ self, links, refused }: SwarmState, { author, confirmed }: Wanted): boolean =>
  author !== null && author !== self && !refused.has(author) && ![...confirmed].some((link) => links.get(link)?.peer === author)

/** Dials for what is missing, and asks the server for names where they run out. */
export const findLinks = (state: SwarmState, considered: readonly Wanted[]): SwarmEffect[] => {
  if (state.time < state.quietUntil) return []
  const shares = countShares(considered)
  const effects: SwarmEffect[] = []
  let lists = 0
  let hasLooked = false
  for (const wanted of considered) {
    const hopes = countHopes(state, wanted)
    const others = linksFor(wanted, state) - wanted.confirmed.size - hopes
    let isFirst = hopes === 0
    for (let missing = Math.max(others, seeksSource(state, wanted) ? 1 : 0); missing > 0; missing--) {
      const best = bestOf(state, wanted, shares, others <= 0)
      if (best === null) {
        if (lists >= state.config.maxListsAsked || !mayAskList(state, wanted)) break
        lists++
        effects.push(askList(state, wanted))
        break
      }
      if (!hasPlace(state, isFirst && isUrgent(state, wanted))) {
        if (!isFirst || hasLooked || !mayClear(state, wanted)) break
        // Whoever comes first needs it most: where no link goes for it none goes for the others, and to look is dear.
        hasLooked = true
        effects.push(...(state.remedies()?.clearPlaceFor(state, wanted) ?? []))
        break
      }
      if (!mayDial(state)) return effects
      effects.push(dial(state, wanted, best))
      isFirst = false
    }
  }
  return effects
}

/** For how many of these streams each peer may be good: one link to it serves them all. */
const countShares = (considered: readonly Wanted[]): ReadonlyMap<PublicKey, number> => {
  const shares = new Map<PublicKey, number>()
  for (const { candidates } of considered)
    for (const peer of candidates.keys()) shares.set(peer, (shares.get(peer) ?? 0) + 1)
  return shares
}

/**
 * Links that may still confirm the stream, and dials that may become such. Dials of others are no
 * hope: they come for what we have, and whoever lets us wait at a rendezvous must not keep us from dialling.
 */
const countHopes = (state: SwarmState, wanted: Wanted): number => {
  let hopes = 0
  for (const { stream, peer, ours } of state.dials.values())
    if (ours && (stream === wanted.stream || wanted.candidates.has(peer))) hopes++
  for (const linked of state.links.values())
    if (wanted.candidates.has(linked.peer) && isAwaited(state, linked, wanted)) hopes++
  return hopes
}

/** Beside the others: it is neither linked nor being dialled. */
const seeksSource = (state: SwarmState, wanted: Wanted): boolean =>
  wanted.author !== null && lacksSource(state, wanted) && !state.dials.has(wanted.author) && !state.isLinked(wanted.author)

export const mayAskList = ({ server, time }: SwarmState, { listAt }: Wanted): boolean => server.there && listAt <= time

export const askList = (state: SwarmState, wanted: Wanted): SwarmEffect => {
  listAsked(wanted, state.time, state)
  return { type: 'ask-peers', stream: wanted.stream }
}

export interface Choice {
  readonly peer: PublicKey
  readonly way: Way
}

/**
 * Not who has just had a turn; the publisher before all others, and nobody else where only it is missing; then whose turn was the longest ago, then who is good for
 * most streams, then who has done best, then the list's order.
 */
const bestOf = (state: SwarmState, wanted: Wanted, shares: ReadonlyMap<PublicKey, number>, onlySource: boolean): Choice | null => {
  let best: (Choice & { readonly rank: readonly number[] }) | null = null
  for (const candidate of wanted.candidates.values()) {
    const { peer, turnEndedAt } = candidate
    if (onlySource && peer !== wanted.author) continue
    const way = wayTo(state, wanted, candidate)
    if (way === null) continue
    const rank = [peer === wanted.turnWas ? 1 : 0, peer === wanted.author ? 0 : 1, turnEndedAt, -(shares.get(peer) ?? 0), -state.regard.score(peer)]
    if (best === null || compareRanks(rank, best.rank) < 0) best = { peer, way, rank }
  }
  return best
}

const isFree = (state: SwarmState, { peer, restUntil }: Candidate): boolean =>
  peer !== state.self &&
  restUntil <= state.time &&
  !state.dials.has(peer) &&
  !state.isLinked(peer) &&
  !state.avoidance.has(peer) &&
  !state.refused.has(peer) &&
  !state.regard.isResting(peer)

/** By rendezvous while that works; by node id when the server has gone or meetings with this peer come to nothing. Null: it is not to be dialled now. */
export const wayTo = (state: SwarmState, wanted: Wanted, candidate: Candidate): Way | null => {
  const { server, hasPeerServer, config } = state
  const { peer, present, known } = candidate
  if (!isFree(state, candidate)) return null
  if (server.there && present) {
    const isInVain = state.regard.failedMeetings(peer) >= MEETINGS_BEFORE_PEERJS
    return isInVain && hasPeerServer ? 'peerjs' : 'rendezvous'
  }
  if (!hasPeerServer) return null
  if (!server.there) return state.time - server.since >= config.serverGoneMs ? 'peerjs' : null
  // The server does not see it; nobody else has the stream for us either.
  return known && wanted.confirmed.size === 0 ? 'peerjs' : null
}

export const mayDial = (state: SwarmState): boolean => state.dialsLeft >= 1 && ourDials(state) < state.config.maxDials

export const dial = (state: SwarmState, wanted: Wanted, { peer, way }: Choice): SwarmEffect => {
  const { stream } = wanted
  wanted.triedAt = state.time
  state.dialsLeft -= 1
  state.dials.set(peer, { peer, stream, way, ours: true, since: state.time })
  return { type: 'dial', peer, stream, way }
}
