import type { Random } from '../../../src/base/random.ts'
import { hash as sha256 } from '../hash.ts'
import { utf8, type Bytes } from '../../../src/base/bytes.ts'
import type { DataServer } from '../../../src/data/data-server.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { createDistortions, type Distort, type LieName } from './lies.ts'
import type { SimNode } from './node.ts'
import type { Partition, StreamPlan, WorldPlan } from './plan.ts'
import type { Life } from './life.ts'
import type { Timeline } from '../timeline.ts'
import { createWire, type Wire, type WireEnd } from './wire.ts'

/** Two nodes that have a connection. */
export interface Meeting {
  readonly nodes: readonly [SimNode, SimNode]
  readonly wire: Wire
  /** One of the two died while it lasted, or nothing passed for a while: either may have seemed silent. */
  hasHung: boolean
}

/** Rendezvous: brings nodes together that have a stream in common, again and again. */
export interface Meetings {
  /** A node has died: its links hang in the air. */
  down(node: SimNode): void
  /** Node `node` has ended its link `number` because of what the other did. */
  cut(node: SimNode, number: number): void
  meetingOf(node: SimNode, number: number): Meeting | undefined
  /** The network has changed: every connection is lost. */
  tearAll(): void
  /** So are those of which one end is dead already; nobody gets a connection any more. */
  close(): void
  /** Two nodes try to get a connection; it may come to nothing. */
  dial(a: SimNode, b: SimNode, outcome: (isMet: boolean) => void): void
  tick(): void
}

export interface MeetingsWorld {
  readonly plan: WorldPlan
  readonly timeline: Timeline
  readonly random: Random
  readonly nodes: readonly SimNode[]
  readonly isCalm: () => boolean
  /** The node tells others all rows of the stream with this number, which nobody signs. */
  readonly tellsAll: (stream: number, node: number) => boolean
  /** What keeps the two apart now. */
  readonly partition: (a: number, b: number) => Partition | null
  readonly onFrame: (from: number, to: number, bytes: Bytes) => void
  readonly fired: (what: string) => void
}

/** How often it is looked who should be connected, milliseconds. */
export const MEET_EVERY_MS = 500
/** After a cut the two do not meet for this long, then for twice as long, at most this. */
const AVOID_MS = 10_000
const LONGEST_AVOID_MS = 40_000
/** What dialling takes beside three ways of the line. */
const DIAL_MS = 300
/** A connection through which nothing passes is lost after this long, milliseconds. */
const BLOCKED_MS = 6_000

