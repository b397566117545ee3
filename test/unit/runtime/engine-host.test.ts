import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { rowBytes } from '../../../src/domain/row.ts'
import { predictionStreamOf, streamIdOf } from '../../../src/domain/stream.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { blankSignature, createRows, historyOf } from '../../support/history.ts'
import { identityOf, sha256 } from '../../support/node-key.ts'
import { settle } from '../../support/pipes.ts'
import { ALL, createCounter, startBench } from './engine-bench.ts'

const hashOf = (number: number) => {
  const row = ALL[number]
  if (row === undefined) throw new RangeError(`no row ${number}`)
  return sha256(rowBytes(number, row))
}

const rowsFrom = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** One forecaster after the other, in the order in which they were made. */
const createCounters = () => {
  const seen: number[][] = []
  const createForecaster = () => {
    const counter = createCounter()
    seen.push(counter.seen)
    return counter.forecaster
  }
  return { seen, createForecaster }
}

describe('learning', () => {
  it('reads what is there, then predicts once, after the last row', async () => {
    const bench = startBench()
    await bench.tell(300)
    expect(bench.asked[0]).toMatch(/^series 0\+/)
    expect(bench.predictions).toMatchObject([{ followsRow: 299, followsHash: hashOf(299), kind: 'start-up' }])
    expect(bench.reports.at(-1)).toMatchObject({ behind: 0, notPredictable: null })
  })

  it('learns every new row once and predicts live after it', async () => {
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    await bench.tell(5)
    for (let rows = 6; rows <= 9; rows++) await bench.tell(rows)
    expect(seen).toEqual([rowsFrom(0, 9)])
    expect(bench.said()).toEqual(['4 start-up', '5 live', '6 live', '7 live', '8 live'])
  })

  it('[D47] predicts once per row, however often the state is told', async () => {
    const bench = startBench()
    for (let times = 0; times < 5; times++) await bench.tell(10)
    expect(bench.follows()).toEqual([9])
    expect(bench.asked).toHaveLength(1)
  })

  it('[D47] of rows that came together predicts after the last: what is known already is not predicted', async () => {
    const bench = startBench()
    await bench.tell(10)
    await bench.tell(14)
    expect(bench.said()).toEqual(['9 start-up', '13 live'])
  })

  it('predicts in decimals of the grammar, with the bounds around the value', async () => {
    const bench = startBench()
    await bench.tell(300)
    const [made] = bench.predictions
    for (const text of [made?.value, made?.lower, made?.upper]) expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]?\d+)?$/)
    expect(Number(made?.lower)).toBeLessThanOrEqual(Number(made?.value))
    expect(Number(made?.upper)).toBeGreaterThanOrEqual(Number(made?.value))
  })

  it('[D46] predicts a long history from its last 600 rows at once, then trains on the last ten thousand, which take over', async () => {
    for (const first of [[], [0]]) {
      const { seen, createForecaster } = createCounters()
      const bench = startBench({ createForecaster })
      for (const rows of first) await bench.tell(rows)
      await bench.tell(13_000)
      for (let turns = 0; turns < 50; turns++) await settle()
      expect(seen).toEqual([rowsFrom(12_400, 13_000), rowsFrom(3_000, 13_000)])
      expect(bench.predictions).toMatchObject([{ followsRow: 12_999, value: '600', kind: 'start-up' }])
    }
  })

  it('[D46] new rows are learnt and predicted while it trains, and afterwards by who was trained', async () => {
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster, share: 0.5, costMs: 0.1 })
    await bench.tell(2_000)
    await bench.pass(160)
    expect(bench.predictions).toHaveLength(1)
    await bench.tell(2_001)
    expect(bench.predictions).toHaveLength(2)
    await bench.pass(2_000)
    await bench.tell(2_002)
    expect(seen).toEqual([rowsFrom(1_400, 2_001), rowsFrom(0, 2_002)])
    expect(bench.predictions.map(({ followsRow, value }) => `${followsRow} ${value}`)).toEqual(['1999 600', '2000 601', '2001 2002'])
  })

  it('lets no stream starve: each gets a slice in turn', async () => {
    const bench = startBench()
    const release = bench.hold()
    await bench.tell(500, {}, 'long')
    await bench.tell(5, {}, 'short')
    release()
    await settle()
    expect(bench.asked.map((line) => line.split(' ')[0]).slice(0, 3)).toEqual(['long', 'short', 'long'])
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

describe('[D45] pausing', () => {
  it('the engine means no work and no timer, and going on means to catch up at once', async () => {
    const bench = startBench()
    bench.host.setShare(0)
    await bench.tell(10)
    await bench.tell(11)
    bench.clock.advance(3_600_000)
    await settle()
    expect([bench.asked, bench.predictions]).toEqual([[], []])
    bench.host.setShare(1)
    await settle()
    expect(bench.follows()).toEqual([10])
  })

  it('in the middle ends the work, and nothing is learnt twice', async () => {
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    const release = bench.hold()
    await bench.tell(500)
    bench.host.setShare(0)
    release()
    await settle()
    expect([bench.asked.length, seen.flat(), bench.predictions.length]).toEqual([1, [], 0])
    bench.host.setShare(1)
    await settle()
    expect(seen).toEqual([rowsFrom(0, 500)])
    expect(bench.follows()).toEqual([499])
  })

  it('one stream leaves the others at work, and it goes on when it is told to', async () => {
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
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    await bench.tell(50)
    bench.replaceRows(other)
    await bench.tell(51)
    expect(seen[1]).toEqual(rowsFrom(0, 51))
    expect(bench.said()).toEqual(['49 start-up', '50 start-up'])
  })

  it('by a shorter one, or by one of a later epoch, is learnt from the start', async () => {
    for (const rows of [40, 50]) {
      const { seen, createForecaster } = createCounters()
      const bench = startBench({ createForecaster })
      await bench.tell(50)
      bench.replaceRows(other)
      const { head } = historyOf(identityOf(bench.key), other, PAGE_ROWS, rows)
      await bench.tell(rows, { head: { head: { ...head, epoch: 1 }, signature: blankSignature() } })
      expect(seen[1]).toHaveLength(rows)
      expect(bench.follows()).toEqual([49, rows - 1])
    }
  })
})

describe('a read that fails', () => {
  it('is complained about once and does not spin; the next state is a new try', async () => {
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    bench.breakReads('damaged-page')
    await bench.tell(10)
    await bench.tell(10)
    expect(bench.complaints).toEqual(['damaged-page'])
    expect(bench.asked).toHaveLength(2)
    bench.breakReads(null)
    await bench.tell(11)
    expect(seen.flat()).toEqual(rowsFrom(0, 11))
    expect(bench.follows()).toEqual([10])
  })

  it('in the middle of a stream is made good by the next state, and no row is left out', async () => {
    const { seen, createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    await bench.tell(5)
    bench.breakReads('damaged-page')
    await bench.tell(7)
    bench.breakReads(null)
    await bench.tell(7)
    expect(seen).toEqual([rowsFrom(0, 7)])
    expect(bench.follows()).toEqual([4, 6])
  })

  it('of one stream leaves the others at work', async () => {
    const bench = startBench()
    bench.breakReads('damaged-page')
    await bench.tell(10, {}, 'broken')
    bench.breakReads(null)
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

describe('a prediction that is not taken', () => {
  it('[D47] is asked for again when the stream is told of anew, and complained about once', async () => {
    const bench = startBench()
    bench.refusePredictions('data-restarted')
    await bench.tell(10)
    await bench.tell(10)
    expect([bench.follows(), bench.complaints]).toEqual([[], ['data-restarted']])
    bench.refusePredictions(null)
    await bench.tell(10)
    expect(bench.follows()).toEqual([9])
  })

  it('[D47] is the start-up prediction still when it is asked for again', async () => {
    const bench = startBench()
    bench.refusePredictions('data-restarted')
    await bench.tell(10)
    bench.refusePredictions(null)
    for (const rows of [10, 11]) await bench.tell(rows)
    expect(bench.said()).toEqual(['9 start-up', '10 live'])
  })

  it('[D47] is asked for again when its own stream can go on, and not whenever that is told of', async () => {
    const bench = startBench()
    const identity = predictionStreamOf(bench.key.publicKey, bench.streamOf('series'))
    const tellOwn = (rows: number, more: Partial<StreamState> = {}) => bench.tell(rows, { identity, own: true, stream: streamIdOf(identity, sha256), ...more }, 'own')
    await tellOwn(0, { phase: 'wanted' })
    bench.refusePredictions('recover-first')
    await bench.tell(10)
    const asked = bench.asked.length
    await tellOwn(0, { phase: 'wanted', problem: { code: 'damaged-page', message: '' } })
    expect(bench.asked.length).toBe(asked)
    await tellOwn(0, { phase: 'fetching' })
    expect(bench.asked.length).toBe(asked + 1)
    bench.refusePredictions(null)
    await tellOwn(7)
    expect([bench.said(), bench.complaints]).toEqual([['9 start-up'], ['recover-first']])
  })

  it('[D47] is not asked for again when the next row has come meanwhile', async () => {
    const bench = startBench()
    bench.refusePredictions('data-restarted')
    await bench.tell(10)
    bench.refusePredictions(null)
    await bench.tell(11)
    expect(bench.follows()).toEqual([10])
  })
})

describe('the live score', () => {
  it('pairs each published prediction with the row that came, and counts nothing that was not published', async () => {
    const { createForecaster } = createCounters()
    const bench = startBench({ createForecaster })
    const values = ['1', '2', '3', '10', '5', 'n/a', '7', '8', '9']
    bench.replaceRows(values.map((value, i) => ({ form: 'observation', time: (i * 1_000_000) as never, value })))
    await bench.tell(3)
    expect(bench.reports.at(-1)?.live).toEqual({ scored: 0, relMae: null, coverage: null })
    // It says 3 … of 0 to 6, and 10 comes; it says 4 of 0 to 8, and 5 comes; then a word comes, which is no score; after it none can be compared.
    for (let rows = 4; rows <= 7; rows++) await bench.tell(rows)
    expect(bench.reports.at(-1)?.live).toEqual({ scored: 2, relMae: (7 + 1) / (7 + 5), coverage: 0.5 })
    bench.refusePredictions('disk-full')
    await bench.tell(8)
    const before = bench.reports.at(-1)?.live.scored
    bench.refusePredictions(null)
    await bench.tell(9)
    expect(bench.reports.at(-1)?.live.scored).toBe(before)
  })
})
