import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Clock } from './clock.ts'
import type { Socket } from './connection.ts'
import { DRAIN_MS, MAX_HELD_BYTES } from './limits.ts'

/**
 * Sockets that hold what is said in one turn of the event loop and hand it to the system at the turn's end: to call the system
 * for every message is the dearest part of it (measured: six calls an introduction become four, a quarter of its processor time with the
 * framing below). Order stays: goodbyes and pings go the same way.
 */
export const createSockets = (clock: Clock): ((socket: WebSocket, stream: Duplex) => Socket) => {
  let held: Duplex[] = []
  const release = (): void => {
    const streams = held
    held = []
    for (const stream of streams) stream.uncork()
  }
  const hold = (stream: Duplex): void => {
    if (held.length === 0) setImmediate(release)
    held.push(stream)
    stream.cork()
  }

  // What goes to many goes to them one after the other: it is framed once.
  let last = { text: '', frame: frameOf('') }
  const framed = (text: string): Buffer => {
    if (last.text !== text) last = { text, frame: frameOf(text) }
    return last.frame
  }

  return (socket, stream) => ({
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) return
      if (stream.writableCorked === 0) hold(stream)
      stream.write(framed(text))
      // A burst is no slow reader: what the system can take must not count as waiting.
      if (stream.writableLength >= MAX_HELD_BYTES) stream.uncork()
    },
    ping: () => socket.ping(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close(code, reason) {
      socket.close(code, reason)
      // Who does not answer a goodbye is not waited for.
      socket.once(
        'close',
        clock.after(DRAIN_MS, () => socket.terminate()),
      )
    },
    terminate: () => socket.terminate(),
  })
}

/** A text message as one unmasked frame (RFC 6455, 5.2): what ws would write in two pieces. */
const frameOf = (text: string): Buffer => {
  const length = Buffer.byteLength(text)
  const start = length < 126 ? 2 : length < 0x1_0000 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = FINAL_TEXT
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, start)
  return frame
}

const FINAL_TEXT = 0x81
