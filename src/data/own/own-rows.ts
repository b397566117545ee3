import type { Bytes } from '../../base/bytes.ts'
import { ok, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import { streamIdOf, type StreamIdentity } from '../../domain/stream.ts'
import { checkValue } from '../../domain/value.ts'
import type { FrameOf } from '../../protocol/frame.ts'
import type { LiveRows } from '../live/live-rows.ts'
import type { Watchers } from '../live/watchers.ts'
import { unkept } from '../reading/reading.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { aimAtOwn, mayExtend } from '../streams/entry.ts'
import type { Drafts } from './drafts.ts'
import type { NewestHeads } from './newest-heads.ts'

// What this node publishes: one row, or the rows of a draft. On disk first, then said to whoever follows.

export interface OwnRowsDeps {
  readonly catalogue: Catalogue
  readonly drafts: Pick<Drafts, 'commit'>
  readonly live: Pick<LiveRows, 'announce'>
  readonly newest: Pick<NewestHeads, 'asked'>
  readonly sha256: Sha256
  readonly watchers: Pick<Watchers, 'log'>
}

export const append = async ({ stream, time, value }: FrameOf<'append'>, deps: OwnRowsDeps): Promise<Result<{ readonly row: number; readonly hash: Bytes }>> => {
  const entry = deps.catalogue.get(stream)
  if (entry === undefined) return unkept(stream)
  // A value that cannot be read back would take its whole page with it.
  const checked = checkValue(value)
  if (!checked.ok) return checked
  await deps.newest.asked(entry.history.record.identity)
  const live = await entry.history.append({ form: 'observation', time, value })
  if (!live.ok) {
    if (live.error.code === 'damaged-page') await deps.catalogue.noteDamage(entry, live.error)
    return live
  }
  aimAtOwn(entry, live.value.head)
  const row = live.value.head.head.rows - 1
  deps.live.announce(stream, live.value)
  deps.watchers.log({ level: 'info', direction: 'out', stream, peer: null, message: `observation ${row} published: ${value}` })
  return ok({ row, hash: entry.history.rowHash(row, live.value.row) })
}

/** Rows that could not be signed in the end are not even read. */
export const mayBegin = async (identity: StreamIdentity, { catalogue, newest, sha256 }: OwnRowsDeps): Promise<Result<null>> => {
  await newest.asked(identity)
  const entry = catalogue.get(streamIdOf(identity, sha256))
  return entry === undefined || !entry.own ? ok(null) : mayExtend(entry)
}

export const commitDraft = async (draft: number, deps: OwnRowsDeps): Promise<Result<null>> => {
  const head = await deps.drafts.commit(draft)
  if (!head.ok) return head
  const { stream, rows } = head.value.head
  const entry = deps.catalogue.get(stream)
  if (entry === undefined) return unkept(stream)
  aimAtOwn(entry, head.value)
  const last = await entry.history.read(rows - 1, 1)
  const [row] = last.ok ? last.value : []
  // The last row with the new head: a subscriber that is further behind sees the gap in it and fetches.
  if (row !== undefined) deps.live.announce(stream, { row, head: head.value })
  deps.watchers.log({ level: 'info', direction: 'none', stream, peer: null, message: `${rows} ${rows === 1 ? 'row' : 'rows'} kept and signed` })
  return ok(null)
}
