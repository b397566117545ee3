import { createSeededRandom, sample, type Random } from '../../../src/base/random.ts'
import type { HistoryShape } from '../../../src/domain/shape.ts'
import { LIE_NAMES, type LieName } from './lies.ts'
import type { LineWeather } from './wire.ts'

/** Everything that a seed decides before the first moment of its world. */
export interface WorldPlan {
  readonly shape: HistoryShape
  readonly nodes: readonly NodePlan[]
  readonly streams: readonly StreamPlan[]
  /** `fair`: nothing is lost; `gentle`: so little that no honest peer may seem silent; `rough`: anything. */
  readonly weather: 'fair' | 'gentle' | 'rough'
  /** Real links need a reliable wire; on the others frames are lost, repeated and reordered. */
  readonly isSecure: boolean
  readonly hasRealSignatures: boolean
  /** From then on the network, the disks and the machines are well. Liars go on lying. */
  readonly calmAt: number
  /** Everyone honest is up to date so long after that, where it is less than in any world. */
  readonly settleMs?: number
  readonly partition: Partition | null
  readonly server: ServerPlan | null
  /** Nodes decide themselves whom they are linked with; else each has the links by which streams reach everybody. */
  readonly isSwarm: boolean
  /** Links beyond those by which every stream reaches its subscribers. */
  readonly extraPairs: readonly (readonly [number, number])[]
  /** A line between two nodes, for one connection. */
  readonly line: () => LineWeather
}

export interface NodePlan {
  readonly lies: readonly LieName[]
  /** It has the key of that node: a second machine was set up from a backup of the first. */
  readonly copyOf: number | null
  readonly joinAt: number
  /** It never comes back from then on. */
  readonly leaveAt: number | null
  readonly skewMs: number
  /** Its clock is set at these times. */
  readonly clockSteps: readonly { readonly at: number; readonly byMs: number }[]
  /** The n-th life dies at this step. */
  readonly crashes: readonly number[]
  readonly diskFull: Span | null
  readonly diskMs: number
  readonly roomMs: number
  /** Pages of its disk are damaged at this time: so many of each stream that it has from others. */
  readonly rotAt: number | null
  readonly rotPages: number
}

interface Span {
  readonly from: number
  readonly to: number
}

export interface StreamPlan {
  readonly publisher: number
  /** Nobody signs it: several nodes have its rows from files, and what is true is what most say. */
  readonly isKeyless: boolean
  /** Rows imported in one draft at the beginning. */
  readonly firstRows: number
  readonly beginAt: number
  /** When it adds a row, milliseconds. */
  readonly appends: readonly number[]
  /** Other nodes in the order in which they stand behind the publisher. */
  readonly subscribers: readonly { readonly node: number; readonly parent: number }[]
  /** A subscriber that loses interest for a while. */
  readonly pause: (Span & { readonly node: number }) | null
  readonly mishap: Mishap | null
}

/** What befalls a publisher. */
export type Mishap =
  /** Its disk becomes a backup of `copyAt`; `isPatient`: nothing is entered before it has looked around. */
  | { readonly type: 'restored'; readonly copyAt: number; readonly at: number; readonly isPatient: boolean }
  /** A second machine, node `copy`, is set up from its backup, and both go on. */
  | { readonly type: 'copied'; readonly copyAt: number; readonly at: number; readonly copy: number; readonly appends: readonly number[] }

export interface Partition extends Span {
  /** On one side; everyone else and the server are on the other. */
  readonly nodes: ReadonlySet<number>
}

export interface ServerPlan {
  readonly delayMs: number
  readonly downs: readonly Span[]
  /** It alters what it passes on, now and then. */
  readonly lies: boolean
}

/** Of every hundred worlds one has the signatures of the product. */
const REAL_SIGNATURES_EVERY = 100
const DAY_MS = 86_400_000

/** After the calm rows still come for this long: some find all links in place. */
export const LAST_ROW_MS = 1_500

/** After the calm a patient person waits so long: links are there, and everybody has been asked. */
const PATIENCE_MS = 15_000
/** Where nodes find each other themselves: the server may come back only then, and who still has a dead link to the publisher gives it up later. */
const SWARM_PATIENCE_MS = 30_000

export const patienceMs = ({ isSwarm }: Pick<WorldPlan, 'isSwarm'>): number => (isSwarm ? SWARM_PATIENCE_MS : PATIENCE_MS)

const between = (random: Random, low: number, high: number): number => low + random.below(Math.max(1, high - low + 1))

const oneOf = <const T>(random: Random, items: readonly [T, ...T[]]): T => items[random.below(items.length)] ?? items[0]

const chance = (random: Random, of: number): boolean => random.next() < of

