import type { Bytes } from '../../src/base/bytes.ts'
import type { Pipe } from '../../src/ports/pipe.ts'

/** Everything that was set going by promises alone has ended: no timer of the platform is waited for. */
export const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

interface End {
  readonly pipe: Pipe
  frame: (frame: Bytes) => void
  close: () => void
}

/** The two ends of a pipe in one process: frames arrive in order, each in a turn of its own. */
export const createPipePair = (passing: (from: 0 | 1, frame: Bytes) => void = () => undefined): readonly [Pipe, Pipe] => {
  let isOpen = true
  const createEnd = (from: 0 | 1, other: () => End): End => {
    const early: Bytes[] = []
    const end: End = {
      frame: (frame) => void early.push(frame),
      close: () => undefined,
      pipe: {
        send: (frame) => {
          if (!isOpen) return
          passing(from, frame)
          // A copy, as when it is transferred: what the sender does with its buffer afterwards is its own affair.
          const copy = frame.slice()
          queueMicrotask(() => other().frame(copy))
        },
        onFrame: (handle) => {
          end.frame = handle
          for (const frame of early.splice(0)) handle(frame)
        },
        onClose: (handle) => {
          end.close = handle
        },
        close: () => {
          if (!isOpen) return
          isOpen = false
          queueMicrotask(() => other().close())
        },
      },
    }
    return end
  }
  const left: End = createEnd(0, () => right)
  const right: End = createEnd(1, () => left)
  return [left.pipe, right.pipe]
}
