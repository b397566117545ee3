import type { Random } from '../base/random.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import { MAX_LISTED_PEERS } from '../protocol/limits.ts'
import type { SwarmConfig } from './config.ts'

/** Somebody who may have a stream. */
export interface Candidate {
  readonly peer: PublicKey
  /** The server has said so since it was last there: it can be met at a rendezvous. */
  present: boolean
  /** It has confirmed before that it serves the stream. */
  known: boolean
  /** It does not serve the stream: for this stream it is left alone until then, and next time for so long. */
  restUntil: number
  restMs: number
  /** When its turn for the stream ended last, of too few places; 0: it had none. So long it was left alone then because it had given nothing; 0: it was not. */
  turnEndedAt: number
  vainRestMs: number
}

/** A stream that this node follows, and who may have it. */
export interface Wanted {
  readonly stream: StreamId
  readonly author: PublicKey | null
  readonly since: number
  /** Since when rows are known of that are not here; null: none are. */
  lackingSince: number | null
  readonly candidates: Map<PublicKey, Candidate>
  /** Links over which it is confirmed. */
  readonly confirmed: Set<number>
  /** The server is not asked for a list before this, and next time after so long. */
  listAt: number
  listMs: number
  /** When it was its turn last, among those that are stuck. */
  turnAt: number
  /** When somebody was dialled for it last; long ago: never. */
  triedAt: number
  /** When a link over which it lacked rows was closed last for another stream, and whose that was; long ago: never. */
  turnEndedAt: number
  turnWas: PublicKey | null
  /** So long it leaves the turns of others alone since then, twice as long each time, milliseconds. */
  waitMs: number
}

interface Deps {
  readonly config: SwarmConfig
  readonly random: Random
  readonly time: number
  readonly isLinked: (peer: PublicKey) => boolean
  /** It has just been of no use: it rests or is avoided. */
  readonly isSpent: (peer: PublicKey) => boolean
  /** It has been a guest. */
  readonly invited: ReadonlySet<PublicKey>
}

export const createWanted = (
  { stream, author, lacking, now }: { readonly stream: StreamId; readonly author: PublicKey | null; readonly lacking: boolean; readonly now: number },
  known: Iterable<PublicKey>,
  deps: Deps,
): Wanted => {
  const lackingSince = lacking ? now : null
  const wanted: Wanted = {
    stream,
    author,
    since: now,
    lackingSince,
    candidates: new Map(),
    confirmed: new Set(),
    listAt: 0,
    listMs: 0,
    turnAt: 0,
    triedAt: Number.MIN_SAFE_INTEGER,
    turnEndedAt: Number.MIN_SAFE_INTEGER,
    turnWas: null,
    waitMs: 0,
  }
  // Whose stream it is says its identity: by node id it can be looked for though no server has ever seen it.
  if (author !== null) addCandidate(wanted, author, deps)
  for (const peer of known) addCandidate(wanted, peer, deps).known = true
  hurryList(wanted, now, 0, deps)
  return wanted
}

/** How many links a stream is to have: the more the longer it lacks rows, though enough have said that they serve it. */
export const linksFor = ({ lackingSince }: Wanted, { config, time }: Pick<Deps, 'config' | 'time'>): number =>
  config.linksPerStream + (lackingSince === null ? 0 : Math.min(config.maxMoreLinks, Math.floor((time - lackingSince) / config.moreLinksMs)))

/** All these links have not brought its rows. */
export const isStuck = ({ lackingSince }: Wanted, { config, time }: Pick<Deps, 'config' | 'time'>): boolean =>
  lackingSince !== null && time - lackingSince >= config.stuckMs

/** The list is asked for soon, and with short pauses again. */
export const hurryList = (wanted: Wanted, now: number, spreadMs: number, { config, random }: Deps): void => {
  wanted.listMs = 0
  wanted.listAt = now + config.firstListMs + random.next() * (config.firstListMs + spreadMs)
}

/** The list is being asked for: when the next time may come. */
export const listAsked = (wanted: Wanted, now: number, { config, random }: Deps): void => {
  const longestMs = wanted.lackingSince !== null ? config.lackingMs : config.list.longestMs
  wanted.listMs = Math.min(longestMs, wanted.listMs === 0 ? config.list.firstMs : wanted.listMs * 2)
  wanted.listAt = now + wanted.listMs * (0.75 + random.next() / 2)
}

