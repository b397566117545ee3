import { createBank } from './bank.ts'
import { createEnsemble } from './ensemble.ts'
import { createGate } from './gate.ts'
import { createHistory } from './history.ts'
import { createInterval } from './interval.ts'
import { periodName } from './periods.ts'
import { createScore } from './score.ts'
import type { SearchStanding } from './search.ts'
import { decodeState, encodeState } from './snapshot.ts'
import { at } from './state.ts'
import { createSupport } from './support.ts'

/** What the engine is told of one row. `time` is UTC microseconds (a safe integer), `value` a finite number, or null when the published text is not numeric. */
export interface EngineRow {
  readonly row: number
  readonly time: number
  readonly value: number | null
}

/** 90 % interval: lower <= value <= upper, all finite. */
export interface Forecast {
  readonly value: number
  readonly lower: number
  readonly upper: number
}

/** `reason` is plain words, "not predictable, because …". */
export type Outcome = { readonly ok: true; readonly forecast: Forecast } | { readonly ok: false; readonly reason: string }

export interface Challenger {
  /** As among the experts. */
  readonly name: string
  /** What it is, in words. */
  readonly configuration: string
  readonly weight: number
  readonly relMae: number | null
}

/** Readable account of a forecaster, plain data. */
export interface Account {
  readonly rowsSeen: number
  readonly numericRows: number
  /** Rows in the live score: the last 1,000 numeric rows but the first. */
  readonly scored: number
  /** mean |error| / mean |naive error| over the scored rows; null when naive never erred. */
  readonly relMae: number | null
  /** Share of the scored rows inside the 90 % interval; null when there are none. */
  readonly coverage: number | null
  /** Expert with the largest weight. */
  readonly champion: string
  /** Sorted by weight; relMae is over about the last 1,000 rows, fading. */
  readonly experts: readonly { readonly name: string; readonly weight: number; readonly relMae: number | null }[]
  /** Cycles found and used, in words: "24 rows", "hour of day". */
  readonly periods: readonly string[]
  /** Times the losses have risen for longer than chance explains. */
  readonly driftEvents: number
  /** True where nothing has been shown to beat naive and naive is published. */
  readonly usesNaive: boolean
  /** How the search for better regressions stands, and which challengers it has brought in. */
  readonly search: SearchStanding & { readonly challengers: readonly Challenger[] }
}

export interface Forecaster {
  /** Feeds the next row; returns nothing. Rows must come in row order; times may repeat or step back. */
  observe(row: EngineRow): void
  /** The forecast for the row after the last one observed. Pure: calling it twice gives the same. */
  forecast(): Outcome
  account(): Account
  /** Versioned bytes that carry the 32-byte hash of the history learnt from; restoring them continues bit for bit like an uninterrupted run. */
  snapshot(historyHash: Uint8Array): Uint8Array<ArrayBuffer>
}

/** After this many rows in a row without a number the stream is not called numeric any more. */
const MAX_SILENT_ROWS = 100

// cells of `scalars`
const SEEN = 0
const NUMERIC = 1
const SILENT = 2
const SEED = 3
const VALUE = 4 // published: value, lower, upper
const LOWER = 5
const UPPER = 6
const CENTRE = 7 // the same as the experts see it, behind the gate
const LOW = 8
const HIGH = 9

export interface ForecasterOptions {
  readonly seed?: number
  /** False: better regressions are not looked for, and no challenger comes in. For measuring what a row costs without it; a snapshot does not carry it. */
  readonly search?: boolean
}

export function createForecaster(options: ForecasterOptions = {}): Forecaster {
  const build = assemble(options.search ?? true)
  build.scalars[SEED] = options.seed ?? 0
  return build.forecaster
}

/** Null when the bytes are not a snapshot of this schema version and of the history so named (total, bounded: never throws on garbage). */
export function restoreForecaster(bytes: Uint8Array, historyHash: Uint8Array): Forecaster | null {
  const build = assemble(true)
  if (!decodeState(bytes, build.state, historyHash)) return null
  build.restored()
  return build.forecaster
}

