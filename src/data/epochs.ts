import { fail, ok, type Failure, type Result } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import type { LogDep } from '../ports/log.ts'
import type { Catalogue } from './catalogue.ts'
import type { Downloads } from './downloads.ts'
import { barredEpoch } from './entry.ts'
import type { HistoryFailure } from './history.ts'
import type { LiveRows } from './live-rows.ts'

export interface EpochsDeps extends LogDep {
  readonly catalogue: Catalogue
  readonly downloads: Downloads
  readonly live: LiveRows
  readonly changed: (stream: StreamId) => void
}

type EpochFailure = HistoryFailure | Failure<'unknown-stream' | 'still-served'>

const counts = new Intl.NumberFormat('en')

/**
 * A publisher gives up the rows that nobody has any more, or the other one of two histories that it signed: what is here
 * goes on in a new epoch, which says what it continues.
 */
export const beginEpoch = async (stream: StreamId, deps: EpochsDeps): Promise<Result<null, EpochFailure>> => {
  const { catalogue, downloads, log, changed } = deps
  const entry = catalogue.get(stream)
  if (entry === undefined) return fail('unknown-stream', 'This node does not keep that stream.')
  // Of a forked epoch nothing counts: neither history can be recovered into the other.
  if (downloads.servedBeyond(entry))
    return fail('still-served', 'A peer still has rows that would be given up: they are fetched first.')
  const lost = (entry.target?.head.rows ?? 0) - entry.history.rows
  let past = 0
  // Asked when its turn has come: a later epoch by the same key may have been heard of meanwhile, and two of one number are a fork.
  const begun = await entry.history.beginEpoch(() => {
    past = Math.max(entry.target?.head.epoch ?? 0, barredEpoch(entry), 0)
    return past
  })
  if (!begun.ok) return begun
  entry.target = begun.value
  entry.fork = null
  entry.falseEpoch = -1
  entry.problem = null
  downloads.cancel(stream)
  const { rows } = entry.history
  const kept = `${counts.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
  const given = lost > 0 ? `; ${counts.format(lost)} that nobody has are given up` : ''
  log({ level: 'warn', stream, message: `epoch ${past + 1} begins with ${kept}${given}` })
  changed(stream)
  const last = await entry.history.read(rows - 1, 1)
  const [row] = last.ok ? last.value : []
  // The last row with the new head: subscribers see in it that an epoch has begun, and fetch what they lack.
  if (row !== undefined && begun.value !== null) deps.live.announce(stream, { row, head: begun.value })
  return ok(null)
}
