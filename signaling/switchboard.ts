import type { Random } from '../src/base/random.ts'
import type { Result } from '../src/base/result.ts'
import { unreachable } from '../src/base/unreachable.ts'
import type { Sha256 } from '../src/domain/hash.ts'
import { followedBy, type PublicKey, type StreamId } from '../src/domain/stream.ts'
import { CLOSE_REPLACED, type DirectoryEntry, type ServerMessage } from '../src/protocol/signaling.ts'
import { createBroker } from './broker.ts'
import type { Clock } from './clock.ts'
import type { CheckedInMessage, Connection } from './connection.ts'
import type { Verify } from './crypto.ts'
import { short, type Log } from './log.ts'
import type { Outgoing } from './outgoing.ts'
import { createRegistry, type Listing } from './registry.ts'
import { createRendezvous } from './rendezvous.ts'
import { createWatchers } from './watchers.ts'

export type IceServer = Extract<ServerMessage, { type: 'welcome' }>['iceServers'][number]

/**
 * Where a checked-in node's messages meet registry, broker and rendezvous, and their words meet connections.
 * A node is its key: it has one connection, the newest.
 */
export interface Switchboard {
  checkedIn(node: PublicKey, connection: Connection): void
  message(node: PublicKey, message: CheckedInMessage): void
  gone(node: PublicKey): void
  tick(): void
  readonly counts: { readonly nodes: number; readonly streams: number; readonly rendezvous: number }
}

export interface SwitchboardDeps {
  readonly clock: Clock
  readonly random: Random
  readonly verify: Verify
  readonly sha256: Sha256
  readonly log: Log
  readonly iceServers: readonly IceServer[]
}

export const createSwitchboard = (deps: SwitchboardDeps): Switchboard => {
  const { clock, log } = deps
  const connections = new Map<PublicKey, Connection>()
  const registry = createRegistry(deps)
  const broker = createBroker({ registry, random: deps.random, isOnline: (node) => connections.has(node) })
  const rendezvous = createRendezvous()
  const watchers = createWatchers()

  const say = (to: readonly PublicKey[], message: ServerMessage): void => {
    const text = JSON.stringify(message)
    log.debug({ to: to.map(short), type: message.type }, 'out')
    for (const node of to) connections.get(node)?.send(text)
  }

  const deliver = (outgoing: readonly Outgoing[]): void => {
    for (const { to, message } of outgoing) if (to.length > 0) say(to, message)
  }

  const noteChange = (stream: StreamId): void => {
    const listing = registry.get(stream)
    if (listing !== undefined) watchers.changed(stream, followedBy(listing.identity))
  }

  /** The one answer to a request, then what follows from it. */
  const answer = (node: PublicKey, re: number, type: string, result: Result<readonly Outgoing[]>): boolean => {
    if (result.ok) {
      say([node], { type: 'done', re })
      deliver(result.value)
      return true
    }
    const { code, message } = result.error
    log.info({ node: short(node), type, code, message }, 'refused')
    say([node], { type: 'refused', re, code, message })
    return false
  }

  const entryOf = ({ id, identity, headHex }: Listing): DirectoryEntry => ({
    id,
    identity,
    head: headHex,
    subscribers: broker.subscribers(id),
    online: connections.has(identity.author),
  })

  const register = (
    node: PublicKey,
    { re, type, identity, head }: Extract<CheckedInMessage, { type: 'register' }>,
  ): void => {
    const listed = registry.register(node, identity, head)
    if (!answer(node, re, type, listed.ok ? NOTHING : listed) || !listed.ok) return
    log.info({ node: short(node), stream: short(listed.value.id), rows: listed.value.head.head.rows }, 'registered')
    noteChange(listed.value.id)
  }

  const directory = (node: PublicKey, message: Extract<CheckedInMessage, { type: 'directory' }>): void => {
    watchers.watch(node, message.follows)
    const { listings, next } = registry.page(message)
    say([node], { type: 'entries', re: message.re, entries: listings.map(entryOf), next })
  }

  const message = (node: PublicKey, said: CheckedInMessage): void => {
    log.debug({ node: short(node), type: said.type }, 'in')
    switch (said.type) {
      case 'register':
        return register(node, said)
      case 'directory':
        return directory(node, said)
      case 'subscribe':
        if (answer(node, said.re, said.type, broker.subscribe(node, said.stream, said.rows))) noteChange(said.stream)
        return
      case 'unsubscribe':
        broker.unsubscribe(node, said.stream)
        answer(node, said.re, said.type, NOTHING)
        return noteChange(said.stream)
      case 'publish':
        if (answer(node, said.re, said.type, broker.publish(node, said.stream, said.live))) noteChange(said.stream)
        return
      case 'meta':
        return void answer(node, said.re, said.type, broker.meta(node, said.stream, said.to, said.body))
      case 'rendezvous':
        return void answer(node, said.re, said.type, rendezvous.call(node, said.key, clock.now()))
      case 'signal':
        return deliver(rendezvous.signal(node, said.key, said.signal, clock.now()))
      case 'leave':
        return rendezvous.leave(node, said.key, clock.now())
      default:
        return unreachable(said)
    }
  }

  const gone = (node: PublicKey): void => {
    connections.delete(node)
    watchers.gone(node)
    const left = broker.gone(node)
    for (const stream of new Set([...left, ...registry.offline(node)])) noteChange(stream)
    deliver(rendezvous.gone(node, clock.now()))
  }

  return {
    checkedIn(node, connection) {
      connections.get(node)?.end(CLOSE_REPLACED, 'Another connection of this key has checked in.')
      connections.set(node, connection)
      say([node], { type: 'welcome', iceServers: [...deps.iceServers] })
      for (const stream of registry.online(node)) noteChange(stream)
    },
    message,
    gone,
    tick() {
      deliver(rendezvous.tick(clock.now()))
      for (const { stream, to } of watchers.due()) {
        const listing = registry.get(stream)
        if (listing !== undefined) say(to, { type: 'listed', entry: entryOf(listing) })
      }
    },
    get counts() {
      return { nodes: connections.size, streams: registry.size, rendezvous: rendezvous.size }
    },
  }
}

const NOTHING: Result<readonly Outgoing[]> = { ok: true, value: [] }
