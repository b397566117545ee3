import { isSettled, type Linked } from './linked.ts'
import { close, type SwarmState } from './state.ts'
import type { Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// Whoever confirms a stream and does not give it must not keep out who does: those who are there take turns with those who are not.

/** It could have had all its links for a minute, and still lacks rows. */
export const isStuck = ({ config, time }: SwarmState, { lackingSince }: Wanted): boolean =>
  lackingSince !== null && time - lackingSince > (config.maxMoreLinks + 1) * config.moreLinksMs

/** Every minute somebody else gets a turn at it. */
export const isTurn = (state: SwarmState, wanted: Wanted): boolean => isStuck(state, wanted) && wanted.turnAt <= state.time

/**
 * So many of those who have confirmed the stream, the worst first, count for it no more and rest; links that are good for nothing else
 * are closed. Never the publisher's, and none that is transferring.
 */
export const giveTurn = (state: SwarmState, wanted: Wanted, most: number): SwarmEffect[] => {
  const { time, links, config, regard } = state
  wanted.turnAt = time + config.moreLinksMs
  const worst = [...wanted.confirmed]
    .flatMap((link) => links.get(link) ?? [])
    .filter((linked) => linked.peer !== wanted.author && isSettled(linked, time, config))
    .sort((a, b) => regard.score(a.peer) - regard.score(b.peer))
    .slice(0, Math.max(0, most))
  return worst.flatMap((linked) => {
    letGo(state, linked, wanted)
    return linked.confirms.size > 0 ? [] : [close(state, linked, 'no-room', 'Rows are still missing: somebody else gets a turn.')]
  })
}

const letGo = ({ time, config }: SwarmState, linked: Linked, { stream, confirmed, candidates }: Wanted): void => {
  confirmed.delete(linked.link)
  linked.confirms.delete(stream)
  linked.denies.add(stream)
  const candidate = candidates.get(linked.peer)
  if (candidate !== undefined) Object.assign(candidate, { known: false, restUntil: time + config.denied.longestMs })
}
