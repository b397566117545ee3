import { createFields, type Field } from './field.ts'
import { HISTORY_ROWS, type History } from './history.ts'
import type { Panel } from './panel.ts'
import { choosePeriods, MAX_PERIODS } from './periods.ts'
import { configurationName } from './place.ts'
import { createAnalogue } from './analogue.ts'
import { createNovice } from './novice.ts'
import { createRebuild } from './rebuild.ts'
import { createRegression } from './regression.ts'
import { createSearch, type Entry, type SearchStanding } from './search.ts'
import { createHoltWinters, createSeasonalNaive } from './season.ts'
import { createHolt, createMedian, createSes, createTheta } from './smoothing.ts'
import type { Stateful } from './state.ts'
import { createLogView, plainView } from './view.ts'

/** A challenger that has come in as expert `expert`; its record is that of expert `rival`, whom it has beaten. */
export interface Newcomer {
  readonly expert: number
  readonly rival: number
}

/**
 * All experts. Forecast 0 is naive, forecast 1 common sense; an expert without a finite forecast of its own says the same as these: as
 * common sense on a young stream, as naive later.
 */
export interface Bank extends Stateful {
  readonly names: readonly string[]
  /** Weight each expert starts with; sums to 1. Places for challengers start with none. */
  readonly prior: Float64Array
  /** Forecasts of the next value, one per expert, after each `push`. */
  readonly forecasts: Float64Array
  /** Fading sum of |error| per expert. */
  readonly losses: Float64Array
  /** Cycles in use: rows, or negative for those of the clock. */
  periods(): readonly number[]
  /** Learns how the forecasts met `value`. */
  judge(value: number): void
  /** Learns the newest value of `history`, which already holds it; tells of a challenger that came in. */
  push(history: History): Newcomer | null
  /** The losses have risen: better configurations are looked for at once. */
  wake(history: History): void
  standing(): SearchStanding
  /** What the challenger that is expert `expert` is; null for an empty place, and for every other expert. */
  challenger(expert: number): string | null
  /** False for empty places. */
  speaks(expert: number): boolean
  /** To be called once `state` was filled from outside. */
  restored(history: History): void
}

/** A new expert, or another order, is a new SNAPSHOT_VERSION. */
function createPlainPanels(): readonly Panel[] {
  return [
    createNovice(), createMedian(), createSes(), createHolt(), createTheta(),
    createAnalogue(plainView, ''), createAnalogue(createLogView(), 'log '),
  ]
}

function createSeasonalPanels(fields: readonly Field[]): readonly Panel[] {
  const regressions = fields.map(({ name, createView, incumbents, minRows, places }) => createRegression(createView(), `${name}, `, incumbents, minRows, places))
  return [createSeasonalNaive(), createHoltWinters(), ...regressions]
}

/** Until here common sense speaks for whoever has nothing to say yet. */
const YOUNG_ROWS = 100

const LOSS_FADE = 0.999

const PRIOR_NAIVE = 0.1
const PRIOR_COMMON_SENSE = 0.25

