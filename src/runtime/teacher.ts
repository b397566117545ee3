import type { Mutable } from '../base/mutable.ts'
import type { Failure } from '../base/result.ts'
import type { StreamId } from '../domain/stream.ts'
import type { Forecast, Forecaster } from '../engine/forecaster.ts'
import type { DataClient, NewPrediction } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import { createKeeping, type KeepingDeps } from './keeping.ts'
import { beginLesson, study, type Lesson, type LessonDeps, type SliceEnd } from './lesson.ts'
import { holdNothingKept, isBehind, MOST_ROWS, type Pupil } from './pupil.ts'
import { rescore, type Predictions } from './rescoring.ts'

export interface TeacherDeps extends Omit<KeepingDeps, 'data'>, Omit<LessonDeps, 'data'> {
  readonly data: DataClient
  readonly createForecaster: () => Forecaster
  /** Its history is another one: all that was learnt is given up. */
  readonly startOver: (pupil: Pupil) => void
  /** What it needs may be something else now. */
  readonly wish: (pupil: Pupil) => void
  readonly tell: (pupil: Pupil) => void
}

/** Does for one stream what a slice has time for. */
export interface Teacher {
  work(pupil: Pupil, limitMs: number): Promise<void>
  /** Its state was told anew. */
  news(pupil: Pupil, state: StreamState): void
  /** The own prediction stream that follows a stream. True: it is not as it was, and may take now what it refused. */
  predictionsAre(follows: StreamId, predictions: Predictions): boolean
  /** It is replaced or forgotten. */
  gone(pupil: Pupil): void
  /** Whose training was worked on last. A training takes the memory of one more forecaster: only one is under way. */
  readonly trainee: Pupil | null
}

/** The first forecast of a long history comes from so many of its last rows: it is there within a second, on any machine. */
export const QUICK_ROWS = 600

