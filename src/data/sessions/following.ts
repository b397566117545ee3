import { fail, ok, type Result } from '../../base/result.ts'
import type { StreamId, StreamIdentity } from '../../domain/stream.ts'
import { MAX_FOLLOWED_PER_LINK } from '../../protocol/limits.ts'
import type { Downloads } from '../downloads/downloads.ts'
import type { LiveRows } from '../live/live-rows.ts'
import { unkept } from '../reading/reading.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { isFollowed } from '../streams/entry.ts'

// Which streams this node follows, and which of them rest. It is on record before anything is done about it.

export interface FollowingDeps {
  readonly catalogue: Catalogue
  readonly downloads: Pick<Downloads, 'consider' | 'cancel'>
  readonly live: Pick<LiveRows, 'subscribed'>
  readonly changed: (stream: StreamId) => void
}

export const subscribe = async (identity: StreamIdentity, { catalogue, downloads, live, changed }: FollowingDeps): Promise<Result<null>> => {
  // Nothing is on record yet of one that is refused.
  const { own, history } = catalogue.prepare(identity)
  if (!own && !history.record.subscribed && countFollowed(catalogue) >= MAX_FOLLOWED_PER_LINK)
    return fail('too-many-streams', `At most ${MAX_FOLLOWED_PER_LINK} streams of others can be subscribed to: unsubscribe from another one first.`)
  const entry = await catalogue.open(identity)
  if (!entry.ok) return entry
  const kept = await entry.value.history.change({ subscribed: true })
  if (!kept.ok) return kept
  const { stream } = entry.value.history.record
  changed(stream)
  live.subscribed(stream, true)
  downloads.consider(stream)
  return ok(null)
}

/** O(streams that are kept), once for each subscription. */
const countFollowed = (catalogue: Catalogue): number => [...catalogue.all()].filter(isFollowed).length

export const unsubscribe = async (stream: StreamId, { catalogue, downloads, live, changed }: FollowingDeps): Promise<Result<null>> => {
  const entry = catalogue.get(stream)
  if (entry === undefined) return unkept(stream)
  const kept = await entry.history.change({ subscribed: false })
  if (!kept.ok) return kept
  downloads.cancel(stream)
  live.subscribed(stream, false)
  changed(stream)
  return ok(null)
}

export const pause = async (stream: StreamId, paused: boolean, { catalogue, changed }: FollowingDeps): Promise<Result<null>> => {
  const entry = catalogue.get(stream)
  if (entry === undefined) return unkept(stream)
  const kept = await entry.history.change({ paused })
  changed(stream)
  return kept
}
