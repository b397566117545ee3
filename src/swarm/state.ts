import type { Random } from '../base/random.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import { createAvoidance, type Avoidance } from './avoidance.ts'
import type { SwarmConfig } from './config.ts'
import { createKnown, type Known } from './known.ts'
import type { Linked } from './linked.ts'
import { createRefused, type Refused } from './refused.ts'
import { createRegard, type Regard } from './regard.ts'
import { hurryList, type Wanted } from './wanted.ts'
import type { KnownStream, SwarmEffect, Way } from './words.ts'

export interface Dialling {
  readonly peer: PublicKey
  readonly stream: StreamId
  readonly way: Way
  /** This node has begun it. */
  readonly ours: boolean
  readonly since: number
}

/** Who was invited for a stream that is stuck: linked beyond what is aimed at, for a while. */
export interface Guest {
  readonly peer: PublicKey
  readonly stream: StreamId
  readonly since: number
  /** It is looked at again then. */
  until: number
  /** Verified pages that it had brought when it was looked at last. */
  pages: number
}

/** What is done where links are too many or have brought nothing for minutes: code that may come later. */
export interface Remedies {
  clearPlaceFor(state: SwarmState, wanted: Wanted): readonly SwarmEffect[]
  closeVisitor(state: SwarmState): readonly SwarmEffect[]
  hostGuest(state: SwarmState): readonly SwarmEffect[]
}

export interface SwarmState {
  readonly self: PublicKey
  readonly config: SwarmConfig
  readonly random: Random
  readonly wanted: Map<StreamId, Wanted>
  readonly links: Map<number, Linked>
  /** One for a peer. */
  readonly dials: Map<PublicKey, Dialling>
  readonly avoidance: Avoidance
  readonly refused: Refused
  readonly regard: Regard
  readonly known: Known
  /** Milliseconds that have gone by: a clock that is set back does not stop them. */
  time: number
  /** The clock at the last event, and the time at the last tick. */
  clock: number | null
  tickedAt: number
  server: { readonly there: boolean; readonly since: number }
  hasPeerServer: boolean
  /** Nothing is dialled and no list asked for before this. */
  quietUntil: number
  /** Dials that may be begun now, as `dialsPerSecond` gives them. */
  dialsLeft: number
  rememberedAt: number
  guest: Guest | null
  /** Who has had a turn, since everybody last had one. */
  readonly invited: Set<PublicKey>
  /** Nobody is invited before this, and next time after so long. */
  inviteAt: number
  inviteMs: number
  /** Null: not there yet. */
  remedies(): Remedies | null
  isLinked(peer: PublicKey): boolean
  isSpent(peer: PublicKey): boolean
}

export const createState = (self: PublicKey, random: Random, known: readonly KnownStream[], config: SwarmConfig, remedies: SwarmState['remedies']): SwarmState => {
  const links = new Map<number, Linked>()
  const dials = new Map<PublicKey, Dialling>()
  const now = (): number => state.time
  const isLinked = (peer: PublicKey): boolean => [...links.values()].some((linked) => linked.peer === peer)
  const state: SwarmState = {
    self,
    config,
    random,
    wanted: new Map(),
    links,
    dials,
    avoidance: createAvoidance(now),
    refused: createRefused(),
    regard: createRegard(now, random, config.maxPeers, (peer) => dials.has(peer) || isLinked(peer)),
    known: createKnown(known, config),
    time: 0,
    clock: null,
    tickedAt: 0,
    server: { there: false, since: 0 },
    hasPeerServer: false,
    quietUntil: 0,
    dialsLeft: config.maxDials,
    rememberedAt: 0,
    guest: null,
    invited: new Set(),
    inviteAt: 0,
    inviteMs: 0,
    remedies,
    isLinked,
    isSpent: (peer) => state.regard.isResting(peer) || state.avoidance.has(peer) || state.refused.has(peer),
  }
  return state
}

/** Links and dials that this node has begun. */
export const begun = ({ links, dials }: SwarmState): number =>
  count(links.values(), (linked) => linked.begun) + ourDials({ dials })

export const ourDials = ({ dials }: Pick<SwarmState, 'dials'>): number => count(dials.values(), (dial) => dial.ours)

const count = <T>(items: Iterable<T>, holds: (item: T) => boolean): number => {
  let found = 0
  for (const item of items) if (holds(item)) found++
  return found
}

/** Begins again with everybody, but not at once: whoever slept or lost the server at the same moment does the same now. What was lacking meanwhile was nobody's fault. */
export const beginAnew = (state: SwarmState): void => {
  const { config, random, wanted } = state
  state.quietUntil = state.time + random.next() * config.spreadMs
  for (const one of wanted.values()) {
    if (one.lackingSince !== null) one.lackingSince = state.time
    hurryList(one, state.time, config.spreadMs, state)
  }
}

/** What the link confirmed no longer counts. */
export const unlink = ({ wanted }: SwarmState, linked: Linked): void => {
  for (const stream of linked.confirms) wanted.get(stream)?.confirmed.delete(linked.link)
  linked.confirms.clear()
}

/** It counts no more from now on, though its end is told later. */
export const close = (state: SwarmState, linked: Linked, code: string, message: string): SwarmEffect => {
  linked.closing = true
  unlink(state, linked)
  return { type: 'close', link: linked.link, code, message }
}

/** A question to a link that is not answered yet, and may be for a while. */
export const isAwaited = ({ config, time }: SwarmState, linked: Linked, { stream, since }: Wanted): boolean =>
  !linked.closing &&
  !linked.confirms.has(stream) &&
  !linked.denies.has(stream) &&
  time - (linked.askedAt.get(stream) ?? Math.max(linked.since, since)) < config.confirmMs
