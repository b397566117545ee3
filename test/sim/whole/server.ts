import { decode, encode } from '../../../src/base/codec.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import type { Random } from '../../../src/base/random.ts'
import { isNewer, type SignedHead } from '../../../src/domain/head.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { NewestWanted } from '../../../src/ports/data-client.ts'
import { liveCodec } from '../../../src/protocol/live.ts'
import type { Timeline } from '../timeline.ts'
import type { SimNode } from './node.ts'
import type { ServerPlan } from './plan.ts'

/** The signaling server's part in data: the newest head of each stream, its last rows, and who wants them (SPEC, S30 … S38). */
export interface SimServer {
  /** A node is connected: it says what it wants and has, and what it has published. */
  checkIn(node: SimNode): void
  leave(node: SimNode): void
  publish(node: SimNode, stream: StreamId, live: Bytes): void
  /** A node is about to sign a stream of its own for the first time in this life: it hears what is known of it, nothing where the server is away (D51). */
  newestWanted(node: SimNode, wanted: NewestWanted): void
  /** Looks who lost the connection and who has it again. */
  tick(): void
}

export interface ServerWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly nodes: readonly SimNode[]
  /** What each node follows. */
  readonly wants: (node: SimNode) => readonly StreamId[]
  readonly owns: (node: SimNode) => readonly StreamId[]
  readonly isCutOff: (node: SimNode) => boolean
  readonly fired: (what: string) => void
}

const KEPT_ROWS = 8

interface Topic {
  head: SignedHead | null
  readonly kept: Bytes[]
}

export const createServer = (world: ServerWorld, plan: ServerPlan): SimServer => {
  const { timeline, random } = world
  const topics = new Map<StreamId, Topic>()
  const connected = new Set<SimNode>()
  const topicOf = (stream: StreamId): Topic => {
    const known = topics.get(stream) ?? { head: null, kept: [] }
    topics.set(stream, known)
    return known
  }
  const isDown = (): boolean => plan.downs.some(({ from, to }) => timeline.now >= from && timeline.now < to)
  const later = (run: () => void): void => {
    timeline.after(plan.delayMs * (0.5 + random.next()), run)
  }
  const said = (live: Bytes): Bytes => {
    if (!plan.lies || random.next() < 0.6) return live
    world.fired('the server alters a row')
    const at = random.below(live.length)
    return live.with(at, (live[at] ?? 0) ^ (1 << random.below(8)))
  }
  const tellRow = (node: SimNode, stream: StreamId, live: Bytes): void => {
    later(() => {
      if (connected.has(node) && node.client !== null) void node.client.deliver(stream, said(live))
    })
  }
  const tellHead = (node: SimNode, head: SignedHead): void => {
    later(() => {
      if (connected.has(node) && node.client !== null) void node.client.deliverHead(head)
    })
  }
  const take = (node: SimNode, head: SignedHead): void => {
    const topic = topicOf(head.head.stream)
    if (topic.head === null || isNewer(head.head, topic.head.head)) topic.head = head
    else if (isNewer(topic.head.head, head.head)) tellHead(node, topic.head)
  }
  const checkIn = (node: SimNode): void => {
    if (isDown() || world.isCutOff(node) || node.client === null) return
    connected.add(node)
    for (const stream of world.owns(node)) {
      const head = node.head(stream)
      const known = topicOf(stream).head
      if (head !== null) take(node, head)
      else if (known !== null) tellHead(node, known)
      if (head === null) continue
      for (const other of connected) if (other !== node && world.wants(other).includes(stream)) tellHead(other, head)
    }
    for (const stream of world.wants(node)) {
      const { head, kept } = topicOf(stream)
      for (const live of kept) tellRow(node, stream, live)
      if (head !== null) tellHead(node, head)
    }
  }
  return {
    checkIn,
    leave: (node) => void connected.delete(node),
    publish: (node, stream, bytes) => {
      later(() => {
        const live = decode(liveCodec, bytes, 'live message')
        if (!connected.has(node) || isDown() || !live.ok) return
        const topic = topicOf(stream)
        if (topic.head !== null && !isNewer(live.value.head.head, topic.head.head)) return
        take(node, live.value.head)
        topic.kept.push(encode(liveCodec, live.value))
        if (topic.kept.length > KEPT_ROWS) topic.kept.shift()
        for (const other of connected) if (other !== node && world.wants(other).includes(stream)) tellRow(other, stream, bytes)
      })
    },
    newestWanted: (node, { stream, head }) => {
      const { client } = node
      const answer = (known: SignedHead | null): void => void client?.newest(stream, known)
      if (!connected.has(node)) {
        answer(null)
        return
      }
      world.fired('the server was asked for the newest head')
      later(() => {
        // Who has lost the connection meanwhile gets no answer, and waits for it in vain.
        if (!connected.has(node) || isDown()) return
        if (head !== null) take(node, head)
        answer(topicOf(stream).head)
      })
    },
    tick: () => {
      for (const node of world.nodes) {
        const isLost = isDown() || world.isCutOff(node)
        if (isLost && connected.delete(node)) world.fired('the server is away')
        if (!isLost && !connected.has(node)) checkIn(node)
      }
    },
  }
}
