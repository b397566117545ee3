import type { Bytes } from '../../../src/base/bytes.ts'
import type { Random } from '../../../src/base/random.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import type { Timeline } from '../timeline.ts'

/** How the network between two nodes treats frames, until the weather calms. */
export interface LineWeather {
  readonly delayMs: number
  readonly jitterMs: number
  readonly loss: number
  readonly repeat: number
  /** A lost frame is sent again and delays those behind it, as on a data channel; else it is gone, and frames may pass each other. */
  readonly isReliable: boolean
}

/** What a wire needs to know of the node at one of its ends. */
export interface WireEnd {
  isAlive(): boolean
  /** A frame is about to arrive; true: the node has just died of it. */
  step(where: string): boolean
  /** What becomes of a frame that this node sends: a liar's frames are not what its data process said. */
  distort(bytes: Bytes): readonly { readonly bytes: Bytes; readonly extraMs?: number }[]
}

export interface WireWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly isCalm: () => boolean
  /** Until when nothing passes between the two ends; 0: all is well. */
  readonly blockedUntil: () => number
  readonly onSend: (from: 0 | 1, bytes: Bytes) => void
  readonly fired: (what: string) => void
}

/** One connection: two pipes in memory, and the weather between them. */
export interface Wire {
  readonly pipes: readonly [Pipe, Pipe]
  /** The connection is lost: both ends learn it, each that is still alive. */
  tear(): void
  /** One end has died; the other learns it after a while. */
  orphan(end: 0 | 1, afterMs: number): void
  readonly onOver: (run: () => void) => void
}

/** A frame that is sent anew waits this long at first, then twice as long each time. */
const RESEND_MS = 200
/** A frame lost so often in a row is the end of the connection. */
const MOST_LOSSES = 4

export const createWire = (world: WireWorld, weather: LineWeather, ends: readonly [WireEnd, WireEnd]): Wire => {
  const { timeline, random } = world
  const open: [boolean, boolean] = [true, true]
  const lastAt: [number, number] = [0, 0]
  const onFrame: [(bytes: Bytes) => void, (bytes: Bytes) => void] = [() => undefined, () => undefined]
  const onClose: [(() => void) | null, (() => void) | null] = [null, null]
  /** Ends that were closed before anybody listened: the first frame of the other one has broken the line. */
  const unheard: [boolean, boolean] = [false, false]
  const overs: (() => void)[] = []

  const arrive = (to: 0 | 1, bytes: Bytes): void => {
    if (!open[to] || !ends[to].isAlive() || ends[to].step('a frame')) return
    onFrame[to](bytes)
  }
  const shut = (end: 0 | 1, isTold: boolean): void => {
    if (!open[end]) return
    open[end] = false
    if (isTold && ends[end].isAlive()) {
      unheard[end] = onClose[end] === null
      onClose[end]?.()
    }
    if (!open[0] && !open[1]) for (const run of overs.splice(0)) run()
  }
  /** How much later than it could a frame arrives because it was lost on the way; null: never. */
  const lossDelay = (): number | null => {
    if (world.isCalm() || random.next() >= weather.loss) return 0
    world.fired('lost')
    if (!weather.isReliable) return null
    let late = RESEND_MS
    for (let losses = 1; random.next() < weather.loss; losses++) {
      if (losses === MOST_LOSSES) {
        world.fired('link broken by loss')
        tear()
        return null
      }
      late += RESEND_MS * 2 ** losses
    }
    return late
  }
  const fly = (from: 0 | 1, bytes: Bytes, extraMs: number): void => {
    const to = from === 0 ? 1 : 0
    const late = lossDelay()
    if (late === null || !open[to]) return
    const isCalm = world.isCalm()
    let at = Math.max(timeline.now, world.blockedUntil()) + weather.delayMs + extraMs + late
    if (!isCalm) at += random.next() * weather.jitterMs
    if (weather.isReliable || isCalm) at = Math.max(at, lastAt[to])
    else if (at < lastAt[to]) world.fired('reordered')
    lastAt[to] = Math.max(at, lastAt[to])
    timeline.after(at - timeline.now, () => {
      arrive(to, bytes)
    })
    if (isCalm || weather.isReliable || random.next() >= weather.repeat) return
    world.fired('repeated')
    timeline.after(at - timeline.now + random.next() * 2_000, () => {
      arrive(to, bytes)
    })
  }
  const tear = (): void => {
    shut(0, true)
    shut(1, true)
  }
  const createPipe = (end: 0 | 1): Pipe => ({
    send: (bytes) => {
      if (!open[end] || !ends[end].isAlive()) return
      for (const said of ends[end].distort(bytes)) {
        world.onSend(end, said.bytes)
        fly(end, said.bytes, said.extraMs ?? 0)
      }
    },
    onFrame: (handle) => void (onFrame[end] = handle),
    onClose: (handle) => {
      onClose[end] = handle
      if (unheard[end]) queueMicrotask(handle)
    },
    close: () => {
      if (!open[end] || !ends[end].isAlive()) return
      const other = end === 0 ? 1 : 0
      const after = Math.max(lastAt[other], timeline.now + weather.delayMs)
      shut(end, false)
      timeline.after(after - timeline.now, () => {
        shut(other, true)
      })
    },
  })
  return {
    pipes: [createPipe(0), createPipe(1)],
    tear,
    orphan: (end, afterMs) => {
      shut(end, false)
      timeline.after(afterMs, () => {
        shut(end === 0 ? 1 : 0, true)
      })
    },
    onOver: (run) => void overs.push(run),
  }
}