export const createTeacher = (deps: TeacherDeps): Teacher => {
  const { data, createForecaster, stopwatch, isCurrent } = deps
  const keeping = createKeeping(deps)
  const predictions = new Map<StreamId, Predictions>()

  const recall = async (pupil: Pupil): Promise<void> => {
    const { told } = pupil
    const failure = await keeping.recall(pupil)
    if (failure !== null) stall(pupil, failure, told)
  }
  const begin = (pupil: Pupil): Lesson => {
    const { rows } = pupil.state
    if (rows > QUICK_ROWS) pupil.training ??= 'wanted'
    return (pupil.lesson = beginLesson(createForecaster(), rows, QUICK_ROWS))
  }
  /** Nothing is tried before the state is told anew; `told`: how often it had been when that was begun. The same trouble is told of once. */
  const stall = (pupil: Pupil, failure: Failure, told: number): void => {
    pupil.stalled = pupil.told === told
    if (pupil.trouble !== failure.code) deps.complain(pupil.stream, failure)
    pupil.trouble = failure.code
  }
  /** Whether the slice went as it should. */
  const judge = (pupil: Pupil, lesson: Lesson, end: SliceEnd): boolean => {
    if (end === 'replaced') {
      if (pupil.keptRows > 0) keeping.discard(pupil, 'the history is another one now.')
      deps.startOver(pupil)
    }
    if (end === 'missing') stall(pupil, { code: 'no-rows', message: `Row ${lesson.next} is not there, where ${pupil.state.rows} were told of.` }, pupil.told)
    return end === 'learnt'
  }
  const teach = async (pupil: Pupil, lesson: Lesson, limitMs: number): Promise<void> => {
    const { told } = pupil
    const until = pupil.state.rows
    const holds = () => isCurrent(pupil) && pupil.lesson === lesson
    const studied = await study(lesson, { stream: pupil.stream, until, limitMs, holds, learnt: pupil.score.came }, deps)
    if (!studied.ok) {
      stall(pupil, studied.error, told)
      return
    }
    if (!judge(pupil, lesson, studied.value)) return
    stopwatch.time(() => {
      if (lesson.next >= pupil.state.rows) predict(pupil, lesson)
      deps.tell(pupil)
    })
  }
  const beginTraining = (pupil: Pupil): Lesson => {
    // Another is half trained and cannot go on now.
    if (teacher.trainee !== null && teacher.trainee.training !== null) teacher.trainee.training = 'wanted'
    teacher.trainee = pupil
    return (pupil.training = beginLesson(createForecaster(), pupil.state.rows, MOST_ROWS))
  }
  /** Beside what forecasts, which may be in memory or not: all rows that there were when the slice began are forecast. */
  const train = async (pupil: Pupil, wanted: Lesson | 'wanted', limitMs: number): Promise<void> => {
    const training = wanted === 'wanted' ? beginTraining(pupil) : wanted
    const until = pupil.state.rows
    const { told } = pupil
    const holds = () => isCurrent(pupil) && pupil.training === training
    const studied = await study(training, { stream: pupil.stream, until, limitMs, holds }, deps)
    if (!studied.ok) {
      stall(pupil, studied.error, told)
      return
    }
    if (!judge(pupil, training, studied.value) || training.next < until) return
    pupil.lesson = training
    pupil.training = null
    // What is kept, if anything, is what the quick lesson learnt.
    holdNothingKept(pupil)
    pupil.keptAt = -Infinity
    stopwatch.time(() => {
      deps.tell(pupil)
    })
  }
  const predict = (pupil: Pupil, { forecaster, next, lastHash }: Lesson): void => {
    const outcome = forecaster.forecast()
    const kind = pupil.live ? 'live' : 'start-up'
    const followsRow = next - 1
    pupil.live = true
    pupil.predicted = followsRow
    pupil.idleAt = stopwatch.elapsed()
    if (!outcome.ok || lastHash === null) return
    const made = predictionOf(pupil.stream, { followsRow, followsHash: lastHash, kind }, outcome.forecast)
    const { told } = pupil
    // Not waited for: others have new rows too. What breaks here is left to reject.
    void data.predict(made).then((answer) => {
      if (answer.ok) {
        pupil.trouble = null
        pupil.score.expect({ followsRow, ...outcome.forecast })
      }
      if (answer.ok || pupil.predicted !== followsRow) return
      // It may or may not be on record: asked again, when the stream is told of anew, it is kept once and published.
      pupil.predicted = followsRow - 1
      pupil.live = kind === 'live'
      stall(pupil, answer.error, told)
      deps.wish(pupil)
    })
  }

  const teacher: Mutable<Teacher> = {
    trainee: null,
    work: async (pupil, limitMs) => {
      keeping.makeRoom(pupil)
      if (isBehind(pupil) && pupil.lesson === null && pupil.mayBeKept) await recall(pupil)
      else if (isBehind(pupil)) await teach(pupil, pupil.lesson ?? begin(pupil), limitMs)
      else if (pupil.unscored) await rescore(pupil, predictions.get(pupil.stream), deps)
      else if (pupil.training !== null) await train(pupil, pupil.training, limitMs)
      if (isCurrent(pupil) && pupil.lesson !== null && pupil.lesson.next >= pupil.state.rows) keeping.keep(pupil, pupil.lesson)
      keeping.makeRoom(pupil)
    },
    news: (pupil, state) => {
      if (!isBehind(pupil)) pupil.idleAt = stopwatch.elapsed()
      pupil.state = state
      pupil.told++
      pupil.stalled = false
      pupil.unscored ||= pupil.scoreOwed
      // Where to begin depends on how long the history is, as long as it has not begun.
      if (pupil.lesson?.lastHash === null) pupil.lesson = null
    },
    predictionsAre: (follows, own) => {
      const known = predictions.get(follows)
      predictions.set(follows, own)
      return known?.rows !== own.rows || known.phase !== own.phase || known.forked !== own.forked
    },
    gone: (pupil) => {
      if (teacher.trainee === pupil) teacher.trainee = null
    },
  }
  return teacher
}

const predictionOf = (
  follows: StreamId,
  row: Pick<NewPrediction, 'followsRow' | 'followsHash' | 'kind'>,
  { value, lower, upper }: Forecast,
): NewPrediction => ({ follows, ...row, value: decimal(value), lower: decimal(lower), upper: decimal(upper) })

/** Twelve significant digits: more than any forecast is good for, and always a decimal of our grammar. */
const decimal = (value: number): string => String(Number(value.toPrecision(12)))
