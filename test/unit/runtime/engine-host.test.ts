import { describe, expect, it } from 'vitest'
import { fail, ok } from '../../../src/base/result.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { rowBytes, type ObservationRow } from '../../../src/domain/row.ts'
import { predictionStreamOf, streamIdOf } from '../../../src/domain/stream.ts'
import { createForecaster, type Account, type Forecaster } from '../../../src/engine/forecaster.ts'
import type { DataClient, DataNotice, NewPrediction } from '../../../src/ports/data-client.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { startEngineHost, type EngineReport } from '../../../src/runtime/engine-host.ts'
import { blankSignature, createRows, historyOf } from '../../support/history.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'
import { settle } from '../../support/pipes.ts'

const ALL = createRows(createSeededRandom(11), 13_000)
const SLICE = 800
const account = { champion: 'counting' } as Account

/** A forecaster that only keeps what it was shown, and forecasts how much that was. */
const createCounter = () => {
  const seen: number[] = []
  const forecaster: Forecaster = {
    observe: ({ row }) => void seen.push(row),
    forecast: () =>
      seen.length === 0
        ? { ok: false, reason: 'nothing was seen' }
        : { ok: true, forecast: { value: seen.length, lower: 0, upper: seen.length * 2 } },
    account: () => account,
    snapshot: () => new Uint8Array(0),
  }
  return { seen, forecaster }
}

/** The data process as an engine sees it, with one stream or more. */
const startBench = (make: () => Forecaster = createForecaster) => {
  const key = createNodeKey()
  let rows: readonly ObservationRow[] = ALL
  let listen: (notice: DataNotice) => void = () => undefined
  let broken = false
  let holding: Promise<void> | null = null
  const asked: string[] = []
  const predictions: NewPrediction[] = []
  const reports: EngineReport[] = []
  const complaints: string[] = []
  const names = new Map<string, string>()
  const data = {
    watch: (to: (notice: DataNotice) => void) => void (listen = to),
    rows: async (stream: string, from: number, count: number) => {
      asked.push(`${names.get(stream) ?? '?'} ${from}+${count}`)
      if (holding !== null) await holding
      if (broken) return fail('damaged-page', 'A page is damaged.')
      return ok({ rows: rows.slice(from, from + Math.min(count, SLICE)), total: rows.length })
    },
    predict: async (prediction: NewPrediction) => {
      predictions.push(prediction)
      return ok(null)
    },
  } as unknown as DataClient
  const host = startEngineHost({
    data,
    createForecaster: make,
    sha256,
    report: (report) => void reports.push(report),
    complain: (_, failure) => void complaints.push(failure.code),
  })
  const tell = async (count: number, more: Partial<StreamState> = {}, name = 'series'): Promise<void> => {
    const identity = identityOf(key, name)
    const stream = streamIdOf(identity, sha256)
    names.set(stream, name)
    const head = count === 0 ? null : { head: { ...historyOf(identity, ALL.slice(0, 1), PAGE_ROWS).head, rows: count }, signature: blankSignature() }
    const state: StreamState = { stream, identity, own: false, subscribed: true, paused: false, rows: count, head, phase: 'idle', targetRows: count, pagesDone: 0, pagesTotal: 0, bytesReceived: 0, peers: 0, problem: null, forked: false, archived: 0, loose: null, checkedAt: null, ...more }
    listen({ type: 'state', request: 1, state })
    await settle()
  }
  return {
    key,
    host,
    asked,
    predictions,
    reports,
    complaints,
    tell,
    replaceRows: (other: readonly ObservationRow[]) => void (rows = other),
    breakReads: (now: boolean) => void (broken = now),
    /** Reads wait until the answer is called. */
    hold: (): (() => void) => {
      let release = (): void => undefined
      holding = new Promise((resolve) => (release = resolve))
      return () => {
        holding = null
        release()
      }
    },
    follows: () => predictions.map(({ followsRow }) => followsRow),
  }
}

const hashOf = (number: number) => {
  const row = ALL[number]
  if (row === undefined) throw new RangeError(`no row ${number}`)
  return sha256(rowBytes(number, row))
}

