import { ok, type Result } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { isMadeAfter, type PredictionRow, type Row } from '../domain/row.ts'
import { MICROS_PER_SECOND } from '../domain/time.ts'
import { readAll } from '../data/read-all.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import type { PredictedSeriesView } from './snapshot.ts'

/** Rows of the history followed that are read: after years without a prediction the first of them may be a million rows away. */
const MAX_FOLLOWED = 100_000

export interface PairingDeps {
  readonly data: Pick<DataClient, 'rows'>
  readonly sha256: Sha256
}

/**
 * Predictions at the times of the rows they were made for, in the order of those rows; the newest at the time its row may be
 * expected, one step on. Where an epoch of the stream followed gave up rows, predictions stand as they were made: what followed a row
 * that is gone, or is another one now, is left out, and of two that follow one row the first is what was published of it.
 * O(predictions · log + MAX_FOLLOWED).
 */
export const pairWithRows = async (
  { stream, rows }: Pick<StreamState, 'stream' | 'rows'>,
  predictions: readonly PredictionRow[],
  { data, sha256 }: PairingDeps,
): Promise<Result<PredictedSeriesView>> => {
  const first = predictions.reduce((least, { followsRow }) => Math.min(least, followsRow), rows)
  // Two rows at least: the step between the last ones is the time of the next.
  const from = Math.max(0, Math.min(first, rows - 2), rows - MAX_FOLLOWED)
  const read = await readAll(data, stream, { from, to: rows })
  if (!read.ok) return read
  const followed = read.value
  const byRow = new Map<number, PredictionRow>()
  for (const made of predictions)
    if (!byRow.has(made.followsRow) && isMadeAfter(made, followed[made.followsRow - from], sha256)) byRow.set(made.followsRow, made)
  const inOrder = [...byRow.values()].sort((one, other) => one.followsRow - other.followsRow)
  return ok(seriesOf(inOrder, followed, from))
}

const seriesOf = (predictions: readonly PredictionRow[], followed: readonly Row[], from: number): PredictedSeriesView => {
  const seconds = (row: number): number => {
    const known = followed[row - from]?.time
    if (known !== undefined) return known / MICROS_PER_SECOND
    const last = followed.at(-1)?.time ?? 0
    return (last + (last - (followed.at(-2)?.time ?? last))) / MICROS_PER_SECOND
  }
  return {
    time: predictions.map((made) => seconds(made.followsRow + 1)),
    row: predictions.map((made) => made.followsRow + 1),
    value: predictions.map((made) => Number(made.value)),
    lower: predictions.map((made) => Number(made.lower)),
    upper: predictions.map((made) => Number(made.upper)),
  }
}
