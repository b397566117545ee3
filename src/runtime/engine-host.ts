import { followedBy, formOf, type StreamId } from '../domain/stream.ts'
import type { Account } from '../engine/forecaster.ts'
import type { Clock } from '../ports/clock.ts'
import type { DataNotice } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import { createSchedule } from '../schedule/schedule.ts'
import type { ScheduleEffect, Wish } from '../schedule/words.ts'
import { createUsage } from '../schedule/usage.ts'
import type { LiveView } from './live-score.ts'
import { createLooseLearner, type LooseForecast } from './loose-learner.ts'
import { createPupil, mayLearn, MOST_ROWS, startsOver, wishOf, type Pupil } from './pupil.ts'
import { createStopwatch } from './stopwatch.ts'
import { createTeacher, type TeacherDeps } from './teacher.ts'

export interface EngineReport {
  readonly stream: StreamId
  readonly account: Account
  /** Rows still to learn before the next forecast. */
  readonly behind: number
  readonly notPredictable: string | null
  /** What this node has published of the stream, against what came. */
  readonly live: LiveView
  /** Share of one core that the engine took over the last ten seconds, 0 … 1. */
  readonly used: number
  /** Learnt from rows that nobody signed: its forecast is shown as such, and not published. */
  readonly unsigned?: Pick<LooseForecast, 'rows' | 'provisional' | 'forecast'>
}

export interface EngineHost {
  /** Share of one core that may be taken, 0 … 1. 0 is a pause: nothing is done, and nothing waits for a time. */
  setShare(share: number): void
  /** Reports on every stream now, for a listener that is new. */
  tellAll(): void
  /** Forecasters in memory: `mostAwake`, one at work beyond them, one in training and one of loose rows at most (SPEC [D42]). O(streams). */
  forecasters(): number
}

export interface EngineHostDeps
  extends Pick<TeacherDeps, 'data' | 'createForecaster' | 'restoreForecaster' | 'sha256' | 'mostAwake' | 'complain'> {
  readonly clock: Pick<Clock, 'after'>
  /** Milliseconds that never step back. */
  readonly elapsed: () => number
  readonly report: (report: EngineReport) => void
}

/** Jobs are streams, and streams whose rows nobody signed. */
const LOOSE = 'loose '

/**
 * Runs forecasters over the streams of the data process: learns what is new, predicts after every last row. What is done next,
 * and when to rest, is for the schedule to say; here its effects are carried out, one slice at a time.
 */
