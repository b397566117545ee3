import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createPace, PACE_DEFAULTS } from '../../../src/transfer/pace.ts'

const FRAME = 20_000
const MIB = 1024 * 1024

interface Line {
  readonly bytesPerSecond: number
  readonly roundTripMs: number
  /** Bytes that the bottleneck's queue holds before it drops. */
  readonly queueBytes: number
}

interface Outcome {
  /** Of the line's rate, after the first second. */
  readonly share: number
  /** Frames that a drop-tail queue would have dropped, once the start is over (two seconds). */
  readonly overflows: number
  readonly largestWindow: number
  readonly lastWindow: number
}

/** When the receiver gets to what arrives then: at once, unless its processor has others to serve. */
type Awake = (at: number) => number

/** What it takes to hand on a frame, milliseconds. */
const HANDLING_MS = 0.5

/** Has others to serve for `busyMs` at a time, `freeMs` after the last time: any time between nothing and twice that. Asked in ascending order. */
const shared = (busyMs: number, freeMs: number): Awake => {
  const random = createSeededRandom(1)
  let busy = { from: 0, to: 0 }
  let freeAt = 0
  return (at) => {
    let begin = Math.max(at, freeAt)
    while (begin >= busy.to) {
      const from = busy.to + random.next() * 2 * freeMs
      busy = { from, to: from + random.next() * 2 * busyMs }
    }
    if (begin >= busy.from) begin = busy.to
    freeAt = begin + HANDLING_MS
    return freeAt
  }
}

/** A greedy sender over one bottleneck in virtual time: frames leave it one after the other, credit comes back half a round trip later. */
const transmit = (lineAt: (now: number) => Line, seconds: number, awake: Awake = (at) => at): Outcome => {
  const pace = createPace()
  const credits: { readonly at: number; readonly total: number }[] = []
  let sent = 0
  let consumed = 0
  let freeAt = 0
  let counted = 0
  let overflows = 0
  let largestWindow = 0
  for (let now = 0; now < seconds * 1000; now += 1) {
    const { bytesPerSecond, roundTripMs, queueBytes } = lineAt(now)
    for (let due = credits[0]; due !== undefined && due.at <= now; due = credits[0]) {
      credits.shift()
      consumed = due.total
      pace.credited(consumed, now)
      if (now > 1000) counted += FRAME
    }
    while (sent - consumed + FRAME <= pace.window) {
      sent += FRAME
      pace.sent(sent, now)
      freeAt = Math.max(freeAt, now) + (FRAME / bytesPerSecond) * 1000
      if (now > 2000 && ((freeAt - now) / 1000) * bytesPerSecond > queueBytes) overflows++
      credits.push({ at: awake(freeAt + roundTripMs / 2) + roundTripMs / 2, total: sent })
    }
    pace.limited()
    largestWindow = Math.max(largestWindow, pace.window)
  }
  return { share: counted / (lineAt(0).bytesPerSecond * (seconds - 1)), overflows, largestWindow, lastWindow: pace.window }
}

/** Greedy senders over one bottleneck, each from its time on: how full the line is after five seconds, and how long its queue at the most. */
const together = ({ bytesPerSecond, roundTripMs }: Omit<Line, 'queueBytes'>, begins: readonly number[], seconds: number) => {
  const senders = begins.map((from) => ({ from, pace: createPace(), sent: 0, consumed: 0, credits: [] as { at: number; total: number }[] }))
  let freeAt = 0
  let carried = 0
  let longestQueueMs = 0
  for (let now = 0; now < seconds * 1000; now++) {
    for (const sender of senders.filter(({ from }) => from <= now)) {
      for (let due = sender.credits[0]; due !== undefined && due.at <= now; due = sender.credits[0]) {
        sender.credits.shift()
        sender.consumed = due.total
        sender.pace.credited(due.total, now)
        if (now > 5_000) carried += FRAME
      }
      while (sender.sent - sender.consumed + FRAME <= sender.pace.window) {
        sender.sent += FRAME
        sender.pace.sent(sender.sent, now)
        freeAt = Math.max(freeAt, now) + (FRAME / bytesPerSecond) * 1000
        sender.credits.push({ at: freeAt + roundTripMs, total: sender.sent })
      }
      sender.pace.limited()
    }
    if (now > 5_000) longestQueueMs = Math.max(longestQueueMs, freeAt - now)
  }
  return { share: carried / (bytesPerSecond * (seconds - 5)), longestQueueMs }
}

