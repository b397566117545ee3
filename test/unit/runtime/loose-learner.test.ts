import { describe, expect, it } from 'vitest'
import { fail, ok } from '../../../src/base/result.ts'
import type { Row } from '../../../src/domain/row.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { Account, Forecaster } from '../../../src/engine/forecaster.ts'
import type { DataClient, DataNotice, NewPrediction } from '../../../src/ports/data-client.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { startEngineHost, type EngineReport } from '../../../src/runtime/engine-host.ts'
import { createLooseLearner } from '../../../src/runtime/loose-learner.ts'
import { createStopwatch } from '../../../src/runtime/stopwatch.ts'
import { blankSignature, createHistory } from '../../support/history.ts'
import { sha256 } from '../../support/node-key.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { createCounter } from './engine-bench.ts'

const { identity, stream, head } = createHistory({ seed: 3, rows: 1_000 })
const ROWS = Array.from({ length: 1_000 }, (_, i): Row => ({ form: 'observation', time: (i * 10) as Micros, value: `${i}` }))
const history = { identity, stream, head, rows: ROWS }
const SLICE = 190
const other = createHistory({ seed: 4, rows: 1 })

const stateOf = (more: Partial<StreamState>): StreamState => ({
  stream: history.stream, identity: history.identity, own: false, subscribed: true, paused: false, rows: 0, head: null, phase: 'idle', targetRows: 0,
  pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0, problem: null, forked: false, archived: 0, loose: null, checkedAt: null, ...more,
})

/** A learner whose slices somebody else chooses. Each look at the time finds it a little later. */
const startLearner = () => {
  let now = 0
  const rows = ROWS.slice(500)
  const learner = createLooseLearner({
    data: { loose: async (_, from, count) => ok({ total: rows.length, rows: rows.slice(from, from + count).map((row) => ({ row, number: null, mark: 'provisional' as const })) }) },
    createForecaster: () => createCounter().forecaster,
    mostRows: 1_000,
    stopwatch: createStopwatch(() => now++),
    report: () => undefined,
    complain: () => undefined,
  })
  return { learner, pass: (ms: number) => void (now += ms) }
}

const startBench = ({ costMs = 0 } = {}) => {
  let first = 500
  const seen: string[][] = []
  let listen: (notice: DataNotice) => void = () => undefined
  let broken = false
  let meanwhile: (() => void) | null = null
  const clock = createVirtualClock()
  let spentMs = 0
  const predictions: NewPrediction[] = []
  const reports: EngineReport[] = []
  const complaints: string[] = []
  const asked: string[] = []
  const data = {
    watch: (to: (notice: DataNotice) => void) => void (listen = to),
    rows: async (_: string, from: number, count: number) => ok({ rows: history.rows.slice(from, from + count), total: history.rows.length }),
    loose: async (_: string, from: number, count: number) => {
      if (broken) return fail('no-answer', 'gone')
      asked.push(`${from}+${count}`)
      const rows = history.rows.slice(first)
      const answer = ok({ total: rows.length, rows: rows.slice(from, from + Math.min(count, SLICE)).map((row) => ({ row, number: null, mark: 'provisional' as const })) })
      meanwhile?.()
      meanwhile = null
      return answer
    },
    learnt: async () => ok(null),
    keepLearnt: async () => ok(null),
    predict: async (prediction: NewPrediction) => {
      predictions.push(prediction)
      return ok(null)
    },
  } as unknown as DataClient
  const createForecaster = (): Forecaster => {
    const mine: string[] = []
    seen.push(mine)
    return {
      observe: ({ time }: { readonly time: Micros }) => {
        spentMs += costMs
        mine.push(String(time))
      },
      forecast: () => ({ ok: true, forecast: { value: mine.length, lower: 0, upper: 1 } }),
      account: () => ({ champion: 'counting' }) as Account,
      snapshot: () => new Uint8Array(0),
    } as unknown as Forecaster
  }
  const host = startEngineHost({
    data,
    createForecaster,
    restoreForecaster: () => null,
    sha256,
    clock,
    // The clock stands still while the core is busy.
    elapsed: () => clock.now() + spentMs,
    mostAwake: 10,
    report: (report) => void reports.push(report),
    complain: (_, failure) => void complaints.push(failure.code),
  })
  host.setShare(1)
  const tell = async (more: Partial<StreamState>): Promise<void> => {
    listen({ type: 'state', request: 1, state: stateOf(more) })
    for (let i = 0; i < 5; i++) await settle()
  }
  /** Of those that were made: only what has learnt anything counts. */
  const lessons = (): readonly number[] => seen.map((rows) => rows.length).filter((count) => count > 0)
  return {
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 10) {
        clock.advance(10)
        await settle()
      }
    },
    host, tell, predictions, reports, complaints, asked, lessons, seen,
    walkTo: (from: number) => void (first = from),
    during: (run: () => void) => void (meanwhile = run),
    breakReads: () => void (broken = true),
  }
}

const loose = (rows: number, edition: number, walking = false) => ({ rows, provisional: rows, edition, walking })
const times = (from: number): string[] => ROWS.slice(from).map(({ time }) => String(time))

