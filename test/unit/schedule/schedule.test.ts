import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createSchedule, MAX_CREDIT_MS, SLICE_MS } from '../../../src/schedule/schedule.ts'
import { createUsage } from '../../../src/schedule/usage.ts'
import type { Need, ScheduleEffect, Wish } from '../../../src/schedule/words.ts'

/** A driver in virtual time: what is run takes as long as `costOf` says. */
const startBench = (share: number, costOf: (job: string, limitMs: number) => { readonly busyMs: number; readonly wish: Wish | null }) => {
  const schedule = createSchedule()
  const trace: { readonly job: string; readonly from: number; readonly to: number }[] = []
  let now = 1_000
  let wakeAt: number | null = null
  let running: { readonly job: string; readonly from: number; readonly limitMs: number } | null = null
  const perform = (effects: readonly ScheduleEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'wake') wakeAt = effect.afterMs === null ? null : now + effect.afterMs
      else {
        if (running !== null) throw new Error('two run at a time')
        running = { job: effect.job, from: now, limitMs: effect.limitMs }
      }
    }
  }
  const isBusy = (): boolean => running !== null || (wakeAt !== null && wakeAt <= now)
  const step = (event: Parameters<typeof schedule.step>[0]): void => perform(schedule.step(event))
  const setShare = (wanted: number): void => step({ type: 'share', share: wanted, now })
  setShare(share)
  return {
    trace,
    now: () => now,
    isWaiting: () => wakeAt !== null,
    setShare,
    wish: (job: string, wanted: Wish | null) => step({ type: 'wish', job, wish: wanted, now }),
    /** Time passes; slices end and timers fire when they are due. */
    pass: (ms: number): void => {
      for (const until = now + ms; ; ) {
        if (running !== null) {
          const { job, from, limitMs } = running
          const { busyMs, wish } = costOf(job, limitMs)
          now = from + busyMs
          running = null
          trace.push({ job, from, to: now })
          step({ type: 'ended', busyMs, wish, now })
        } else if (wakeAt !== null && wakeAt <= until) {
          now = Math.max(now, wakeAt)
          wakeAt = null
          step({ type: 'woke', now })
        } else {
          now = Math.max(now, until)
          return
        }
        if (now >= until && !isBusy()) return
        if (now >= until + 10 * SLICE_MS) return
      }
    },
  }
}

const wishFor = (need: Need, since = 0, trained = 0): Wish => ({ need, since, trained })

/** The most that was worked in any window of so long. */
const busiest = (trace: readonly { readonly from: number; readonly to: number }[], windowMs: number): number =>
  Math.max(
    ...trace.map(({ from }) =>
      trace.reduce((sum, slice) => sum + Math.max(0, Math.min(slice.to, from + windowMs) - Math.max(slice.from, from)), 0)),
  )

describe('[D43] what is done next', () => {
  it('is new data first, then the stalest, then the least trained', () => {
    const bench = startBench(1, () => ({ busyMs: 5, wish: null }))
    bench.wish('blocker', wishFor('training'))
    bench.wish('trained', wishFor('training', 0, 900))
    bench.wish('untrained', wishFor('training', 0, 3))
    bench.wish('stale', wishFor('forecast', 10, 0))
    bench.wish('stalest', wishFor('forecast', 5, 50))
    bench.wish('later news', wishFor('news', 30))
    bench.wish('news', wishFor('news', 20))
    bench.pass(1_000)
    expect(bench.trace.map(({ job }) => job)).toEqual(['blocker', 'news', 'later news', 'stalest', 'stale', 'untrained', 'trained'])
  })

  it('is nothing where nobody wishes for anything, and then nothing waits for a time', () => {
    const bench = startBench(0.1, () => ({ busyMs: 1, wish: null }))
    bench.wish('a', wishFor('news'))
    bench.pass(1_000)
    expect([bench.trace.length, bench.isWaiting()]).toEqual([1, false])
    bench.wish('b', wishFor('training'))
    bench.wish('b', null)
    bench.pass(1_000)
    expect(bench.trace.filter(({ job }) => job === 'b').length).toBeLessThanOrEqual(1)
  })

  it('is not done before its time, and others are meanwhile', () => {
    const bench = startBench(1, () => ({ busyMs: 5, wish: null }))
    const then = bench.now() + 700
    bench.wish('later', wishFor('forecast', then))
    bench.wish('now', wishFor('training'))
    bench.pass(600)
    expect([bench.trace.map(({ job }) => job), bench.isWaiting()]).toEqual([['now'], true])
    bench.pass(200)
    expect(bench.trace.map(({ job, from }) => `${job} ${from >= then}`)).toEqual(['now false', 'later true'])
    expect(bench.isWaiting()).toBe(false)
  })

  it('a new row waits no longer than a slice for what could wait, at any share', () => {
    for (const share of [0.05, 0.3, 1]) {
      const bench = startBench(share, (job, limitMs) => (job === 'bulk' ? { busyMs: limitMs, wish: wishFor('training') } : { busyMs: 0.3, wish: null }))
      bench.wish('bulk', wishFor('training'))
      for (let i = 0; i < 200; i++) {
        bench.pass(97)
        const told = bench.now()
        bench.wish(`row ${i}`, wishFor('news', told))
        bench.pass(1)
        const served = bench.trace.find(({ job }) => job === `row ${i}`)
        expect((served?.from ?? Infinity) - told).toBeLessThanOrEqual(SLICE_MS)
      }
    }
  })
})

