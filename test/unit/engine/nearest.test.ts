import { describe, expect, it } from 'vitest'
import { HISTORY_ROWS } from '../../../src/engine/history.ts'
import { createNearest, findNearest, LAGS } from '../../../src/engine/nearest.ts'
import { createUniform, randomWalk, seasonal, whiteNoise } from '../../support/series.ts'

const ALIKE = 24
const NEAR = 12

interface Found {
  readonly places: readonly number[]
  readonly distances: readonly number[]
}

/** What is found for the last of `values`, among all places before it. */
function find(values: readonly number[]): readonly [Found, Found] {
  const ring = new Float64Array(HISTORY_ROWS)
  values.forEach((value, row) => (ring[row % HISTORY_ROWS] = value))
  const recent = Float64Array.from({ length: LAGS + 1 }, (_, lag) => values.at(-1 - lag) ?? NaN)
  const alike = createNearest(ALIKE)
  const near = createNearest(NEAR)
  findNearest(ring, recent, alike, near, oldest(values), values.length - 2)
  const plain = ({ places, distances }: typeof alike) => ({ places: [...places], distances: [...distances] })
  return [plain(alike), plain(near)]
}

const oldest = (values: readonly number[]) => Math.max(LAGS, values.length - 1500)

/** The same by definition: all places sorted by their distance, of those as far the newer first. */
function sorted(values: readonly number[], levelWeight: number, size: number): Found {
  const value = (row: number) => values[row] ?? NaN
  const last = values.length - 1
  const places: { place: number; distance: number }[] = []
  for (let place = last - 1; place >= oldest(values); place--) {
    let shape = 0
    for (let lag = 1; lag <= LAGS; lag++) shape += Math.abs(value(last) - value(last - lag) - value(place) + value(place - lag))
    places.push({ place, distance: levelWeight * Math.abs(value(last) - value(place)) + shape })
  }
  const best = places.sort((a, b) => a.distance - b.distance || b.place - a.place).slice(0, size)
  return { places: best.map(({ place }) => place), distances: best.map(({ distance }) => distance) }
}

const expected = (values: readonly number[]) => [sorted(values, 0.3, ALIKE), sorted(values, 1, NEAR)]

describe('the places most like now', () => {
  const uniform = createUniform(7)
  const STREAMS: Record<string, readonly number[]> = {
    'a random walk': randomWalk({ rows: 1700, seed: 1 }),
    'white noise': whiteNoise({ rows: 1700, seed: 2 }),
    'a cycle, with less history than is looked at': seasonal({ rows: 400, seed: 3, period: 24, noise: 1 }),
    'a young stream': whiteNoise({ rows: 60, seed: 4 }),
    'counts, most of them zero: many places are as near': Array.from({ length: 1700 }, () => (uniform() < 0.8 ? 0 : Math.floor(3 * uniform()))),
    'a ring that has turned': randomWalk({ rows: HISTORY_ROWS + 777, seed: 5 }),
  }

  it.each(Object.entries(STREAMS))('%s: those of a full sort, in its order', (_, values) => {
    for (let rows = values.length; rows > Math.max(50, values.length - 20); rows--) {
      expect(find(values.slice(0, rows)), `after ${rows} rows`).toEqual(expected(values.slice(0, rows)))
    }
  })

  it('a first look that happens upon the only near ones does not hide the others', () => {
    const noise = whiteNoise({ rows: 700, seed: 6 })
    // Every fifteenth place before the last, five times, is the last one over again.
    const shape = noise.slice(-1 - LAGS)
    for (let copy = 1; copy <= 6; copy++) shape.forEach((value, i) => (noise[noise.length - 2 - 15 * copy - LAGS + i] = value))
    expect(find(noise)).toEqual(expected(noise))
  })
})
