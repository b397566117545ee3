import type { Bytes } from '../../src/base/bytes.ts'
import type { Random } from '../../src/base/random.ts'
import type { Timeline } from './timeline.ts'

/** How a network treats frames. Real links are ordered and reliable; the protocol does not count on it. */
export interface Weather {
  readonly delayMs: number
  /** More than a frame's spacing reorders. */
  readonly jitterMs: number
  readonly loss: number
  readonly repeat: number
  readonly bytesPerMs: number
}

export interface End {
  onFrame(bytes: Bytes): void
  onClose(): void
}

/** One connection between the receiver and a sender. Closed by one side, the other learns of it a delay later. */
export interface SimLink {
  readonly number: number
  /** What the weather has done so far. */
  readonly tally: { lost: number; repeated: number; reordered: number }
  toReceiver(bytes: Bytes, extraMs?: number): void
  toSender(bytes: Bytes): void
  closeByReceiver(): void
  closeBySender(): void
}

export interface SimLinkWorld {
  readonly timeline: Timeline
  readonly random: Random
  /** A frame has come to one of the ends. */
  readonly heard: ((link: number, to: 'receiver' | 'sender', bytes: Bytes) => void) | undefined
}

export const createSimLink = (
  world: SimLinkWorld,
  number: number,
  weather: Weather,
  ends: { readonly receiver: End; readonly sender: End },
): SimLink => {
  const { timeline, random } = world
  const tally = { lost: 0, repeated: 0, reordered: 0 }
  const open = { receiver: true, sender: true }
  const lastAt = { receiver: 0, sender: 0 }
  const fly = (to: 'receiver' | 'sender', bytes: Bytes, extraMs: number): void => {
    if (!open.receiver || !open.sender) return
    if (random.next() < weather.loss) {
      tally.lost++
      return
    }
    let delay = weather.delayMs + extraMs + bytes.length / weather.bytesPerMs + random.next() * weather.jitterMs
    const arrives = timeline.now + delay
    if (arrives < lastAt[to] && weather.jitterMs === 0) delay = lastAt[to] - timeline.now
    else if (arrives < lastAt[to]) tally.reordered++
    lastAt[to] = Math.max(lastAt[to], arrives)
    timeline.after(delay, () => {
      if (!open[to]) return
      world.heard?.(number, to, bytes)
      ends[to].onFrame(bytes)
    })
    if (random.next() < weather.repeat) {
      tally.repeated++
      fly(to, bytes, extraMs + random.next() * 3_000)
    }
  }
  const close = (by: 'receiver' | 'sender', other: 'receiver' | 'sender'): void => {
    if (!open[by]) return
    open[by] = false
    ends[by].onClose()
    timeline.after(weather.delayMs, () => {
      if (!open[other]) return
      open[other] = false
      ends[other].onClose()
    })
  }
  return {
    number,
    tally,
    toReceiver: (bytes, extraMs = 0) => fly('receiver', bytes, extraMs),
    toSender: (bytes) => fly('sender', bytes, 0),
    closeByReceiver: () => close('receiver', 'sender'),
    closeBySender: () => close('sender', 'receiver'),
  }
}
