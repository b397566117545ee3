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
 * What comes out of a line in a millisecond at most, bytes: more than any line here carries. When this process was kept from its work, what is due
 * does not come all at once: such a burst can overflow a socket, a loss that is none of the line's and in no tally.
 */
const BURST_BYTES = 64 * 1024

/** One direction of a line: datagrams leave in order, at the line's rate, a delay later; what finds the queue full is dropped. */
export interface Direction {
  pass(size: number, deliver: () => void): void
  readonly tally: { passed: number; bytes: number; lost: number; dropped: number }
}

export const createDirection = ({ bytesPerSecond, rttMs, loss }: LineSettings, random: Random): Direction => {
  const flying: { readonly at: number; readonly size: number; readonly deliver: () => void }[] = []
  const tally = { passed: 0, bytes: 0, lost: 0, dropped: 0 }
  let freeAt = 0
  let isArmed = false
  const arm = (): void => {
    const [first] = flying
    if (first === undefined || isArmed) return
    isArmed = true
    setTimeout(land, Math.max(0, first.at - performance.now()))
  }
  const land = (): void => {
    isArmed = false
    const now = performance.now()
    let left = BURST_BYTES
    for (let [first] = flying; first !== undefined && first.at <= now && left > 0; [first] = flying) {
      flying.shift()
      left -= first.size
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
