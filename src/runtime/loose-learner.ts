import type { Failure } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import type { Micros } from '../domain/time.ts'
import { numericValue } from '../domain/value.ts'
import type { Account, Forecaster } from '../engine/forecaster.ts'
import type { DataClient } from '../ports/data-client.ts'
import { MAX_LOOSE_PER_ANSWER } from '../protocol/limits.ts'
import type { StreamState } from '../protocol/local.ts'

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
  readonly report: (forecast: LooseForecast) => void
  readonly complain: (stream: StreamId, failure: Failure) => void
}

/** Learns loose rows of streams that have no signed history (M18). What was learnt is thrown away whenever they change. */
export interface LooseLearner {
  /** `may`: the stream is to be learnt now. */
  onState(state: StreamState, may: boolean): void
  forget(stream: StreamId): void
  tellAll(): void
}

/** While a walk goes on it is learnt anew when there are half as many rows more: O(rows) in all, and something to see from the first ones on. */
const GROWTH = 1.5
const FEW_ROWS = 8

interface Lesson {
  state: StreamState
  /** Of the rows learnt. */
  edition: number
  rows: number
  last: LooseForecast | null
  isBusy: boolean
}

export const createLooseLearner = ({ data, createForecaster, mostRows, report, complain }: LooseLearnerDeps): LooseLearner => {
  const lessons = new Map<StreamId, Lesson>()
  const learn = async (lesson: Lesson): Promise<void> => {
    const { stream } = lesson.state
    while (isDue(lesson) && lessons.get(stream) === lesson) {
      const { loose } = lesson.state
      if (loose === null) return
      lesson.edition = loose.edition
      lesson.rows = loose.rows
      const taught = await teach(stream, loose.rows)
      // The signed history has come, or nobody wants it any more.
      if (lessons.get(stream) !== lesson) return
      if (taught === null) return
      lesson.last = forecastOf(stream, taught, loose)
      report(lesson.last)
    }
  }
  /** A forecaster that has seen the last rows, oldest first. Rows that come meanwhile come at the old end, so places are counted from the new one. */
  const teach = async (stream: StreamId, rows: number): Promise<Forecaster | null> => {
    const forecaster = createForecaster()
    let total = rows
    let seen: Micros | null = null
    let number = 0
    for (let left = Math.min(rows, mostRows); left > 0; ) {
      const answer = await data.loose(stream, Math.max(0, total - left), Math.min(left, MAX_LOOSE_PER_ANSWER))
      if (!answer.ok) {
        complain(stream, answer.error)
        return null
      }
      if (answer.value.rows.length === 0) break
      if (answer.value.total !== total) {
        total = answer.value.total
        left = Math.min(left, total)
        continue
      }
      for (const { row } of answer.value.rows) {
        if (seen !== null && row.time <= seen) continue
        forecaster.observe({ row: number++, time: row.time, value: numericValue(row.value) })
        seen = row.time
      }
      left -= answer.value.rows.length
    }
    return forecaster
  }
  return {
    onState: (state, may) => {
      const { stream, rows, loose } = state
      if (rows > 0 || loose === null || !may) {
        lessons.delete(stream)
        return
      }
      const lesson = lessons.get(stream) ?? { state, edition: -1, rows: 0, last: null, isBusy: false }
      lessons.set(stream, lesson)
      lesson.state = state
      if (lesson.isBusy || !isDue(lesson)) return
      lesson.isBusy = true
      // What breaks here is heard by the worker's error handler: the promise is left to reject.
      void learn(lesson).finally(() => {
        lesson.isBusy = false
      })
    },
    forget: (stream) => {
      lessons.delete(stream)
    },
    tellAll: () => {
      for (const { last } of lessons.values()) if (last !== null) report(last)
    },
  }
}

const isDue = ({ state: { loose }, edition, rows }: Lesson): boolean =>
  loose !== null && loose.edition !== edition && (!loose.walking || loose.rows >= rows * GROWTH + FEW_ROWS)

const forecastOf = (stream: StreamId, forecaster: Forecaster, { rows, provisional }: NonNullable<StreamState['loose']>): LooseForecast => {
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