/** `searches`: better regressions are looked for. */
export function createBank(seed: () => number, searches: boolean): Bank {
  const plain = createPlainPanels()
  const fields = createFields()
  const seasonal = createRebuild(() => createSeasonalPanels(fields))
  const search = createSearch(fields, seed)
  const panels = [...plain, ...seasonal.panels]
  const names = ['naive', ...panels.flatMap((panel) => panel.names)]
  const places = new Map(fields.flatMap((field) => field.places.map((place) => [names.indexOf(`${field.name}, ${place.options.name}`), place] as const)))
  const forecasts = new Float64Array(names.length)
  const losses = new Float64Array(names.length)
  const periods = new Float64Array(MAX_PERIODS)

  /** Index among all experts of regression `index` of field `f`. */
  const expertOf = (f: number, index: number) => names.indexOf(`${fields[f]?.name ?? ''}, ${fields[f]?.incumbents[0]?.name ?? ''}`) + index
  const lossesOf = (f: number) => {
    const first = expertOf(f, 0)
    return [...losses.subarray(first, first + (fields[f]?.incumbents.length ?? 0) + (fields[f]?.places.length ?? 0))]
  }

  function write(last: number, rows: number): void {
    forecasts[0] = last
    let offset = 1
    for (const panel of panels) {
      panel.write(forecasts, offset)
      offset += panel.names.length
    }
    const instead = rows < YOUNG_ROWS ? finiteOr(forecasts[1] ?? last, last) : last
    for (let i = 0; i < forecasts.length; i++) forecasts[i] = finiteOr(forecasts[i] ?? last, instead)
  }

  function look(history: History): Newcomer | null {
    // Where naive never errs there is nothing to look for; and a challenger must not come in while the regressions are being replaced.
    if (!searches || (losses[0] ?? 0) === 0 || seasonal.active()) return null
    const entry = search.push(history, modelled(periods), lossesOf)
    return entry === null ? null : takeIn(entry)
  }

  /** Its memory was learnt from another frame than the one it moves to; the two have long seen the same rows. */
  function takeIn({ field, place, rival, ratio, memory }: Entry): Newcomer {
    const newcomer = { expert: expertOf(field, (fields[field]?.incumbents.length ?? 0) + place), rival: expertOf(field, rival) }
    const challenger = seasonal.panels.filter((panel) => panel.challengers !== undefined)[field]?.challengers?.[place]
    challenger?.state.forEach((array, k) => { array.set(memory.state[k] ?? array) })
    losses[newcomer.expert] = ratio * (losses[newcomer.rival] ?? 0)
    return newcomer
  }

  return {
    names, forecasts, losses,
    prior: priorOf(names, (i) => places.has(i)),
    state: [forecasts, losses, periods, ...[search, ...places.values(), ...plain, seasonal].flatMap((part) => part.state)],
    judge(value) {
      for (let i = 0; i < losses.length; i++) losses[i] = LOSS_FADE * (losses[i] ?? 0) + Math.abs(value - (forecasts[i] ?? 0))
    },
    push(history) {
      for (const panel of plain) panel.push(history.value(0), false, history.time(0))
      if (isReviewRow(history.count()) && review(history, periods)) {
        seasonal.begin(modelled(periods), history)
        search.interrupt(history)
      }
      seasonal.push(history)
      const newcomer = look(history)
      write(history.value(0), history.count())
      return newcomer
    },
    wake: search.wake,
    standing: search.standing,
    challenger(expert) {
      const place = places.get(expert)
      return place?.occupied() === true ? configurationName(place.options) : null
    },
    speaks: (expert) => places.get(expert)?.occupied() !== false,
    periods: () => modelled(periods),
    restored(history) {
      seasonal.restored(modelled(periods), history)
      search.restored(history, modelled(periods))
    },
  }
}

function priorOf(names: readonly string[], isPlace: (i: number) => boolean): Float64Array {
  const others = names.filter((_, i) => i > 1 && !isPlace(i)).length
  const share = (1 - PRIOR_NAIVE - PRIOR_COMMON_SENSE) / others
  return Float64Array.from(names, (_, i) => (i === 0 ? PRIOR_NAIVE : i === 1 ? PRIOR_COMMON_SENSE : isPlace(i) ? 0 : share))
}

/** Cycles are looked for at 32, 48, 64, 96, 128 … rows and then once per half history: fixed rows, so that runs repeat. */
function isReviewRow(count: number): boolean {
  if (count > HISTORY_ROWS / 2) return count % (HISTORY_ROWS / 4) === 0
  for (let rows = 32; rows <= count; rows *= 2) if (count === rows || count === 1.5 * rows) return true
  return false
}

function review(history: History, periods: Float64Array): boolean {
  const chosen = choosePeriods(history)
  const changed = periods.some((rows, p) => rows !== (chosen[p] ?? 0))
  for (let p = 0; p < MAX_PERIODS; p++) periods[p] = chosen[p] ?? 0
  return changed
}

function finiteOr(value: number, instead: number): number {
  return Number.isFinite(value) ? value : instead
}

function modelled(periods: Float64Array): number[] {
  return [...periods].filter((rows) => rows !== 0)
}
