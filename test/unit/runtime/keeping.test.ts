import { describe, expect, it } from 'vitest'
import { createForecaster } from '../../../src/engine/forecaster.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { blankSignature, createRows, historyOf } from '../../support/history.ts'
import { identityOf } from '../../support/node-key.ts'
import { createCounter, restoreCounter, startBench, type Bench, type BenchOptions } from './engine-bench.ts'

const MINUTE_MS = 60_000

/** Rows come one by one, a minute apart. */
const rowsTo = async (bench: Bench, from: number, to: number): Promise<void> => {
  for (let rows = from; rows <= to; rows++) {
    await bench.tell(rows)
    await bench.pass(10)
  }
}

const made = (bench: Bench) => bench.predictions.map(({ followsRow, value, lower, upper }) => `${followsRow}: ${value} (${lower} … ${upper})`)

/** An engine that has learnt 250 rows and kept them, and was killed then. */
const killedAfter = async (rows: number): Promise<Bench> => {
  const bench = startBench()
  await bench.tell(rows)
  bench.kill()
  return bench
}

describe('[D40] what was learnt', () => {
  it('is kept, and a restart goes on from it as if nothing had happened, bit for bit', async () => {
    const whole = startBench()
    await whole.tell(250)
    await rowsTo(whole, 251, 300)
    const first = await killedAfter(250)
    expect(first.disk.size).toBe(1)
    const second = startBench({ disk: first.disk })
    await rowsTo(second, 270, 300)
    expect(made(second)).toEqual(made(whole).slice(-31))
    expect(second.predictions[0]?.kind).toBe('start-up')
  })

  it('is not learnt again: only the rows since are read', async () => {
    const first = await killedAfter(250)
    const second = startBench({ disk: first.disk })
    await second.tell(260)
    expect(second.asked).toEqual(['series 249+11'])
  })

  it('is kept when a hundred rows more are learnt, and at most once a minute', async () => {
    const bench = startBench()
    await bench.tell(99)
    expect(bench.disk.size).toBe(0)
    await bench.tell(100)
    const [kept] = bench.disk.values()
    expect(kept).toBeDefined()
    await bench.tell(199)
    bench.clock.advance(MINUTE_MS)
    await bench.tell(199)
    expect([...bench.disk.values()]).toEqual([kept])
    await bench.tell(200)
    const [later] = bench.disk.values()
    expect(later).not.toEqual(kept)
    await bench.tell(400)
    expect([...bench.disk.values()]).toEqual([later])
    bench.clock.advance(MINUTE_MS)
    await bench.tell(401)
    expect([...bench.disk.values()]).not.toEqual([later])
  })

  it('is not that of the few rows a first forecast came from, but of all that was trained on', async () => {
    const bench = startBench()
    await bench.tell(900)
    await bench.pass(100)
    bench.kill()
    const second = startBench({ disk: bench.disk })
    await second.tell(901)
    expect(second.asked).toEqual(['series 899+2'])
    const whole = startBench()
    await whole.tell(900)
    await whole.pass(100)
    await whole.tell(901)
    expect(made(second)).toEqual(made(whole).slice(-1))
  })
})

describe('[D41] what was kept and is not of this history', () => {
  const expectAnew = async (bench: Bench, rows: number): Promise<void> => {
    await bench.tell(rows)
    const anew = startBench()
    expect(bench.complaints).toEqual(['learnt-discarded'])
    await anew.tell(rows)
    expect(made(bench).slice(-1)).toEqual(made(anew))
  }

  it('because its last row is another one now is thrown away, and learnt anew', async () => {
    const first = await killedAfter(250)
    const second = startBench({ disk: first.disk })
    const other = createRows(createSeededRandom(12), 300)
    second.replaceRows(other)
    await second.tell(260)
    expect(second.complaints).toEqual(['learnt-discarded'])
    const anew = startBench()
    anew.replaceRows(other)
    await anew.tell(260)
    expect(made(second)).toEqual(made(anew))
  })

  it('because the history is shorter now, or of another epoch, is thrown away', async () => {
    const shorter = startBench({ disk: (await killedAfter(250)).disk })
    await expectAnew(shorter, 240)
    const later = startBench({ disk: (await killedAfter(250)).disk })
    const { head } = historyOf(identityOf(later.key), createRows(createSeededRandom(12), 1), PAGE_ROWS)
    await later.tell(260, { head: { head: { ...head, rows: 260, epoch: 1 }, signature: blankSignature() } })
    expect(later.complaints).toEqual(['learnt-discarded'])
  })

  it('because it stands under the name of another stream is thrown away, though that has the same rows', async () => {
    const first = await killedAfter(250)
    const [kept = new Uint8Array(0)] = first.disk.values()
    const second = startBench({ disk: new Map([[first.streamOf('other'), kept]]) })
    await second.tell(260, {}, 'other')
    expect(second.complaints).toEqual(['learnt-discarded'])
  })

  it('because the rows since are more than are ever learnt is thrown away', async () => {
    const second = startBench({ disk: (await killedAfter(250)).disk, createForecaster: () => createCounter().forecaster })
    await second.tell(12_000)
    expect(second.complaints).toEqual(['learnt-discarded'])
  })

  it('or is damaged, in any byte, is thrown away and never believed', async () => {
    const { disk } = await killedAfter(250)
    const [[stream, kept] = ['', new Uint8Array(0)]] = disk
    const random = createSeededRandom(5)
    const spoiled = [
      kept.subarray(0, kept.length - 1), new Uint8Array(0), Uint8Array.of(1, 2, 3), new Uint8Array([...kept, 0]),
      ...Array.from({ length: 12 }, (_, i) => kept.with(i < 6 ? random.below(90) : random.below(kept.length), random.below(256))),
    ].filter((bytes) => Buffer.compare(bytes, kept) !== 0)
    const anew = startBench()
    await anew.tell(260)
    for (const bytes of spoiled) {
      const second = startBench({ disk: new Map([[stream, bytes]]) })
      await second.tell(260)
      expect(second.complaints).toEqual(['learnt-discarded'])
      expect(made(second)).toEqual(made(anew))
    }
  })
})