export const createPlan = (seed: number): WorldPlan => {
  const plan = drawPlan(seed)
  const random = createSeededRandom(seed + 0x376b_0000)
  const areVoices = plan.streams.some(({ isKeyless }) => isKeyless) && chance(random, 0.6)
  return { ...plan, nodes: plan.nodes.map((node) => sharpen(random, node, areVoices)) }
}

/** Drawn apart: what is added here leaves the worlds of all seeds as they are, but for this. */
const sharpen = (random: Random, node: NodePlan, areVoices: boolean): NodePlan => {
  const isLate = chance(random, 0.15)
  const rotPages = chance(random, 0.5) ? 1 : between(random, 2, 4)
  if (node.lies.length === 0) return { ...node, rotPages }
  return { ...node, rotPages, lies: areVoices ? ['wrong-row-before'] : isLate ? ['late', ...node.lies] : node.lies }
}

const drawPlan = (seed: number): WorldPlan => {
  const random = createSeededRandom(seed)
  const weather = oneOf(random, ['fair', 'gentle', 'gentle', 'rough', 'rough'])
  const calmAt = between(random, 5_000, 9_000)
  // Most faults need two or three nodes; what a crowd does is for a few.
  const count = chance(random, 0.015) ? between(random, 7, 12) : oneOf(random, [2, 2, 3, 3, 3, 3, 4, 4, 5])
  const isSwarm = chance(random, 0.3)
  const isSecure = weather === 'fair' || chance(random, 0.5)
  // One stranger with many keys: several nodes that tell the same lie, half of them where voices count (and more by `sharpen`).
  const areVoices = chance(random, 0.06)
  const conspiracy = areVoices ? (['wrong-row-before'] as const) : chance(random, 0.06) ? sample(LIE_NAMES, 1, random) : null
  const nodes = Array.from({ length: count }, (_, index) => createNode(random, { calmAt, weather, isHonest: index === 0, conspiracy }))
  const streams = Array.from({ length: Math.min(count, oneOf(random, [1, 1, 1, 2, 2, 3])) }, () => createStream(random, nodes, calmAt, areVoices))
  const pairs = Array.from({ length: count }, (_, a) => Array.from({ length: count - a - 1 }, (__, b) => [a, a + 1 + b] as const)).flat()
  const extraPairs = sample(pairs, between(random, Math.min(1, pairs.length), pairs.length), random)
  return {
    shape: { pageRows: between(random, 4, 16), runLeaves: oneOf(random, [4, 8, 16]) },
    nodes,
    streams,
    weather,
    isSecure,
    hasRealSignatures: seed % REAL_SIGNATURES_EVERY === 0,
    calmAt,
    partition: chance(random, 0.25) && count > 2 ? createPartition(random, count, calmAt) : null,
    // Whoever introduces also passes rows on.
    server: isSwarm || chance(random, 0.5) ? createServer(random, calmAt) : null,
    isSwarm,
    extraPairs: [...extraPairs, ...copyPairs(streams)],
    line: () => createLine(random, weather, isSecure),
  }
}

/** Lies that need an occasion (a descent, several packets of a page) are told by more, so that no fault is rare. */
const LIE_POOL: readonly LieName[] = [
  ...LIE_NAMES,
  ...LIE_NAMES,
  ...(['wrong-nodes', 'wrong-nodes', 'wrong-nodes', 'wrong-nodes', 'wrong-nodes', 'wrong-nodes', 'flood', 'flood', 'flood'] as const),
  ...(['mute', 'mute', 'slow', 'slow', 'oversized', 'strange-request', 'corrupt-parcel', 'wrong-number', 'wrong-proof'] as const),
]

interface NodeKind {
  readonly calmAt: number
  readonly weather: WorldPlan['weather']
  readonly isHonest: boolean
  readonly conspiracy: readonly LieName[] | null
}

const createNode = (random: Random, { calmAt, weather, isHonest, conspiracy }: NodeKind): NodePlan => {
  const mayFail = weather !== 'fair'
  const from = between(random, 1_000, calmAt - 2_000)
  const isLiar = !isHonest && chance(random, 0.5)
  return {
    lies: isLiar ? (conspiracy ?? [...new Set(sample(LIE_POOL, between(random, 2, 6), random))]) : [],
    copyOf: null,
    joinAt: chance(random, 0.6) ? 0 : between(random, 0, calmAt),
    leaveAt: chance(random, 0.06) ? between(random, 4_000, calmAt + 4_000) : null,
    skewMs: chance(random, 0.2) ? (random.next() - 0.5) * 2 * DAY_MS : 0,
    clockSteps: chance(random, 0.1) ? [{ at: between(random, 500, calmAt), byMs: (random.next() - 0.5) * 2 * DAY_MS }] : [],
    crashes: mayFail && chance(random, 0.3) ? Array.from({ length: between(random, 1, 3) }, () => between(random, 1, oneOf(random, [30, 150, 400]))) : [],
    diskFull: mayFail && chance(random, 0.08) ? { from, to: between(random, from + 500, calmAt) } : null,
    diskMs: chance(random, 0.5) ? 0 : random.next() * 8,
    roomMs: chance(random, 0.5) ? 0 : between(random, 0, 20),
    rotAt: chance(random, 0.08) ? between(random, 1_000, calmAt + 1_000) : null,
    rotPages: 1,
  }
}

