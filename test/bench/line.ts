import type { Random } from '../../src/base/random.ts'

/** A line between two networks, the same both ways. */
export interface LineSettings {
  readonly bytesPerSecond: number
  readonly rttMs: number
  /** Share of datagrams that are lost on the way, whatever the queue. */
  readonly loss: number
}

/** What a router holds before it drops: a fifth of a second of its line, as home routers do. */
const QUEUE_SECONDS = 0.2

/** IP and UDP, bytes: a datagram takes more of the line than it carries. */
const HEADER_BYTES = 28

/**
 * How much faster than its rate a line lets out what this process, kept from its work, is late with, and how much at once, milliseconds of its rate: no line
 * bursts. A browser's socket holds some fifty datagrams; what overruns it is lost there (measured), a loss that is none of the line's and in no tally.
 */
const CATCH_UP = 2
const AT_ONCE_MS = 2

/** One direction of a line: datagrams leave in order, at the line's rate, a delay later; what finds the queue full is dropped. */
export interface Direction {
  pass(size: number, deliver: () => void): void
  /** `lateMs`: the most by which anything left later than the line would have let it. */
  readonly tally: { passed: number; bytes: number; lost: number; dropped: number; lateMs: number }
}

export const createDirection = ({ bytesPerSecond, rttMs, loss }: LineSettings, random: Random): Direction => {
  const flying: { readonly at: number; readonly size: number; readonly deliver: () => void }[] = []
  const tally = { passed: 0, bytes: 0, lost: 0, dropped: 0, lateMs: 0 }
  let freeAt = 0
  let isArmed = false
  let landedAt = 0
  const arm = (): void => {
    const [first] = flying
    if (first === undefined || isArmed) return
    isArmed = true
    setTimeout(land, Math.max(0, first.at - performance.now()))
  }
  const land = (): void => {
    isArmed = false
    const now = performance.now()
    let left = (bytesPerSecond / 1000) * CATCH_UP * Math.min(AT_ONCE_MS, now - landedAt)
    landedAt = now
    for (let [first] = flying; first !== undefined && first.at <= now && left > 0; [first] = flying) {
      flying.shift()
      left -= first.size
      tally.lateMs = Math.max(tally.lateMs, now - first.at)
      first.deliver()
    }
    arm()
  }
  return {
    tally,
    pass: (payload, deliver) => {
      const size = payload + HEADER_BYTES
      const now = performance.now()
      const queued = (Math.max(0, freeAt - now) / 1000) * bytesPerSecond
      if (queued + size > bytesPerSecond * QUEUE_SECONDS) {
        tally.dropped++
        return
      }
      freeAt = Math.max(now, freeAt) + (size / bytesPerSecond) * 1000
      if (random.next() < loss) {
        tally.lost++
        return
      }
      tally.passed++
      tally.bytes += payload
      flying.push({ at: freeAt + rttMs / 2, size, deliver })
      arm()
    },
  }
}
