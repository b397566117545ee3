import type { StreamId } from '../../src/domain/stream.ts'
import type { Clock } from '../clock.ts'
import { FORGOTTEN_PER_LOOK, MARKERS_KEPT_MS } from '../limits.ts'
import { isGone } from '../nats-failure.ts'

/**
 * What stands in a bucket for a stream that made room: by it other servers hear that the stream is gone. When all must have heard, it is
 * taken out, or the bucket and every server's memory would grow with every stream that ever was. All servers do so: the first one succeeds.
 * One whose stream was listed again has been replaced meanwhile: its revision is not there any more.
 */
export interface Markers {
  heard(id: StreamId, revision: number): void
  clear(): void
  /** `forgotten`: the bucket has nothing of this key any more. */
  prune(heard: number, forgotten: (id: StreamId, revision: number) => void): Promise<void>
}

export const createMarkers = (bucket: { forget(revision: number): Promise<unknown> }, clock: Clock): Markers => {
  /** The one heard longest ago first. */
  const waiting = new Map<StreamId, { readonly revision: number; readonly at: number }>()
  let pruning = false

  /** False: the bucket does not answer. */
  const isForgotten = (revision: number): Promise<boolean> =>
    bucket.forget(revision).then(() => true, isGone)

  return {
    heard: (id, revision) => {
      waiting.delete(id)
      waiting.set(id, { revision, at: clock.now() })
    },
    clear: () => waiting.clear(),
    prune: async (heard, forgotten) => {
      if (pruning) return
      pruning = true
      let left = FORGOTTEN_PER_LOOK
      for (const [id, { revision, at }] of waiting) {
        if (left-- === 0) break
        // The newest entry of a bucket stays: how far it is must be heard.
        if (clock.now() - at < MARKERS_KEPT_MS || revision >= heard || !(await isForgotten(revision))) break
        if (waiting.get(id)?.revision === revision) waiting.delete(id)
        forgotten(id, revision)
      }
      pruning = false
    },
  }
}
