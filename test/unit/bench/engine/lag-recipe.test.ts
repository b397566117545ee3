import { describe, expect, it } from 'vitest'
import { createSettingsWalk, featuresOf, LAGS, lagRecipe } from '../../../bench/engine/lag-recipe.ts'
import type { Features, Params, TreeModel } from '../../../bench/engine/xgboost.ts'
import { rowsOf } from '../../../support/series.ts'

const HOURLY = 3_600_000_000

const numbers = (values: readonly number[]) => rowsOf(values, HOURLY).map((row) => ({ ...row, value: row.value ?? 0 }))

const FIRST_LAG = 6

describe('the features of the original’s recipe', () => {
  it('the value, hour, day, month, year and day of the week, then the change over each lag in percent', () => {
    const rows = numbers(Array.from({ length: 60 }, (_, row) => 100 + row))
    const [first, ...rest] = featuresOf(rows)
    expect([...(first ?? [])].slice(0, FIRST_LAG)).toEqual([100, 0, 1, 1, 2024, 0]) // 2024-01-01, a Monday
    const last = rest.at(-1) ?? new Float32Array()
    expect([...last].slice(0, FIRST_LAG)).toEqual([159, 11, 3, 1, 2024, 2])
    LAGS.forEach((lag, at) => expect(last[FIRST_LAG + at]).toBeCloseTo((100 * lag) / (159 - lag), 4))
  })

  it('before a lag’s first row the change is missing, and so is that from 0 to 0', () => {
    const features = featuresOf(numbers([5, 6, 0, 0]))
    expect(features.map((row) => row[FIRST_LAG])).toEqual([NaN, 20, -100, NaN])
    expect(features.map((row) => row[FIRST_LAG + 1])).toEqual([NaN, NaN, -100, -100])
  })

  it('a change from 0 stands at the largest or smallest finite one of its lag', () => {
    expect(featuresOf(numbers([4, 6, 0, 3, 1.5, 0, -2])).map((row) => row[FIRST_LAG])).toEqual([NaN, 50, -100, 50, -50, -100, -100])
  })
})

describe('the settings', () => {
  const walkOf = (seed: number) => {
    const walk = createSettingsWalk(seed)
    return Array.from({ length: 200 }, () => walk.next())
  }

  it('stay within their bounds, whole where they must be, and repeat for a seed', () => {
    const settings = walkOf(1)
    for (const { iterations, max_depth: depth, eta, gamma } of settings) {
      expect(Number.isInteger(iterations) && iterations >= 100 && iterations <= 2000).toBe(true)
      expect(Number.isInteger(depth) && depth >= 3 && depth <= 10).toBe(true)
      expect(eta >= 0.005 && eta <= 0.3 && gamma >= 0 && gamma <= 1).toBe(true)
    }
    expect(walkOf(1)).toEqual(settings)
    expect(walkOf(2)).not.toEqual(settings)
  })

  it('move by about a tenth of their range', () => {
    const etas = walkOf(3).map(({ eta }) => eta)
    const steps = etas.slice(1).map((eta, at) => Math.abs(eta - (etas[at] ?? 0)) / 0.295)
    expect(steps.reduce((sum, step) => sum + step, 0) / steps.length).toBeGreaterThan(0.04)
    expect(Math.max(...steps)).toBeLessThan(0.5)
  })
})

describe('the recipe', () => {
  interface Fit {
    readonly features: readonly Features[]
    readonly targets: readonly number[]
    freed: boolean
  }

  /** Trainer whose models all say what `says` has for them, in order. */
  const trainer = (says: readonly number[]) => {
    const fits: Fit[] = []
    const train = (features: readonly Features[], targets: readonly number[], _params: Params): TreeModel => {
      const value = says[fits.length] ?? 0
      const fit: Fit = { features, targets, freed: false }
      fits.push(fit)
      return { predict: () => value, free: () => void (fit.freed = true) }
    }
    return { fits, train }
  }

  const run = (says: readonly number[], plan: { readonly rows: number; readonly firstFits: number; readonly fitEvery: number }, values: readonly number[]) => {
    const { fits, train } = trainer(says)
    const step = lagRecipe(train, plan).create([])
    const said = rowsOf(values, HOURLY).map((row) => {
      step.observe(row)
      return step.predict()
    })
    return { fits, said }
  }

  const hundreds = Array.from({ length: 20 }, (_, row) => 100 + row)

  it('learns the next value from the oldest 80 % of the newest rows, and says the last value before there are twelve', () => {
    const { fits, said } = run([50], { rows: 11 + 10, firstFits: 1, fitEvery: 100 }, hundreds)
    expect(said.slice(0, 12)).toEqual([...hundreds.slice(0, 11), 50])
    expect(fits.map(({ targets }) => targets)).toEqual([hundreds.slice(1, 9)]) // of eleven pairs the oldest eight
    expect(fits[0]?.features.map((row) => row[0])).toEqual(hundreds.slice(0, 8))
  })

  it('the model that errs least on the newest 20 % speaks, the other is let go', () => {
    const { fits, said } = run([90, 111, 130], { rows: 100, firstFits: 3, fitEvery: 100 }, hundreds.slice(0, 12))
    expect(said.at(-1)).toBe(111)
    expect(fits.map(({ freed }) => freed)).toEqual([true, false, true])
  })

  it('fits again after so many rows, on what it has seen by then', () => {
    const { fits, said } = run([90, 116], { rows: 14, firstFits: 1, fitEvery: 5 }, hundreds)
    expect(fits.map(({ targets }) => targets.at(-1))).toEqual([108, 113]) // of 13 pairs the oldest ten: rows 103 to 116 are seen
    expect(said.slice(11)).toEqual([90, 90, 90, 90, 90, 116, 116, 116, 116])
  })
})
