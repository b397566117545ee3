import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { Result } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { rowBytes, type Row } from '../domain/row.ts'
import type { StreamId } from '../domain/stream.ts'
import { numericValue } from '../domain/value.ts'
import type { Forecaster } from '../engine/forecaster.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { Stopwatch } from './stopwatch.ts'

/** A forecaster on its way through a history. */
export interface Lesson {
  readonly forecaster: Forecaster
  /** The first row of it. */
  readonly from: number
  /** The row to learn next. */
  next: number
  /** Hash of the last row learnt: a history that was replaced underneath is noticed by it. */
  lastHash: Bytes | null
  /** The number of that row, where it is one. */
  lastValue: number | null
}

/** Begins `most` rows before the end: older ones change little and cost as much. */
export const beginLesson = (forecaster: Forecaster, rows: number, most: number): Lesson => {
  const from = Math.max(0, rows - most)
  return { forecaster, from, next: from, lastHash: null, lastValue: null }
}

export interface LessonDeps {
  readonly data: Pick<DataClient, 'rows'>
  readonly sha256: Sha256
  readonly stopwatch: Stopwatch
}

export interface Slice {
  readonly stream: StreamId
  /** The rows before this one are to be learnt. */
  readonly until: number
  readonly limitMs: number
  /** The history is still the one that was asked for, and still to be learnt. */
  readonly holds: () => boolean
  /** Each row as it is learnt, with the number before it. */
  readonly learnt?: (row: number, value: number | null, before: number | null) => void
}

/** `replaced`: the row learnt last is no longer what it was. `missing`: the next row is not there. `dropped`: nobody wants it any more. */
export type SliceEnd = 'learnt' | 'replaced' | 'missing' | 'dropped'

/** Reads about as many rows as the slice has time for, and learns them until it is over. What was read in vain is read again. */
export const study = async (lesson: Lesson, slice: Slice, { data, sha256, stopwatch }: LessonDeps): Promise<Result<SliceEnd>> => {
  const from = lesson.lastHash === null ? lesson.next : lesson.next - 1
  const answer = await data.rows(slice.stream, from, Math.min(slice.until - from, stopwatch.rowsWithin(slice.limitMs) + 1))
  if (!slice.holds()) return { ok: true, value: 'dropped' }
  if (!answer.ok) return answer
  return stopwatch.time(() => {
    const fresh = beyondOverlap(lesson, answer.value.rows, sha256)
    if (fresh === null) return { ok: true, value: 'replaced' }
    if (fresh.length === 0 && lesson.next < slice.until) return { ok: true, value: 'missing' }
    learn(lesson, fresh, slice, { sha256, stopwatch })
    return { ok: true, value: 'learnt' }
  })
}

/** The rows beyond the overlap; null when the row learnt last is no longer what it was. */
const beyondOverlap = ({ next, lastHash }: Lesson, rows: readonly Row[], sha256: Sha256): readonly Row[] | null => {
  if (lastHash === null) return rows
  const [again, ...fresh] = rows
  return again !== undefined && equalBytes(sha256(rowBytes(next - 1, again)), lastHash) ? fresh : null
}

const learn = (lesson: Lesson, rows: readonly Row[], slice: Slice, { sha256, stopwatch }: Omit<LessonDeps, 'data'>): void => {
  const begun = stopwatch.elapsed()
  let last: Row | null = null
  let learnt = 0
  for (const row of rows) {
    const value = numericValue(row.value)
    slice.learnt?.(lesson.next, value, lesson.lastValue)
    lesson.forecaster.observe({ row: lesson.next++, time: row.time, value })
    lesson.lastValue = value
    last = row
    learnt++
    if (stopwatch.elapsed() - begun >= slice.limitMs) break
  }
  stopwatch.pace(learnt, stopwatch.elapsed() - begun)
  if (last !== null) lesson.lastHash = sha256(rowBytes(lesson.next - 1, last))
}
