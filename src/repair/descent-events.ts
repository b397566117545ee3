import type { Bytes } from '../base/bytes.ts'
import { RUN_LEAVES } from '../domain/merkle.ts'
import type { PeerFrame } from '../protocol/frame.ts'
import { SILENCE_MS } from '../protocol/limits.ts'

// The words between a descent and its driver. A peer is a link number: a peer that comes back on a new link is a new peer.

export type NodesAnswer = Extract<PeerFrame, { type: 'nodes' | 'refused' }>
export type NodesQuestion = Extract<PeerFrame, { type: 'nodes-request' }>

export type DescentEvent =
  /** This link's peer has confirmed that it serves the target; afresh, when it had declined. */
  | { readonly type: 'peer'; readonly peer: number; readonly now: number }
  | { readonly type: 'peer-gone'; readonly peer: number; readonly now: number }
  | { readonly type: 'frame'; readonly peer: number; readonly frame: NodesAnswer; readonly now: number }
  /** At least every second. `held`: peers whose frames wait for this node, which is not done with one that came before. */
  | { readonly type: 'tick'; readonly now: number; readonly held?: ReadonlySet<number> }

export type DescentEffect =
  | { readonly type: 'send'; readonly peer: number; readonly frame: NodesQuestion }
  /** The peer lied, flooded or was silent: its link is to be closed with this reason. */
  | { readonly type: 'cut'; readonly peer: number; readonly code: string; readonly message: string }
  /** The page list of the target; null where it was left to runs. The last effect of a descent. */
  | { readonly type: 'found'; readonly hashes: readonly (Bytes | null)[] }

export interface DescentConfig {
  /** Page hashes in a run: whole runs beyond our own list are left to `hashes-request`. */
  readonly runLeaves: number
  /** Questions that one peer is asked at a time. */
  readonly questionsPerPeer: number
  /** A question without an answer is asked again, under its number, after this long. */
  readonly repeatMs: number
  /** A question older than this may be asked of an idle peer too. */
  readonly stealAfterMs: number
  readonly silenceMs: number
  /** A peer that is busy, or has declined, is left alone for this long. */
  readonly restMs: number
  /** Frames in a row that a peer may send us for nothing. */
  readonly uselessFrames: number
}

export const DESCENT_DEFAULTS: DescentConfig = {
  runLeaves: RUN_LEAVES,
  questionsPerPeer: 4,
  repeatMs: 1_000,
  stealAfterMs: 1_000,
  silenceMs: SILENCE_MS,
  restMs: 2_000,
  uselessFrames: 256,
}

/** One node is asked of at most this many peers at a time, as long as nobody is silent: a second chance, not a stampede. */
export const MAX_HOLDERS = 2
