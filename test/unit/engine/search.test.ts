import { describe, expect, it } from 'vitest'
import { createFields } from '../../../src/engine/field.ts'
import { createHistory } from '../../../src/engine/history.ts'
import { FULL_WIDTH } from '../../../src/engine/place.ts'
import { createSearch, type Entry } from '../../../src/engine/search.ts'
import { createNormal } from '../../support/series.ts'

/** Every value leans on the one 17 rows before: the usual inputs look ten rows back. */
function leaning(rows: number): number[] {
  const normal = createNormal(5)
  const values: number[] = []
  for (let i = 0; i < rows; i++) values.push(0.9 * (values[i - 17] ?? 0) + normal())
  return values
}

interface Scene {
  readonly state: readonly Float64Array[]
  readonly entries: (Entry & { readonly row: number })[]
  readonly seen: { count: number }
  next(value: number): void
  standing(): string
}

/** A search on a bare history: the regressions of the stream are not there, only their losses, all the same unless told. */
function scene(seed = 1, losses = (field: number) => (field === 0 ? [1, 2, 3, 4, 5] : [1, 2, 3, 4])) {
  const seen = { count: 0 }
  const fields = createFields().map((field) => {
    const createView = () => {
      const view = field.createView()
      return { ...view, see: (value: number) => (seen.count++, view.see(value)) }
    }
    return { ...field, createView }
  })
  const history = createHistory()
  const search = createSearch(fields, () => seed)
  const entries: (Entry & { row: number })[] = []
  const built: Scene = {
    seen, entries,
    state: [...history.state, ...search.state, ...fields.flatMap((field) => field.places.flatMap((place) => place.state))],
    next(value) {
      history.push(value, 0)
      const entry = search.push(history, [], losses)
      if (entry !== null) entries.push({ ...entry, row: history.count() })
    },
    standing: () => search.standing().now,
  }
  return { ...built, search, history, fields }
}

const copy = (from: readonly Float64Array[], to: readonly Float64Array[]) => { to.forEach((array, i) => { array.set(from[i] ?? array) }) }
const bits = (arrays: readonly Float64Array[]) => arrays.map((array) => [...array].filter((value) => value !== 0))

describe('the search for better regressions', () => {
  const values = leaning(1300)

  it('finds inputs that the incumbents do not have, and says so only when it has beaten the best of them on the same rows', () => {
    const { next, entries, fields, search } = scene()
    for (const value of values) next(value)
    const [first] = entries
    expect(first).toMatchObject({ field: 0, place: 0, rival: 0 })
    expect(fields[0]?.places[0]?.options.width).toBe(FULL_WIDTH)
    expect(first?.ratio).toBeLessThan(0.8)
    for (const { ratio } of entries) expect(ratio).toBeLessThan(1)
    expect(search.standing()).toMatchObject({ entered: entries.length })
  })

  it('leaves the incumbents alone where nothing does better', () => {
    const { next, entries, search } = scene()
    for (let i = 0; i < 1300; i++) next(7)
    expect(entries.length).toBe(0)
    expect(search.standing()).toMatchObject({ rounds: 2, tried: 16, entered: 0 })
  })

  it('does a bounded amount of work per new row', () => {
    const { next, seen } = scene()
    let most = 0
    for (const value of values) {
      const before = seen.count
      next(value)
      most = Math.max(most, seen.count - before)
    }
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(5)
  })

  it('goes through three heats, each with fewer candidates', () => {
    const { next, standing } = scene()
    const words = values.map((value) => (next(value), standing()))
    expect([...new Set(words)].slice(0, 4)).toEqual([
      'resting until 200 rows',
      'heat 1 of 3: 8 candidates for autoregression',
      'heat 2 of 3: 4 candidates for autoregression',
      'heat 3 of 3: 2 candidates for autoregression',
    ])
  })

  it('restored in the middle of any heat, goes on as if nothing had happened', () => {
    for (const cut of [230, 310, 360, 420, 900]) {
      const whole = scene()
      for (const value of values.slice(0, cut)) whole.next(value)
      const restored = scene()
      copy(whole.state, restored.state)
      restored.search.restored(restored.history, [])
      for (const value of values.slice(cut, cut + 300)) {
        whole.next(value)
        restored.next(value)
      }
      expect(restored.standing()).toBe(whole.standing())
      expect(bits(restored.state)).toEqual(bits(whole.state))
      const last = (entries: Scene['entries']) => entries.filter(({ row }) => row > cut).map(({ row, ratio, memory }) => [row, ratio, bits(memory.state)])
      expect(last(restored.entries)).toEqual(last(whole.entries))
    }
  })

  it('repeats for the same seed, and draws others for another', () => {
    const run = (seed: number) => {
      const s = scene(seed)
      for (const value of values) s.next(value)
      return bits(s.search.state)
    }
    expect(run(1)).toEqual(run(1))
    expect(run(2)).not.toEqual(run(1))
  })

  it('fills empty places first, then replaces the one that errs most, never the rival', () => {
    const full = scene(1, () => [5, 5, 5, 1, 2])
    const taken = full.fields[0]?.places.map((place) => place.options.width)
    for (const place of full.fields[0]?.places ?? []) place.take({ width: 5, forget: 0.99, shrink: 50, huber: 1 })
    for (const value of values.slice(0, 500)) full.next(value)
    expect(taken).toEqual([0, 0])
    expect(full.entries[0]).toMatchObject({ place: 1, rival: 3 })

    const level = scene(1, () => [5, 5, 5, 1, 1])
    for (const place of level.fields[0]?.places ?? []) place.take({ width: 5, forget: 0.99, shrink: 50, huber: 1 })
    for (const value of values.slice(0, 500)) level.next(value)
    expect(level.entries[0]).toMatchObject({ place: 1, rival: 3 })
  })

  it('gives up what is under way when the cycles change, and ends its rest when the losses rise', () => {
    const { next, search, history, standing } = scene()
    for (const value of values.slice(0, 250)) next(value)
    search.wake(history)
    expect(standing()).toMatch(/^heat 1/)
    search.interrupt(history)
    expect(standing()).toBe('resting until 250 rows')
    search.wake(history)
    next(0)
    expect(standing()).toMatch(/^heat 1/)
  })

  it('rests longer the more rows it has seen', () => {
    const { next, standing } = scene()
    const rests = new Map<string, number>()
    for (let i = 0; i < 4000; i++) {
      next(7)
      if (standing().startsWith('resting')) rests.set(standing(), (rests.get(standing()) ?? 0) + 1)
    }
    const [, first = 0, second = 0, third = 0] = rests.values()
    expect(first).toBe(256)
    expect(second).toBeGreaterThan(first)
    expect(third).toBeGreaterThan(1.2 * second)
  })
})
