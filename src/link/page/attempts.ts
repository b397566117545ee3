import type { ClockDep } from '../../ports/clock.ts'
import type { DialEvent, DialFailure } from '../../ports/dialer.ts'
import type { LinkFacts } from '../../ports/peer-link.ts'
import type { Attempt, Attempts } from './attempt.ts'
import { createBeside, WORDS_CHANNEL_ID } from './beside.ts'
import { createBulkChannel } from './bulk-channel.ts'
import { handOver, type OpenChannel } from './open-channel.ts'
import { watchRoute } from './route.ts'
import { watchConnection } from './watch-connection.ts'

/** An attempt that is not connected by then is given up, milliseconds: an unreachable TURN stays "new" for ever, and PeerJS settles nothing. */
const CONNECT_MS = 30_000

/** Attempts at a time, dialled and incoming: each holds a PeerConnection, of which a process has some 500. */
const MAX_ATTEMPTS = 24

/** Of these, beside open connections: peers that ask for more and never come must not take the places of our dials. */
const MAX_ATTEMPTS_BESIDE = 4

export interface AttemptsDeps extends ClockDep {
  /** Hands one end of a channel to the data process. */
  readonly attach: (port: MessagePort, facts: LinkFacts, key: string) => void
  /** Moves the second channel of an attempt to the data process; must do so at once. */
  readonly holdBulk: (key: string, channel: RTCDataChannel) => void
  /** The attempt came to nothing, and its second channel with it. */
  readonly dropBulk: (key: string) => void
  readonly emit: (event: DialEvent) => void
}

interface Held {
  readonly attempt: Attempt
  words: RTCDataChannel | null
  readonly end: () => void
  readonly cancelDeadline: () => void
}

export const createAttempts = ({ clock, attach, holdBulk, dropBulk, emit }: AttemptsDeps): Attempts => {
  const underWay = new Map<string, Held>()
  // Held until they close: a data process that dies can no longer say that its links are over.
  const handedOver = new Map<OpenChannel, Attempt>()
  const tell = ({ key, peer, via, incoming, beside }: Attempt, code: DialFailure, message: string): void => {
    if (!incoming && beside === null) emit({ type: 'failed', key, peer, via, code, message })
  }
  const drop = (key: string): Attempt | null => {
    const held = underWay.get(key)
    if (held === undefined) return null
    underWay.delete(key)
    held.cancelDeadline()
    held.end()
    dropBulk(key)
    return held.attempt
  }
  const failed = (key: string, code: DialFailure, message: string): void => {
    const attempt = drop(key)
    if (attempt !== null) tell(attempt, code, message)
  }
  /** Connections that were made beside one that is over. */
  const endBeside = (key: string): void => {
    for (const [name, { attempt }] of [...underWay]) if (attempt.beside === key) drop(name)
    for (const [channel, attempt] of [...handedOver]) if (attempt.beside === key) channel.close()
  }
  const attempts: Attempts = {
    begin: (attempt, end) => {
      const { key } = attempt
      const isCrowded = attempt.beside !== null && [...underWay.values()].filter((held) => held.attempt.beside !== null).length >= MAX_ATTEMPTS_BESIDE
      if (underWay.has(key) || underWay.size >= MAX_ATTEMPTS || isCrowded) {
        tell(attempt, 'busy', 'Too many connections are being made already.')
        return false
      }
      const cancelDeadline = clock.after(CONNECT_MS, () => {
        failed(key, 'timeout', `No direct connection came about within ${CONNECT_MS / 1000} s.`)
      })
      underWay.set(key, { attempt, words: null, end, cancelDeadline })
      return true
    },
    has: (key) => underWay.has(key),
    made: (key, connection) => {
      const bulk = createBulkChannel(connection)
      if (bulk !== null) holdBulk(key, bulk)
      const held = underWay.get(key)
      if (held !== undefined && held.attempt.beside === null)
        held.words = connection.createDataChannel('words', { negotiated: true, id: WORDS_CHANNEL_ID })
    },
    opened: (key, channel) => {
      const held = underWay.get(key)
      if (held === undefined) {
        channel.close()
        return
      }
      const { attempt } = held
      const facts = { role: attempt.role, expected: attempt.peer, via: attempt.via, beside: attempt.beside !== null }
      const { words } = held
      const beside = words === null ? null : createBeside({ clock, attempts, first: attempt, connection: channel.connection, words, iceServers: attempt.iceServers })
      const over = (): void => {
        handedOver.delete(channel)
        endBeside(key)
      }
      if (!handOver(channel, facts, { clock, over, widen: () => beside?.widen(), attach: (port, known) => { attach(port, known, key) } })) {
        failed(key, 'unusable', 'The connection does not say by whose keys it is encrypted.')
        channel.close()
        return
      }
      underWay.delete(key)
      held.cancelDeadline()
      handedOver.set(channel, attempt)
      watchConnection(channel.connection, { clock }, channel.close)
      if (attempt.beside !== null) return
      emit({ type: 'connected', key, peer: attempt.peer, via: attempt.via })
      watchRoute(channel.connection, (relayed) => {
        emit({ type: 'route', key, peer: attempt.peer, relayed })
      })
    },
    failed,
    abandon: (key) => {
      drop(key)
    },
    incoming: () => [...underWay.values()].filter(({ attempt }) => attempt.incoming).length,
    count: (peer, via) => all().filter((one) => one.peer === peer && one.via === via && one.beside === null).length,
    beside: (key) => all().filter(({ beside }) => beside === key).length,
    closeAll: () => {
      for (const key of [...underWay.keys()]) failed(key, 'closed', 'All connections are being closed.')
      for (const channel of [...handedOver.keys()]) channel.close()
      handedOver.clear()
    },
  }
  const all = (): readonly Attempt[] => [...[...underWay.values()].map(({ attempt }) => attempt), ...handedOver.values()]
  return attempts
}
