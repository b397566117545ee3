import type { RowForm, PublicKey } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import type { LooseChange } from './loose-row.ts'
import { MAX_LOOSE_ROWS } from './loose-row.ts'
import type { Answer } from './vote.ts'

// The words between a walk and its driver. A peer is its key: one that has two links has one voice.

/** Before which row is asked: by its number where it has one, else by its time; neither: what is the last of all. */
export interface Place {
  readonly row: number | null
  readonly time: Micros | null
}

export type AgreementEvent =
  /** A linked peer says that it has rows of this stream. */
  | { readonly type: 'peer'; readonly peer: PublicKey; readonly now: number }
  | { readonly type: 'peer-gone'; readonly peer: PublicKey; readonly now: number }
  | { readonly type: 'answer'; readonly peer: PublicKey; readonly question: number; readonly answer: Answer; readonly now: number }
  /** It does not know, or will not say. */
  | { readonly type: 'declined'; readonly peer: PublicKey; readonly question: number; readonly now: number }
  /** What was to be saved is on disk and in the ledger. */
  | { readonly type: 'saved'; readonly now: number }
  | { readonly type: 'store-failed'; readonly now: number }
  /** Other rows came: from an import of this node. */
  | { readonly type: 'changed'; readonly now: number }
  | { readonly type: 'tick'; readonly now: number }

export type AgreementEffect =
  /** Asked again under its number until it is answered; a new number is a new question. */
  | { readonly type: 'ask'; readonly peer: PublicKey; readonly question: number; readonly before: Place }
  /** To be answered with `saved` or `store-failed`. */
  | { readonly type: 'save'; readonly change: LooseChange }
  /** The peer lied: its link is to be closed with this reason. */
  | { readonly type: 'cut'; readonly peer: PublicKey; readonly code: string; readonly message: string }
  | { readonly type: 'rested'; readonly reason: Rest }

/**
 * Why a walk rests. `beginning`: agreed that nothing is earlier; `word`: one peer says so; `silence`: nobody answers any more, which may be the
 * beginning; `split`: no two thirds; `full`: no room for older rows; `store`: the disk failed.
 */
export type Rest = 'beginning' | 'word' | 'silence' | 'split' | 'full' | 'store'

export interface AgreementConfig {
  readonly form: RowForm
  /** Answers are waited for at most this long, milliseconds: a mute peer must not stop the walk. */
  readonly answerWaitMs: number
  /** A question without an answer is asked again after this, milliseconds: it or its answer may be lost. */
  readonly repeatMs: number
  /** Between a row and the question for the one before, milliseconds: a walk is ten questions a second to each peer at most. */
  readonly coolDownMs: number
  /** Rounds in a row without any answer, or without two thirds, before the walk rests. */
  readonly rounds: number
  /** Rounds in a row that a peer misses before it is not waited for any more, for `muteMs`. */
  readonly missedRounds: number
  readonly muteMs: number
  /** A walk that rests looks for newer rows after this; twice as late each time that there are none, up to the longest, milliseconds. */
  readonly refreshMs: number
  readonly longestRefreshMs: number
  readonly maxRows: number
}

export const AGREEMENT_DEFAULTS: AgreementConfig = {
  form: 'observation',
  answerWaitMs: 3_000,
  repeatMs: 1_000,
  coolDownMs: 100,
  rounds: 5,
  missedRounds: 3,
  muteMs: 60_000,
  refreshMs: 60_000,
  longestRefreshMs: 600_000,
  maxRows: MAX_LOOSE_ROWS,
}

/** Voters that a walk has met, so that a new one is known for new: keys are free to make. */
export const MAX_VOTERS_KNOWN = 1_000
