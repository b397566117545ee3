import type { Bytes } from '../base/bytes.ts'
import type { StreamId, StreamIdentity } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import { createPredictionOutlet } from './prediction-outlet.ts'
import { createPublishing } from './publishing.ts'
import { isObservation } from './stream-views.ts'

/** What this node has signed, told to the server: of observations every head and row, of predictions as far as somebody wants them. */
export interface OwnStreams {
  /** Called with the state of an own stream whenever its head may be new. */
  head(state: StreamState): void
  row(stream: StreamId, live: Bytes): void
  /** Somebody has subscribed to a stream. */
  joined(stream: StreamId): void
  /** The server knows nothing of us yet. */
  reset(): void
}

export interface OwnStreamsDeps extends ClockDep, LogDep {
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  readonly states: ReadonlyMap<StreamId, StreamState>
  /** The server knows another history that carries this node's signature. */
  readonly ahead: (stream: StreamId, identity: StreamIdentity) => void
}

export const createOwnStreams = ({ clock, log, server, states, ahead }: OwnStreamsDeps): OwnStreams => {
  const publishing = createPublishing({ log, server, ahead })
  const predictions = createPredictionOutlet({ clock, server, publishing })
  return {
    head: (state) => {
      if (state.rows === 0) return
      if (isObservation(state.identity)) publishing.register(state)
      else predictions.head(state)
    },
    row: (stream, live) => {
      const state = states.get(stream)
      if (state === undefined || isObservation(state.identity)) publishing.publish(stream, live)
      else predictions.row(stream, live)
    },
    joined: (stream) => {
      const state = states.get(stream)
      if (state?.own === true && !isObservation(state.identity)) predictions.joined(stream)
    },
    reset: () => {
      publishing.reset()
      predictions.reset()
    },
  }
}
