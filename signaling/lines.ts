import { failureOf } from '../src/base/result.ts'
import type { PublicKey } from '../src/domain/stream.ts'
import { CLOSE_REPLACED, type ServerMessage } from '../src/protocol/signaling.ts'
import { createAllowance, type Allowance } from './allowance.ts'
import { createAnswers, type Answers } from './answers.ts'
import type { Clock } from './clock.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Connection } from './connection.ts'
import type { Ice } from './ice.ts'
import { ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND } from './limits.ts'
import { short, type Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Outgoing } from './outgoing.ts'

/** Where one node is connected, and the turns of its requests. */
export interface Line {
  readonly connection: Connection
  readonly answers: Answers
  /** When it checked in; in a cluster later than anywhere else, whatever the clocks say. */
  readonly since: number
  /** Whether one more rendezvous may be called for from where it is. */
  readonly mayCall: () => boolean
}

/** The nodes that have checked in here, and how words reach nodes, here and elsewhere. A node is its key: it has one line, the newest. */
export interface Lines {
  readonly size: number
  get(node: PublicKey): Line | undefined
  all(): Iterable<readonly [PublicKey, Line]>
  /** Here, or at another server of the cluster. */
  isConnected(node: PublicKey): boolean
  /** Ends an older line of the node, and welcomes it on this one. */
  open(node: PublicKey, connection: Connection, mayCall: () => boolean): void
  /** The node has checked in elsewhere. */
  replaced(node: PublicKey): void
  closed(node: PublicKey): void
  say(to: readonly PublicKey[], message: ServerMessage): void
  deliver(outgoing: readonly Outgoing[]): void
  renewIce(): void
}

export interface LinesDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly ice: Ice
  readonly cluster: Pick<Cluster, 'has' | 'tell' | 'came' | 'cameAt' | 'went'> | null
}

interface OpenLine extends Line {
  /** What it is told of others that come and ask. */
  readonly announcements: Allowance
  /** When its ICE credentials are renewed. */
  renewAt: number | null
}

export const createLines = ({ clock, log, metrics, ice, cluster }: LinesDeps): Lines => {
  // Words for the log that nobody reads are not made: they are most of what a message costs beside its JSON.
  const isVerbose = log.isLevelEnabled('debug')
  const lines = new Map<PublicKey, OpenLine>()

  /** More than it could make use of is not told to a node; who is not heard asks again. Of a node elsewhere its own server judges. */
  const isTold = (node: PublicKey): boolean => {
    const line = lines.get(node)
    if (line === undefined) return true
    if (line.announcements.isSpent(clock.now())) return false
    line.announcements.spend(1, clock.now())
    return true
  }
  const say = (all: readonly PublicKey[], message: ServerMessage): void => {
    const to = isAnnouncement(message) ? all.filter(isTold) : all
    if (to.length === 0) return
    const text = JSON.stringify(message)
    if (isVerbose) log.debug({ to: to.map(short), type: message.type }, 'out')
    metrics.message('out', message.type, to.length)
    const absent: PublicKey[] = []
    for (const node of to) {
      const line = lines.get(node)
      if (line === undefined) absent.push(node)
      else line.connection.send(text)
    }
    if (absent.length > 0) cluster?.tell(absent, message)
  }
  const replaced = (node: PublicKey): void => {
    lines.get(node)?.connection.end(CLOSE_REPLACED, 'Another connection of this key has checked in.')
  }
  return {
    get size() {
      return lines.size
    },
    get: (node) => lines.get(node),
    all: () => lines,
    isConnected: (node) => lines.has(node) || cluster?.has(node) === true,
    open: (node, connection, mayCall) => {
      replaced(node)
      const broken = (thrown: unknown): void => {
        log.error(failureOf(thrown), 'a request broke the server')
        connection.end(CLOSE_BROKEN, 'The server could not handle a request.')
      }
      const { iceServers, renewAt } = ice(node, clock.now())
      const since = Math.max(clock.now(), (cluster?.cameAt(node) ?? 0) + 1)
      const announcements = createAllowance(ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND, clock.now())
      lines.set(node, { connection, answers: createAnswers(broken), since, mayCall, announcements, renewAt })
      cluster?.came(node, since)
      say([node], { type: 'welcome', iceServers: [...iceServers] })
    },
    replaced,
    closed: (node) => {
      lines.delete(node)
      cluster?.went(node)
    },
    say,
    deliver: (outgoing) => {
      for (const { to, message } of outgoing) if (to.length > 0) say(to, message)
    },
    renewIce: () => {
      const now = clock.now()
      for (const [node, line] of lines) {
        if (line.renewAt === null || line.renewAt > now) continue
        const { iceServers, renewAt } = ice(node, now)
        line.renewAt = renewAt
        say([node], { type: 'ice-servers', iceServers: [...iceServers] })
      }
    },
  }
}

/** The WebSocket's own code for a defect of the server. */
const CLOSE_BROKEN = 1011

/** Said because somebody else has come or lacks something: a crowd of them must not drown a node. */
const isAnnouncement = (message: ServerMessage): boolean =>
  message.type === 'joined' || (message.type === 'meta' && message.body.kind === 'request-history')