export const startEngineHost = (deps: EngineHostDeps): EngineHost => {
  const { data, clock, elapsed, report } = deps
  const pupils = new Map<StreamId, Pupil>()
  const stopwatch = createStopwatch(elapsed)
  const schedule = createSchedule()
  const usage = createUsage()
  let share = 0
  let stopWaiting = (): void => undefined

  const used = (): number => usage.share(elapsed())
  const loose = createLooseLearner({
    ...deps,
    mostRows: MOST_ROWS,
    stopwatch,
    report: ({ stream, account, notPredictable, ...unsigned }) => {
      report({ stream, account, behind: 0, notPredictable, live: NOTHING_SCORED, used: used(), unsigned })
    },
  })
  const tell = (pupil: Pupil): void => {
    const { stream, lesson, state, score } = pupil
    if (lesson === null) return
    const outcome = lesson.forecaster.forecast()
    report({
      stream,
      account: lesson.forecaster.account(),
      behind: Math.max(0, state.rows - lesson.next),
      notPredictable: outcome.ok ? null : outcome.reason,
      live: score.view(),
      used: used(),
    })
  }
  const teacher = createTeacher({
    ...deps,
    stopwatch,
    isCurrent: (pupil) => pupils.get(pupil.stream) === pupil && mayLearn(pupil.state) && share > 0,
    awake: () => [...pupils.values()].filter(({ lesson }) => lesson !== null),
    startOver: (pupil) => {
      leave(pupil)
      pupils.set(pupil.stream, createPupil(pupil.state, elapsed(), false))
      wish(pupil.stream)
    },
    wish: ({ stream }) => {
      wish(stream)
    },
    tell,
  })

  const leave = (pupil: Pupil | undefined): void => {
    if (pupil === undefined) return
    pupils.delete(pupil.stream)
    teacher.gone(pupil)
  }
  const wishOfJob = (job: string): Wish | null => {
    if (job.startsWith(LOOSE)) return loose.wishOf(job.slice(LOOSE.length) as StreamId)
    const pupil = pupils.get(job as StreamId)
    return pupil === undefined ? null : wishOf(pupil)
  }
  const wish = (job: string): void => {
    perform(schedule.step({ type: 'wish', job, wish: wishOfJob(job), now: elapsed() }))
  }
  const perform = (effects: readonly ScheduleEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'wake') wakeAfter(effect.afterMs)
      // What breaks here is heard by the worker's error handler: the promise is left to reject.
      else void run(effect)
    }
  }
  const wakeAfter = (afterMs: number | null): void => {
    stopWaiting()
    stopWaiting = () => undefined
    if (afterMs === null) return
    stopWaiting = clock.after(Math.ceil(afterMs), () => {
      perform(schedule.step({ type: 'woke', now: elapsed() }))
    })
  }
  const run = async ({ job, limitMs }: Extract<ScheduleEffect, { type: 'run' }>): Promise<void> => {
    const pupil = pupils.get(job as StreamId)
    if (pupil !== undefined) await teacher.work(pupil, limitMs)
    else if (job.startsWith(LOOSE)) await loose.work(job.slice(LOOSE.length) as StreamId, limitMs)
    const busyMs = stopwatch.takeBusy()
    usage.add(elapsed(), busyMs)
    perform(schedule.step({ type: 'ended', busyMs, wish: wishOfJob(job), now: elapsed() }))
  }

  const onPredictions = (follows: StreamId, own: StreamState): void => {
    const isOther = teacher.predictionsAre(follows, own)
    const pupil = pupils.get(follows)
    if (!isOther || pupil?.stalled !== true) return
    teacher.news(pupil, pupil.state)
    wish(follows)
  }
  const onState = (state: StreamState): void => {
    const { stream } = state
    if (formOf(state.identity) === 'prediction') {
      const follows = followedBy(state.identity)
      if (state.own && follows !== null) onPredictions(follows, state)
      return
    }
    const known = pupils.get(stream)
    if (known !== undefined && !startsOver(known, state)) teacher.news(known, state)
    else {
      leave(known)
      pupils.set(stream, createPupil(state, elapsed(), true))
    }
    wish(stream)
    loose.onState(state, mayLearn(state))
    wish(`${LOOSE}${stream}`)
  }
  const onNotice = (notice: DataNotice): void => {
    if (notice.type === 'state') onState(notice.state)
    if (notice.type !== 'forgotten') return
    leave(pupils.get(notice.stream))
    loose.forget(notice.stream)
    wish(notice.stream)
    wish(`${LOOSE}${notice.stream}`)
  }
  data.watch(onNotice)
  return {
    setShare: (wanted) => {
      share = wanted
      perform(schedule.step({ type: 'share', share, now: elapsed() }))
    },
    tellAll: () => {
      for (const pupil of pupils.values()) tell(pupil)
      loose.tellAll()
    },
    forecasters: () => {
      let held = loose.forecasters()
      const { trainee } = teacher
      // Whoever is referred to holds its memory, listed or not.
      for (const { lesson, training } of new Set([...pupils.values(), ...(trainee === null ? [] : [trainee])])) held += (lesson === null ? 0 : 1) + (training === null || training === 'wanted' ? 0 : 1)
      return held
    },
  }
}

/** Of rows that nobody signed nothing is published. */
const NOTHING_SCORED: LiveView = { scored: 0, relMae: null, coverage: null }
