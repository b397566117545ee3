import type { PublicKey, StreamId } from '../src/domain/stream.ts'
import { LISTED_PER_TICK, LISTED_SENDS_PER_TICK, MAX_WATCHES_PER_NODE } from './limits.ts'

/**
 * Who wants to hear of changes in which directory, and which changes have not been told. SPEC [S26].
 * A directory is named as a question names it: null, or the stream that is followed.
 */
export interface Watchers {
  watch(node: PublicKey, directory: StreamId | null): void
  gone(node: PublicKey): void
  changed(stream: StreamId, directory: StreamId | null): void
  /** What is to be told now: each stream once, however often it changed. */
  due(): readonly Notice[]
}

export interface Notice {
  readonly stream: StreamId
  readonly to: readonly PublicKey[]
}

export const createWatchers = (): Watchers => {
  const watching = new Map<StreamId | null, Set<PublicKey>>()
  const watchedBy = new Map<PublicKey, Set<StreamId | null>>()
  const news = new Map<StreamId, StreamId | null>()

  const unwatch = (node: PublicKey, directory: StreamId | null): void => {
    const nodes = watching.get(directory)
    nodes?.delete(node)
    if (nodes?.size === 0) watching.delete(directory)
  }

  return {
    watch(node, directory) {
      const own = watchedBy.get(node) ?? new Set()
      own.delete(directory)
      watchedBy.set(node, own.add(directory))
      watching.set(directory, (watching.get(directory) ?? new Set()).add(node))
      if (own.size <= MAX_WATCHES_PER_NODE) return
      const [oldest = null] = own
      own.delete(oldest)
      unwatch(node, oldest)
    },
    gone(node) {
      for (const directory of watchedBy.get(node) ?? []) unwatch(node, directory)
      watchedBy.delete(node)
    },
    changed(stream, directory) {
      if (watching.has(directory)) news.set(stream, directory)
    },
    due() {
      const notices: Notice[] = []
      let sends = 0
      for (const [stream, directory] of news) {
        if (notices.length >= LISTED_PER_TICK || sends >= LISTED_SENDS_PER_TICK) break
        news.delete(stream)
        const to = [...(watching.get(directory) ?? [])]
        sends += to.length
        if (to.length > 0) notices.push({ stream, to })
      }
      return notices
    },
  }
}
