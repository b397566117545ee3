import { describe, expect, it } from 'vitest'
import { createForecaster, restoreForecaster, type EngineRow, type Forecaster, type Outcome } from '../../../src/engine/forecaster.ts'
import { autoregression, createNormal, createUniform, randomWalk, rowsOf, seasonal } from '../../support/series.ts'

function feed(forecaster: Forecaster, rows: readonly EngineRow[]): Outcome[] {
  return rows.map((row) => {
    forecaster.observe(row)
    return forecaster.forecast()
  })
}

function run(rows: readonly EngineRow[]): Outcome[] {
  return feed(createForecaster(), rows)
}

function values(outcomes: readonly Outcome[]): number[] {
  return outcomes.map((outcome) => (outcome.ok ? outcome.forecast.value : NaN))
}

/** Told apart by one boolean: a deep comparison of a hundred thousand bytes takes seconds. */
function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** Stands for the hash of the history learnt from. */
const history = Uint8Array.from({ length: 32 }, (_, i) => 7 * i)

const mixed = rowsOf(seasonal({ rows: 700, seed: 3, period: 24, noise: 1 }).map((value, i) => (i % 50 === 7 ? null : value)), 3_600_000_000)

describe('a forecast', () => {
  it('uses no row after the one it follows', () => {
    const whole = run(mixed)
    for (const end of [1, 2, 31, 33, 100, 389]) expect(run(mixed.slice(0, end))).toEqual(whole.slice(0, end))
  })

  it('does not depend on rows that come later being different', () => {
    const spoiled = mixed.map((row, i) => (i > 400 ? { ...row, value: 1e6 * i } : row))
    expect(run(spoiled).slice(0, 401)).toEqual(run(mixed).slice(0, 401))
  })

  it('repeats exactly', () => {
    expect(run(mixed)).toEqual(run(mixed))
  })

  it('can be asked twice without changing anything', () => {
    const forecaster = createForecaster({ seed: 5 })
    feed(forecaster, mixed.slice(0, 200))
    expect(forecaster.forecast()).toEqual(forecaster.forecast())
    expect(forecaster.account()).toEqual(forecaster.account())
    expect(sameBytes(forecaster.snapshot(history), forecaster.snapshot(history))).toBe(true)
  })

  it('moves with the stream when a constant is added', () => {
    // On both sides of zero, and then all below it, so that the logarithm stays out of both.
    const base = autoregression({ rows: 400, seed: 11, phi: 0.7 })
    const moved = values(run(rowsOf(base.map((value) => value - 1000))))
    values(run(rowsOf(base))).forEach((value, i) => { expect(Math.abs((moved[i] ?? NaN) + 1000 - value)).toBeLessThan(1e-6) })
  })

  // Logarithms round differently in another unit, and a tie between experts may then fall the other way: a tenth of the noise is allowed.
  it('grows with the stream when the unit changes', () => {
    const base = seasonal({ rows: 300, seed: 12, period: 24, noise: 2 })
    for (const factor of [1 / 4096, 2 ** 200]) {
      const grown = values(run(rowsOf(base.map((value) => value * factor))))
      values(run(rowsOf(base))).forEach((value, i) => { expect(Math.abs((grown[i] ?? NaN) / factor - value)).toBeLessThan(0.2) })
    }
  })
})

describe('a snapshot', () => {
  it('restored continues bit for bit like an uninterrupted run', () => {
    const moments: readonly (readonly [number, RegExp])[] = [
      [0, /^resting/], [1, /^resting/], [33, /^resting/], [250, /^heat 1/], [330, /^heat 1/], [470, /^heat 2/], [600, /^heat 3/], [660, /^resting/],
    ]
    for (const [cut, now] of moments) {
      const whole = createForecaster()
      feed(whole, mixed.slice(0, cut))
      expect(whole.account().search.now).toMatch(now)
      const restored = restoreForecaster(whole.snapshot(history), history)
      if (restored === null) throw new Error(`not restored at ${String(cut)}`)
      expect(restored.forecast()).toEqual(whole.forecast())
      expect(feed(restored, mixed.slice(cut, cut + 60))).toEqual(feed(whole, mixed.slice(cut, cut + 60)))
      expect(sameBytes(restored.snapshot(history), whole.snapshot(history))).toBe(true)
      expect(restored.account()).toEqual(whole.account())
    }
  })

  it('restores from any offset of a larger buffer', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed.slice(0, 40))
    const bytes = forecaster.snapshot(history)
    const larger = new Uint8Array(bytes.length + 3)
    larger.set(bytes, 3)
    expect(sameBytes(bytes, restoreForecaster(larger.subarray(3), history)?.snapshot(history))).toBe(true)
  })

  it('that is truncated, extended or damaged is refused', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed.slice(0, 60))
    const bytes = forecaster.snapshot(history)
    for (const length of [0, 1, 15, 16, 100, bytes.length - 8, bytes.length - 1]) expect(restoreForecaster(bytes.slice(0, length), history)).toBeNull()
    const longer = new Uint8Array(bytes.length + 8)
    longer.set(bytes)
    expect(restoreForecaster(longer, history)).toBeNull()
    for (const place of [0, 4, 8, 12, 17, 47, 48, 400, bytes.length - 1]) {
      const damaged = bytes.slice()
      damaged[place] = (damaged[place] ?? 0) ^ 1
      expect(restoreForecaster(damaged, history)).toBeNull()
    }
  })

  it('of another history is refused', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed.slice(0, 60))
    const bytes = forecaster.snapshot(history)
    expect(restoreForecaster(bytes, history.map((byte, i) => (i === 31 ? byte ^ 1 : byte)))).toBeNull()
    expect(restoreForecaster(bytes, history.subarray(1))).toBeNull()
    expect(() => forecaster.snapshot(history.subarray(1))).toThrow('32 bytes')
  })

  it('taken while a change of periods is being learnt continues bit for bit too', () => {
    // Reviews at 384 and 512 rows: the week becomes visible, and the found cycle moves.
    const rows = rowsOf(seasonal({ rows: 600, seed: 6, period: 37, noise: 1 }), 3_600_000_000)
    for (const cut of [390, 520]) {
      const whole = createForecaster()
      feed(whole, rows.slice(0, cut))
      const restored = restoreForecaster(whole.snapshot(history), history)
      if (restored === null) throw new Error(`not restored at ${String(cut)}`)
      expect(feed(restored, rows.slice(cut, cut + 60))).toEqual(feed(whole, rows.slice(cut, cut + 60)))
    }
  })

  it('that is noise is refused', () => {
    const uniform = createUniform(99)
    for (let round = 0; round < 50; round++) {
      const noise = Uint8Array.from({ length: Math.floor(4000 * uniform()) }, () => 256 * uniform())
      expect(restoreForecaster(noise, history)).toBeNull()
    }
  })
})

