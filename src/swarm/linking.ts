import type { PublicKey } from '../domain/stream.ts'
import { UNWANTED } from '../protocol/link.ts'
import { createLinked, takeTraffic, type Linked } from './linked.ts'
import { unlink, type SwarmState } from './state.ts'
import { addCandidate, deny, hurryList, type Wanted } from './wanted.ts'
import type { EventOf } from './words.ts'

// What links tell, and what it says of their peers.

/** Ends that say nothing against the peer: nobody needed the link, or there was another. */
const NEUTRAL_ENDS: ReadonlySet<string> = new Set(['idle', 'no-room', 'twice'])

/** A peer that has all the links it can keep, or wants none with us, is left alone at least this long, milliseconds. */
const BUSY_REST_MS = 30_000

/** One that was cut is not looked for again for so long, milliseconds, though its offers may be accepted before (L18). */
const CUT_REST_MS = 60_000

export const onLinkReady = (state: SwarmState, { link, peer, via }: EventOf<'link-ready'>): void => {
  const ours = state.dials.get(peer)?.ours === true
  state.dials.delete(peer)
  state.avoidance.noteMet(peer)
  if (via === 'rendezvous') state.regard.meetingHeld(peer)
  const linked = createLinked(link, peer, via, ours, state.time)
  // It was made while the refusal was on its way: its end follows.
  linked.closing = state.refused.has(peer)
  state.links.set(link, linked)
}

export const onLinkServes = (state: SwarmState, { link, stream, serving }: EventOf<'link-serves'>): void => {
  const linked = state.links.get(link)
  const wanted = state.wanted.get(stream)
  if (linked === undefined) return
  if (serving) linked.serves.add(stream)
  else linked.serves.delete(stream)
  linked.probedUntil = null
  if (wanted === undefined || linked.closing) return
  if (serving) confirm(state, linked, wanted)
  else {
    linked.confirms.delete(stream)
    wanted.confirmed.delete(link)
    linked.denies.add(stream)
    deny(wanted, linked.peer, state.time, state)
  }
}

const confirm = (state: SwarmState, linked: Linked, wanted: Wanted): void => {
  const { stream } = wanted
  linked.denies.delete(stream)
  linked.confirms.add(stream)
  wanted.confirmed.add(linked.link)
  const candidate = addCandidate(wanted, linked.peer, state)
  Object.assign(candidate, { known: true, restUntil: 0, restMs: 0 })
  state.known.note(stream, linked.peer, state.clock ?? 0)
}

export const onLinkTraffic = (state: SwarmState, { link, bytesIn, bytesOut, pagesGood, pagesBad, rttMs, follows }: EventOf<'link-traffic'>): void => {
  const linked = state.links.get(link)
  if (linked === undefined) return
  const traffic = { bytesIn, bytesOut, pagesGood, pagesBad, rttMs, follows }
  const { good, bad } = takeTraffic(linked, traffic, state.time, state.config)
  state.regard.verified(linked.peer, good, linked.bytesInPerSecond, traffic.rttMs)
  if (bad > 0) state.regard.lied(linked.peer)
}

export const onLinkEnded = (state: SwarmState, { link, code, cut }: EventOf<'link-ended'>): void => {
  const linked = state.links.get(link)
  if (linked === undefined) return
  const { peer, since } = linked
  for (const stream of linked.confirms) {
    const wanted = state.wanted.get(stream)
    if (wanted !== undefined) hurryList(wanted, state.time, 0, state)
  }
  unlink(state, linked)
  state.links.delete(link)
  const isOurs = linked.closing && code === 'busy'
  if (NEUTRAL_ENDS.has(code) || isOurs || state.refused.has(peer)) return
  if (state.time - since >= state.config.steadyMs) state.regard.steady(peer)
  blame(state, { peer, code, cut })
}

/** It is left alone: the longer the more often, and longest when it was cut. */
export const blame = (state: SwarmState, { peer, code, cut }: { readonly peer: PublicKey; readonly code: string; readonly cut: boolean }): void => {
  state.regard.failed(peer, state.config.rest, cut ? CUT_REST_MS : code === 'busy' || code === UNWANTED ? BUSY_REST_MS : 0)
  if (!cut) return
  state.avoidance.note(peer)
  state.regard.lied(peer)
}
