import * as v from 'valibot'
import type { ClockDep } from '../../ports/clock.ts'
import type { IceServer } from '../../ports/dialer.ts'
import { decodeJson, shortText } from '../../protocol/json.ts'
import { MAX_SIGNAL_CHARS } from '../../protocol/limits.ts'
import type { Attempt, Attempts } from './attempt.ts'
import { createRendezvousDialer } from './rendezvous-dialer.ts'

/** Stream number of the channel on which two pages arrange further connections; negotiated, like the bulk channel. */
export const WORDS_CHANNEL_ID = 101

/**
 * Connections to one peer, the first included. At 1 % loss each carries as much as the one before (0.29, 0.51, 1.04 MiB/s by 1, 2 and
 * 4; measured, 40 ms); more would take more of a line than its share.
 */
export const MAX_CONNECTIONS_PER_PEER = 4

/**
 * Between two connections that the other side begins, milliseconds; an honest one asks no sooner than after 5 s. Without it a peer that
 * names one connection after the other, each with a description that cannot be read, could make PeerConnections until the page has no more.
 */
const MIN_BETWEEN_MS = 2_000

/** A round trip that long when a line is full says that it is narrow, not lossy: its queue would only get longer. */
const NARROW = { factor: 1.6, slackMs: 15 } as const

const word = v.strictObject({
  /** Who named the connection, and which one it is. */
  name: v.pipe(v.string(), v.regex(/^[ir]\d{1,6}$/)),
  signal: shortText(MAX_SIGNAL_CHARS),
})

export interface BesideDeps extends ClockDep {
  readonly attempts: Attempts
  /** The open connection beside which others are made, and what the two pages say to each other on it. */
  readonly first: Attempt
  readonly connection: RTCPeerConnection
  readonly words: RTCDataChannel
  readonly iceServers: readonly IceServer[]
}

/** Further connections to the peer of an open one; their descriptions travel over it, no server has a part in it. */
export interface Beside {
  /** One more, if the line is lossy and not just narrow. */
  widen(): void
}

export const createBeside = ({ clock, attempts, first, connection, words, iceServers }: BesideDeps): Beside => {
  const prefix = `${first.key} beside `
  const leastRtt = roundTripOf(connection)
  /** Numbers given here, and the last one heard from the other side. */
  let next = 1
  let heard = 0
  let begunAt = -Infinity
  const dialer = createRendezvousDialer({
    attempts,
    emit: (event) => {
      if (event.type === 'signal' && words.readyState === 'open') words.send(JSON.stringify({ name: event.key.slice(prefix.length), signal: event.signal }))
    },
  })
  const begin = (name: string, role: 'initiator' | 'responder'): void => {
    if (attempts.beside(first.key) + 1 >= MAX_CONNECTIONS_PER_PEER) return
    dialer.open({ way: 'rendezvous', key: prefix + name, role, peer: first.peer, iceServers }, first)
  }
  words.onmessage = ({ data }: MessageEvent<unknown>) => {
    const judged = decodeJson(word, typeof data === 'string' ? data : '')
    if (!judged.ok) return
    const { name, signal } = judged.value
    // The first of a name the other side has given; whatever comes for one that has failed is late.
    if (name.startsWith(theirs(first.role)) && Number(name.slice(1)) > heard) {
      heard = Number(name.slice(1))
      const sinceMs = clock.now() - begunAt
      if (sinceMs >= 0 && sinceMs < MIN_BETWEEN_MS) return
      begunAt = clock.now()
      begin(name, 'responder')
    }
    dialer.signal(prefix + name, signal)
  }
  return {
    widen: () => {
      void Promise.all([leastRtt, roundTripOf(connection)]).then(([least, now]) => {
        if (least === null || now === null || now > least * NARROW.factor + NARROW.slackMs) return
        begin(`${mine(first.role)}${next++}`, 'initiator')
      })
    },
  }
}

const mine = (role: Attempt['role']): string => (role === 'initiator' ? 'i' : 'r')
const theirs = (role: Attempt['role']): string => (role === 'initiator' ? 'r' : 'i')

/** As the browser last measured it, milliseconds, by packets that do not wait for ours; which way is in use it says a moment later. */
const roundTripOf = async (connection: RTCPeerConnection): Promise<number | null> => {
  const seconds: number[] = []
  try {
    const stats = await connection.getStats()
    stats.forEach((entry: PairStats) => {
      if (entry.type === 'candidate-pair' && entry.currentRoundTripTime !== undefined) seconds.push(entry.currentRoundTripTime)
    })
  } catch {
    // It has been closed meanwhile: there is nothing to measure.
  }
  return seconds.length === 0 ? null : Math.min(...seconds) * 1000
}

/** What browsers tell of a path, as far as it is looked at. */
interface PairStats {
  readonly type: string
  readonly currentRoundTripTime?: number
}
