import type { Bytes } from '../base/bytes.ts'
import type { Failure } from '../base/result.ts'
import { RUN_LEAVES } from '../domain/merkle.ts'
import { PAGE_ROWS } from '../domain/page.ts'
import type { RowForm } from '../domain/stream.ts'
import type { PeerFrame } from '../protocol/frame.ts'
import { LINK_WINDOW_BYTES, MAX_PAGES_PER_REQUEST, MAX_USELESS_FRAMES, SILENCE_MS } from '../protocol/limits.ts'
import { ENCODINGS_READ } from './parcel.ts'
import { PACKET_BYTES } from './upload.ts'

// The words between a download and its driver. A peer is a link number: a peer that comes back on a new link is a new peer.

export type AnswerFrame = Extract<PeerFrame, { type: 'hashes' | 'packet' | 'completed' | 'unavailable' | 'refused' }>
export type QuestionFrame = Extract<PeerFrame, { type: 'hashes-request' | 'pages-request' | 'missing' | 'complete' | 'cancel' }>

export type DownloadEvent =
  /** This link's peer has confirmed that it serves this history; afresh, when it had declined. */
  | { readonly type: 'peer'; readonly peer: number; readonly now: number }
  | { readonly type: 'peer-gone'; readonly peer: number; readonly now: number }
  | { readonly type: 'frame'; readonly peer: number; readonly frame: AnswerFrame; readonly now: number }
  | {
      readonly type: 'run-judged'
      readonly peer: number
      readonly from: number
      readonly good: boolean
      readonly hashes: readonly Bytes[]
      /** Per page of the run: it is in the store already and will not be fetched again. */
      readonly have: readonly boolean[]
      readonly now: number
    }
  /** `good`: verified and staged on disk. */
  | {
      readonly type: 'page-judged'
      readonly peer: number
      readonly page: number
      readonly verdict: 'good' | 'bad'
      readonly reason: string
      readonly now: number
    }
  | { readonly type: 'promoted' }
  /** Nobody wants this history any more. */
  | { readonly type: 'unwanted' }
  | { readonly type: 'store-failed'; readonly failure: Failure }
  /** At least every second. `held`: peers whose frames wait for this node, which is not done with one that came before. */
  | { readonly type: 'tick'; readonly now: number; readonly held?: ReadonlySet<number> }

export type DownloadEffect =
  | { readonly type: 'send'; readonly peer: number; readonly frame: QuestionFrame }
  | {
      readonly type: 'judge-run'
      readonly peer: number
      readonly from: number
      readonly hashes: readonly Bytes[]
      readonly proof: readonly Bytes[]
    }
  /** `parcel`: the page as it travelled; to be opened, then judged by the hash of what was in it. */
  | { readonly type: 'judge-page'; readonly peer: number; readonly page: number; readonly parcel: Bytes; readonly hash: Bytes }
  /** All page hashes, 32 bytes each, for one store transaction. */
  | { readonly type: 'promote'; readonly hashes: Bytes }
  /** The peer lied, flooded or was silent: its link is to be closed with this reason. */
  | { readonly type: 'cut'; readonly peer: number; readonly code: string; readonly message: string }
  | { readonly type: 'failed'; readonly failure: Failure }

export interface DownloadConfig {
  readonly pageRows: number
  readonly runLeaves: number
  readonly pagesPerRequest: number
  readonly silenceMs: number
  /** Of the rows: it bounds the size of a page that can be honest. */
  readonly form: RowForm
  /** Page requests of one peer under way: the second is on the way while the first is being answered. */
  readonly requestsPerPeer: number
  /** A question without any answer is asked again, under its number, after this long. */
  readonly repeatMs: number
  /** A run of page hashes has 32 KiB: it is asked for again after this long, then after twice as long each time, and of an idle peer too. */
  readonly hashesRepeatMs: number
  /** `missing` is said again after this long when nothing came in between. */
  readonly missingAgainMs: number
  /** A question older than this may be asked of an idle peer too. */
  readonly stealAfterMs: number
  /** Frames in a row that a peer may send us for nothing. */
  readonly uselessFrames: number
  /** A peer that is busy is left alone for this long. */
  readonly restMs: number
  /** Of pages, that the driver can open beside canonical ones. */
  readonly encodings: readonly number[]
  /** Request numbers are unique on a link: where several downloads share one, its owner deals them out, ascending. */
  readonly nextRequest: ((peer: number) => number) | null
}

/**
 * Frames in a row that came to nothing and by which a peer is not silent all the same: so many may have been under way on a slow line when what
 * they bring was cancelled, a window of full packets, or the pages of two questions in one packet each. Who goes on repeating old ones owes
 * what it was asked for like one who is mute.
 */
export const MAX_LATE_FRAMES = Math.ceil(LINK_WINDOW_BYTES / PACKET_BYTES)

export const DOWNLOAD_DEFAULTS: DownloadConfig = {
  pageRows: PAGE_ROWS,
  runLeaves: RUN_LEAVES,
  pagesPerRequest: MAX_PAGES_PER_REQUEST,
  silenceMs: SILENCE_MS,
  form: 'observation',
  requestsPerPeer: 2,
  repeatMs: 1_000,
  hashesRepeatMs: 4_000,
  missingAgainMs: 300,
  stealAfterMs: 1_000,
  uselessFrames: MAX_USELESS_FRAMES,
  restMs: 2_000,
  encodings: ENCODINGS_READ,
  nextRequest: null,
}

/** A peer that has declined this many pages is not asked for more: its list of excuses must not grow with the history. */
export const MAX_DECLINED_PAGES = 256

/** A page or run is asked of so many peers at a time, and of one more when nobody new was asked for a silence: a second chance, not a stampede. */
export const MAX_HOLDERS = 2

/** Fewest pages in a share when the pool is divided among peers: below this the round trip costs more than it saves. */
export const MIN_SHARE = 4