describe('[C16] learning from rows that nobody signed', () => {
  it('forecasts from the last of them, says that they are not signed, and publishes nothing', async () => {
    const bench = startBench()
    await bench.tell({ loose: loose(500, 1) })
    expect(bench.reports).toHaveLength(1)
    expect(bench.reports[0]).toMatchObject({ stream: history.stream, behind: 0, unsigned: { rows: 500, provisional: 500, forecast: { value: times(500).length } } })
    expect(bench.predictions).toEqual([])
    expect(bench.seen.filter((rows) => rows.length > 0)).toEqual([times(500)])
    expect(bench.asked.length).toBeGreaterThan(2)
  })

  it('begins anew whenever they change, and not when they do not', async () => {
    const bench = startBench()
    await bench.tell({ loose: loose(500, 1) })
    await bench.tell({ loose: loose(500, 1) })
    expect(bench.lessons()).toHaveLength(1)
    await bench.tell({ loose: loose(500, 2) })
    expect(bench.lessons()).toHaveLength(2)
  })

  it('anew after each row costs a stream a twentieth of the time at most, and the last row is learnt all the same', async () => {
    const bench = startBench({ costMs: 0.2 })
    // Each course takes 100.
    for (let edition = 1; edition <= 35; edition++) {
      await bench.tell({ loose: loose(500, edition) })
      await bench.pass(100)
    }
    const { length } = bench.lessons()
    expect(length).toBe(2)
    await bench.pass(10_000)
    expect(bench.reports.length).toBe(length + 1)
  })

  it('while more are on their way begins anew only when there are half as many more', async () => {
    const bench = startBench()
    for (let rows = 1; rows <= 500; rows++) {
      bench.walkTo(1_000 - rows)
      await bench.tell({ loose: loose(rows, rows, true) })
    }
    expect(bench.lessons().length).toBeGreaterThan(3)
    expect(bench.lessons().length).toBeLessThan(12)
    await bench.tell({ loose: loose(500, 500) })
    expect(bench.reports.at(-1)).toMatchObject({ unsigned: { rows: 500 } })
  })

  it('sees each row once and in order although older ones come while it reads', async () => {
    const bench = startBench()
    bench.during(() => bench.walkTo(490))
    await bench.tell({ loose: loose(500, 1) })
    const [lesson] = bench.seen.filter((rows) => rows.length > 0)
    expect(lesson).toEqual(times(500))
  })

  it('[D42] takes the memory of one forecaster, however many streams there are: one is learnt to its end, then the next', async () => {
    const bench = startBench()
    let most = 0
    bench.during(() => {
      void bench.tell({ identity: other.identity, stream: other.stream, loose: loose(500, 1) })
      most = bench.host.forecasters()
    })
    await bench.tell({ loose: loose(500, 1) })
    for (let i = 0; i < 5; i++) await settle()
    expect(bench.reports.map((report) => report.stream)).toEqual([history.stream, other.stream])
    expect([bench.lessons(), most, bench.host.forecasters()]).toEqual([[500, 500], 1, 0])
  })

  it('[D42] gives up a course for another one: never two at a time, nor one of a stream that is gone', async () => {
    const { learner } = startLearner()
    const slices = async (...streams: readonly StreamId[]): Promise<number> => {
      for (const one of streams) await learner.work(one, 1)
      return learner.forecasters()
    }
    learner.onState(stateOf({ loose: loose(500, 1) }), true)
    learner.onState(stateOf({ identity: other.identity, stream: other.stream, loose: loose(500, 1) }), true)
    expect(await slices(stream, other.stream, stream)).toBe(1)
    learner.forget(stream)
    expect(learner.forecasters()).toBe(0)
    expect(await slices(other.stream)).toBe(1)
    learner.onState(stateOf({ identity: other.identity, stream: other.stream, loose: loose(500, 1) }), false)
    expect(learner.forecasters()).toBe(0)
  })

  it('who has been learnt and changes again comes after who waits since before', async () => {
    const { learner, pass } = startLearner()
    const since = (of: StreamId): number => learner.wishOf(of)?.since ?? NaN
    const learnAll = async (): Promise<void> => {
      while (learner.wishOf(stream) !== null) await learner.work(stream, 30)
    }
    learner.onState(stateOf({ loose: loose(500, 1) }), true)
    await learnAll()
    // Rested enough.
    pass(1_000_000)
    learner.onState(stateOf({ identity: other.identity, stream: other.stream, loose: loose(500, 1) }), true)
    learner.onState(stateOf({ loose: loose(500, 2) }), true)
    expect(since(stream)).toBeGreaterThan(since(other.stream))
    // More rows do not put off who waits.
    const waits = since(stream)
    learner.onState(stateOf({ loose: loose(500, 3) }), true)
    expect(since(stream)).toBe(waits)
  })

  it('throws all of it away when signed rows come, and predicts from those alone', async () => {
    const bench = startBench()
    await bench.tell({ loose: loose(500, 1) })
    // The moment before the loose rows are dropped: they count for nothing any more.
    await bench.tell({ rows: 1_000, head: { head: history.head, signature: blankSignature() }, loose: loose(500, 2) })
    expect(bench.predictions).toMatchObject([{ followsRow: 999 }])
    expect(bench.reports.at(-1)?.unsigned).toBeUndefined()
    const before = bench.reports.length
    bench.host.tellAll()
    expect(bench.reports.slice(before).map((report) => report.unsigned)).toEqual([undefined])
  })

  it('leaves paused, unsubscribed, forked and forgotten streams alone', async () => {
    for (const more of [{ paused: true }, { subscribed: false }, { forked: true }]) {
      const bench = startBench()
      await bench.tell({ loose: loose(500, 1), ...more })
      expect(bench.asked).toEqual([])
    }
    const bench = startBench()
    bench.host.setShare(0)
    await bench.tell({ loose: loose(500, 1) })
    expect(bench.asked).toEqual([])
    bench.host.setShare(1)
    for (let i = 0; i < 5; i++) await settle()
    expect(bench.reports).toHaveLength(1)
  })

  it('says when they cannot be read', async () => {
    const bench = startBench()
    bench.breakReads()
    await bench.tell({ loose: loose(500, 1) })
    expect(bench.complaints).toEqual(['no-answer'])
    expect(bench.reports).toEqual([])
  })
})
