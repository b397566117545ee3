import type { Bytes } from '../base/bytes.ts'
import { equalBytes } from '../base/bytes.ts'
import type { Failure } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { rowBytes, type Row } from '../domain/row.ts'
import { formOf, type StreamId } from '../domain/stream.ts'
import { numericValue } from '../domain/value.ts'
import type { Account, Forecaster } from '../engine/forecaster.ts'
import type { DataClient } from '../ports/data-client.ts'
import type { StreamState } from '../protocol/local.ts'
import { createLooseLearner, type LooseForecast } from './loose-learner.ts'

export interface EngineReport {
  readonly stream: StreamId
  readonly account: Account
  /** Rows still to learn. */
  readonly behind: number
  readonly notPredictable: string | null
  /** Learnt from rows that nobody signed: its forecast is shown as such, and not published. */
  readonly unsigned?: Pick<LooseForecast, 'rows' | 'provisional' | 'forecast'>
}

export interface EngineHost {
  setPaused(paused: boolean): void
  /** Reports on every stream now, for a listener that is new. */
  tellAll(): void
}

export interface EngineHostDeps {
  readonly data: DataClient
  readonly createForecaster: () => Forecaster
  readonly sha256: Sha256
  readonly report: (report: EngineReport) => void
  readonly complain: (stream: StreamId, failure: Failure) => void
}

/** A fresh stream is learnt from at most this many of its last rows: older ones change little and cost as much. */
const FIRST_ROWS = 10_000

interface Pupil {
  readonly stream: StreamId
  state: StreamState
  forecaster: Forecaster
  /** The row to learn next. */
  next: number
  /** Hash of the last row learnt: a history that was replaced underneath is noticed by it. */
  lastHash: Bytes | null
  /** The row last predicted after. */
  predicted: number
  /** Has caught up once: predictions from then on are live. */
  live: boolean
  /** Its rows could not be read: not asked for again before its state is told anew. */
  stalled: boolean
}