describe('[D44] the share of a core', () => {
  it('is kept: in any ten seconds no more than it and one slice, whatever there is to do', () => {
    const random = createSeededRandom(4)
    for (const share of [0.05, 0.1, 0.5, 0.9]) {
      const bench = startBench(share, (job, limitMs) =>
        job === 'bulk' ? { busyMs: limitMs * (0.5 + random.next() / 2), wish: wishFor('training') } : { busyMs: random.next(), wish: null })
      bench.wish('bulk', wishFor('training'))
      for (let i = 0; i < 3_000; i++) {
        bench.pass(random.below(30))
        if (random.next() < 0.5) bench.wish(`row ${i}`, wishFor('news', bench.now()))
        if (random.next() < 0.01) bench.wish('bulk', random.next() < 0.3 ? null : wishFor('training'))
      }
      expect(busiest(bench.trace, 10_000)).toBeLessThanOrEqual(share * 10_000 + MAX_CREDIT_MS + 1)
    }
  })

  it('does not hold up the first forecasts: what they cost is lent, once, and for nothing else', () => {
    const bench = startBench(0.1, (job, limitMs) => ({ busyMs: limitMs, wish: wishFor(job === 'bulk' ? 'training' : 'forecast', bench.now()) }))
    const busy = () => bench.trace.reduce((sum, { from, to }) => sum + to - from, 0)
    bench.wish('bulk', wishFor('training'))
    bench.pass(2_000)
    expect(busy()).toBeLessThanOrEqual(0.1 * 2_000 + MAX_CREDIT_MS)
    bench.wish('bulk', null)
    bench.pass(1_000)
    const [before, begun] = [busy(), bench.now()]
    bench.wish('history', wishFor('forecast', begun))
    bench.pass(400)
    expect(busy() - before).toBeGreaterThanOrEqual(400)
    bench.pass(20_000)
    expect(busy() - before).toBeLessThanOrEqual(400 + 0.1 * (bench.now() - begun) + MAX_CREDIT_MS + 1)
  })

  it('is used: where there is enough to do, nothing of it is given away', () => {
    for (const share of [0.05, 0.5, 1]) {
      const bench = startBench(share, (_, limitMs) => ({ busyMs: limitMs, wish: wishFor('training') }))
      bench.wish('bulk', wishFor('training'))
      bench.pass(20_000)
      const busy = bench.trace.reduce((sum, { from, to }) => sum + to - from, 0)
      expect(busy).toBeGreaterThanOrEqual(share * 20_000 * 0.97)
    }
  })

  it('is paid back after a slice that took far longer than it should', () => {
    const bench = startBench(0.1, () => ({ busyMs: 500, wish: wishFor('training') }))
    bench.wish('slow', wishFor('training'))
    bench.pass(10_000)
    expect(bench.trace.length).toBeLessThanOrEqual(3)
  })

  it('1,000 streams at a row a minute each need a hundredth of a core, and every row is served within a tenth of a second', () => {
    const waits: number[] = []
    let served = 0
    const bench = startBench(0.05, (job, limitMs) => (job === 'bulk' ? { busyMs: limitMs, wish: wishFor('training') } : (served++, { busyMs: 0.6, wish: null })))
    bench.wish('bulk', wishFor('training'))
    for (let row = 0; row < 3_000; row++) {
      const told = bench.now()
      bench.wish(`row ${row}`, wishFor('news', told))
      bench.pass(60)
      waits.push((bench.trace.find(({ job }) => job === `row ${row}`)?.from ?? Infinity) - told)
    }
    expect(served).toBe(3_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(100)
  })
})

describe('[D45] a pause', () => {
  it('means no work and no timer, and its end means work at once', () => {
    const bench = startBench(0.5, (_, limitMs) => ({ busyMs: limitMs, wish: wishFor('training') }))
    bench.wish('bulk', wishFor('training'))
    bench.pass(5_000)
    expect(bench.isWaiting()).toBe(true)
    bench.setShare(0)
    expect(bench.isWaiting()).toBe(false)
    const before = bench.trace.length
    bench.wish('news', wishFor('news'))
    bench.pass(60_000)
    expect([bench.trace.length - before, bench.isWaiting()]).toEqual([0, false])
    const resumed = bench.now()
    bench.setShare(0.5)
    bench.pass(0)
    expect(bench.trace.at(-1)).toMatchObject({ job: 'news', from: resumed })
    expect(bench.trace.length - before).toBeGreaterThan(0)
  })

  it('lets a slice that is under way end, and begins none after it', () => {
    const schedule = createSchedule()
    schedule.step({ type: 'share', share: 1, now: 0 })
    expect(schedule.step({ type: 'wish', job: 'a', wish: wishFor('news'), now: 0 })).toEqual([{ type: 'run', job: 'a', limitMs: SLICE_MS }])
    expect(schedule.step({ type: 'share', share: 0, now: 1 })).toEqual([])
    expect(schedule.step({ type: 'ended', busyMs: 2, wish: wishFor('news'), now: 2 })).toEqual([])
  })
})

describe('what was used', () => {
  it('is told of the last ten seconds', () => {
    const usage = createUsage()
    for (let second = 0; second < 20; second++) usage.add(second * 1_000 + 500, 300)
    expect(usage.share(19_999)).toBeCloseTo(0.3)
    expect(usage.share(24_999)).toBeCloseTo(0.15)
    expect(usage.share(40_000)).toBe(0)
  })
})
