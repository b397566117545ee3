import type { Sha256 } from '../domain/hash.ts'
import { isMadeAfter } from '../domain/row.ts'
import { numericValue } from '../domain/value.ts'
import type { DataClient } from '../ports/data-client.ts'
import { MAX_ROWS_PER_ANSWER } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import { publishedOf, SCORED } from './live-score.ts'
import type { Pupil } from './pupil.ts'
import type { Stopwatch } from './stopwatch.ts'

/** The own prediction stream that follows a stream. */
export type Predictions = Pick<StreamState, 'stream' | 'rows' | 'phase' | 'forked'>

export interface RescoringDeps {
  readonly data: Pick<DataClient, 'rows'>
  readonly sha256: Sha256
  readonly stopwatch: Stopwatch
  readonly isCurrent: (pupil: Pupil) => boolean
  readonly tell: (pupil: Pupil) => void
}

/**
 * Reads back what was published last, and pairs it with what came: the newest, as far as one answer brings their rows. What followed rows
 * that are gone, or others now, says nothing.
 */
export const rescore = async (pupil: Pupil, own: Predictions | undefined, deps: RescoringDeps): Promise<void> => {
  const { data, sha256, stopwatch, isCurrent, tell } = deps
  const { stream, state, score } = pupil
  pupil.unscored = false
  if (own === undefined) return
  const published = await data.rows(own.stream, Math.max(0, own.rows - SCORED), SCORED)
  pupil.scoreOwed = !published.ok
  if (!published.ok) return
  const made = published.value.rows.flatMap((row) => (row.form === 'prediction' && row.followsRow < state.rows ? [row] : []))
  if (made.length === 0) return
  const followed = made.map(({ followsRow }) => followsRow)
  // Up to the row that the newest one forecast. Between two of them there may be any number of rows.
  const until = Math.min(state.rows, Math.max(...followed) + 2)
  const from = Math.max(Math.min(...followed), until - MAX_ROWS_PER_ANSWER)
  const came = await data.rows(stream, from, until - from)
  pupil.scoreOwed = !came.ok
  if (!came.ok) return
  // Paused meanwhile, it is done when work goes on.
  pupil.unscored = !isCurrent(pupil)
  if (pupil.unscored) return
  stopwatch.time(() => {
    const { rows } = came.value
    const paired = made.filter((row) => isMadeAfter(row, rows[row.followsRow - from], sha256))
    score.replay(paired.flatMap((row) => publishedOf(row) ?? []), rows.map(({ value }) => numericValue(value)), from)
    tell(pupil)
  })
}
