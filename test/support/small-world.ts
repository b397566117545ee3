import type { HistoryShape } from '../../src/domain/shape.ts'
import { splitPageList } from '../../src/domain/page-list.ts'
import { headBytes, type Head } from '../../src/domain/head.ts'
import type { ObservationRow, Row } from '../../src/domain/row.ts'
import type { StreamId, StreamIdentity } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import { joinNodes, must, pass, publish, startDataNode, type DataNode } from './data-node.ts'
import { historyOf } from './history.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.ts'
import { createNodeKey, identityOf, idOf, type NodeKey } from './node-key.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

/** Pages so small that ten rows are more than one. */
export const SMALL: HistoryShape = { pageRows: 4, runLeaves: 2 }

/** A node and its disk. */
export interface SmallNode extends DataNode {
  readonly store: MemoryStore
}

/** One stream of Alice's, and everybody who has to do with it. */
export interface SmallWorld {
  readonly clock: VirtualClock
  readonly key: NodeKey
  readonly identity: StreamIdentity
  readonly stream: StreamId
  /** What was said between nodes that met, one line a frame. */
  readonly trace: string[]
  /** Starts a process over a disk: Alice's with her key. */
  start(name: string, store?: MemoryStore): Promise<SmallNode>
  /** Alice with the rows given. */
  publisher(values: string): Promise<SmallNode>
  /** A node that wants the stream. */
  subscriber(name: string): Promise<SmallNode>
  /** A node that serves rows under a head that Alice's key signed, however untrue it is. */
  planted(name: string, values: string, head?: (honest: Head) => Head): Promise<SmallNode>
  /** Links two nodes; the answer takes the second one's cable out. */
  meet(a: DataNode, b: DataNode): Promise<() => void>
  /** Adds rows, each one letter. */
  say(node: DataNode, values: string): Promise<void>
  /** All rows that a node has, as one text. */
  rows(node: DataNode): Promise<string>
  wait(ms: number): Promise<void>
}

/** A row of one letter. */
export const rowOf = (value: string, number: number): ObservationRow => ({ form: 'observation', time: (number * 1_000_000) as Micros, value })

export const textOf = (rows: readonly Row[]): string => rows.map(({ value }) => value).join('')

export const createSmallWorld = (): SmallWorld => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  const trace: string[] = []
  const world: SmallWorld = {
    clock,
    key,
    identity,
    stream,
    trace,
    start: async (name, store = createMemoryStore()) => {
      const own = name.startsWith('alice') ? { key } : {}
      return { ...(await startDataNode({ name, clock, store, shape: SMALL, ...own })), store }
    },
    publisher: async (values) => {
      const alice = await world.start('alice')
      await publish(alice, identity, Array.from(values, rowOf))
      return alice
    },
    subscriber: async (name) => {
      const node = await world.start(name)
      await must(node.client.subscribe(identity))
      return node
    },
    planted: async (name, values, headOf = (head) => head) => {
      const rows = Array.from(values, rowOf)
      const { pages, hashes, pageHashes, head: honest } = historyOf(identity, rows, SMALL.pageRows)
      const head = headOf(honest)
      const store = createMemoryStore()
      const empty = { identity, stream, subscribed: false, paused: false, download: null, archive: [], fork: null, checkedAt: null, toldOf: null }
      store.sync.stage(pages.map((bytes, page) => ({ bytes, hash: pageHashes[page] ?? new Uint8Array(0) })))
      store.sync.commit({ record: { ...empty, head: { head, signature: key.sign(headBytes(head)) }, hashes } })
      return world.start(name, store)
    },
    meet: async (a, b) => {
      let cable: Pipe | null = null
      await joinNodes(a, b, { trace, distort: (pipe) => (cable = pipe) })
      await world.wait(1_000)
      return () => cable?.close()
    },
    say: async (node, values) => {
      for (const value of values) {
        const number = node.state(stream)?.rows ?? 0
        await must(node.client.append(stream, rowOf(value, number).time, value))
        await world.wait(250)
      }
    },
    rows: async (node) => textOf((await must(node.client.rows(stream, 0, 800))).rows),
    wait: (ms) => pass(clock, ms),
  }
  return world
}

/** Alice with the rows given, and Bob, who wants them, has met her and has them; `unplug` takes his cable out. */
export const startPair = async (values: string) => {
  const world = createSmallWorld()
  const alice = await world.publisher(values)
  const bob = await world.subscriber('bob')
  return { world, alice, bob, unplug: await world.meet(alice, bob) }
}

/** The disk as it is now, on another one: a backup, or what a process finds that was killed. */
export const backupOf = (store: MemoryStore): MemoryStore => {
  const copy = createMemoryStore()
  for (const record of store.sync.records()) {
    const lists = [record.hashes, record.download?.hashes, ...record.archive.map(({ hashes }) => hashes)]
    for (const hash of lists.flatMap((list) => (list === undefined ? [] : splitPageList(list)))) {
      const bytes: Bytes | null = store.sync.page(hash)
      if (bytes !== null) copy.sync.stage([{ hash, bytes }])
    }
    copy.sync.commit({ record })
  }
  return copy
}
