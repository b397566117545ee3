import { describe, expect, it } from 'vitest'
import { naive, refitted, seasonalNaive, seasonsOf, zazen, type Entrant } from '../../../bench/engine/entrant.ts'
import { meansOf, pair, race, type RaceResult } from '../../../bench/engine/race.ts'
import { rowsOf } from '../../../support/series.ts'

const PLAN = { before: 10, scored: 5, processorMs: () => 0 }

const series = (values: readonly (number | null)[], stepMicros?: number) => ({ group: 'g', name: 's', rows: rowsOf(values, stepMicros) })

const climb = Array.from({ length: 40 }, (_, row) => 2 * row)

/** Keeps what it was shown and what it had seen when it was asked. */
const witness = () => {
  const seen: (number | null)[] = []
  const asked: number[] = []
  const entrant: Entrant = {
    name: 'witness',
    create: () => ({
      observe: ({ value }) => void seen.push(value),
      predict: () => {
        asked.push(seen.length)
        return (seen.at(-1) ?? 0) + 1
      },
    }),
  }
  return { entrant, seen, asked }
}

describe('a race', () => {
  it('shows every entrant the same rows, asks for each row that counts before it is shown, and measures by the first', () => {
    const { entrant, seen, asked } = witness()
    const result = race(series(climb), [naive, entrant], PLAN)
    expect(seen).toEqual(climb.slice(-15))
    expect(asked).toEqual([10, 11, 12, 13, 14])
    expect(result).toMatchObject({ scored: 5, finishes: { naive: { relMae: 1 }, witness: { relMae: 0.5 } } })
  })

  it('counts at most 40 % of a short series', () => {
    expect(race(series(climb.slice(0, 10)), [naive], PLAN).scored).toBe(4)
  })

  it('times the rows that count, learning included', () => {
    let ms = 0
    expect(race(series(climb), [naive], { ...PLAN, processorMs: () => (ms += 10) }).finishes['naive']?.microsPerForecast).toBe(2000)
  })

  it('has nothing to measure by where naive never errs', () => {
    expect(race(series(climb.map(() => 5)), [naive, seasonalNaive], PLAN).finishes['seasonal naive']?.relMae).toBeNull()
  })

  it('the engine runs in it', () => {
    expect(race(series(climb), [naive, zazen], PLAN).finishes['zazen']?.relMae).toBeLessThan(1)
  })

  it('scores only rows that hold a number and that everyone spoke on', () => {
    expect(pair([1, null, 3, 4], [[0, 0, 0, 0], [1, 1, null, 2]])).toEqual({ kept: 2, errors: [1 + 4, 0 + 2] })
    expect(pair([], [[], []])).toEqual({ kept: 0, errors: [0, 0] })
  })

  it('means are geometric: over a group’s streams, then over the groups, without those that could not be measured', () => {
    const result = (group: string, relMae: number | null): RaceResult => ({ group, name: '', scored: 1, finishes: { x: { relMae, microsPerForecast: 0 } } })
    const means = meansOf([result('a', 0.5), result('b', 4), result('a', 2), result('a', null), result('c', null)], 'x')
    expect(means.groups.map(({ group }) => group)).toEqual(['a', 'b', 'c'])
    expect(means.groups[0]?.relMae).toBeCloseTo(1, 12)
    expect(means.groups[2]?.relMae).toBeNull()
    expect(means.overall).toBeCloseTo(2, 12)
  })
})

describe('entrants', () => {
  it.each([
    ['five minutes', 300, [12, 288, 2016]], ['an hour', 3600, [24, 168]], ['a day', 86_400, [7, 365]], ['a month', 30.4369 * 86_400, [12]], ['a year', 365.2425 * 86_400, []],
    ['a second', 1, []], ['no time', 0, []],
  ])('cycles that the calendar suggests for rows %s apart', (_, seconds, seasons) => {
    expect(seasonsOf(rowsOf([1, 2, 3, 4], Math.round(seconds * 1e6)))).toEqual(seasons)
  })

  it('seasonal naive says the value of one season ago, and until it is over the last', () => {
    const step = seasonalNaive.create([3, 9])
    const said = rowsOf([1, 2, 3, 4, null, 5]).map((row) => {
      step.observe(row)
      return step.predict()
    })
    expect(said).toEqual([1, 2, 1, 2, 2, 3])
  })

  it('a model that is refitted sees the newest values alone; where none fits, the last value is said', () => {
    const fitted: number[][] = []
    const step = refitted(3, (values) => {
      fitted.push([...values])
      return values.length < 3 ? null : 7
    })
    const said = rowsOf([1, null, 2, 3, 4]).map((row) => {
      step.observe(row)
      return step.predict()
    })
    expect(said).toEqual([1, 1, 2, 7, 7])
    expect(fitted).toEqual([[1], [1], [1, 2], [1, 2, 3], [2, 3, 4]])
  })
})