/** Runs forecasters over the streams of the data process: learns what is new, predicts after every last row. */
export const startEngineHost = ({ data, createForecaster, sha256, report, complain }: EngineHostDeps): EngineHost => {
  const pupils = new Map<StreamId, Pupil>()
  const loose = createLooseLearner({
    data,
    createForecaster,
    mostRows: FIRST_ROWS,
    report: ({ stream, account, notPredictable, ...unsigned }) => {
      report({ stream, account, behind: 0, notPredictable, unsigned })
    },
    complain,
  })
  let paused = false
  let running = false

  const mayLearn = (state: StreamState): boolean => !paused && !state.paused && !state.forked && (state.own || state.subscribed)
  const wakes = ({ state }: Pupil): boolean => mayLearn(state) && state.rows > 0
  const isBehind = (pupil: Pupil): boolean =>
    wakes(pupil) && !pupil.stalled && (pupil.next < pupil.state.rows || pupil.predicted < pupil.state.rows - 1)

  const onState = (state: StreamState): void => {
    if (formOf(state.identity) === 'prediction') return
    const known = pupils.get(state.stream)
    if (known === undefined || startsOver(known, state)) pupils.set(state.stream, freshPupil(state, createForecaster))
    else {
      known.state = state
      known.stalled = false
    }
    loose.onState(state, mayLearn(state))
    run()
  }
  const run = (): void => {
    if (running) return
    // What breaks here is heard by the worker's error handler: the promise is left to reject.
    void work()
  }
  /** One slice of each stream that is behind, in turn, until none is: no stream starves another. */
  const work = async (): Promise<void> => {
    running = true
    try {
      for (;;) {
        const behind = [...pupils.values()].filter(isBehind)
        if (behind.length === 0) return
        for (const pupil of behind) if (isBehind(pupil)) await teach(pupil)
      }
    } finally {
      // Within the turn that found nothing to do: a state that comes after it must not be taken for one being worked on.
      running = false
    }
  }
  const teach = async (pupil: Pupil): Promise<void> => {
    const { stream } = pupil
    const from = pupil.lastHash === null ? pupil.next : pupil.next - 1
    const answer = await data.rows(stream, from, pupil.state.rows - from)
    // It was replaced or paused meanwhile: what is to be done now is decided anew.
    if (pupils.get(stream) !== pupil || !wakes(pupil)) return
    if (!answer.ok) {
      pupil.stalled = true
      complain(stream, answer.error)
      return
    }
    const rows = overlapHolds(pupil, answer.value.rows, sha256)
    if (rows === null) {
      pupils.set(stream, freshPupil(pupil.state, createForecaster))
      return
    }
    if (rows.length === 0 && pupil.next < pupil.state.rows) {
      pupil.stalled = true
      complain(stream, { code: 'no-rows', message: `Row ${pupil.next} is not there, where ${pupil.state.rows} were told of.` })
      return
    }
    learn(pupil, rows, sha256)
    if (pupil.next >= pupil.state.rows) await predict(pupil)
    tell(pupil)
  }
  const predict = async (pupil: Pupil): Promise<void> => {
    const outcome = pupil.forecaster.forecast()
    const followsRow = pupil.next - 1
    const kind = pupil.live ? 'live' : 'start-up'
    pupil.live = true
    pupil.predicted = followsRow
    if (!outcome.ok || pupil.lastHash === null) return
    const { value, lower, upper } = outcome.forecast
    const made = await data.predict({
      follows: pupil.stream,
      followsRow,
      followsHash: pupil.lastHash,
      value: decimal(value),
      lower: decimal(lower),
      upper: decimal(upper),
      kind,
    })
    if (!made.ok) complain(pupil.stream, made.error)
  }
  const tell = (pupil: Pupil): void => {
    const outcome = pupil.forecaster.forecast()
    report({
      stream: pupil.stream,
      account: pupil.forecaster.account(),
      behind: Math.max(0, pupil.state.rows - pupil.next),
      notPredictable: outcome.ok ? null : outcome.reason,
    })
  }

  data.watch((notice) => {
    if (notice.type === 'state') onState(notice.state)
    if (notice.type !== 'forgotten') return
    pupils.delete(notice.stream)
    loose.forget(notice.stream)
  })
  return {
    setPaused: (wanted) => {
      paused = wanted
      for (const { state } of pupils.values()) loose.onState(state, mayLearn(state))
      if (!wanted) run()
    },
    tellAll: () => {
      for (const pupil of pupils.values()) if (pupil.lastHash !== null) tell(pupil)
      loose.tellAll()
    },
  }
}

/** Another history is in its place; or nothing is learnt yet, and what to begin with is told from how long it is now. */
const startsOver = (known: Pupil, state: StreamState): boolean => {
  if (known.lastHash === null) return known.state.rows !== state.rows
  return state.rows < known.state.rows || state.head?.head.epoch !== known.state.head?.head.epoch
}

const freshPupil = (state: StreamState, createForecaster: () => Forecaster): Pupil => ({
  stream: state.stream,
  state,
  forecaster: createForecaster(),
  next: Math.max(0, state.rows - FIRST_ROWS),
  lastHash: null,
  predicted: -1,
  live: false,
  stalled: false,
})

/** The rows beyond the overlap; null when the row learnt last is no longer what it was. */
const overlapHolds = (pupil: Pupil, rows: readonly Row[], sha256: Sha256): readonly Row[] | null => {
  if (pupil.lastHash === null) return rows
  const [again, ...fresh] = rows
  if (again === undefined || !equalBytes(sha256(rowBytes(pupil.next - 1, again)), pupil.lastHash)) return null
  return fresh
}

const learn = (pupil: Pupil, rows: readonly Row[], sha256: Sha256): void => {
  for (const row of rows) pupil.forecaster.observe({ row: pupil.next++, time: row.time, value: numericValue(row.value) })
  const last = rows.at(-1)
  if (last !== undefined) pupil.lastHash = sha256(rowBytes(pupil.next - 1, last))
}

/** Twelve significant digits: more than any forecast is good for, and always a decimal of our grammar. */
const decimal = (value: number): string => String(Number(value.toPrecision(12)))
