import type { PublicKey } from '../domain/stream.ts'
import { isIdle, type Linked } from './linked.ts'
import { close, isAwaited, type SwarmState } from './state.ts'
import { deny, type Wanted } from './wanted.ts'
import type { SwarmEffect } from './words.ts'

// What becomes of links that are there. O(links) a tick.

export const keepLinks = (state: SwarmState): SwarmEffect[] => {
  const open = [...state.links.values()].filter(({ closing }) => !closing)
  return [...closeLost(state, open), ...closeTwice(state, open), ...closeIdle(state, open)]
}

/**
 * Slept through its end: the peer has been asked for a sign and gave none. Not while pages still leave for it, whose credit is
 * sign enough: on a slow line the question waits behind them.
 */
const closeLost = (state: SwarmState, open: readonly Linked[]): SwarmEffect[] =>
  open
    .filter(({ probedUntil }) => probedUntil !== null && probedUntil <= state.time)
    .filter(({ carriedAt }) => state.time - carriedAt >= state.config.busyMs)
    .map((linked) => close(state, linked, 'lost', 'The peer gives no sign of life any more.'))

/** Of two links to one peer the node with the smaller key closes one: if both did, none might be left. */
const closeTwice = (state: SwarmState, open: readonly Linked[]): SwarmEffect[] => {
  const { self, time, config } = state
  const kept = new Map<PublicKey, Linked>()
  const effects: SwarmEffect[] = []
  for (const linked of open) {
    if (linked.closing || self > linked.peer || time - linked.since < config.twiceMs) continue
    const other = kept.get(linked.peer)
    if (other === undefined) {
      kept.set(linked.peer, linked)
      continue
    }
    const [more, less] = carried(linked) > carried(other) ? [linked, other] : [other, linked]
    kept.set(linked.peer, more)
    effects.push(close(state, less, 'twice', 'There is another link between the two nodes.'))
  }
  return effects
}

const carried = ({ traffic: { bytesIn, bytesOut } }: Linked): number => bytesIn + bytesOut

const closeIdle = (state: SwarmState, open: readonly Linked[]): SwarmEffect[] =>
  open
    .filter((linked) => !linked.closing && isIdle(linked, state.time, state.config))
    .map((linked) => close(state, linked, 'idle', 'Neither side needs this link now.'))

/** Asks a link for a sign of life, and expects one. */
export const probe = (state: SwarmState, linked: Linked): SwarmEffect[] => {
  const [stream] = linked.confirms
  if (stream === undefined || linked.closing || linked.probedUntil !== null) return []
  linked.probedUntil = state.time + state.config.probeMs
  return [{ type: 'ask-serves', link: linked.link, stream }]
}

/**
 * Who is linked is asked before anybody is dialled. The data process asks every new link by itself; here are those that have
 * not said, and those that did not serve a stream and may by now.
 */
export const askLinks = (state: SwarmState, considered: readonly Wanted[]): SwarmEffect[] => {
  const effects: SwarmEffect[] = []
  for (const wanted of considered)
    for (const linked of state.links.values()) {
      if (effects.length >= state.config.maxServesAsked) return effects
      if (!mayAsk(state, linked, wanted)) continue
      linked.denies.delete(wanted.stream)
      linked.askedAt.set(wanted.stream, state.time)
      effects.push({ type: 'ask-serves', link: linked.link, stream: wanted.stream })
    }
  return effects
}

const mayAsk = (state: SwarmState, linked: Linked, wanted: Wanted): boolean => {
  const { stream } = wanted
  if (linked.closing || linked.confirms.has(stream) || isAwaited(state, linked, wanted)) return false
  if (linked.denies.has(stream)) return (wanted.candidates.get(linked.peer)?.restUntil ?? Infinity) <= state.time
  if (!linked.askedAt.has(stream)) return true
  // Asked, and not a word: as if it had said no.
  linked.denies.add(stream)
  deny(wanted, linked.peer, state.time, state)
  return false
}
