import { equalBytes } from '../../base/bytes.ts'
import { fail, ok, type Result } from '../../base/result.ts'
import type { PredictionRow } from '../../domain/row.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import { predictionStreamOf } from '../../domain/stream.ts'
import { microsOfMillis } from '../../domain/time.ts'
import { checkValue } from '../../domain/value.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { Identity } from '../../ports/identity.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import type { LiveRows } from '../live/live-rows.ts'
import { unkept } from '../reading/reading.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { aimAtOwn, forkedFailure, mayExtend, type Entry } from '../streams/entry.ts'

export interface PredictingDeps extends ClockDep {
  readonly catalogue: Catalogue
  readonly live: Pick<LiveRows, 'announce'>
  readonly identity: Identity
  readonly shape: HistoryShape
}

/**
 * Pages of an own prediction stream's epoch: 4,096 rows, half a megabyte. Many streams at a row a minute must not fill the disk: the
 * next row begins a new epoch, and says so; of the epochs before as many are kept aside as of any stream.
 */
const MAX_PREDICTION_PAGES = 4

/** Keeps a prediction as a row of this node's prediction stream, once per row followed, and says it to whoever follows that (SPEC [D11]). */
export const predict = async (frame: FrameOf<'predict'>, deps: PredictingDeps): Promise<Result<null>> => {
  const allowed = judge(frame, deps)
  if (!allowed.ok) return allowed
  const opened = await deps.catalogue.open(predictionStreamOf(deps.identity.publicKey, frame.follows))
  if (!opened.ok) return opened
  const entry = opened.value
  const { history } = entry
  const last = await history.read(history.rows - 1, 1)
  if (!last.ok) {
    await deps.catalogue.noteDamage(entry, last.error)
    return last
  }
  const [made] = last.value
  if (made?.form === 'prediction' && isFollowed(frame, made, deps)) {
    if (made.followsRow === frame.followsRow) sayAgain(entry, made, deps)
    return ok(null)
  }
  const may = mayExtend(entry)
  if (!may.ok) return may
  if (history.rows >= MAX_PREDICTION_PAGES * deps.shape.pageRows) await beginAnew(entry)
  const live = await history.append(rowOf(frame, deps))
  if (!live.ok) return live
  aimAtOwn(entry, live.value.head)
  deps.live.announce(history.record.stream, live.value)
  return ok(null)
}

const judge = (frame: FrameOf<'predict'>, { catalogue }: PredictingDeps): Result<null> => {
  const followed = catalogue.get(frame.follows)
  if (followed === undefined) return unkept(frame.follows)
  // A prediction names the row it follows, for everybody to check: a row without a signature is nobody's.
  if (followed.history.rows === 0) return fail('no-rows', 'Predictions follow verified rows only.')
  if (followed.fork !== null) return { ok: false, error: forkedFailure(followed) }
  for (const text of [frame.value, frame.lower, frame.upper]) {
    const checked = checkValue(text)
    if (!checked.ok) return checked
  }
  return ok(null)
}

/**
 * This row, or a later one, is followed already. Not where another row has its number now, nor where a later epoch gave up the later
 * one: nothing would be predicted before there are as many rows again.
 */
const isFollowed = ({ follows, followsRow, followsHash }: FrameOf<'predict'>, made: PredictionRow, { catalogue }: PredictingDeps): boolean => {
  if (made.followsRow === followsRow) return equalBytes(made.followsHash, followsHash)
  const head = catalogue.get(follows)?.history.record.head?.head
  const isGivenUp = head !== undefined && head.epoch > 0 && made.followsRow >= head.rows
  return made.followsRow > followsRow && !isGivenUp
}

/** Who asks again may have been started anew, or this process: between disk and announcement the row may have been lost. Whoever has it takes it for known. */
const sayAgain = ({ history }: Entry, row: PredictionRow, { live }: PredictingDeps): void => {
  const { head, stream } = history.record
  if (head !== null) live.announce(stream, { row, head })
}

const beginAnew = async (entry: Entry): Promise<void> => {
  entry.givenUp = await entry.history.beginAnew()
  entry.target = null
}

const rowOf = ({ value, lower, upper, kind, follows, followsRow, followsHash }: FrameOf<'predict'>, { clock }: ClockDep): PredictionRow => ({
  form: 'prediction',
  time: microsOfMillis(clock.now()),
  ...{ value, lower, upper, kind, follows, followsRow, followsHash },
})