describe('the account', () => {
  it('counts rows, numbers and scored rows', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed)
    const account = forecaster.account()
    expect(account).toMatchObject({ rowsSeen: 700, numericRows: 686, scored: 685 })
    expect(account.relMae).toBeLessThan(0.6)
    expect(account.coverage).toBeGreaterThan(0.85)
  })

  it('lists every expert with weights that add up to one, the champion first', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed)
    const { experts, champion } = forecaster.account()
    expect(experts.reduce((sum, expert) => sum + expert.weight, 0)).toBeCloseTo(1, 9)
    expect(experts.map((expert) => expert.weight)).toEqual(experts.map((expert) => expert.weight).sort((a, b) => b - a))
    expect(champion).toBe(experts[0]?.name)
    expect(new Set(experts.map((expert) => expert.name)).size).toBe(experts.length)
  })

  it('says how the search for better regressions stands, and lists a challenger from its first row on', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed.slice(0, 199))
    expect(forecaster.account().search).toEqual({ rounds: 0, tried: 0, entered: 0, now: 'resting until 200 rows', challengers: [] })
    let row = 199
    while (forecaster.account().search.entered === 0 && row < mixed.length) feed(forecaster, mixed.slice(row, ++row))
    const { experts, search } = forecaster.account()
    expect(search).toMatchObject({ rounds: 2, tried: 16, entered: 1, now: expect.stringMatching(/^resting until /) as string })
    expect(search.challengers).toHaveLength(1)
    const [{ name, weight, relMae, configuration } = { name: '', weight: 0, relMae: 0, configuration: '' }] = search.challengers
    expect(configuration).toMatch(/inputs.*, memory of \d+ rows, shrinkage [\d.]+, residuals capped at [\d.]+ medians$/)
    expect(experts).toContainEqual({ name, weight, relMae })
    expect(weight).toBeGreaterThan(0)
    expect(weight).toBeLessThan(0.2)
    expect(relMae).toBeLessThan(experts.find((expert) => expert.name === 'autoregression, short memory')?.relMae ?? 0)
  })

  it('a stream that changes is searched at once, without waiting for the rest to end', () => {
    const normal = createNormal(7)
    const rough = Array.from({ length: 80 }, () => 50 + 20 * normal())
    const rows = rowsOf([...mixed.slice(0, 680).map((row) => row.value), ...rough], 3_600_000_000)
    const forecaster = createForecaster()
    feed(forecaster, rows.slice(0, 680))
    expect(forecaster.account()).toMatchObject({ driftEvents: 0, search: { rounds: 2, now: expect.stringMatching(/^resting until/) as string } })
    feed(forecaster, rows.slice(680))
    expect(forecaster.account()).toMatchObject({ driftEvents: 1, search: { rounds: 3, now: expect.stringMatching(/^heat 1/) as string } })
  })

  it('a stream that never moves is not searched', () => {
    const forecaster = createForecaster()
    feed(forecaster, rowsOf(Array.from({ length: 600 }, () => 4)))
    expect(forecaster.account().search).toMatchObject({ rounds: 0 })
  })

  it('a search that is not wanted is not begun, and nothing else is another until one would have come in', () => {
    const [without, searched] = [createForecaster({ search: false }), createForecaster()]
    for (const row of mixed) {
      if (searched.account().search.entered > 0) break
      expect(without.forecast()).toEqual(searched.forecast())
      feed(searched, [row])
      feed(without, [row])
    }
    expect(searched.account().search.rounds).toBeGreaterThan(0)
    expect(without.account().search).toMatchObject({ rounds: 0, tried: 0, challengers: [] })
  })

  it('names the cycles in use', () => {
    const forecaster = createForecaster()
    feed(forecaster, mixed)
    expect(forecaster.account().periods).toContain('24 rows')
  })

  it('is plain data', () => {
    const forecaster = createForecaster()
    feed(forecaster, rowsOf(randomWalk({ rows: 100, seed: 1 })))
    const account = forecaster.account()
    expect(JSON.parse(JSON.stringify(account))).toEqual(account)
  })
})
