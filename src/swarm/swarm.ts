import type { Random } from '../base/random.ts'
import { unreachable } from '../base/unreachable.ts'
import type { PublicKey } from '../domain/stream.ts'
import { SWARM_DEFAULTS, type SwarmConfig } from './config.ts'
import { expireDials, onDialFailed, onMeeting } from './dialling.ts'
import { considerStreams, findLinks } from './finding.ts'
import { askLinks, keepLinks, probe } from './keeping.ts'
import { blame, onLinkEnded, onLinkReady, onLinkServes, onLinkTraffic } from './linking.ts'
import { countTurns, hasPlace } from './places.ts'
import { expireRefused, onAdmit, onRefuse } from './refusing.ts'
import { beginAnew, createState, unlink, type Remedies, type SwarmState } from './state.ts'
import { viewOf } from './view.ts'
import { addCandidate, createWanted, listAsked, noteLacking, takeList } from './wanted.ts'
import type { EventOf, KnownStream, SwarmEffect, SwarmEvent, SwarmView } from './words.ts'

/**
 * Decides whom this node is linked with: for each stream it follows, its publisher and some others who have confirmed that
 * they serve it, so that rows come from node to node whoever goes away, and the server with them. SPEC, section W.
 * Pure: time and what happens come in as events, what is to be done goes out as effects.
 */
export interface Swarm {
  step(event: SwarmEvent): readonly SwarmEffect[]
  view(): SwarmView
  /** Whether an offer of a link may be accepted. The last place is not for offers: whoever offers could take it from the stream for which it was cleared. */
  hasPlace(): boolean
  /** With this peer nothing is agreed now: it was cut, did not come, or a person wants no link with it. */
  avoids(peer: PublicKey): boolean
}

export interface SwarmOptions {
  readonly self: PublicKey
  readonly random: Random
  /** From an earlier life. */
  readonly known?: readonly KnownStream[]
  readonly config?: Partial<SwarmConfig>
  /** Code that comes after the start; null until then. */
  readonly remedies: () => Remedies | null
}

/** A peer that has just come back is not left alone for longer than this, milliseconds. */
const RETURN_REST_MS = 5_000

export const createSwarm = ({ self, random, known = [], config = {}, remedies }: SwarmOptions): Swarm => {
  const state = createState(self, random, known, { ...SWARM_DEFAULTS, ...config }, remedies)
  return {
    step: (event) => {
      passTime(state, event.now)
      return take(state, event)
    },
    view: () => viewOf(state),
    hasPlace: () => hasPlace(state, false),
    avoids: (peer) => state.avoidance.has(peer) || state.refused.has(peer),
  }
}

/** A clock that is set back stops nothing. */
const passTime = (state: SwarmState, now: number): void => {
  state.time += Math.max(0, now - (state.clock ?? now))
  state.clock = now
}

const take = (state: SwarmState, event: SwarmEvent): readonly SwarmEffect[] => {
  switch (event.type) {
    case 'wanted':
      onWanted(state, event)
      return []
    case 'unwanted':
      onUnwanted(state, event)
      return []
    case 'listed':
      onListed(state, event)
      return []
    case 'heard':
      return onHeard(state, event)
    case 'departed':
      return probeAll(state, event.peer)
    case 'meeting':
      onMeeting(state, event)
      return []
    case 'met':
      state.avoidance.noteMet(event.peer)
      return []
    case 'dial-failed':
      onDialFailed(state, event)
      return []
    case 'link-ready':
      onLinkReady(state, event)
      return []
    case 'link-serves':
      onLinkServes(state, event)
      return []
    case 'link-traffic':
      onLinkTraffic(state, event)
      return []
    case 'link-ended':
      onLinkEnded(state, event)
      return []
    case 'unproved':
      state.dials.delete(event.peer)
      blame(state, event)
      return []
    case 'refuse':
      return onRefuse(state, event)
    case 'admit':
      return onAdmit(state, event)
    case 'links-lost':
      for (const linked of state.links.values()) unlink(state, linked)
      state.links.clear()
      beginAnew(state)
      return []
    case 'server':
      onServer(state, event.there)
      return []
    case 'peer-server':
      state.hasPeerServer = event.there
      return []
    case 'woke':
      return onWoke(state)
    case 'tick':
      return onTick(state)
    default:
      return unreachable(event)
  }
}

