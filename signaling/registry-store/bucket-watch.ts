import type { KV, KvEntry } from '@nats-io/kv'
import { failureOf } from '../../src/base/result.ts'
import type { Clock } from '../clock.ts'
import { STORE_LOOK_MS, STORE_PAUSE_MS, STORE_SILENT_MS } from '../limits.ts'
import type { Log } from '../log.ts'

/**
 * Hears every change of a bucket, for as long as the server runs. What NATS calls a watch lives on one of its servers and dies with
 * it, and the client learns of that after a minute or never. So the bucket itself is asked every STORE_LOOK_MS how far it is: a watch
 * that has not brought everything by the next time is opened again where it ended.
 */
export interface BucketWatch {
  /** Whether the bucket has answered lately, and what it holds is being heard. */
  readonly isHearing: boolean
  /** The connection was away: what was said meanwhile is lost to the old watch. */
  reopen(): void
  stop(): void
}

export interface BucketWatchDeps {
  readonly clock: Clock
  readonly log: Log
  readonly take: (entry: KvEntry) => void
}

/** Resolves when everything that the bucket holds has been taken; rejects when it does not answer. */
export const watchBucket = async (bucket: Pick<KV, 'watch' | 'status'>, { clock, log, take }: BucketWatchDeps): Promise<BucketWatch> => {
  let watch = await bucket.watch()
  let ended = false
  let heard = 0
  /** What must have been heard by the next look. */
  let due = 0
  let answeredAt = clock.now()
  let looking = false
  let stopped = false
  let cancel = (): void => undefined

  let caughtUp = (): void => undefined
  const loaded = new Promise<void>((resolve) => (caughtUp = resolve))

  const follow = async (one: typeof watch): Promise<void> => {
    try {
      for await (const entry of one) {
        heard = Math.max(heard, entry.revision)
        take(entry)
        if (entry.delta === 0) caughtUp()
      }
    } catch (thrown) {
      log.warn({ error: failureOf(thrown).message }, 'a watch of the store broke')
    }
    if (watch === one) ended = true
  }
  const open = async (): Promise<void> => {
    const opened = await bucket.watch({ resumeFromRevision: heard + 1 })
    const old = watch
    watch = opened
    ended = false
    old.stop()
    if (stopped) opened.stop()
    void follow(opened)
  }
  const look = async (): Promise<void> => {
    const { state } = (await bucket.status()).streamInfo
    if (ended || heard < due) {
      log.warn({ heard, due }, 'what other servers list was not heard; the watch is opened again')
      await open()
    }
    due = state.last_seq
    answeredAt = clock.now()
  }
  const lookAndGoOn = async (): Promise<void> => {
    cancel()
    if (looking || stopped) return
    looking = true
    const isAnswered = await look().then(
      () => true,
      (thrown: unknown) => {
        log.warn({ error: failureOf(thrown).message }, 'the store does not answer')
        return false
      },
    )
    looking = false
    lookLater(isAnswered ? STORE_LOOK_MS : STORE_PAUSE_MS)
  }
  const lookLater = (afterMs: number): void => {
    if (!stopped) cancel = clock.after(afterMs, () => void lookAndGoOn())
  }

  // An empty bucket says nothing at first.
  if ((await bucket.status()).values === 0) caughtUp()
  void follow(watch)
  lookLater(STORE_LOOK_MS)
  await loaded
  return {
    get isHearing() {
      return clock.now() - answeredAt < STORE_SILENT_MS
    },
    reopen: () => {
      ended = true
      void lookAndGoOn()
    },
    stop: () => {
      stopped = true
      cancel()
      watch.stop()
    },
  }
}
