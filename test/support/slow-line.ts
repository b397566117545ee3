import type { Pipe } from '../../src/ports/pipe.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A line that takes its time, in both directions; nothing overtakes anything. */
export const slowly = (clock: VirtualClock, ms: number) => (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (frame) => {
    clock.after(ms, () => pipe.send(frame))
  },
  onFrame: (handle) => {
    pipe.onFrame((frame) => {
      clock.after(ms, () => handle(frame))
    })
  },
})