describe('the window of a link', () => {
  it.each([
    { bytesPerSecond: 8 * MIB, roundTripMs: 20 },
    { bytesPerSecond: 5 * MIB, roundTripMs: 40 },
    { bytesPerSecond: 2.5 * MIB, roundTripMs: 80 },
    { bytesPerSecond: 20 * MIB, roundTripMs: 5 },
  ])('[L23] fills a line of $bytesPerSecond bytes/s and $roundTripMs ms without flooding its queue', (line) => {
    // A tenth of a second of queue: little for a home router.
    const { share, overflows } = transmit(() => ({ ...line, queueBytes: line.bytesPerSecond / 10 }), 8)
    expect(share).toBeGreaterThan(0.85)
    expect(overflows).toBe(0)
  })

  it('[L39] leaves no more in the queue after a minute than at the beginning', () => {
    const line = { bytesPerSecond: 2.5 * MIB, roundTripMs: 80, queueBytes: 0.25 * MIB }
    const { share, overflows } = transmit(() => line, 60)
    expect(share).toBeGreaterThan(0.95)
    expect(overflows).toBe(0)
  })

  it.each([
    { bytesPerSecond: 8 * MIB, roundTripMs: 20, busyMs: 20, least: 0.98 },
    { bytesPerSecond: 8 * MIB, roundTripMs: 20, busyMs: 40, least: 0.9 },
    { bytesPerSecond: 5 * MIB, roundTripMs: 40, busyMs: 40, least: 0.95 },
  ])('[L40] fills a line of $bytesPerSecond bytes/s and $roundTripMs ms whose receiver has others to serve for $busyMs ms at a time', ({ busyMs, least, ...line }) => {
    const { share } = transmit(() => ({ ...line, queueBytes: Infinity }), 20, shared(busyMs, 50))
    expect(share).toBeGreaterThan(least)
  })

  it('[L23] takes credit that was held up for no faster line', () => {
    const line = { bytesPerSecond: 2 * MIB, roundTripMs: 20, queueBytes: Infinity }
    expect(transmit(() => line, 10, shared(60, 60)).largestWindow).toBeLessThan(200 * 1024)
  })

  it('[L25] has forgotten a fast line a few seconds after it has become a slow one', () => {
    const line = { roundTripMs: 20, queueBytes: Infinity }
    const { lastWindow } = transmit((now) => ({ ...line, bytesPerSecond: now < 3000 ? 8 * MIB : MIB }), 8)
    expect(lastWindow).toBeLessThan(80 * 1024)
  })

  it('[L24] never leaves its bounds, on a line without end', () => {
    const { largestWindow } = transmit(() => ({ bytesPerSecond: 1000 * MIB, roundTripMs: 50, queueBytes: Infinity }), 5)
    expect(largestWindow).toBe(PACE_DEFAULTS.ceilingBytes)
  })

  it('[L24] keeps its floor on a line that is slower than any window', () => {
    const pace = createPace()
    let now = 0
    for (let total = FRAME; total < 100 * FRAME; total += FRAME) {
      pace.sent(total, now)
      now += 500
      pace.limited()
      pace.credited(total, now)
      expect(pace.window).toBeGreaterThanOrEqual(PACE_DEFAULTS.floorBytes)
    }
  })

  it('[L25] lets the queue that a fall of the line has left run empty as soon as it has noticed', () => {
    const line = { roundTripMs: 20, queueBytes: Infinity }
    const { lastWindow } = transmit((now) => ({ ...line, bytesPerSecond: now < 3000 ? 8 * MIB : MIB }), 6.6)
    expect(lastWindow).toBeLessThan(80 * 1024)
  })

  it('[L25] gives way when the line gets slower, and comes back when it recovers', () => {
    const fast = { bytesPerSecond: 8 * MIB, roundTripMs: 20, queueBytes: 256 * 1024 }
    const slow = { bytesPerSecond: 1 * MIB, roundTripMs: 20, queueBytes: Infinity }
    const { share } = transmit((now) => (now > 4000 && now < 6000 ? slow : fast), 14)
    // Two of thirteen seconds have an eighth of the rate.
    expect(share).toBeGreaterThan(0.75)
  })

  it('[L25] has learnt within twenty seconds that a line has become longer', () => {
    const line = { bytesPerSecond: 8 * MIB, queueBytes: Infinity }
    const { lastWindow } = transmit((now) => ({ ...line, roundTripMs: now < 5_000 ? 20 : 150 }), 30)
    expect(lastWindow).toBeGreaterThan(512 * 1024)
  })

  it('[L25] takes what others have in the queue of a shared line for no longer line, and together they leave it filled', () => {
    const { share, longestQueueMs } = together({ bytesPerSecond: 8 * MIB, roundTripMs: 20 }, [0, 3_000], 30)
    expect(share).toBeGreaterThan(0.98)
    expect(longestQueueMs).toBeLessThan(150)
  })

  it('[L24] keeps its bounds where frames and their credit come in one millisecond', () => {
    const pace = createPace()
    const windows: number[] = []
    for (let i = 1; i <= 1000; i++) {
      const now = Math.floor(i / 2) * 50
      pace.sent(i * FRAME, now)
      pace.limited()
      pace.credited(i * FRAME, now)
      windows.push(pace.window)
    }
    expect(Math.min(...windows)).toBeGreaterThanOrEqual(PACE_DEFAULTS.floorBytes)
    expect(Math.max(...windows)).toBeLessThanOrEqual(PACE_DEFAULTS.ceilingBytes)
  })

  it('[L23] becomes half as large again in the first round that fills it', () => {
    const pace = createPace()
    expect(pace.leastMs).toBeNull()
    pace.sent(4 * FRAME, 0)
    pace.limited()
    pace.credited(4 * FRAME - 1, 10)
    expect([pace.window, pace.leastMs]).toEqual([PACE_DEFAULTS.floorBytes, null])
    pace.credited(4 * FRAME, 10)
    expect([pace.window, pace.leastMs]).toEqual([PACE_DEFAULTS.startBytes * 1.5, 10])
  })

  it('[L23] is not below its start while each round is faster, as in the slow start of the channel below, and is once a round is not', () => {
    const pace = createPace()
    let total = 0
    const round = (frames: number, now: number): number => {
      pace.sent((total += frames * FRAME), now)
      pace.limited()
      pace.credited(total, now + 80)
      return pace.window
    }
    expect([1, 2, 3].map((frames, at) => round(frames, at * 80))).toEqual([1, 1, 1].map((times) => times * PACE_DEFAULTS.startBytes))
    expect(round(3, 240)).toBe(Math.floor(((3 * FRAME) / 80) * (80 * 1.5 + 25)))
    expect(round(1, 320)).toBeLessThan(PACE_DEFAULTS.startBytes)
  })

  it('[L23] is at its start no longer after a round that is not a quarter faster than the best before it', () => {
    const windowAfter = (faster: number): number => {
      const pace = createPace()
      for (const [bytes, now] of [[FRAME, 0], [faster * FRAME, 80]] as const) {
        pace.sent(bytes + (now > 0 ? FRAME : 0), now)
        pace.limited()
        pace.credited(bytes + (now > 0 ? FRAME : 0), now + 80)
      }
      return pace.window
    }
    expect(windowAfter(1.3)).toBe(PACE_DEFAULTS.startBytes)
    expect(windowAfter(1.2)).toBeLessThan(PACE_DEFAULTS.startBytes)
  })

  it('[L23] stays at its floor where the first credit takes half a second: a start would lie in that line for longer than a silence', () => {
    const pace = createPace()
    pace.sent(FRAME, 0)
    pace.credited(FRAME, 500)
    expect(pace.window).toBe(PACE_DEFAULTS.floorBytes)
    pace.sent(2 * FRAME, 500)
    pace.credited(2 * FRAME, 999)
    expect(pace.window).toBe(PACE_DEFAULTS.startBytes)
  })

  it('[L39] holds three quarters of the line for one round every ten seconds', () => {
    const pace = createPace()
    const windows: number[] = []
    // 500,000 bytes in 100 ms: the line holds as much, and its window is 1.75 times that.
    for (let round = 1; round <= 150; round++) {
      pace.sent(round * 500_000, round * 100)
      pace.limited()
      pace.credited(round * 500_000, round * 100 + 100)
      windows.push(pace.window)
    }
    const drained = windows.indexOf(375_000)
    expect(drained).toBeGreaterThanOrEqual(100)
    expect(windows.filter((window) => window === 375_000)).toHaveLength(1)
    expect(windows.slice(drained - 1, drained + 4)).toEqual([875_000, 375_000, 562_500, 843_750, 875_000])
  })

  it('[L26] does not grow on traffic that never fills it', () => {
    const pace = createPace()
    for (let i = 1; i <= 1000; i++) {
      pace.sent(i * FRAME, i * 4)
      pace.credited(i * FRAME, i * 4 + 2)
    }
    expect(pace.window).toBe(PACE_DEFAULTS.startBytes)
  })
})
