import type { Random } from '../src/base/random.ts'
import type { Sha256 } from '../src/domain/hash.ts'
import { followedBy, type PublicKey, type StreamId } from '../src/domain/stream.ts'
import type { DirectoryEntry } from '../src/protocol/signaling.ts'
import { createAudience } from './audience.ts'
import { createBroker } from './broker.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Clock } from './clock.ts'
import type { CheckedInMessage, Connection } from './connection.ts'
import type { Verify } from './crypto.ts'
import type { Ice } from './ice.ts'
import { createKeptChanges } from './kept-changes.ts'
import { listingOf } from './kept-listings.ts'
import { createLines } from './lines.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createPassing } from './passing.ts'
import { createRegistry, type Listing } from './registry.ts'
import type { RegistryStore, StoredListing } from './registry-store/registry-store.ts'
import { createRendezvous } from './rendezvous.ts'
import { createRequests } from './requests.ts'
import { createWatchers } from './watchers.ts'

/**
 * Where a checked-in node's messages meet registry, broker and rendezvous, and their words meet connections.
 * A node is its key: it has one connection, the newest.
 */
export interface Switchboard {
  /** `mayCall`: whether one more rendezvous may be called for from where it is. */
  checkedIn(node: PublicKey, connection: Connection, mayCall?: () => boolean): void
  message(node: PublicKey, message: CheckedInMessage): void
  /** Whether it is connected, here or at another server of the cluster. */
  isHeld(node: PublicKey): boolean
  gone(node: PublicKey): void
  tick(): void
  /** Settles when what was being kept is kept, and what was asked of other servers is answered. */
  settled(): Promise<unknown>
  readonly counts: { readonly nodes: number; readonly streams: number; readonly rendezvous: number }
}

export interface SwitchboardDeps {
  readonly clock: Clock
  readonly random: Random
  readonly verify: Verify
  readonly sha256: Sha256
  readonly log: Log
  readonly metrics: Metrics
  readonly ice: Ice
  readonly store: RegistryStore
  /** What the store gave at the start. */
  readonly kept: readonly StoredListing[]
  /** The other servers; null: this one is alone. */
  readonly cluster: Cluster | null
  readonly maxStreams?: number
}

export const createSwitchboard = (deps: SwitchboardDeps): Switchboard => {
  const { clock, cluster, metrics, store } = deps
  const lines = createLines(deps)
  const { deliver, isConnected } = lines
  const changes = createKeptChanges({ ...deps, listingOf: (id) => registry.get(id) })
  const registry = createRegistry({ ...deps, onForgotten: changes.remove, onPredictors: (followed) => noteChange(followed) })
  const audience = createAudience(clock.now())
  const broker = createBroker({
    registry,
    random: deps.random,
    isOnline: isConnected,
    audienceSize: () => audience.size(clock.now()),
    ...(cluster !== null && { elsewhere: cluster.topic }),
  })
  const rendezvous = createRendezvous((outcome, forMs, key) => {
    metrics.held(outcome, forMs)
    if (outcome !== 'matched') cluster?.released(key)
  })
  const watchers = createWatchers()
  const passing = createPassing({ broker, registry, cluster, say: lines.say })
  const noteChange = (stream: StreamId): void => {
    const listing = registry.get(stream)
    if (listing !== undefined) watchers.changed(stream, followedBy(listing.identity))
  }
  const entryOf = ({ id, identity, headHex }: Listing): DirectoryEntry => ({
    id,
    identity,
    head: headHex,
    subscribers: broker.subscribers(id),
    predictors: registry.predictors(id),
    online: isConnected(identity.author),
  })
  const requests = createRequests({ ...deps, lines, registry, broker, rendezvous, watchers, changes, passing, entryOf, noteChange })

  const gone = (node: PublicKey): void => {
    lines.closed(node)
    watchers.gone(node)
    const left = broker.gone(node)
    passing.left(left)
    // It may be elsewhere by now.
    const own = isConnected(node) ? registry.online(node) : registry.offline(node)
    for (const stream of new Set([...left, ...own])) noteChange(stream)
    deliver(rendezvous.gone(node, clock.now()))
  }

  for (const stored of deps.kept) {
    const listing = listingOf(stored)
    if (listing !== null) registry.restore(listing)
  }

  store.follow((id, stored) => {
    const listing = stored === null ? null : listingOf(stored)
    if (listing === null) registry.drop(id)
    else if (registry.take(listing, isConnected(listing.identity.author))) {
      for (const row of listing.recent) passing.passOn(id, row)
      noteChange(id)
    }
  })
  cluster?.start({
    deliver,
    row: passing.passOn,
    replaced: lines.replaced,
    since: (node) => lines.get(node)?.since ?? null,
    held: rendezvous.held,
    present: function* () {
      for (const [node, { since }] of lines.all()) yield { node, at: since, streams: broker.topicsOf(node) }
    },
    moved: (node) => {
      for (const stream of cluster.has(node) ? registry.online(node) : registry.offline(node)) noteChange(stream)
    },
    topicChanged: noteChange,
    call: (node, key) => rendezvous.call(node, key, clock.now()),
    signal: (node, key, signal) => deliver(rendezvous.signal(node, key, signal, clock.now())),
    leave: (node, key) => rendezvous.leave(node, key, clock.now()),
    abandon: (node, key) => deliver(rendezvous.abandon(node, key, clock.now())),
    gone: (node) => {
      if (lines.get(node) === undefined) deliver(rendezvous.gone(node, clock.now()))
    },
  })

  return {
    isHeld: isConnected,
    checkedIn(node, connection, mayCall = () => true) {
      lines.open(node, connection, mayCall)
      for (const stream of registry.online(node)) noteChange(stream)
    },
    message: requests.message,
    gone,
    tick() {
      deliver(rendezvous.tick(clock.now()))
      lines.renewIce()
      changes.tick()
      for (const { stream, to } of watchers.due()) {
        const listing = registry.get(stream)
        if (listing !== undefined) lines.say(to, { type: 'listed', entry: entryOf(listing) })
      }
    },
    settled: () => Promise.allSettled([...changes.pending, ...requests.pending]),
    get counts() {
      return { nodes: lines.size, streams: registry.size, rendezvous: rendezvous.size }
    },
  }
}