/**
 * The candidate of this key; a new one where there is room, or where someone who is not here, of no use or without the stream makes
 * some: sixteen who are there only to say no must not keep out who has it, nor sixteen who do not give it. A crowd
 * that finds no room answers a candidate that is in no list.
 */
export const addCandidate = (wanted: Wanted, peer: PublicKey, deps: Deps): Candidate => {
  const { config, time, isLinked, isSpent, invited } = deps
  const { candidates } = wanted
  const fresh = { peer, present: false, known: false, restUntil: 0, restMs: 0, turnEndedAt: 0, vainRestMs: 0 }
  const found = candidates.get(peer)
  if (found !== undefined) return found
  if (candidates.size >= config.maxCandidates) {
    const isVain = isStuck(wanted, deps)
    const isSpare = (one: Candidate): boolean => {
      const isAway = one.restUntil > time || (!isLinked(one.peer) && (!one.present || isSpent(one.peer)))
      return one.peer !== wanted.author && (isVain ? isAway || isLinked(one.peer) || invited.has(one.peer) : isAway && !one.known)
    }
    // The publisher always finds room.
    const spare = [...candidates.values()].find(isSpare) ?? (peer === wanted.author ? [...candidates.values()].at(-1) : undefined)
    if (spare === undefined) return fresh
    candidates.delete(spare.peer)
  }
  candidates.set(peer, fresh)
  return fresh
}

/** The server has said who is there; a list that could have been longer leaves out nobody who was heard of before. */
export const takeList = (wanted: Wanted, publisher: PublicKey | null, members: readonly PublicKey[], deps: Deps): void => {
  const isWhole = members.length < MAX_LISTED_PEERS
  for (const candidate of wanted.candidates.values())
    if (isWhole || candidate.peer === wanted.author) candidate.present = false
  for (const peer of publisher === null ? members : [publisher, ...members]) addCandidate(wanted, peer, deps).present = true
}

/** It does not serve the stream, or does not say. */
export const deny = (wanted: Wanted, peer: PublicKey, now: number, deps: Pick<Deps, 'config' | 'random'>): void => {
  const candidate = wanted.candidates.get(peer)
  if (candidate === undefined) return
  candidate.restMs = doubled(candidate.restMs, deps)
  candidate.restUntil = now + candidate.restMs * (1 + deps.random.next() / 2)
}

/** Its link made room for another stream. Where it had given nothing it is left alone as one that denied the stream, whatever it confirms. */
export const noteTurn = (wanted: Wanted, peer: PublicKey, wasVain: boolean, deps: Pick<Deps, 'config' | 'random' | 'time'>): void => {
  const { time, random, config } = deps
  wanted.turnEndedAt = time
  wanted.turnWas = peer
  wanted.waitMs = Math.min(config.turnMs, wanted.waitMs === 0 ? config.vainMs : wanted.waitMs * 2)
  const candidate = wanted.candidates.get(peer)
  if (candidate === undefined) return
  candidate.turnEndedAt = time
  if (!wasVain) return
  candidate.vainRestMs = doubled(candidate.vainRestMs, deps)
  candidate.restUntil = time + candidate.vainRestMs * (1 + random.next() / 2)
}

const doubled = (restMs: number, { config: { denied } }: Pick<Deps, 'config'>): number => Math.min(denied.longestMs, restMs === 0 ? denied.firstMs : restMs * 2)

/** Whether rows are known of that are not here. Once none are nobody has had a turn. */
export const noteLacking = (wanted: Wanted, lacking: boolean, now: number): void => {
  wanted.lackingSince = lacking ? (wanted.lackingSince ?? now) : null
  if (lacking) return
  Object.assign(wanted, { turnWas: null, waitMs: 0 })
  for (const candidate of wanted.candidates.values()) {
    if (candidate.vainRestMs > 0) candidate.restUntil = 0
    Object.assign(candidate, { turnEndedAt: 0, vainRestMs: 0 })
  }
}