/** Engines whose forecasts tell how many rows they come from. */
const counting = (options: BenchOptions = {}): Bench =>
  startBench({ createForecaster: () => createCounter().forecaster, restoreForecaster: restoreCounter, costMs: 0.1, share: 0.5, ...options })

const valuesAfter = (bench: Bench, row: number): readonly string[] => bench.predictions.filter(({ followsRow }) => followsRow === row).map(({ value }) => value)

describe('[D42] a crowd of long histories', () => {
  const crowd = Array.from({ length: 12 }, (_, at) => `stream ${at}`)
  const most = { mostAwake: 3 }
  /** Passes until there is a forecast after this row of each, and training has begun. */
  const untilForecast = async (bench: Bench, row: number): Promise<void> => {
    for (let turns = 0; turns < 500 && valuesAfter(bench, row).length < crowd.length; turns++) await bench.pass(10)
    await bench.pass(60)
  }
  const tellAll = async (bench: Bench, rows: number): Promise<void> => {
    for (const name of crowd) await bench.tell(rows, {}, name)
  }

  it('never has more forecasters in memory than fit, one at work and one in training; each is trained all the same', async () => {
    const bench = counting(most)
    await tellAll(bench, 1_000)
    await untilForecast(bench, 999)
    expect(valuesAfter(bench, 999)).toEqual(crowd.map(() => '600'))
    // In the middle of the first training.
    await tellAll(bench, 1_001)
    await bench.pass(6_000)
    await tellAll(bench, 1_002)
    await bench.pass(1_000)
    expect([valuesAfter(bench, 1_001), bench.most()]).toEqual([crowd.map(() => '1002'), 5])
  })

  it('that was only learnt quickly is still to be trained on after a restart', async () => {
    const first = counting(most)
    await tellAll(first, 1_000)
    await untilForecast(first, 999)
    first.kill()
    const second = counting({ ...most, disk: first.disk })
    await tellAll(second, 1_001)
    await untilForecast(second, 1_000)
    expect(valuesAfter(second, 1_000).filter((value) => value === '601').length).toBeGreaterThanOrEqual(8)
    await second.pass(6_000)
    await tellAll(second, 1_002)
    await second.pass(1_000)
    expect([valuesAfter(second, 1_001), second.complaints]).toEqual([crowd.map(() => '1002'), []])
  })

  it('is bounded too where its rows cannot be read, or its predictions are not taken', async () => {
    for (const trouble of ['read', 'predict'] as const) {
      const bench = counting(most)
      if (trouble === 'read') bench.breakReads('damaged-page')
      else bench.refusePredictions('disk-full')
      await tellAll(bench, 1_000)
      await bench.pass(3_000)
      expect([bench.host.forecasters(), bench.most()]).toEqual(trouble === 'read' ? [4, 0] : [4, 4])
    }
  })

  it('that is paused in the middle of its training makes way for the next one', async () => {
    const bench = counting({ mostAwake: 12 })
    for (const name of crowd) {
      await bench.tell(1_000, {}, name)
      // Its quick lesson takes 60, its long one 100.
      await bench.pass(120)
      await bench.tell(1_000, { paused: true }, name)
    }
    expect([bench.host.forecasters(), bench.most()]).toEqual([12 + 1, 12 + 1])
    await tellAll(bench, 1_000)
    await bench.pass(6_000)
    await tellAll(bench, 1_001)
    await bench.pass(1_000)
    expect(valuesAfter(bench, 1_000)).toEqual(crowd.map(() => '1001'))
  })

  it('gets on though its streams, equally stale, throw one another out after every slice', async () => {
    const bench = counting({ mostAwake: 1, costMs: 0.5, share: 0 })
    await tellAll(bench, 1_000)
    bench.host.setShare(0.5)
    await bench.pass(8_000)
    // Ten slices each.
    expect(bench.restores()).toBeGreaterThan(50)
    expect([...valuesAfter(bench, 999)].sort()).toEqual(crowd.map(() => '600'))
  })
})