export const createMeetings = (world: MeetingsWorld): Meetings => {
  const { plan, timeline, random, nodes } = world
  const meetings = new Map<string, Meeting | 'dialling'>()
  const wires = new Set<Wire>()
  let isClosed = false
  /** The links of each life by their numbers, also when they are over. */
  const byLink = new WeakMap<Life, Map<number, Meeting>>()
  const avoided = new Map<string, { readonly until: number; readonly forMs: number }>()
  const voices = new Set<SimNode>()
  const distortions = nodes.map((node) => {
    const { lies } = node.plan
    const fired = (name: LieName): void => {
      world.fired(name)
      if (name === 'wrong-row-before' && voices.add(node).size > 1) world.fired('several with one voice')
    }
    return lies.length === 0 ? null : createDistortions(lies, random, fired)
  })
  const keyOf = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`)

  const remember = (life: Life, number: number, meeting: Meeting): void => {
    const ofLife = byLink.get(life) ?? new Map<number, Meeting>()
    byLink.set(life, ofLife.set(number, meeting))
  }
  const meetingOf = (node: SimNode, number: number): Meeting | undefined =>
    node.life === null ? undefined : byLink.get(node.life)?.get(number)
  const endOf = (node: SimNode): WireEnd => {
    const { life } = node
    const distort: Distort | undefined = distortions[node.index]?.()
    return {
      isAlive: () => life?.isAlive === true,
      step: (where) => life?.step(where) ?? true,
      distort: distort ?? ((bytes) => [{ bytes }]),
    }
  }
  const connect = (a: SimNode, b: SimNode): boolean => {
    const key = keyOf(a.index, b.index)
    if (meetings.get(key) === 'dialling') meetings.delete(key)
    if (isClosed || a.server === null || b.server === null || a.life === null || b.life === null || world.partition(a.index, b.index) !== null) return false
    if (!world.isCalm() && plan.weather !== 'fair' && random.next() < 0.1) {
      world.fired('a dial failed')
      return false
    }
    const ends = [endOf(a), endOf(b)] as const
    const wire = createWire(
      {
        timeline,
        random,
        isCalm: world.isCalm,
        blockedUntil: () => world.partition(a.index, b.index)?.to ?? 0,
        onSend: (from, bytes) => {
          world.onFrame(from === 0 ? a.index : b.index, from === 0 ? b.index : a.index, bytes)
        },
        fired: world.fired,
      },
      plan.line(),
      ends,
    )
    const meeting: Meeting = { nodes: [a, b], wire, hasHung: false }
    meetings.set(key, meeting)
    wires.add(wire)
    wire.onOver(() => {
      wires.delete(wire)
      if (meetings.get(key) === meeting) meetings.delete(key)
    })
    remember(a.life, attach(a.server, b, wire.pipes[0], 'initiator', a), meeting)
    remember(b.life, attach(b.server, a, wire.pipes[1], 'responder', b), meeting)
    return true
  }
  /** Rows that nobody signs are not passed on by everyone who has them: who lacks them is introduced to one who tells them. */
  const tellerOf = ({ publisher, subscribers }: StreamPlan, stream: number, node: number): number | undefined =>
    [publisher, ...subscribers.map((one) => one.node)].find(
      (other) => other !== node && (nodes[other]?.server ?? null) !== null && nodes[other]?.isHonest === true && world.tellsAll(stream, other),
    )
  /** By which links every stream reaches its subscribers now. */
  const wanted = (): Set<string> => {
    const pairs = new Set<string>()
    const isThere = (index: number): boolean => (nodes[index]?.server ?? null) !== null
    plan.streams.forEach((stream, number) => {
      const before = [stream.publisher]
      for (const { node, parent } of stream.subscribers) {
        const source = (stream.isKeyless ? tellerOf(stream, number, node) : undefined) ?? (isThere(parent) ? parent : before.find(isThere))
        if (source !== undefined && source !== node) pairs.add(keyOf(source, node))
        if (nodes[node]?.plan.lies.length === 0) before.push(node)
      }
    })
    for (const [a, b] of plan.extraPairs) pairs.add(keyOf(a, b))
    return pairs
  }
  const forget = (node: SimNode, apply: (meeting: Meeting, end: 0 | 1) => void): void => {
    for (const meeting of meetings.values()) {
      if (meeting === 'dialling') continue
      const end = meeting.nodes.indexOf(node)
      if (end === 0 || end === 1) apply(meeting, end)
    }
  }

  return {
    down: (node) => {
      forget(node, (meeting, end) => {
        // A browser that was killed seems alive for a while, often for long.
        const isZombie = random.next() < 0.2
        if (isZombie) world.fired('a dead end')
        meetings.delete(keyOf(meeting.nodes[0].index, meeting.nodes[1].index))
        meeting.hasHung = true
        meeting.wire.orphan(end, isZombie ? 15_000 : 50 + random.below(400))
      })
    },
    cut: (node, number) => {
      const meeting = meetingOf(node, number)
      if (meeting === undefined) return
      const key = keyOf(meeting.nodes[0].index, meeting.nodes[1].index)
      const forMs = Math.min(LONGEST_AVOID_MS, (avoided.get(key)?.forMs ?? AVOID_MS / 2) * 2)
      avoided.set(key, { until: timeline.now + forMs, forMs })
    },
    meetingOf,
    tearAll: () => {
      for (const meeting of [...meetings.values()]) if (meeting !== 'dialling') meeting.wire.tear()
    },
    close: () => {
      isClosed = true
      for (const wire of [...wires]) wire.tear()
    },
    dial: (a, b, outcome) => {
      timeline.after(DIAL_MS + random.next() * 700, () => outcome(connect(a, b)))
    },
    tick: () => {
      if (isClosed) return
      for (const meeting of [...meetings.values()]) {
        const apart = meeting === 'dialling' ? null : world.partition(meeting.nodes[0].index, meeting.nodes[1].index)
        if (meeting === 'dialling' || apart === null) continue
        meeting.hasHung = true
        world.fired('cut off for a while')
        if (timeline.now > apart.from + BLOCKED_MS) meeting.wire.tear()
      }
      if (plan.isSwarm) return
      for (const key of wanted()) {
        if (meetings.has(key) || (avoided.get(key)?.until ?? 0) > timeline.now) continue
        const [a, b] = key.split('-').map((index) => nodes[Number(index)])
        if (a === undefined || b === undefined || a.server === null || b.server === null) continue
        meetings.set(key, 'dialling')
        timeline.after(DIAL_MS + random.next() * 700, () => {
          connect(a, b)
        })
      }
    },
  }
}

const attach = (server: DataServer, other: SimNode, pipe: Pipe, role: 'initiator' | 'responder', self: SimNode): number =>
  server.attachPeer(pipe, {
    role,
    expected: other.key.publicKey,
    localFingerprint: fingerprintOf(self),
    remoteFingerprint: fingerprintOf(other),
    via: 'rendezvous',
  })

const fingerprintOf = ({ index }: SimNode): Bytes => sha256(utf8(`certificate ${index}`))
