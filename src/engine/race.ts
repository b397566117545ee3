import type { Field } from './field.ts'
import type { History } from './history.ts'
import { createPlace, type Configuration } from './place.ts'
import { createRegression, type Regression } from './regression.ts'
import { at, type Stateful } from './state.ts'

/** The share of a race that is only learnt from, not scored. */
const WARMUP = 1 / 3

/** Who runs, and on what: what a race needs again after a restart. */
export interface Line {
  readonly field: Field
  readonly runners: readonly Configuration[]
  readonly periods: readonly number[]
}

/**
 * Regressions that learn the same stretch of history, forecasting every row before they see it (rolling origin). Only the stretch is
 * kept in snapshots; what the runners know is learnt again from the history when one is restored.
 */
export interface Race extends Stateful {
  /** Lines up on the last `rows` rows. */
  begin(line: Line, rows: number, history: History): void
  /** Learns rows up to, not including, row number `until`. */
  run(history: History, until: number): void
  /** The row learnt next. */
  next(): number
  /** The row that was to come when the race began. */
  end(): number
  /** Sum of |error| of runner `i` on the scored rows. */
  error(i: number): number
  /** What runner `i` has learnt. */
  memory(i: number): Stateful | undefined
  clear(): void
  /** To be called once `state` was filled from outside and a race is under way. */
  restored(line: Line, history: History): void
}

const FIRST = 0
const NEXT = 1
const END = 2

export function createRace(mostRunners: number): Race {
  const s = new Float64Array(3)
  const errors = new Float64Array(mostRunners)
  const forecasts = new Float64Array(mostRunners)
  let regression: Regression | null = null

  function lineUp({ field, runners, periods }: Line): void {
    const places = runners.map((runner) => {
      const place = createPlace('runner')
      place.take(runner)
      return place
    })
    regression = createRegression(field.createView(), '', [], 0, places)
    regression.restart(periods)
    errors.fill(0)
  }

  function run(history: History, until: number): void {
    const scoredFrom = at(s, FIRST) + WARMUP * (at(s, END) - at(s, FIRST))
    for (let row = at(s, NEXT); row < until; row++) {
      const lag = history.count() - 1 - row
      if (row >= scoredFrom) score(history.value(lag))
      regression?.push(history.value(lag), true, history.time(lag))
    }
    s[NEXT] = until
  }

  function score(value: number): void {
    regression?.write(forecasts, 0)
    for (let i = 0; i < mostRunners; i++) errors[i] = at(errors, i) + Math.abs(value - at(forecasts, i))
  }

  return {
    state: [s],
    run,
    begin(line, rows, history) {
      const end = history.count()
      s.set([end - rows, end - rows, end])
      lineUp(line)
    },
    next: () => at(s, NEXT),
    end: () => at(s, END),
    error: (i) => at(errors, i),
    memory: (i) => regression?.challengers[i],
    clear: () => { regression = null },
    restored(line, history) {
      const until = at(s, NEXT)
      s[NEXT] = at(s, FIRST)
      lineUp(line)
      run(history, until)
    },
  }
}
