import type { Bytes } from '../base/bytes.ts'
import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { StreamState } from '../protocol/local.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'
import type { Publishing } from './publishing.ts'

/**
 * What the server hears of this node's predictions (SPEC [D48]): of each stream its head, now and then, so that it is listed; its
 * rows only while somebody subscribes. Many nodes times many streams must not flood it.
 */
export interface PredictionOutlet {
  /** Called with the state of an own prediction stream whenever its head is new. */
  head(state: StreamState): void
  row(stream: StreamId, live: Bytes): void
  /** Somebody has subscribed to a stream. */
  joined(stream: StreamId): void
  /** The server knows nothing of us yet, nor we of its subscribers. */
  reset(): void
}

export interface PredictionOutletDeps extends ClockDep {
  readonly server: Pick<SignalingClient, 'request'>
  readonly publishing: Pick<Publishing, 'register' | 'publish'>
}

/** A stream's head is said at most this often, milliseconds, and then it is asked who subscribes. */
const HEAD_EVERY_MS = 60_000

/** Heads of all streams in a second: a thousand streams take two minutes after a check-in, and nothing else has to wait for them. */
const HEADS_A_SECOND = 10

export const createPredictionOutlet = ({ clock, server, publishing }: PredictionOutletDeps): PredictionOutlet => {
  /** Heads that are to be said, in the order in which they were new. */
  const unsaid = new Map<StreamId, StreamState>()
  const saidAt = new Map<StreamId, number>()
  const latest = new Map<StreamId, Bytes>()
  const wanted = new Set<StreamId>()
  let isTicking = false

  const isDue = (stream: StreamId): boolean => clock.now() - (saidAt.get(stream) ?? -Infinity) >= HEAD_EVERY_MS
  const tick = (): void => {
    const due = [...unsaid.values()].filter(({ stream }) => isDue(stream)).slice(0, HEADS_A_SECOND)
    for (const state of due) say(state)
    isTicking = unsaid.size > 0 || due.length > 0
    if (isTicking) clock.after(1_000, tick)
  }
  const say = (state: StreamState): void => {
    const { stream } = state
    unsaid.delete(stream)
    saidAt.set(stream, clock.now())
    publishing.register(state)
    void server.request({ type: 'peers', stream }).then((answer) => {
      if (!answer.ok || answer.value.type !== 'peers') return
      if (answer.value.members.length === 0) wanted.delete(stream)
      else want(stream)
    })
  }
  const want = (stream: StreamId): void => {
    if (wanted.has(stream)) return
    wanted.add(stream)
    // The newest one: who subscribes to predictions waits for the next row, not for the last ones.
    const live = latest.get(stream)
    if (live !== undefined) publishing.publish(stream, live)
  }
  return {
    head: (state) => {
      unsaid.set(state.stream, state)
      if (!isTicking) tick()
    },
    row: (stream, live) => {
      latest.set(stream, live)
      if (wanted.has(stream)) publishing.publish(stream, live)
    },
    joined: want,
    reset: () => {
      saidAt.clear()
      wanted.clear()
    },
  }
}