describe('learning', () => {
  it('reads what is there slice by slice, then predicts once, after the last row', async () => {
    const bench = startBench()
    await bench.tell(2_000)
    expect(bench.asked).toEqual(['series 0+2000', 'series 799+1201', 'series 1598+402'])
    expect(bench.predictions).toMatchObject([{ followsRow: 1_999, followsHash: hashOf(1_999), kind: 'start-up' }])
    expect(bench.reports.at(-1)).toMatchObject({ behind: 0, notPredictable: null })
    expect(bench.reports.map(({ behind }) => behind)).toEqual([1_200, 401, 0])
  })

  it('learns every new row once and predicts live after it', async () => {
    const { seen, forecaster } = createCounter()
    const bench = startBench(() => forecaster)
    await bench.tell(5)
    for (let rows = 6; rows <= 9; rows++) await bench.tell(rows)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(bench.predictions.map(({ followsRow, kind }) => `${followsRow} ${kind}`)).toEqual(['4 start-up', '5 live', '6 live', '7 live', '8 live'])
  })

  it('predicts once per row, however often the state is told', async () => {
    const bench = startBench()
    for (let times = 0; times < 5; times++) await bench.tell(10)
    expect(bench.follows()).toEqual([9])
    expect(bench.asked).toHaveLength(1)
  })

  it('predicts in decimals of the grammar, with the bounds around the value', async () => {
    const bench = startBench()
    await bench.tell(300)
    const [made] = bench.predictions
    for (const text of [made?.value, made?.lower, made?.upper]) expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/)
    expect(Number(made?.lower)).toBeLessThanOrEqual(Number(made?.value))
    expect(Number(made?.upper)).toBeGreaterThanOrEqual(Number(made?.value))
  })

  it('learns a long stream from its last ten thousand rows, also when it was empty when first seen', async () => {
    for (const first of [[], [0]]) {
      const { seen, forecaster } = createCounter()
      const bench = startBench(() => forecaster)
      for (const rows of first) await bench.tell(rows)
      await bench.tell(13_000)
      expect([seen[0], seen.at(-1), seen.length]).toEqual([3_000, 12_999, 10_000])
    }
  })

  it('lets no stream starve: each gets a slice in turn', async () => {
    const bench = startBench()
    const release = bench.hold()
    await bench.tell(2_000, {}, 'long')
    await bench.tell(5, {}, 'short')
    release()
    await settle()
    expect(bench.asked).toEqual(['long 0+2000', 'long 799+1201', 'short 0+5', 'long 1598+402'])
  })

  it('is not concerned with streams that are neither own nor subscribed, nor with predictions', async () => {
    const bench = startBench()
    await bench.tell(10, { subscribed: false })
    const identity = predictionStreamOf(bench.key.publicKey, streamIdOf(identityOf(bench.key), sha256))
    await bench.tell(10, { identity, own: true, stream: streamIdOf(identity, sha256) })
    expect(bench.asked).toEqual([])
    await bench.tell(10, { subscribed: false, own: true })
    expect(bench.follows()).toEqual([9])
  })

  it('says why when there is nothing to predict', async () => {
    const bench = startBench()
    bench.replaceRows(ALL.slice(0, 3).map((row) => ({ ...row, value: 'n/a' })))
    await bench.tell(3)
    expect(bench.predictions).toEqual([])
    expect(bench.reports.at(-1)?.notPredictable).toMatch(/no row so far holds a number/)
  })
})