const createStream = (random: Random, nodes: NodePlan[], calmAt: number, areVoices: boolean): StreamPlan => {
  const honest = nodes.flatMap(({ lies, copyOf }, index) => (lies.length === 0 && copyOf === null ? [index] : []))
  const publisher = honest[random.below(honest.length)] ?? 0
  const originals = nodes.flatMap(({ copyOf }, index) => (copyOf === null && index !== publisher ? [index] : []))
  const members = sample(originals, originals.length, random).filter((_, index) => index === 0 || chance(random, 0.75))
  const subscribers: StreamPlan['subscribers'][number][] = []
  for (const node of members) {
    // Behind an honest one, so that there is a way by honest nodes to everybody.
    const sources = [publisher, ...subscribers.map((one) => one.node)].filter((one) => nodes[one]?.lies.length === 0)
    subscribers.push({ node, parent: sources[random.below(sources.length)] ?? publisher })
  }
  const isKeyless = chance(random, areVoices ? 0.7 : 0.07)
  const beginAt = isKeyless || chance(random, 0.7) ? 0 : between(random, 0, 4_000)
  const times = (most: number): readonly number[] =>
    Array.from({ length: random.below(most) }, () => between(random, beginAt + 100, calmAt + LAST_ROW_MS)).sort((a, b) => a - b)
  const pausing = members[random.below(members.length)]
  const from = between(random, 500, calmAt - 1_000)
  return {
    publisher,
    isKeyless,
    firstRows: between(random, 1, isKeyless ? 12 : oneOf(random, [8, 30, 60, 120])),
    beginAt,
    appends: isKeyless ? [] : times(oneOf(random, [4, 12, 24])),
    subscribers,
    pause: pausing !== undefined && chance(random, 0.1) ? { node: pausing, from, to: between(random, from + 200, calmAt) } : null,
    mishap: isKeyless || !chance(random, 0.12) ? null : createMishap(random, nodes, publisher, calmAt, times),
  }
}

const createMishap = (
  random: Random,
  nodes: NodePlan[],
  publisher: number,
  calmAt: number,
  times: (most: number) => readonly number[],
): Mishap => {
  const copyAt = between(random, 1_000, calmAt - 2_000)
  const at = between(random, copyAt + 200, calmAt)
  if (chance(random, 0.6)) return { type: 'restored', copyAt, at, isPatient: chance(random, 0.5) }
  const original = nodes[publisher]
  if (original === undefined) throw new RangeError(`no node ${publisher}`)
  const copy = nodes.length
  nodes.push({ ...original, copyOf: publisher, joinAt: Infinity, leaveAt: calmAt + between(random, 0, 6_000), crashes: [], diskFull: null, rotAt: null })
  return { type: 'copied', copyAt, at, copy, appends: times(8).filter((time) => time > at) }
}

/** A copy meets some of those whom its original meets; the two themselves cannot. */
const copyPairs = (streams: readonly StreamPlan[]): readonly (readonly [number, number])[] =>
  streams.flatMap(({ mishap, subscribers }) => (mishap?.type === 'copied' ? subscribers.slice(0, 2).map(({ node }) => [node, mishap.copy] as const) : []))

const createPartition = (random: Random, count: number, calmAt: number): Partition => {
  const from = between(random, 0, calmAt - 4_000)
  const nodes = sample(Array.from({ length: count }, (_, index) => index), between(random, 1, count - 1), random)
  return { from, to: between(random, from + 1_000, calmAt), nodes: new Set(nodes) }
}

const createServer = (random: Random, calmAt: number): ServerPlan => {
  const from = between(random, 0, calmAt - 1_000)
  return {
    delayMs: between(random, 2, 150),
    downs: chance(random, 0.5) ? [{ from, to: between(random, from + 500, calmAt + 8_000) }] : [],
    lies: chance(random, 0.15),
  }
}

const createLine = (random: Random, weather: WorldPlan['weather'], isReliable: boolean): LineWeather => ({
  delayMs: between(random, 1, weather === 'rough' ? 300 : 150),
  jitterMs: weather === 'fair' ? 0 : between(random, 0, 300),
  loss: weather === 'fair' ? 0 : random.next() * (weather === 'gentle' ? 0.03 : 0.4),
  repeat: weather === 'fair' ? 0 : random.next() * 0.1,
  isReliable,
})
