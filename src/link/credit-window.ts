import type { Bytes } from '../base/bytes.ts'
import type { LinkTraffic } from '../ports/peer-link.ts'
import { CREDIT_EVERY_BYTES, LINK_WINDOW_BYTES } from '../protocol/limits.ts'
import { createPace, PACE_DEFAULTS } from '../transfer/pace.ts'

/** A sender's violation, in words for the log. */
export type CreditProblem = string

/**
 * Flow control of one link, both directions: a sender keeps at most a window unconsumed by the other side; a receiver says
 * what it has consumed. It bounds what a peer can pile up in our memory, and keeps the channel's own buffer small, whose
 * overshoot costs most of the throughput. How large the window is within its bound, `transfer/pace.ts` decides.
 */
export interface CreditWindow {
  /** Sends now or as soon as credit allows, in order. A problem: too much waits already, the other side does not take it. */
  send(frame: Bytes, mayWait?: boolean): CreditProblem | null
  whenRoom(run: () => void): void
  credited(consumed: number): CreditProblem | null
  /** Counts what arrived; a problem when the peer overran its window. */
  received(size: number): CreditProblem | null
  /** Counts what was handled; answers the credit to announce now, or null. */
  consumed(size: number): number | null
  carried(): LinkTraffic
}

/**
 * Bytes that may wait for credit. Ours are a page and a few answers; more is made by a peer that asks on and on and takes
 * nothing: without this bound a question of 80 bytes would cost us an answer of 32 KiB for as long as it likes.
 */
export const LINK_BACKLOG_BYTES = 4 * 1024 * 1024

/** `now` in milliseconds: the window adapts to how long credit takes to come back. */
export const createCreditWindow = (now: () => number, transmit: (frame: Bytes, mayWait: boolean) => void): CreditWindow => {
  const pace = createPace({ ...PACE_DEFAULTS, ceilingBytes: LINK_WINDOW_BYTES })
  const waiting: { readonly frame: Bytes; readonly mayWait: boolean }[] = []
  let waitingBytes = 0
  let onRoom: (() => void)[] = []
  let sent = 0
  let acknowledged = 0
  let arrived = 0
  let handled = 0
  let announced = 0
  const pump = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const { frame, mayWait } = next
      // A frame may always go when nothing is under way: no frame is larger than a window, and nothing can get stuck.
      if (sent > acknowledged && sent - acknowledged + frame.length > pace.window) {
        pace.limited()
        return
      }
      waiting.shift()
      waitingBytes -= frame.length
      sent += frame.length
      pace.sent(sent, now())
      transmit(frame, mayWait)
    }
    const ready = onRoom
    onRoom = []
    for (const run of ready) run()
  }
  return {
    send: (frame, mayWait = false) => {
      waiting.push({ frame, mayWait })
      waitingBytes += frame.length
      pump()
      return waitingBytes > LINK_BACKLOG_BYTES ? `${waitingBytes} bytes wait for credit` : null
    },
    whenRoom: (run) => {
      onRoom.push(run)
      pump()
    },
    credited: (consumed) => {
      if (consumed > sent || consumed < acknowledged) return `credit for ${consumed} of ${sent} bytes sent`
      acknowledged = consumed
      pace.credited(consumed, now())
      pump()
      return null
    },
    received: (size) => {
      arrived += size
      return arrived - announced > LINK_WINDOW_BYTES ? `${arrived - announced} bytes where it had credit for ${LINK_WINDOW_BYTES}` : null
    },
    consumed: (size) => {
      handled += size
      if (handled - announced < CREDIT_EVERY_BYTES) return null
      announced = handled
      return handled
    },
    carried: () => ({ bytesIn: arrived, bytesOut: sent, rttMs: pace.leastMs }),
  }
}
