import type { StreamId } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { LogDep } from '../ports/log.ts'
import type { RandomDep } from '../ports/random.ts'
import type { SignalingClient } from '../pubsub/signaling-client.ts'

/** A refused `subscribe` is said again after this, doubling up to the longest, milliseconds: a full server is not hurried. */
const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 60_000

export interface MembershipsDeps extends ClockDep, RandomDep, LogDep {
  readonly server: Pick<SignalingClient, 'request' | 'state'>
  /** How far this node is in a stream that it wants to follow at the server; null: it does not, or no more. */
  readonly positionOf: (stream: StreamId) => { readonly epoch: number; readonly rows: number } | null
}

/** The topics that this node is in at its server, or asks to be in until it is or wants no more. */
export interface Memberships {
  has(stream: StreamId): boolean
  join(stream: StreamId): void
  leave(stream: StreamId): void
  /** A fresh check-in: the server knows of none. */
  reset(): void
}

interface Membership {
  delayMs: number
  cancel: () => void
}

export const createMemberships = ({ clock, random, log, server, positionOf }: MembershipsDeps): Memberships => {
  const members = new Map<StreamId, Membership>()
  const forget = (stream: StreamId): boolean => {
    members.get(stream)?.cancel()
    return members.delete(stream)
  }
  const subscribe = async (stream: StreamId, member: Membership): Promise<void> => {
    const position = positionOf(stream)
    if (position === null || server.state.is !== 'checked-in') {
      forget(stream)
      return
    }
    const answer = await server.request({ type: 'subscribe', stream, ...position })
    // Left meanwhile, or checked in anew: this answer is nobody's.
    if (answer.ok || members.get(stream) !== member) return
    log({ level: 'warn', stream, message: `not subscribed at the server: ${answer.error.message}` })
    retry(stream, member)
  }
  const retry = (stream: StreamId, member: Membership): void => {
    member.cancel = clock.after(member.delayMs * (0.75 + random.next() / 2), () => void subscribe(stream, member))
    member.delayMs = Math.min(LONGEST_RETRY_MS, member.delayMs * 2)
  }
  return {
    has: (stream) => members.has(stream),
    join: (stream) => {
      if (members.has(stream)) return
      const member = { delayMs: FIRST_RETRY_MS, cancel: () => undefined }
      members.set(stream, member)
      void subscribe(stream, member)
    },
    leave: (stream) => {
      if (!forget(stream)) return
      void server.request({ type: 'unsubscribe', stream }).then((answer) => {
        if (!answer.ok) log({ level: 'warn', stream, message: `unsubscribe: ${answer.error.message}` })
      })
    },
    reset: () => {
      for (const stream of [...members.keys()]) forget(stream)
    },
  }
}
