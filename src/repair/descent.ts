import { unreachable } from '../base/unreachable.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Sha256 } from '../domain/hash.ts'
import type { Head } from '../domain/head.ts'
import { DESCENT_DEFAULTS, type DescentConfig, type DescentEffect, type DescentEvent, type NodesAnswer } from './descent-events.ts'
import { abandon, abandonAll, ask, cut, decline, isFree, release, slowest, useful, type Asked, type Peer, type State } from './descent-peers.ts'
import { createSearch } from './search.ts'

export interface DescentView {
  /** Peers that answer us now. */
  readonly peers: number
  /** Nodes that differ and wait: for a peer, or for its answer. */
  readonly waiting: number
  readonly questions: number
  readonly isOver: boolean
}

/**
 * From a page list that is ours, right or wrong, to that of one verified head: SPEC, section T. It goes down the tree of
 * the target from its root, follows what differs and takes over what does not. No clock and no disk: the driver carries
 * out the effects in their order. After `found` every step is empty; what `found` names leads to the root of the head.
 */
export interface Descent {
  step(event: DescentEvent): readonly DescentEffect[]
  view(): DescentView
}

export interface DescentStart {
  readonly head: Head
  /** Pages of the head. */
  readonly pages: number
  readonly own: readonly Bytes[]
}

export const createDescent = ({ head, pages, own }: DescentStart, sha256: Sha256, config: Partial<DescentConfig> = {}): Descent => {
  const settings = { ...DESCENT_DEFAULTS, ...config }
  const search = createSearch({ root: head.root, pages, own, runLeaves: settings.runLeaves }, sha256)
  const state: State = {
    head,
    settings,
    search,
    peers: new Map(),
    effects: [],
    now: 0,
    clock: null,
    watchedAt: 0,
    lastRequest: 0,
    isOver: false,
  }
  return {
    step(event) {
      if (state.isOver) return []
      passTime(state, event.now)
      state.effects = []
      apply(state, event)
      decide(state)
      return state.effects
    },
    view: () => ({
      peers: [...state.peers.values()].filter(({ standing }) => standing === 'serving').length,
      waiting: search.waiting(),
      questions: state.lastRequest,
      isOver: state.isOver,
    }),
  }
}

/** A clock that is set back, or a night with the lid closed, is nobody's silence. */
const passTime = (state: State, now: number): void => {
  if (state.clock !== null) state.now += Math.min(state.settings.silenceMs / 2, Math.max(0, now - state.clock))
  state.clock = now
}

const apply = (state: State, event: DescentEvent): void => {
  switch (event.type) {
    case 'peer':
      return onPeer(state, event.peer)
    case 'peer-gone': {
      const peer = state.peers.get(event.peer)
      if (peer !== undefined) abandonAll(state, peer)
      state.peers.delete(event.peer)
      return
    }
    case 'frame': {
      const peer = state.peers.get(event.peer)
      // A frame of a link that is being closed is nobody's.
      return peer === undefined || peer.standing === 'cut' ? undefined : onFrame(state, peer, event.frame)
    }
    case 'tick':
      return watch(state, event.held)
    default:
      return unreachable(event)
  }
}

const onPeer = (state: State, number: number): void => {
  const known = state.peers.get(number)
  // The rest that it was given when it declined still holds.
  if (known?.standing === 'declined') known.standing = 'serving'
  if (known !== undefined) return
  state.peers.set(number, { number, standing: 'serving', asked: new Map(), quietMs: 0, restUntil: 0, useless: 0 })
}

const onFrame = (state: State, peer: Peer, frame: NodesAnswer): void => {
  if (frame.request < 1 || frame.request > state.lastRequest)
    return cut(state, peer, 'protocol', `It answered request ${frame.request}, which was never made.`)
  const asked = peer.asked.get(frame.request)
  if (asked === undefined) return onLate(state, peer)
  if (frame.type === 'nodes') return onNodes(state, peer, asked, frame.hashes)
  abandon(state, peer, asked)
  if (frame.code !== 'busy') return decline(state, peer)
  useful(peer)
  peer.restUntil = state.now + state.settings.restMs
}

/** asked → known, or a lie: the hash of the node is verified, so that its parts cannot be made up. */
const onNodes = (state: State, peer: Peer, { held }: Asked, hashes: readonly Bytes[]): void => {
  if (!state.search.settle(held.node, hashes)) {
    const { from, leaves } = held.node
    return cut(state, peer, 'bad-nodes', `Its hashes below pages ${from} to ${from + leaves - 1} do not lead up to them.`)
  }
  useful(peer)
  release(state, held)
}

/** It may have crossed another's answer, or come twice: no blame, but not for ever. */
const onLate = (state: State, peer: Peer): void => {
  if (++peer.useless > state.settings.uselessFrames)
    cut(state, peer, 'flood', `It sent ${peer.useless} frames in a row that were of no use.`)
}

const NOBODY: ReadonlySet<number> = new Set()

/** Time passes: questions are repeated, silence is noticed. */
const watch = (state: State, held: ReadonlySet<number> = NOBODY): void => {
  const passedMs = state.now - state.watchedAt
  state.watchedAt = state.now
  const { silenceMs, repeatMs } = state.settings
  for (const peer of state.peers.values()) {
    // What it owes may lie with us.
    if (held.has(peer.number)) continue
    if (peer.asked.size > 0) peer.quietMs += passedMs
    if (peer.quietMs >= silenceMs) cut(state, peer, 'silent', `It sent nothing useful for ${Math.round(silenceMs / 1000)} s.`)
    for (const asked of peer.asked.values()) {
      if (state.now - asked.repeatedAt < repeatMs) continue
      asked.repeatedAt = state.now
      state.effects.push({ type: 'send', peer: peer.number, frame: asked.frame })
    }
  }
}

/** The one decision: whoever is free is asked, in turns; who then has nothing to do is asked what the slowest one owes. */
const decide = (state: State): void => {
  if (state.search.isDone()) {
    state.isOver = true
    state.effects.push({ type: 'found', hashes: state.search.hashes() })
    return
  }
  for (let depth = 0; depth < state.settings.questionsPerPeer; depth++)
    for (const peer of state.peers.values()) {
      const node = isFree(state, peer) && peer.asked.size === depth ? state.search.take() : null
      if (node !== null) ask(state, peer, { node, holders: 0, lastAt: state.now })
    }
  for (const peer of state.peers.values()) {
    const held = isFree(state, peer) && peer.asked.size === 0 ? slowest(state) : null
    if (held !== null) ask(state, peer, held)
  }
}
