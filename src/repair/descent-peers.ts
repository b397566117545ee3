import type { Head } from '../domain/head.ts'
import { MAX_HOLDERS, type DescentConfig, type DescentEffect, type NodesQuestion } from './descent-events.ts'
import type { Differing, Search } from './search.ts'

// The state of one descent and the few moves that everything else is made of.

/** A node that peers are asked about. */
export interface Held {
  readonly node: Differing
  holders: number
  /** When one was asked last. */
  lastAt: number
}

export interface Asked {
  readonly held: Held
  readonly frame: NodesQuestion
  readonly askedAt: number
  repeatedAt: number
}

export interface Peer {
  readonly number: number
  /** `declined`: not asked before it says afresh that it serves the target. `cut`: what still comes of it is nobody's. */
  standing: 'serving' | 'declined' | 'cut'
  readonly asked: Map<number, Asked>
  /** How long it has owed an answer and sent nothing of use. */
  quietMs: number
  restUntil: number
  useless: number
}

export interface State {
  readonly head: Head
  readonly settings: DescentConfig
  readonly search: Search
  readonly peers: Map<number, Peer>
  effects: DescentEffect[]
  /** Milliseconds in which this node ran; `clock` is the last time it was told. */
  now: number
  clock: number | null
  watchedAt: number
  lastRequest: number
  isOver: boolean
}

export const isFree = (state: State, peer: Peer): boolean => peer.standing === 'serving' && state.now >= peer.restUntil

export const useful = (peer: Peer): void => {
  peer.quietMs = 0
  peer.useless = 0
}

/** pool → asked. */
export const ask = (state: State, peer: Peer, held: Held): void => {
  const request = ++state.lastRequest
  const { stream, root, rows } = state.head
  const { from, leaves } = held.node
  const frame: NodesQuestion = { type: 'nodes-request', request, stream, root, rows, from, leaves }
  held.holders++
  held.lastAt = state.now
  peer.asked.set(request, { held, frame, askedAt: state.now, repeatedAt: state.now })
  state.effects.push({ type: 'send', peer: peer.number, frame })
}

/** asked → pool, unless another peer is asked about the node too. */
export const abandon = (state: State, peer: Peer, asked: Asked): void => {
  peer.asked.delete(asked.frame.request)
  if (--asked.held.holders === 0) state.search.giveBack(asked.held.node)
}

export const abandonAll = (state: State, peer: Peer): void => {
  for (const asked of [...peer.asked.values()]) abandon(state, peer, asked)
}

/** serving → declined: no blame. */
export const decline = (state: State, peer: Peer): void => {
  peer.standing = 'declined'
  peer.restUntil = state.now + state.settings.restMs
  abandonAll(state, peer)
}

/** serving → cut: with a code for programs and a sentence for a person. */
export const cut = (state: State, peer: Peer, code: string, message: string): void => {
  peer.standing = 'cut'
  state.effects.push({ type: 'cut', peer: peer.number, code, message })
  abandonAll(state, peer)
}

/** A node is settled: whoever else was asked about it owes nothing for it. */
export const release = (state: State, held: Held): void => {
  for (const peer of state.peers.values())
    for (const [request, asked] of peer.asked) if (asked.held === held) peer.asked.delete(request)
}

/** The question that has waited longest and may be asked of one more peer: of a second soon, of more for every silence, whatever those who are slow on purpose answer meanwhile. */
export const slowest = (state: State): Held | null => {
  const { stealAfterMs, silenceMs } = state.settings
  let oldest: Asked | null = null
  for (const peer of state.peers.values())
    for (const asked of peer.asked.values()) {
      const { holders, lastAt } = asked.held
      const may = state.now - lastAt >= (holders < MAX_HOLDERS ? stealAfterMs : silenceMs)
      if (may && asked.askedAt < (oldest?.askedAt ?? Infinity)) oldest = asked
    }
  return oldest?.held ?? null
}
