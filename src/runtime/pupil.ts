import type { StreamState } from '../protocol/local.ts'
import type { StreamId } from '../domain/stream.ts'
import type { Need, Wish } from '../schedule/words.ts'
import type { Lesson } from './lesson.ts'
import { createLiveScore, type LiveScore } from './live-score.ts'

/** One stream as the engine has it. */
export interface Pupil {
  readonly stream: StreamId
  state: StreamState
  /** When it last had nothing new: since then a new row waits. */
  idleAt: number
  /** What forecasts; null: nothing learnt is in memory. */
  lesson: Lesson | null
  /** Of a long history a first forecast comes from a few rows; then more are learnt beside it, and take over. Owed also while nothing is in memory. */
  training: Lesson | 'wanted' | null
  /** Storage may hold what was learnt, and is to be asked before anything is learnt anew. */
  mayBeKept: boolean
  /** Rows learnt by what is kept on storage, and when that was written. */
  keptRows: number
  keptAt: number
  /** Rows learnt by what is being written and was not answered yet. The lesson itself is not held: its memory is wanted for others. */
  writing: { readonly rows: number } | null
  /** The row last predicted after. */
  predicted: number
  /** Has caught up once: predictions from then on are live. */
  live: boolean
  /** How often its state was told. */
  told: number
  /** It was not possible to go on: not tried again before its state is told anew. */
  stalled: boolean
  /** Code of the failure told of last. */
  trouble: string | null
  /** Predictions of an earlier life are still to be read back into the score. */
  unscored: boolean
  /** They could not be read: tried again when its state is told anew, because what cannot be read now must not keep training waiting. */
  scoreOwed: boolean
  readonly score: LiveScore
}

/** A stream is learnt from at most this many of its last rows: older ones change little and cost as much. */
export const MOST_ROWS = 10_000

/** So many new rows are news; more are a history that came, and wait their turn. */
const NEWS_ROWS = 64

export const createPupil = (state: StreamState, now: number, mayBeKept: boolean): Pupil => ({
  stream: state.stream,
  state,
  idleAt: now,
  lesson: null,
  training: null,
  mayBeKept,
  keptRows: 0,
  keptAt: -Infinity,
  writing: null,
  predicted: -1,
  live: false,
  told: 0,
  stalled: false,
  trouble: null,
  unscored: true,
  scoreOwed: false,
  score: createLiveScore(),
})

/** Nothing that is on storage, or on its way there, is what this one has learnt. */
export const holdNothingKept = (pupil: Pupil): void => {
  pupil.keptRows = 0
  pupil.writing = null
}

/** Another history is in its place, or so much more of it that beginning anew is sooner done. */
export const startsOver = ({ state: known, predicted, live }: Pupil, state: StreamState): boolean =>
  state.rows < known.rows || state.head?.head.epoch !== known.head?.head.epoch || (live && state.rows - predicted > MOST_ROWS)

export const mayLearn = ({ paused, forked, own, subscribed }: StreamState): boolean => !paused && !forked && (own || subscribed)

export const isRunnable = ({ state, stalled }: Pupil): boolean => mayLearn(state) && state.rows > 0 && !stalled

/** It began near the end of a long history and has not learnt as much as is worth learning. */
export const isQuick = ({ from, next }: Lesson): boolean => from > 0 && next - from < MOST_ROWS

export const isBehind = ({ state, predicted }: Pupil): boolean => predicted < state.rows - 1

export const wishOf = (pupil: Pupil): Wish | null => {
  if (!isRunnable(pupil)) return null
  const { lesson, training, predicted, state } = pupil
  const trained = lesson?.next ?? 0
  if (isBehind(pupil)) {
    const need: Need = pupil.live && state.rows - 1 - predicted <= NEWS_ROWS ? 'news' : 'forecast'
    return { need, since: pupil.idleAt, trained }
  }
  // Equally stale: all of them have been forecast.
  if (pupil.unscored) return { need: 'training', since: 0, trained: -Infinity }
  if (training === null) return null
  // Who has begun comes first: it is behind its end by so many rows. One after the other costs the memory of one.
  return { need: 'training', since: 0, trained: training === 'wanted' ? 0 : training.next - state.rows }
}
