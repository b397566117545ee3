import type { KV, KvEntry } from '@nats-io/kv'
import { failureOf } from '../../src/base/result.ts'
import type { Clock } from '../clock.ts'
import { MARKERS_KEPT_MS, STORE_LOAD_MS, STORE_LOOK_MS, STORE_PAUSE_MS, STORE_SILENT_MS } from '../limits.ts'
import type { Log } from '../log.ts'

/**
 * Hears every change of a bucket, for as long as the server runs. What NATS calls a watch lives on one of its servers and dies with
 * it, and the client learns of that after a minute or never. So the bucket itself is asked every STORE_LOOK_MS how far it is: a watch
 * that has not brought everything by the next time is opened again where it ended. Where that does not lead to the whole (the bucket
 * was made anew or set back, or was out of hearing for so long that it has forgotten what is gone), everything is heard from the beginning.
 */
export interface BucketWatch {
  /** Whether the bucket has answered lately, and all that it holds has been heard. */
  readonly isHearing: boolean
  /** The connection was away: what was said meanwhile is lost to the old watch. */
  reopen(): void
  stop(): void
}

export interface BucketWatchDeps {
  readonly clock: Clock
  readonly log: Log
  readonly take: (entry: KvEntry) => void
  /** The bucket was made anew or set back: what is known of its revisions holds no more. */
  readonly renewed: () => void
  /** Heard from the beginning up to this revision, it has these keys and no others. */
  readonly whole: (keys: ReadonlySet<string>, heard: number) => void
  /** The bucket has answered; everything up to this revision has been taken. */
  readonly looked: (heard: number) => void
}

type Watch = Awaited<ReturnType<KV['watch']>>

/** Resolves when everything that the bucket holds has been taken; rejects when it does not answer, or brings nothing for STORE_LOAD_MS. */
export const watchBucket = async (bucket: Pick<KV, 'watch' | 'status'>, deps: BucketWatchDeps): Promise<BucketWatch> => {
  const { clock, log } = deps
  const opening = await bucket.watch()
  const first = await bucket.status()
  /** The one that is listened to; null: what it says is no longer of this bucket. */
  let watch: Watch | null = opening
  let made = first.streamInfo.created
  let ended = false
  let heard = 0
  let heardAt = clock.now()
  /** What must have been heard by the next look. */
  let due = 0
  /** Keys heard since the beginning; null: the whole has been heard. */
  let keys: Set<string> | null = new Set()
  let answeredAt = clock.now()
  let isSilent = false
  let looking = false
  let isAskedToReopen = false
  let stopped = false
  let cancel = (): void => undefined

  let loaded = (): void => undefined
  let giveUp = (): void => undefined
  const loading = new Promise<void>((resolve, reject) => {
    loaded = resolve
    giveUp = () => reject(new Error('the store does not tell what it holds'))
  })

  const caughtUp = (): void => {
    if (keys === null) return
    const all = keys
    keys = null
    deps.whole(all, heard)
    loaded()
  }
  const follow = async (one: Watch): Promise<void> => {
    try {
      for await (const entry of one) {
        if (watch !== one) break
        heard = Math.max(heard, entry.revision)
        heardAt = clock.now()
        keys?.add(entry.key)
        deps.take(entry)
        if (entry.delta === 0) caughtUp()
      }
    } catch (thrown) {
      log.warn({ error: failureOf(thrown).message }, 'a watch of the store broke')
    }
    if (watch === one) ended = true
  }
  const open = async (): Promise<void> => {
    isAskedToReopen = false
    ended = true
    const opened = await bucket.watch({ resumeFromRevision: heard + 1 })
    const old = watch
    watch = opened
    ended = false
    old?.stop()
    if (stopped) opened.stop()
    void follow(opened)
  }
  const beginAgain = (): void => {
    watch?.stop()
    watch = null
    ended = true
    heard = 0
    keys = new Set()
  }
  const look = async (): Promise<void> => {
    const before = heard
    const { values, streamInfo } = await bucket.status()
    // One that was set back to a backup keeps the time at which it was made. (Not noticed where it has already been written to as often as it lost.)
    if (streamInfo.created !== made || streamInfo.state.last_seq < before) {
      log.warn('the store was made anew or set back')
      made = streamInfo.created
      beginAgain()
      deps.renewed()
    } else if (clock.now() - answeredAt > MARKERS_KEPT_MS) beginAgain()
    if (ended || isAskedToReopen || heard < due) {
      log.warn({ heard, due }, 'what other servers list was not heard; the watch is opened again')
      await open()
    }
    const last = values === 0 ? heard : streamInfo.state.last_seq
    if (heard >= last) caughtUp()
    due = last
    answeredAt = clock.now()
    deps.looked(heard)
  }
  /** Said once: an outage is not shortened by what is written about it. */
  const noteAnswer = (thrown: unknown): void => {
    if (thrown !== null && !isSilent) log.warn({ error: failureOf(thrown).message }, 'the store does not answer')
    if (thrown === null && isSilent) log.info('the store answers again')
    isSilent = thrown !== null
  }
  const lookAndGoOn = async (): Promise<void> => {
    cancel()
    if (looking || stopped) return
    looking = true
    do {
      await look().then(() => noteAnswer(null), noteAnswer)
      // Asked for while it was being opened: that one may have been opened before what is lost.
    } while (isAskedToReopen && !isSilent)
    looking = false
    if (keys !== null && clock.now() - heardAt >= STORE_LOAD_MS) giveUp()
    lookLater(isSilent ? STORE_PAUSE_MS : STORE_LOOK_MS)
  }
  const lookLater = (afterMs: number): void => {
    if (!stopped) cancel = clock.after(afterMs, () => void lookAndGoOn())
  }
  const stop = (): void => {
    stopped = true
    cancel()
    watch?.stop()
  }

  // An empty bucket says nothing at first.
  if (first.values === 0) caughtUp()
  void follow(opening)
  lookLater(STORE_LOOK_MS)
  await loading.catch((thrown: unknown) => {
    stop()
    throw thrown
  })
  return {
    get isHearing() {
      return keys === null && clock.now() - answeredAt < STORE_SILENT_MS
    },
    reopen: () => {
      isAskedToReopen = true
      void lookAndGoOn()
    },
    stop,
  }
}
