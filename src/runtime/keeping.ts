import type { Failure } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import type { StreamId } from '../domain/stream.ts'
import type { Forecaster } from '../engine/forecaster.ts'
import type { DataClient } from '../ports/data-client.ts'
import { decodeLearnt, encodeLearnt, historyHash } from './learnt.ts'
import type { Lesson } from './lesson.ts'
import { holdNothingKept, isBehind, isQuick, MOST_ROWS, type Pupil } from './pupil.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface KeepingDeps {
  readonly data: Pick<DataClient, 'learnt' | 'keepLearnt'>
  /** Null: the bytes are no state of this version, or of another history. */
  readonly restoreForecaster: (bytes: Uint8Array, historyHash: Uint8Array) => Forecaster | null
  readonly sha256: Sha256
  readonly stopwatch: Stopwatch
  /** Forecasters in memory; of more streams some work from storage. */
  readonly mostAwake: number
  /** Those that have a forecaster in memory. */
  readonly awake: () => readonly Pupil[]
  readonly isCurrent: (pupil: Pupil) => boolean
  readonly complain: (stream: StreamId, failure: Failure) => void
}

/** What was learnt, written down and read back, so that a restart goes on where it was (SPEC [D40]–[D42]). */
export interface Keeping {
  /** Takes up what an earlier life has kept, where it is of this history. A failure: storage could not be asked. */
  recall(pupil: Pupil): Promise<Failure | null>
  /** Writes down what is new, when there is enough of it. */
  keep(pupil: Pupil, lesson: Lesson): void
  discard(pupil: Pupil, why: string): void
  /**
   * Before and after each slice: at most `mostAwake` stay in memory, and who is served while it has not caught up. What was learnt since
   * it was kept is learnt again.
   */
  makeRoom(served: Pupil): void
}

/** What is learnt is written down when it is so many rows further, and at most so often, milliseconds: half a megabyte each time. */
const KEEP_ROWS = 100
const KEEP_EVERY_MS = 60_000

/** Who got no row for so long makes room for another, milliseconds. Sooner, a thousand streams in turn would throw one another out. */
const LONG_REST_MS = 3_600_000

export const createKeeping = (deps: KeepingDeps): Keeping => {
  const { data, restoreForecaster, sha256, stopwatch, complain, isCurrent } = deps
  let isRefused = false

  const discard: Keeping['discard'] = (pupil, why) => {
    holdNothingKept(pupil)
    complain(pupil.stream, { code: 'learnt-discarded', message: `What was learnt before is thrown away, and learnt anew: ${why}` })
    // What cannot be deleted now is judged again at the next start.
    void data.keepLearnt(pupil.stream, null)
  }
  const restore = (pupil: Pupil, stored: Uint8Array): Lesson | string => {
    const judged = decodeLearnt(stored, pupil.stream)
    if (!judged.ok) return `${judged.error.message}.`
    const { epoch, from, rows: next, lastHash, lastValue, state } = judged.value
    const { rows, head } = pupil.state
    if (epoch !== head?.head.epoch || next > rows) return 'it is of another history.'
    if (rows - next > MOST_ROWS) return 'so many rows have come since that this is sooner done.'
    const forecaster = restoreForecaster(state, historyHash(judged.value, sha256))
    if (forecaster === null) return 'another version of the engine has learnt it, or it was damaged.'
    return { forecaster, from, next, lastHash, lastValue }
  }
  const write = (pupil: Pupil, { forecaster, from, next: rows, lastHash, lastValue }: Lesson): void => {
    const { stream, state } = pupil
    const epoch = state.head?.head.epoch
    if (lastHash === null || epoch === undefined) return
    pupil.keptAt = stopwatch.elapsed()
    const writing = (pupil.writing = { rows })
    const name = { stream, epoch, from, rows, lastHash, lastValue }
    const bytes = stopwatch.time(() => encodeLearnt({ ...name, state: forecaster.snapshot(historyHash(name, sha256)) }))
    void data.keepLearnt(stream, bytes).then((kept) => {
      // Another lesson has taken over meanwhile, or all of it is given up: what was written says nothing of what there is now.
      const isOfNow = pupil.writing === writing
      if (isOfNow) pupil.writing = null
      if (kept.ok && isOfNow) pupil.keptRows = rows
      // Said once: a disk that is full is full for every stream.
      if (!kept.ok && !isRefused && isCurrent(pupil)) complain(stream, { code: 'learnt-not-kept', message: `What was learnt could not be kept: ${kept.error.message}` })
      isRefused = !kept.ok
    })
  }
  const leave = (pupil: Pupil): void => {
    const { lesson, writing } = pupil
    if (lesson === null) return
    const keptRows = writing?.rows ?? pupil.keptRows
    // One that is interrupted again and again must get on all the same.
    const isNew = isBehind(pupil) ? lesson.next > keptRows : lesson.next - keptRows >= KEEP_ROWS
    if (keptRows === 0 || isNew) write(pupil, lesson)
    pupil.lesson = null
    pupil.mayBeKept = true
  }
  /** Who has rested for long; else who was served; else who has rested for longest. */
  const leaving = (awake: readonly Pupil[], served: Pupil): Pupil | undefined => {
    const [first, ...others] = awake
    const longest = others.reduce((one, other) => (one !== undefined && one.idleAt <= other.idleAt ? one : other), first)
    if (longest !== undefined && stopwatch.elapsed() - longest.idleAt > LONG_REST_MS) return longest
    return awake.includes(served) ? served : longest
  }
  return {
    recall: async (pupil) => {
      const answer = await data.learnt(pupil.stream)
      if (!isCurrent(pupil)) return null
      if (!answer.ok) return answer.error
      pupil.mayBeKept = false
      const stored = answer.value
      // Nothing was kept, or it made room for that of others.
      if (stored === null) {
        holdNothingKept(pupil)
        return null
      }
      const restored = stopwatch.time(() => restore(pupil, stored))
      if (typeof restored === 'string') discard(pupil, restored)
      else {
        pupil.lesson = restored
        pupil.keptRows = restored.next
        if (isQuick(restored)) pupil.training ??= 'wanted'
      }
      return null
    },
    keep: (pupil, lesson) => {
      const { training, keptRows, keptAt } = pupil
      const isWorth = training === null && lesson.next - keptRows >= KEEP_ROWS
      if (isWorth && stopwatch.elapsed() - keptAt >= KEEP_EVERY_MS) write(pupil, lesson)
    },
    discard,
    makeRoom: (served) => {
      // O(streams) a slice, as choosing the next one is.
      const inMemory = new Set(deps.awake())
      // It would only be fetched back for its next slice.
      if (isBehind(served)) inMemory.delete(served)
      while (inMemory.size > deps.mostAwake) {
        const one = leaving([...inMemory], served)
        if (one === undefined) break
        leave(one)
        inMemory.delete(one)
      }
    },
  }
}