describe('pausing', () => {
  it('the engine means no work, and going on means to catch up', async () => {
    const bench = startBench()
    bench.host.setPaused(true)
    await bench.tell(10)
    await bench.tell(11)
    expect([bench.asked, bench.predictions]).toEqual([[], []])
    bench.host.setPaused(false)
    await settle()
    expect(bench.follows()).toEqual([10])
  })

  it('in the middle ends the work, and nothing is learnt twice', async () => {
    const { seen, forecaster } = createCounter()
    const bench = startBench(() => forecaster)
    const release = bench.hold()
    await bench.tell(2_000)
    bench.host.setPaused(true)
    release()
    await settle()
    expect([bench.asked.length, seen.length, bench.predictions.length]).toEqual([1, 0, 0])
    bench.host.setPaused(false)
    await settle()
    expect(seen).toEqual(Array.from({ length: 2_000 }, (_, row) => row))
    expect(bench.follows()).toEqual([1_999])
  })

  it('one stream leaves the others at work', async () => {
    const bench = startBench()
    await bench.tell(10, { paused: true }, 'resting')
    await bench.tell(5, {}, 'working')
    expect(bench.asked).toEqual(['working 0+5'])
    await bench.tell(10, { paused: false }, 'resting')
    expect(bench.follows()).toEqual([4, 9])
  })
})

describe('a forked stream', () => {
  it('[D20] is neither learnt from nor predicted, and is again in a later epoch', async () => {
    const bench = startBench()
    await bench.tell(10, { forked: true })
    await bench.tell(12, { forked: true })
    expect([bench.asked, bench.follows()]).toEqual([[], []])
    await bench.tell(12, { forked: false })
    expect(bench.follows()).toEqual([11])
  })
})

describe('a history that was replaced', () => {
  const other = createRows(createSeededRandom(12), 100)

  it('is noticed by the row learnt last, and learnt from the start', async () => {
    const counters = [createCounter(), createCounter()]
    let next = 0
    const bench = startBench(() => counters[next++]?.forecaster ?? createCounter().forecaster)
    await bench.tell(50)
    bench.replaceRows(other)
    await bench.tell(51)
    expect(counters[1]?.seen).toEqual(Array.from({ length: 51 }, (_, row) => row))
    expect(bench.predictions.map(({ followsRow, kind }) => `${followsRow} ${kind}`)).toEqual(['49 start-up', '50 start-up'])
  })

  it('by a shorter one, or by one of a later epoch, is learnt from the start', async () => {
    for (const rows of [40, 50]) {
      const counters = [createCounter(), createCounter()]
      let next = 0
      const bench = startBench(() => counters[next++]?.forecaster ?? createCounter().forecaster)
      await bench.tell(50)
      bench.replaceRows(other)
      const { head } = historyOf(identityOf(bench.key), other, PAGE_ROWS, rows)
      await bench.tell(rows, { head: { head: { ...head, epoch: 1 }, signature: blankSignature() } })
      expect(counters[1]?.seen).toHaveLength(rows)
      expect(bench.follows()).toEqual([49, rows - 1])
    }
  })
})

describe('a read that fails', () => {
  it('is complained about once and does not spin; the next state is a new try', async () => {
    const { seen, forecaster } = createCounter()
    const bench = startBench(() => forecaster)
    bench.breakReads(true)
    await bench.tell(10)
    expect(bench.complaints).toEqual(['damaged-page'])
    expect(bench.asked).toHaveLength(1)
    bench.breakReads(false)
    await bench.tell(11)
    expect(seen).toEqual(Array.from({ length: 11 }, (_, row) => row))
    expect(bench.follows()).toEqual([10])
  })

  it('in the middle of a stream is made good by the next state, and no row is left out', async () => {
    const { seen, forecaster } = createCounter()
    const bench = startBench(() => forecaster)
    await bench.tell(5)
    bench.breakReads(true)
    await bench.tell(7)
    bench.breakReads(false)
    await bench.tell(7)
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(bench.follows()).toEqual([4, 6])
  })

  it('of one stream leaves the others at work', async () => {
    const bench = startBench()
    bench.breakReads(true)
    await bench.tell(10, {}, 'broken')
    bench.breakReads(false)
    await bench.tell(5, {}, 'working')
    expect(bench.follows()).toEqual([4])
  })

  it('because rows that were told of are not there does not spin', async () => {
    const bench = startBench()
    bench.replaceRows(ALL.slice(0, 5))
    await bench.tell(5)
    await bench.tell(7)
    expect(bench.complaints).toEqual(['no-rows'])
    expect(bench.asked).toEqual(['series 0+5', 'series 4+3'])
  })
})