interface Assembly {
  readonly forecaster: Forecaster
  readonly scalars: Float64Array
  readonly state: readonly Float64Array[]
  restored(): void
}

function assemble(searches: boolean): Assembly {
  const scalars = new Float64Array(10)
  const gate = createGate()
  const history = createHistory()
  const bank = createBank(() => at(scalars, SEED), searches)
  const ensemble = createEnsemble(bank.prior)
  const interval = createInterval()
  const support = createSupport()
  const score = createScore()
  const state = [scalars, ...[gate, history, bank, ensemble, interval, support, score].flatMap((part) => part.state)]
  const cell = (index: number) => at(scalars, index)

  function judge(modelled: number): void {
    const last = history.value(0)
    bank.judge(modelled)
    score.add(modelled - cell(CENTRE), modelled - last, modelled >= cell(LOW) && modelled <= cell(HIGH))
    interval.learn(cell(CENTRE), cell(LOW), cell(HIGH), modelled)
    if (ensemble.learn(modelled, last)) bank.wake(history)
  }

  function publish(): void {
    const combined = ensemble.combine(bank.forecasts)
    const centre = support.centre(combined)
    const [low, high] = support.bounds(centre, ...interval.bounds(centre))
    scalars.set([centre, low, high], CENTRE)
    const value = gate.release(centre)
    scalars.set([value, Math.min(value, gate.release(low)), Math.max(value, gate.release(high))], VALUE)
  }

  function observe(row: EngineRow): void {
    scalars[SEEN] = cell(SEEN) + 1
    if (row.value === null || !Number.isFinite(row.value)) {
      scalars[SILENT] = cell(SILENT) + 1
      return
    }
    support.see(row.value)
    const modelled = gate.admit(row.value)
    if (cell(NUMERIC) > 0) judge(modelled)
    scalars[NUMERIC] = cell(NUMERIC) + 1
    scalars[SILENT] = 0
    history.push(modelled, row.time)
    const newcomer = bank.push(history)
    if (newcomer !== null) ensemble.admit(newcomer.expert, newcomer.rival)
    publish()
  }

  function forecast(): Outcome {
    if (cell(SEEN) === 0) return { ok: false, reason: 'not predictable, because no row has been seen yet' }
    if (cell(NUMERIC) === 0) return { ok: false, reason: 'not predictable, because no row so far holds a number' }
    if (cell(SILENT) >= MAX_SILENT_ROWS) {
      return { ok: false, reason: `not predictable, because the last ${String(cell(SILENT))} rows hold no number` }
    }
    return { ok: true, forecast: { value: cell(VALUE), lower: cell(LOWER), upper: cell(UPPER) } }
  }

  function experts() {
    const weights = ensemble.weights()
    const naive = at(bank.losses, 0)
    return bank.names
      .map((name, i) => ({ name, weight: at(weights, i), relMae: naive > 0 ? at(bank.losses, i) / naive : null, speaks: bank.speaks(i), configuration: bank.challenger(i) }))
      .filter(({ speaks }) => speaks)
      .sort((a, b) => b.weight - a.weight)
  }

  function account(): Account {
    const all = experts()
    return {
      rowsSeen: cell(SEEN), numericRows: cell(NUMERIC), scored: score.rows(),
      relMae: score.relMae(), coverage: score.coverage(),
      champion: all[0]?.name ?? 'naive',
      experts: all.map(({ name, weight, relMae }) => ({ name, weight, relMae })),
      periods: bank.periods().map(periodName), driftEvents: ensemble.drifts(), usesNaive: ensemble.trust() === 0,
      search: {
        ...bank.standing(),
        challengers: all.flatMap(({ name, weight, relMae, configuration }) => (configuration === null ? [] : [{ name, configuration, weight, relMae }])),
      },
    }
  }

  return { scalars, state, restored: () => { bank.restored(history) }, forecaster: { observe, forecast, account, snapshot: (historyHash) => encodeState(state, historyHash) } }
}