describe('[D42] forecasters in memory', () => {
  const names = ['a', 'b', 'c', 'd']

  it('are at most as many as fit: the others work from storage, and predict the same', async () => {
    const run = async (mostAwake: number) => {
      let alive = 0
      const bench = startBench({ mostAwake, createForecaster: () => (alive++, createForecaster()) })
      for (let rows = 120; rows <= 130; rows++) for (const name of names) await bench.tell(rows, {}, name)
      return { made: bench.predictions.map(({ follows, ...row }) => `${follows} ${row.followsRow} ${row.value} ${row.kind}`).sort(), alive, disk: bench.disk.size, restores: bench.restores() }
    }
    const [few, all] = [await run(2), await run(4)]
    expect(few.made).toEqual(all.made)
    expect([few.disk, few.alive]).toEqual([4, 4])
    // Two of the four, each of the ten times that a row came.
    expect([few.restores, all.restores]).toEqual([20, 0])
  })

  it('stay with those whose rows come, and leave those that got none for an hour', async () => {
    const bench = startBench({ mostAwake: 1 })
    await bench.tell(120, {}, 'old')
    await bench.tell(120, {}, 'new')
    bench.clock.advance(3_600_001)
    await bench.tell(121, {}, 'new')
    bench.asked.length = 0
    await bench.tell(122, {}, 'new')
    expect([bench.asked, bench.restores()]).toEqual([['new 120+2'], 1])
    await bench.tell(121, {}, 'old')
    expect([bench.asked.at(-1), bench.restores()]).toEqual(['old 119+2', 2])
  })
})

describe('[D40] what is written', () => {
  it('and was thrown out since, to make room for others, is written again with the next row', async () => {
    const bench = counting({ mostAwake: 1 })
    for (const name of ['a', 'b']) await bench.tell(120, {}, name)
    await bench.pass(1_000)
    bench.disk.clear()
    const again = async (rows: number): Promise<number> => {
      for (const name of ['a', 'b']) await bench.tell(rows, {}, name)
      await bench.pass(1_000)
      return bench.restores()
    }
    const before = await again(121)
    // Of the two the one that is not in memory.
    expect(bench.disk.size).toBe(1)
    expect(await again(122)).toBe(before + 1)
  })

  it('and was damaged since is written again with the next row, when it has been learnt anew', async () => {
    const bench = counting({ mostAwake: 1 })
    for (const name of ['a', 'b']) await bench.tell(120, {}, name)
    await bench.pass(1_000)
    for (const [stream, bytes] of bench.disk) bench.disk.set(stream, bytes.subarray(1))
    const keeps = bench.keeps()
    for (const name of ['a', 'b']) await bench.tell(121, {}, name)
    await bench.pass(1_000)
    // Of the two the one that was not in memory. Its rows count as kept no more.
    expect({ complaints: bench.complaints, again: bench.keeps() - keeps }).toEqual({ complaints: ['learnt-discarded'], again: 1 })
  })

  it('is not written a second time by who makes room before it was answered', async () => {
    const bench = counting({ mostAwake: 1 })
    await bench.tell(120, {}, 'a')
    await bench.pass(1_000)
    expect(bench.keeps()).toBe(1)
    const release = bench.holdKeeps()
    await bench.tell(120, {}, 'b')
    await bench.pass(1_000)
    release()
    expect(bench.keeps()).toBe(2)
  })

  it('of the quick lesson, and answered only when the long one has taken over, does not stand for that', async () => {
    const bench = counting({ mostAwake: 1 })
    await bench.tell(50, {}, 'b')
    await bench.pass(200)
    const release = bench.holdKeeps()
    await bench.tell(1_000, {}, 'a')
    for (let turns = 0; turns < 100 && bench.keeps() === 0; turns++) await bench.pass(10)
    // What was written is the quick lesson. Now there is memory for the long one, but no room on disk.
    bench.forget('b')
    bench.fillDisk(true)
    await bench.pass(3_000)
    release()
    await bench.pass(10)
    bench.fillDisk(false)
    bench.clock.advance(MINUTE_MS)
    await bench.tell(1_001, {}, 'a')
    await bench.pass(100)
    bench.kill()
    const second = counting({ disk: bench.disk })
    await second.tell(1_002, {}, 'a')
    await second.pass(50)
    expect([bench.complaints, valuesAfter(second, 1_001)]).toEqual([['learnt-not-kept'], ['1002']])
  })
})

describe('[D42] who is gone', () => {
  it('leaves no memory behind, in the middle of its training too', async () => {
    for (const goes of ['forgotten', 'replaced'] as const) {
      const bench = counting()
      await bench.tell(1_000)
      await bench.pass(60)
      expect(bench.host.forecasters()).toBe(2)
      if (goes === 'forgotten') bench.forget()
      else await bench.tell(0)
      expect(bench.host.forecasters()).toBe(0)
    }
  })
})

it('[D40] a stream that was forgotten while it was learnt is kept no more', async () => {
  const bench = startBench()
  const release = bench.hold()
  await bench.tell(150)
  bench.forget()
  release()
  await bench.pass(100)
  expect(bench.disk.size).toBe(0)
})
