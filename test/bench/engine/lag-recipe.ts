import { createNormal, createUniform } from '../../support/series.ts'
import type { EngineRow } from '../../../src/engine/forecaster.ts'
import type { Entrant, OneStep } from './entrant.ts'
import type { Features, Params, TrainTrees, TreeModel } from './xgboost.ts'

// The original network's default model, after its public source: XGBoost on the value, the calendar and the percentage changes over nine lags;
// target the next value as it is; trained on the oldest 80 % of the rows, judged on the newest 20 %; settings drawn at random and moved a little at each
// fit, for ever; the best model so far predicts. Told otherwise here: rows are taken at the pace they have, not laid on an even grid,
// and between two rows it fits as often as `RecipePlan` says, where a node fits as often as its processor allows.

export const LAGS = [1, 2, 3, 5, 8, 13, 21, 34, 55]

const TRAINED_SHARE = 0.8

export interface RecipePlan {
  /** It sees the newest so many rows. */
  readonly rows: number
  /** Fits before the first forecast. */
  readonly firstFits: number
  /** One more fit each so many rows. */
  readonly fitEvery: number
}

type NumericRow = EngineRow & { readonly value: number }

/** Per row: value; hour, day, month, year and day of the week in UTC; change in percent over each lag, NaN where there is no row so long ago or 0 stood and stands. */
export const featuresOf = (rows: readonly NumericRow[]): readonly Features[] => {
  const features = rows.map((row, at) => Float32Array.from([row.value, ...calendarOf(row.time), ...LAGS.map((lag) => percentChange(row.value, rows[at - lag]?.value))]))
  for (let column = 0; column < (features[0]?.length ?? 0); column++) boundColumn(features, column)
  return features
}

const calendarOf = (time: number): readonly number[] => {
  const date = new Date(time / 1000)
  return [date.getUTCHours(), date.getUTCDate(), date.getUTCMonth() + 1, date.getUTCFullYear(), (date.getUTCDay() + 6) % 7]
}

const percentChange = (now: number, then: number | undefined): number => (then === undefined ? Number.NaN : ((now - then) / then) * 100)

/** A change from 0 is infinite: the largest or smallest finite one stands for it. */
const boundColumn = (features: readonly Features[], column: number): void => {
  const finite = features.map((row) => row[column] ?? Number.NaN).filter(Number.isFinite)
  const [low, high] = [finite.reduce((one, other) => Math.min(one, other), Infinity), finite.reduce((one, other) => Math.max(one, other), -Infinity)]
  for (const row of features) {
    if (row[column] === Infinity) row[column] = Number.isFinite(high) ? high : Number.NaN
    if (row[column] === -Infinity) row[column] = Number.isFinite(low) ? low : Number.NaN
  }
}

const BOUNDS = {
  iterations: [100, 2000], max_depth: [3, 10], eta: [0.005, 0.3], subsample: [0.6, 1], colsample_bytree: [0.6, 1], min_child_weight: [1, 10], gamma: [0, 1],
} as const

type Setting = keyof typeof BOUNDS
type Settings = Readonly<Record<Setting, number>>

const WHOLE: ReadonlySet<Setting> = new Set(['iterations', 'max_depth', 'min_child_weight'])

const SETTINGS = Object.keys(BOUNDS) as readonly Setting[]

const settingsOf = (of: (name: Setting, low: number, high: number) => number): Settings =>
  Object.fromEntries(SETTINGS.map((name) => {
    const [low, high] = BOUNDS[name]
    const value = Math.max(low, Math.min(high, of(name, low, high)))
    return [name, WHOLE.has(name) ? Math.round(value) : value]
  })) as Settings

export interface SettingsWalk {
  /** The next settings to try: a tenth of the range away, normally distributed, within the bounds. */
  next(): Settings
}

export const createSettingsWalk = (seed: number): SettingsWalk => {
  const uniform = createUniform(seed)
  const normal = createNormal(seed + 1)
  let current = settingsOf((_, low, high) => low + uniform() * (high - low))
  return { next: () => (current = settingsOf((name, low, high) => current[name] + 0.1 * (high - low) * normal())) }
}

const SEED = 37
const MIN_ROWS = 12

/** The best model so far is judged again at each fit, on the rows that are the newest then. */
export const lagRecipe = (train: TrainTrees, plan: RecipePlan): Entrant => ({ name: 'XGBoost on lags', create: () => createRecipe(train, plan) })

const createRecipe = (train: TrainTrees, { rows: most, firstFits, fitEvery }: RecipePlan): OneStep => {
  const walk = createSettingsWalk(SEED)
  const rows: NumericRow[] = []
  let stable: TreeModel | null = null
  let sinceFit = 0
  const fitOnce = (features: readonly Features[]): void => {
    const known = features.slice(0, -1)
    const targets = rows.slice(1).map(({ value }) => value)
    const cut = Math.floor(TRAINED_SHARE * known.length)
    const pilot = train(known.slice(0, cut), targets.slice(0, cut), paramsOf(walk.next()))
    const errorOf = (model: TreeModel): number => known.slice(cut).reduce((sum, row, at) => sum + Math.abs(model.predict(row) - (targets[cut + at] ?? 0)), 0)
    const isBetter = stable === null || errorOf(pilot) < errorOf(stable)
    const loser = isBetter ? stable : pilot
    if (isBetter) stable = pilot
    loser?.free()
  }
  return {
    observe: (row) => {
      if (row.value !== null) rows.push({ ...row, value: row.value })
      if (rows.length > most) rows.shift()
      sinceFit++
    },
    predict: () => {
      if (rows.length < MIN_ROWS) return rows.at(-1)?.value ?? null
      const features = featuresOf(rows)
      const fits = stable === null ? firstFits : sinceFit >= fitEvery ? 1 : 0
      for (let fit = 0; fit < fits; fit++) fitOnce(features)
      if (fits > 0) sinceFit = 0
      const last = features.at(-1)
      return stable === null || last === undefined ? null : stable.predict(last)
    },
  }
}

const paramsOf = ({ iterations, ...settings }: Settings): Params => ({ ...settings, iterations, seed: SEED })