const onWanted = (state: SwarmState, { stream, author, lacking }: EventOf<'wanted'>): void => {
  const known = state.wanted.get(stream)
  if (known !== undefined) noteLacking(known, lacking, state.time)
  else state.wanted.set(stream, createWanted({ stream, author, lacking, now: state.time }, state.known.peersOf(stream), state))
}

const onUnwanted = (state: SwarmState, { stream }: EventOf<'unwanted'>): void => {
  state.wanted.delete(stream)
  state.known.forget(stream)
  for (const linked of state.links.values()) {
    linked.confirms.delete(stream)
    linked.denies.delete(stream)
    linked.askedAt.delete(stream)
  }
}

const onListed = (state: SwarmState, { stream, publisher, members }: EventOf<'listed'>): void => {
  const wanted = state.wanted.get(stream)
  if (wanted === undefined) return
  takeList(wanted, publisher, members, state)
  // It was to be asked for anew since the question: this answer will do.
  if (wanted.listMs === 0) listAsked(wanted, state.time, state)
}

/** One that has come back is met soon; a link that it may have forgotten has to give a sign. */
const onHeard = (state: SwarmState, { stream, peer, arrived }: EventOf<'heard'>): readonly SwarmEffect[] => {
  const wanted = state.wanted.get(stream)
  if (wanted === undefined || peer === state.self) return []
  addCandidate(wanted, peer, state).present = true
  if (!arrived) return []
  state.regard.returned(peer, RETURN_REST_MS)
  // Who lacks nothing else is in no hurry: all of a stream's followers have just heard of its publisher.
  if (peer === wanted.author && wanted.confirmed.size >= state.config.linksPerStream)
    state.regard.pause(peer, state.random.next() * state.config.sourceSpreadMs)
  return probeAll(state, peer)
}

const probeAll = (state: SwarmState, peer: PublicKey): readonly SwarmEffect[] =>
  [...state.links.values()].filter((linked) => linked.peer === peer).flatMap((linked) => probe(state, linked))

/** What was under way with the server is over; who is in a topic, it says anew. */
const onServer = (state: SwarmState, there: boolean): void => {
  for (const { peer, way } of [...state.dials.values()]) if (way === 'rendezvous') state.dials.delete(peer)
  for (const { candidates } of state.wanted.values()) for (const candidate of candidates.values()) candidate.present = false
  if (there) beginAnew(state)
  if (there !== state.server.there) state.server = { there, since: state.time }
}

/** Whoever could not be reached was not to blame. Links that look alive are asked for a sign. */
const onWoke = (state: SwarmState): readonly SwarmEffect[] => {
  state.avoidance.forgetLapses()
  state.regard.forgiveAll()
  beginAnew(state)
  const effects: SwarmEffect[] = []
  for (const linked of state.links.values()) {
    linked.carriedAt = state.time
    linked.probedUntil = null
    effects.push(...probe(state, linked))
  }
  return effects
}

const onTick = (state: SwarmState): readonly SwarmEffect[] => {
  const { config, time } = state
  const elapsedMs = time - state.tickedAt
  state.tickedAt = time
  state.dialsLeft = Math.min(config.maxDials, state.dialsLeft + (elapsedMs / 1000) * config.dialsPerSecond)
  const woken = elapsedMs >= config.sleptMs ? onWoke(state) : []
  expireDials(state)
  const admitted = expireRefused(state)
  countTurns(state, elapsedMs)
  const kept = keepLinks(state)
  const remedies = state.remedies()
  const visitors = remedies?.closeVisitor(state) ?? []
  const considered = considerStreams(state)
  return [...woken, ...admitted, ...kept, ...visitors, ...askLinks(state, considered), ...(remedies?.hostGuest(state) ?? []), ...findLinks(state, considered), ...remember(state)]
}

/** Who is linked still counts as seen. O(links × streams), every ten seconds. */
const remember = (state: SwarmState): readonly SwarmEffect[] => {
  const { known, config, time, clock, links } = state
  if (time - state.rememberedAt < config.rememberMs) return []
  state.rememberedAt = time
  for (const { confirms, peer } of links.values()) for (const stream of confirms) known.note(stream, peer, clock ?? 0)
  if (!known.takeNews()) return []
  return [{ type: 'remember', known: known.all() }]
}
