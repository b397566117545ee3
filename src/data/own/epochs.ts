import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { LogDep } from '../../ports/log.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { NewEpochFailure } from '../history/new-epoch.ts'
import type { PageFailure } from '../history/page-cache.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { aimAtOwn, barredEpoch, type Entry } from '../streams/entry.ts'
import type { NewestHeads } from './newest-heads.ts'

export interface EpochsDeps extends LogDep {
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly live: LiveRows
  readonly newest: Pick<NewestHeads, 'asked'>
  readonly shape: HistoryShape
  readonly damaged: (entry: Entry, failure: PageFailure) => Promise<void>
  readonly changed: (stream: StreamId) => void
}

type EpochFailure = NewEpochFailure | Failure<'unknown-stream' | 'still-served'>

const counts = new Intl.NumberFormat('en')

/**
 * A publisher gives up the rows that nobody has any more, or the other one of two histories that it signed: what is here
 * goes on in a new epoch, which says what it continues.
 */
export const beginEpoch = async (stream: StreamId, deps: EpochsDeps): Promise<Result<null, EpochFailure>> => {
  const { catalogue, downloads, newest, damaged, log, changed } = deps
  const entry = catalogue.get(stream)
  if (entry === undefined) return fail('unknown-stream', 'This node does not keep that stream.')
  await newest.asked(entry.history.record.identity)
  // Of a forked epoch nothing counts: neither history can be recovered into the other.
  const whole = await entry.history.wholeRows()
  if (!whole.ok) return whole
  const lost = whole.value < entry.history.rows ? await entry.history.pageBytes(whole.value / deps.shape.pageRows, entry.history.rows) : null
  if (lost?.ok === false) await damaged(entry, lost.error)
  if (downloads.servedBeyond(entry, whole.value))
    return fail('still-served', 'A peer still has rows that would be given up: they are fetched first.')
  const had = Math.max(entry.target?.head.rows ?? 0, entry.history.rows)
  let past = 0
  // Asked when its turn has come: a later epoch by the same key may have been heard of meanwhile, and two of one number are a fork.
  const begun = await entry.history.beginEpoch(() => {
    past = Math.max(entry.target?.head.epoch ?? 0, barredEpoch(entry), 0)
    return past
  }, whole.value)
  if (!begun.ok) return begun
  if (begun.value === null) entry.target = null
  else aimAtOwn(entry, begun.value)
  // What is heard of them again, heads and evidence, must not take the new epoch back before its first row.
  entry.givenUp = begun.value === null ? past : -1
  entry.fork = null
  entry.falseEpoch = -1
  entry.damaged = false
  entry.problem = null
  downloads.cancel(stream)
  const { rows } = entry.history
  const gone = had - rows
  const kept = `${counts.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
  const given = gone > 0 ? `; ${counts.format(gone)} that nobody has are given up` : ''
  log({ level: 'warn', stream, message: `epoch ${past + 1} begins with ${kept}${given}` })
  changed(stream)
  const last = await entry.history.read(rows - 1, 1)
  const [row] = last.ok ? last.value : []
  // The last row with the new head: subscribers see in it that an epoch has begun, and fetch what they lack.
  if (row !== undefined && begun.value !== null) deps.live.announce(stream, { row, head: begun.value })
  return ok(null)
}
