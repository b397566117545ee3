import type { Pipe } from '../../src/ports/pipe.ts'
import { decodeFrame } from '../../src/protocol/frame.ts'

// What is wrong with a link between two nodes: `joinNodes` lays one through it.

/** The second node's cable is pulled after so many frames of a type. */
export const dyingAfter = (frames: number, type: string) => (pipe: Pipe): Pipe => {
  let seen = 0
  return {
    ...pipe,
    send: (bytes) => {
      const frame = decodeFrame(bytes)
      if (frame.ok && frame.value.type === type && ++seen > frames) pipe.close()
      else pipe.send(bytes)
    },
  }
}

/** Packets that come through this wait until they are let go. */
export const holding = () => {
  const held: (() => void)[] = []
  let isOpen = false
  const hold = (pipe: Pipe): Pipe => ({
    ...pipe,
    onFrame: (handle) => {
      pipe.onFrame((bytes) => {
        const frame = decodeFrame(bytes)
        if (isOpen || !frame.ok || frame.value.type !== 'packet') handle(bytes)
        else held.push(() => handle(bytes))
      })
    },
  })
  const letGo = (): void => {
    isOpen = true
    for (const one of held.splice(0)) one()
  }
  return { hold, letGo }
}
