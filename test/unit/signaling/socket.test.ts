import { Duplex } from 'node:stream'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_BUFFERED_BYTES, MAX_HELD_BYTES } from '../../../signaling/limits.ts'
import { createSockets } from '../../../signaling/socket.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

/** A reader that takes all it is given at once, or nothing at all; `calls` are those of the system, each with the frames handed to it. */
const createReader = (takes: boolean) => {
  const calls: string[][] = []
  const stream = new Duplex({
    read: () => undefined,
    writev: (chunks, done) => {
      calls.push(chunks.map(({ chunk }) => textOf(chunk as Buffer)))
      if (takes) done()
    },
  })
  const state = { readyState: WebSocket.OPEN as number }
  const socket = Object.defineProperty(state, 'bufferedAmount', { get: () => stream.writableLength })
  return { calls, stream, state, socket: socket as unknown as WebSocket }
}

/** These messages are short enough for a frame of two bytes before its text, or long enough for four. */
const textOf = (frame: Buffer): string => frame.subarray(frame.length < 128 ? 2 : 4).toString()

const socketsOf = () => createSockets(createVirtualClock())

describe('what is said in one turn', () => {
  it('[S16] goes out at its end in one piece, in order', async () => {
    const { calls, socket, stream } = createReader(true)
    const one = socketsOf()(socket, stream)
    for (const text of ['done', 'matched', 'signal']) one.send(text)
    expect(calls).toEqual([])
    await turnEnd()
    expect(calls).toEqual([['done', 'matched', 'signal']])
    one.send('later')
    await turnEnd()
    expect(calls).toEqual([['done', 'matched', 'signal'], ['later']])
  })

  it('reaches each of many, whoever they are and whatever was said before', async () => {
    const socketOf = socketsOf()
    const readers = Array.from({ length: 3 }, () => createReader(true))
    const [first, ...others] = readers.map(({ socket, stream }) => socketOf(socket, stream))
    for (const one of others) one.send('to all')
    first?.send('to one')
    first?.send('to all')
    await turnEnd()
    expect(readers.map(({ calls }) => calls)).toEqual([[['to one', 'to all']], [['to all']], [['to all']]])
  })

  it('[S14] never counts as waiting beyond what is held, where the reader takes it', async () => {
    const { calls, socket, stream } = createReader(true)
    const one = socketsOf()(socket, stream)
    const text = 'x'.repeat(1_000)
    for (let bytes = 0; bytes < 2 * MAX_BUFFERED_BYTES; bytes += text.length) {
      one.send(text)
      expect(one.bufferedBytes).toBeLessThan(MAX_HELD_BYTES)
    }
    await turnEnd()
    expect(one.bufferedBytes).toBe(0)
    expect(calls.flat()).toHaveLength(Math.ceil((2 * MAX_BUFFERED_BYTES) / text.length))
    // A piece is as large as what is held: no call for each message.
    expect(calls.length).toBeLessThan(40)
  })

  it('[S14] counts as waiting from the first byte, where the reader takes nothing', async () => {
    const { socket, stream } = createReader(false)
    const one = socketsOf()(socket, stream)
    for (let sent = 1; sent <= 200; sent++) {
      one.send('x'.repeat(10_000))
      expect(one.bufferedBytes).toBe(sent * 10_004)
    }
    await turnEnd()
    expect(one.bufferedBytes).toBe(200 * 10_004)
  })

  it('is nothing once the socket is closing: a frame behind a goodbye is an error of the protocol', async () => {
    const { calls, socket, state, stream } = createReader(true)
    const one = socketsOf()(socket, stream)
    state.readyState = WebSocket.CLOSING
    one.send('too late')
    await turnEnd()
    expect(calls).toEqual([])
  })

  it('is dropped with a socket that is gone by the end of the turn, and the others get theirs', async () => {
    const socketOf = socketsOf()
    const [gone, there] = [createReader(true), createReader(true)]
    for (const { socket, stream } of [gone, there]) socketOf(socket, stream).send('hello')
    gone.stream.destroy()
    await turnEnd()
    expect([gone.calls, there.calls]).toEqual([[], [['hello']]])
  })
})
