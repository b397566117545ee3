import { decode, encode } from '../base/codec.ts'
import { toHex, type Bytes } from '../base/bytes.ts'
import type { Failure } from '../base/result.ts'
import { signedHeadCodec, type SignedHead } from '../domain/head.ts'
import type { StreamId, StreamIdentity } from '../domain/stream.ts'
import type { LogDep } from '../ports/log.ts'
import { liveCodec } from '../protocol/live.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'

/** Rows of one stream that the server has not acknowledged; as many as it hands out. Peers have the older ones. */
const MAX_UNSAID = 8

/** Answers after which a row is said again: it may not have been heard, or could not be kept. */
const SAY_AGAIN: readonly string[] = ['disconnected', 'no-answer', 'not-kept', 'unknown-stream']

/** Answers that mean: there are rows of this publisher's that are not here. */
const AHEAD: readonly string[] = ['older-head', 'fork']

/**
 * Tells the server of this node's own streams: their heads, and each new row. What it has not acknowledged is said again after
 * the next check-in. SPEC [S38].
 */
export interface Publishing {
  /** Called with the state of an own stream whenever its head is new. */
  register(state: StreamState): void
  publish(stream: StreamId, live: Bytes): void
  /** The server knows nothing of us yet. */
  reset(): void
}

export interface PublishingDeps extends LogDep {
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  /** The server knows another history that carries this node's signature: longer, or as long and different. */
  readonly ahead: (stream: StreamId, identity: StreamIdentity) => void
}

export const createPublishing = ({
  log,
  server,
  ahead,
}: PublishingDeps): Publishing => {
  const registered = new Map<StreamId, { readonly epoch: number; readonly rows: number }>()
  /** The newest rows without an answer, oldest first. */
  const unsaid = new Map<StreamId, readonly Bytes[]>()
  const complain = (stream: StreamId, what: string, { code, message }: Failure): void => {
    if (code !== 'disconnected') log({ level: 'warn', direction: 'out', stream, message: `${what}: ${message}` })
  }
  const list = (stream: StreamId, identity: StreamIdentity, head: SignedHead, again: boolean): void => {
    void server
      .request({ type: 'register', identity, head: toHex(encode(signedHeadCodec, head)) })
      .then((answer) => {
        if (answer.ok || (again && answer.error.code === 'older-head')) return
        registered.delete(stream)
        // Registering at every check-in is how a publisher asks what is known of its streams.
        if (AHEAD.includes(answer.error.code)) ahead(stream, identity)
        complain(stream, 'The server did not list the stream', answer.error)
      })
  }
  const say = (stream: StreamId, live: Bytes, again: boolean): void => {
    void server.request({ type: 'publish', stream, live: toHex(live) }).then((answer) => {
      if (!answer.ok && SAY_AGAIN.includes(answer.error.code)) return
      const left = (unsaid.get(stream) ?? []).filter((one) => one !== live)
      if (left.length > 0) unsaid.set(stream, left)
      else unsaid.delete(stream)
      // Said twice, an older row has been heard the first time.
      if (!answer.ok && !(again && answer.error.code === 'older-head'))
        complain(stream, 'The server did not pass the row on', answer.error)
    })
  }
  const register = (state: StreamState): void => {
    const { stream, identity, head } = state
    if (head === null || server.state.is !== 'checked-in') return
    const known = registered.get(stream)
    const { epoch, rows } = head.head
    if (known?.epoch === epoch && known.rows === rows) return
    registered.set(stream, { epoch, rows })
    if (known === undefined) sayAgain(stream, identity)
    list(stream, identity, head, false)
  }
  /** The rows lead up to the head; a server that knew the head already would refuse them. */
  const sayAgain = (stream: StreamId, identity: StreamIdentity): void => {
    const [oldest, ...newer] = unsaid.get(stream) ?? []
    const live = oldest === undefined ? null : decode(liveCodec, oldest, 'live message')
    if (oldest === undefined || live?.ok !== true) return
    list(stream, identity, live.value.head, true)
    for (const row of [oldest, ...newer]) say(stream, row, true)
  }
  return {
    register,
    publish: (stream, live) => {
      unsaid.set(stream, [...(unsaid.get(stream) ?? []), live].slice(-MAX_UNSAID))
      say(stream, live, false)
    },
    reset: () => {
      registered.clear()
    },
  }
}
