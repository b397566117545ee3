import type { Failure } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { numericValue } from '../domain/value.ts'
import type { Account, Forecaster } from '../engine/forecaster.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { FrameOf } from '../protocol/frame.ts'
import { MAX_LOOSE_PER_ANSWER } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'
import type { Wish } from '../schedule/words.ts'
import type { Stopwatch } from './stopwatch.ts'

/** What is forecast from rows that nobody signed: to be shown as such, never published. */
export interface LooseForecast {
  readonly stream: StreamId
  readonly account: Account
  readonly rows: number
  /** Of those learnt, on the word of one only, as far as was told. */
  readonly provisional: number
  readonly forecast: { readonly value: number; readonly lower: number; readonly upper: number } | null
  readonly notPredictable: string | null
}

export interface LooseLearnerDeps {
  readonly data: Pick<DataClient, 'loose'>
  readonly createForecaster: () => Forecaster
  /** Of the last rows; older ones change little and cost as much. */
  readonly mostRows: number
  readonly stopwatch: Stopwatch
  readonly report: (forecast: LooseForecast) => void
  readonly complain: (stream: StreamId, failure: Failure) => void
}

/** Learns loose rows of streams that have no signed history (M18). What was learnt is thrown away when they change: O(rows) each time. */
export interface LooseLearner {
  /** `may`: the stream is to be learnt. */
  onState(state: StreamState, may: boolean): void
  /** What there is to do; null: nothing. */
  wishOf(stream: StreamId): Wish | null
  /** One slice of it. */
  work(stream: StreamId, limitMs: number): Promise<void>
  forget(stream: StreamId): void
  tellAll(): void
  /** In memory: one while a course is under way, else none. O(streams). */
  forecasters(): number
}

/** While a walk goes on it is learnt anew when there are half as many rows more: O(rows) in all, and something to see from the first ones on. */
const GROWTH = 1.5
const FEW_ROWS = 8

/** A new row has all of them learnt again. Each stream rests for so many times as long as that took last: 5 % of a core at most. */
const REST = 20

interface Lesson {
  state: StreamState
  /** When it became due, or when its course that is under way did; yet to come: it rests until then. */
  since: number
  /** When it has rested enough from its last course. */
  restUntil: number
  /** Of the rows learnt. */
  edition: number
  rows: number
  course: Course | null
  last: LooseForecast | null
}

/** On its way through the last rows. Rows that come meanwhile come at the old end, so places are counted from the new one. */
interface Course {
  readonly forecaster: Forecaster
  readonly loose: Loose
  total: number
  left: number
  seen: Micros | null
  number: number
  tookMs: number
}

type Loose = NonNullable<StreamState['loose']>

export const createLooseLearner = ({ data, createForecaster, mostRows, stopwatch, report, complain }: LooseLearnerDeps): LooseLearner => {
  const lessons = new Map<StreamId, Lesson>()
  /** One at a time: each takes the memory of a forecaster. */
  let underWay: Lesson | null = null
  /** Another has come first: it is learnt from the start when its turn comes. */
  const giveUp = (lesson: Lesson): void => {
    if (lesson.course !== null) lesson.edition = -1
    lesson.course = null
  }
  const begin = (lesson: Lesson, loose: Loose): Course => {
    if (underWay !== null) giveUp(underWay)
    underWay = lesson
    lesson.edition = loose.edition
    lesson.rows = loose.rows
    return { forecaster: createForecaster(), loose, total: loose.rows, left: Math.min(loose.rows, mostRows), seen: null, number: 0, tookMs: 0 }
  }
  const drop = (stream: StreamId): void => {
    if (underWay === lessons.get(stream)) underWay = null
    lessons.delete(stream)
  }
  const end = (lesson: Lesson, course: Course): void => {
    lesson.course = null
    lesson.since = lesson.restUntil = stopwatch.elapsed() + REST * course.tookMs
    lesson.last = forecastOf(lesson.state.stream, course)
    report(lesson.last)
  }
  const read = async (lesson: Lesson, course: Course, limitMs: number): Promise<void> => {
    const { stream } = lesson.state
    const most = Math.min(course.left, MAX_LOOSE_PER_ANSWER, stopwatch.rowsWithin(limitMs))
    const answer = await data.loose(stream, Math.max(0, course.total - course.left), most)
    // The signed history has come, or nobody wants it any more.
    if (lessons.get(stream) !== lesson) return
    if (!answer.ok) {
      lesson.course = null
      complain(stream, answer.error)
      return
    }
    const { rows, total } = answer.value
    if (rows.length === 0) course.left = 0
    else if (total !== course.total) {
      course.total = total
      course.left = Math.min(course.left, total)
    } else stopwatch.time(() => { learn(course, rows, stopwatch) })
  }
  return {
    onState: (state, may) => {
      const { stream, rows, loose } = state
      if (rows > 0 || loose === null || !may) {
        drop(stream)
        return
      }
      const now = stopwatch.elapsed()
      const lesson = lessons.get(stream)
      if (lesson === undefined) {
        lessons.set(stream, { state, since: now, restUntil: now, edition: -1, rows: 0, course: null, last: null })
        return
      }
      if (lesson.course === null && !isDue(lesson)) lesson.since = Math.max(now, lesson.restUntil)
      lesson.state = state
    },
    wishOf: (stream) => {
      const lesson = lessons.get(stream)
      if (lesson === undefined || (lesson.course === null && !isDue(lesson))) return null
      // Of equally stale ones who has begun goes on: two in turn would give up one another's course for ever.
      return { need: 'forecast', since: lesson.since, trained: -(lesson.course?.total ?? 0) }
    },
    work: async (stream, limitMs) => {
      const lesson = lessons.get(stream)
      const loose = lesson?.state.loose ?? null
      if (lesson === undefined || loose === null) return
      lesson.course ??= begin(lesson, loose)
      const { course } = lesson
      await read(lesson, course, limitMs)
      if (course.left === 0 && lessons.get(stream) === lesson && lesson.course === course) end(lesson, course)
    },
    forget: drop,
    tellAll: () => {
      for (const { last } of lessons.values()) if (last !== null) report(last)
    },
    // Whoever is referred to holds its memory, listed or not.
    forecasters: () => [...new Set([...lessons.values(), underWay])].filter((lesson) => lesson !== null && lesson.course !== null).length,
  }
}

const learn = (course: Course, rows: FrameOf<'loose'>['rows'], stopwatch: Stopwatch): void => {
  const begun = stopwatch.elapsed()
  for (const { row } of rows) {
    if (course.seen !== null && row.time <= course.seen) continue
    course.forecaster.observe({ row: course.number++, time: row.time, value: numericValue(row.value) })
    course.seen = row.time
  }
  const tookMs = stopwatch.elapsed() - begun
  course.left -= rows.length
  course.tookMs += tookMs
  stopwatch.pace(rows.length, tookMs)
}

const isDue = ({ state: { loose }, edition, rows }: Lesson): boolean =>
  loose !== null && loose.edition !== edition && (!loose.walking || loose.rows >= rows * GROWTH + FEW_ROWS)

const forecastOf = (stream: StreamId, { forecaster, loose: { rows, provisional } }: Course): LooseForecast => {
  const outcome = forecaster.forecast()
  return {
    stream,
    account: forecaster.account(),
    rows,
    provisional,
    forecast: outcome.ok ? outcome.forecast : null,
    notPredictable: outcome.ok ? null : outcome.reason,
  }
}
