import { encode } from '../base/codec.ts'
import { toHex, type Bytes } from '../base/bytes.ts'
import { signedHeadCodec } from '../domain/head.ts'
import { formOf, type StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'

/** Heads of prediction streams go to the server at most this often, milliseconds: many nodes times many streams must not flood it. */
const PREDICTION_HEAD_EVERY_MS = 60_000

/** Tells the server of this node's own streams: their heads, and each new row. */
export interface Publishing {
  /** Called with the state of an own stream whenever its head is new. */
  register(state: StreamState): void
  publish(stream: StreamId, live: Bytes): void
  /** The server knows nothing of us yet. */
  reset(): void
}

export const createPublishing = ({
  clock,
  log,
  server,
}: ClockDep & LogDep & { readonly server: Pick<SignalingClient, 'request' | 'state'> }): Publishing => {
  const registered = new Map<StreamId, { readonly rows: number; readonly at: number }>()
  const complain = (stream: StreamId, what: string, code: string, message: string): void => {
    if (code !== 'disconnected') log({ level: 'warn', direction: 'out', stream, message: `${what}: ${message}` })
  }
  const register = (state: StreamState): void => {
    const { stream, identity, head } = state
    if (head === null || server.state.is !== 'checked-in') return
    const known = registered.get(stream)
    const every = formOf(identity) === 'prediction' ? PREDICTION_HEAD_EVERY_MS : 0
    if (known !== undefined && (known.rows === head.head.rows || clock.now() - known.at < every)) return
    registered.set(stream, { rows: head.head.rows, at: clock.now() })
    void server
      .request({ type: 'register', identity, head: toHex(encode(signedHeadCodec, head)) })
      .then((answer) => {
        if (answer.ok) return
        registered.delete(stream)
        complain(stream, 'The server did not list the stream', answer.error.code, answer.error.message)
      })
  }
  return {
    register,
    publish: (stream, live) => {
      void server.request({ type: 'publish', stream, live: toHex(live) }).then((answer) => {
        if (!answer.ok) complain(stream, 'The server did not pass the row on', answer.error.code, answer.error.message)
      })
    },
    reset: () => {
      registered.clear()
    },
  }
}
