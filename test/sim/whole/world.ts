import { createHash } from 'node:crypto'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import type { DataNotice } from '../../../src/ports/data-client.ts'
import { NO_AUTHOR, type StreamId } from '../../../src/domain/stream.ts'
import { decodeFrame } from '../../../src/protocol/frame.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { createTimeline, type Timeline } from '../timeline.ts'
import { checkHeld, checkRest } from './bounds.ts'
import { schedule } from './events.ts'
import { createKeyRing, type SimKey } from './keys.ts'
import { createMeetings, MEET_EVERY_MS } from './meetings.ts'
import { createNode, mayBeDamaged, type SimNode } from './node.ts'
import { readValues } from './person.ts'
import { createPlan, LAST_ROW_MS, patienceMs, type Partition, type StreamPlan, type WorldPlan } from './plan.ts'
import { createServer } from './server.ts'
import { behind, tellsAll, type Followed } from './settled.ts'
import { createSwarming } from './swarming.ts'
import { createTruth, Violation, type Truth } from './truth.ts'

export interface WholeReport {
  readonly seed: number
  readonly nodes: number
  readonly streams: number
  readonly frames: number
  readonly moments: number
  /** From the beginning to the end. */
  readonly virtualMs: number
  /** From the calm until everyone had everything. */
  readonly settledMs: number
  readonly fired: ReadonlySet<string>
}

export interface WorldOptions {
  /** Every frame that is sent, every life and every notice of a cut: in words. */
  readonly trace?: (line: string) => void
  /** Every frame with its time: equal worlds have equal hashes. */
  readonly hash?: (text: string) => void
  readonly isAtomic?: boolean
  /** What happens, in place of what the seed would decide. */
  readonly plan?: WorldPlan
}

/** When the weather calms everyone honest is up to date by then, milliseconds: a status is asked again at most after a minute, twice. */
const SETTLE_MS = 150_000
/** Where nodes look for each other themselves: who came to nothing often is looked for again after two minutes. */
const SWARM_SETTLE_MS = 300_000
/** How often it is looked whether everyone is. */
const LOOK_EVERY_MS = 500
/** And then it must stay so. */
const AFTERLIFE_MS = 1_000
/** Every real world takes some ten thousand; more is a world that talks to itself. */
const MAX_MOMENTS = 600_000
/** When all links are gone, what was under way over them ends in this time, milliseconds. */
const REST_MS = 1_000

/** Codes with which an honest peer may be cut when the network is bad: it seemed silent. */
const NO_LIES: readonly string[] = ['silent', 'unproven', 'flood']

/** Plays the world of one seed to its end; rejects with a Violation when a rule breaks. */
export const playWhole = async (seed: number, options: WorldOptions = {}): Promise<WholeReport> => {
  const { plan = createPlan(seed) } = options
  const random = createSeededRandom(seed + 0x5eed_0000)
  const timeline = createTimeline()
  const ring = createKeyRing(random, plan.hasRealSignatures)
  const truth = createTruth(plan.shape)
  const fired = new Set<string>()
  const promises: (() => void)[] = []
  const state = { violation: null as string | null, frames: 0, moments: 0, settledAt: null as number | null, isOver: false }
  const { trace, hash } = options

  const isCalm = (): boolean => timeline.now >= plan.calmAt
  const violated = (what: string): void => {
    state.violation ??= `${what} (at ${timeline.now.toFixed(0)} ms)`
  }
  const fire = (what: string): void => void fired.add(what)
  const guarded = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      violated(error instanceof Error ? error.message : String(error))
    }
  }
  const say = (what: string): void => trace?.(`${timeline.now.toFixed(0)} ${what}`)
  const isCutOff = (index: number): boolean => plan.partition !== null && isBlocked(plan.partition) && plan.partition.nodes.has(index)
  const isBlocked = ({ from, to }: Pick<Partition, 'from' | 'to'>): boolean => timeline.now >= from && timeline.now < to
  const partition = (a: number, b: number): Partition | null => (isCutOff(a) === isCutOff(b) ? null : plan.partition)

  const keys: SimKey[] = []
  const nodes: SimNode[] = plan.nodes.map((of, index) => {
    const key = keys[of.copyOf ?? -1] ?? ring.create()
    keys.push(key)
    return createNode(
      {
        timeline,
        random,
        shape: plan.shape,
        isSecure: plan.isSecure,
        verify: ring.verify,
        truth,
        isAtomic: options.isAtomic ?? true,
        isCalm,
        fired: fire,
        violated,
        onUp: (node) => {
          say(`node ${node.index} is up`)
          server?.checkIn(node)
          askNewest(node)
          swarming?.up(node)
        },
        onDown: (node) => {
          say(`node ${node.index} is down`)
          meetings.down(node)
          server?.leave(node)
          swarming?.down(node)
        },
        onNotice,
      },
      index,
      of,
      key,
    )
  })
  stayCompiled(nodes)
  const followed = plan.streams.map((of, index) => followedOf(of, index, { seed, plan, nodes, truth }))
  const idsOf = (isIt: (of: Followed) => boolean): readonly StreamId[] => followed.filter(isIt).map(({ wanted }) => wanted.stream)
  const wants = nodes.map(({ index }) => idsOf(({ plan: of }) => of.subscribers.some(({ node }) => node === index)))
  const owns = nodes.map((node) => idsOf(({ wanted }) => wanted.identity.author === node.key.publicKey))
  const meetings = createMeetings({
    plan,
    timeline,
    random,
    nodes,
    isCalm,
    tellsAll: (stream, index) => {
      const [one, node] = [followed[stream], nodes[index]]
      return one !== undefined && node !== undefined && tellsAll(one, node)
    },
    partition,
    onFrame: (from, to, bytes) => {
      state.frames++
      const sender = nodes[from]
      if (sender !== undefined) guarded(() => checkHeld(sender, plan.streams.length))
      hash?.(`${timeline.now} ${from} ${to} ${Buffer.from(bytes).toString('latin1')}`)
      if (trace !== undefined) say(`${from} -> ${to} | ${wordsOf(bytes)}`)
    },
    fired: fire,
  })
  const server =
    plan.server === null
      ? null
      : createServer(
          {
            timeline,
            random,
            nodes,
            wants: ({ index }) => wants[index] ?? [],
            owns: ({ index }) => owns[index] ?? [],
            isCutOff: ({ index }) => isCutOff(index),
            fired: fire,
          },
          plan.server,
        )

  const swarming = plan.isSwarm
    ? createSwarming({
        timeline,
        random,
        nodes,
        meetings,
        wants: ({ index }) => wants[index] ?? [],
        publisherOf: (stream) => {
          const [owner] = followed.find(({ wanted }) => wanted.stream === stream)?.members ?? []
          if (owner === undefined) throw new RangeError(`nobody publishes ${stream}`)
          return owner
        },
        isCutOff: ({ index }) => isCutOff(index) || (plan.server?.downs.some(isBlocked) ?? false),
        fired: fire,
        violated,
      })
    : null

  /** As the neuron does: without a server nobody can be asked. */
  function askNewest(node: SimNode): void {
    const { client } = node
    client?.onNewestWanted((wanted) => {
      if (server === null) void client.newest(wanted.stream, null)
      else server.newestWanted(node, wanted)
    })
  }
  function onNotice(node: SimNode, notice: DataNotice): void {
    if (notice.type === 'live-row') server?.publish(node, notice.stream, notice.live)
    if (notice.type === 'log-entry') {
      say(`node ${node.index} logs | ${notice.message}`)
      if (/broke:/.test(notice.message)) violated(`node ${node.index}: ${notice.message}`)
      if (/without a signature is what its publisher signed/.test(notice.message)) fire('loose rows became their signed history')
      if (/without a signature is not what its publisher signed/.test(notice.message)) fire('loose rows were not what was signed')
    }
    swarming?.onNotice(node, notice)
    if (notice.type === 'state') onState(node, notice.state)
    if (notice.type === 'link-event' && notice.event !== 'ready') onLinkEnd(node, notice)
  }
  function onState(node: SimNode, { stream, identity, rows, loose, forked }: StreamState): void {
    if (forked) onForked(node, stream)
    if (identity.author === NO_AUTHOR && rows > 0) violated(`node ${node.index} counts rows that nobody signed`)
    if (identity.author !== NO_AUTHOR && loose !== null) fire('a signed stream had loose rows')
  }
  function onForked(node: SimNode, stream: StreamId): void {
    fire('a fork was found')
    if (followed.find(({ wanted }) => wanted.stream === stream)?.isShaken !== true) violated(`node ${node.index} calls an honest publisher a forger`)
  }
  function onLinkEnd(node: SimNode, { link, event, code, message }: Extract<DataNotice, { type: 'link-event' }>): void {
    say(`node ${node.index} | link ${link} ${event} ${code}: ${message}`)
    if (code === 'internal') violated(`node ${node.index}: ${message}`)
    if (event !== 'cut') return
    fire(`cut ${code}`)
    meetings.cut(node, link)
    const meeting = meetings.meetingOf(node, link)
    const other = meeting?.nodes.find((one) => one !== node)
    if (other === undefined || !other.isHonest || !node.isHonest) return
    const mayBeCut = NO_LIES.includes(code) && (plan.weather === 'rough' || meeting?.hasHung === true)
    if (!mayBeCut) violated(`node ${node.index} cut the honest node ${other.index}: ${code}: ${message}`)
  }

  const everyoneIsThereAt = Math.max(plan.calmAt + LAST_ROW_MS, ...plan.nodes.flatMap(({ joinAt }) => (joinAt < Infinity ? [joinAt] : []))) + 1_000
  const mustWaitUntil = plan.streams.some(({ mishap }) => mishap?.type === 'restored' && mishap.isPatient) ? plan.calmAt + patienceMs(plan) : 0
  const { settleMs = plan.isSwarm ? SWARM_SETTLE_MS : SETTLE_MS } = plan
  const look = (): void => {
    timeline.after(LOOK_EVERY_MS, look)
    if (timeline.now < Math.max(everyoneIsThereAt, mustWaitUntil)) return
    guarded(() => {
      const who = behind(followed, truth)
      state.settledAt = who === null ? (state.settledAt ?? timeline.now) : null
      if (who !== null && timeline.now > plan.calmAt + settleMs) violated(`${who}, ${settleMs / 1_000} s after the weather calmed`)
    })
    state.isOver = state.settledAt !== null && timeline.now >= state.settledAt + AFTERLIFE_MS
  }
  const meet = (): void => {
    timeline.after(MEET_EVERY_MS, meet)
    meetings.tick()
    server?.tick()
  }

  schedule({ plan, timeline, random, nodes, truth, fired: fire, promise: (check) => promises.push(check) }, followed)
  timeline.after(0, meet)
  timeline.after(LOOK_EVERY_MS, look)
  timeline.after(plan.calmAt, () => {
    // Frames that a bad line has lost stay lost: what counts on a reliable line begins anew on fresh links.
    if (!plan.isSecure) meetings.tearAll()
  })
  await run(timeline, () => {
    if (++state.moments > MAX_MOMENTS) violated('the world does not come to rest')
    return state.violation !== null || state.isOver
  })
  if (state.violation === null) for (const check of promises) guarded(check)
  if (state.violation === null) await checkEnd()
  if (state.violation === null) await checkClosed()
  for (const node of nodes) node.life?.die()
  if (state.violation !== null) throw new Violation(state.violation)
  return {
    seed,
    nodes: nodes.length,
    streams: plan.streams.length,
    frames: state.frames,
    moments: state.moments,
    virtualMs: timeline.now,
    settledMs: (state.settledAt ?? timeline.now) - plan.calmAt,
    fired,
  }

  /** Everyone reads everything, as an engine would. */
  async function checkEnd(): Promise<void> {
    const readings = followed.flatMap(({ members, wanted, plan: of }) => members.map((node) => ({ node, wanted, isKeyless: of.isKeyless })))
    const check = async ({ node, wanted, isKeyless }: (typeof readings)[number]): Promise<void> => {
      const rows = node.head(wanted.stream)?.head.rows ?? 0
      if (node.client === null || (rows === 0 && !isKeyless)) return
      const values = await readValues(node.client, wanted.stream, isKeyless ? 1 : rows)
      // Rows that nobody signed have no history, however many agreed upon them.
      if (isKeyless) {
        if (typeof values !== 'string' && values.length > 0) violated(`node ${node.index} counts loose rows of stream ${wanted.index} as history`)
        return
      }
      if (typeof values === 'string') {
        if (!mayBeDamaged(node.plan)) violated(`node ${node.index} cannot read stream ${wanted.index}: ${values}`)
      } else if (values.length !== rows) violated(`node ${node.index} reads ${values.length} of ${rows} rows`)
      else guarded(() => truth.checkRows(wanted.stream, values))
    }
    for (const node of nodes) {
      say(`node ${node.index} is looked through`)
      guarded(() => truth.checkDisk(node.disk.content, mayBeDamaged(node.plan)))
    }
    guarded(() => checkPromises(followed, truth, fire))
    const open = new Map(readings.map((reading) => [reading, reading.node.life]))
    for (const reading of readings)
      check(reading).then(
        () => open.delete(reading),
        (error: unknown) => {
          violated(String(error))
        },
      )
    // Whoever leaves in this very moment answers nothing more.
    const isDone = (): boolean => [...open.values()].every((life) => life?.isAlive !== true)
    const until = timeline.now + 10_000
    await run(timeline, () => isDone() || state.violation !== null || timeline.now > until)
    if (!isDone() && state.violation === null) violated('what was asked at the end is not answered')
  }

  /** Nothing is left of links that are gone: no question, no request, no timer. */
  async function checkClosed(): Promise<void> {
    meetings.close()
    const until = timeline.now + REST_MS
    await run(timeline, () => state.violation !== null || timeline.now > until)
    for (const node of nodes) guarded(() => checkRest(node, plan.streams.length))
  }
}

/**
 * The nodes of the last worlds, kept in memory. What V8 has optimized is forgotten with the last function that uses it: without them every
 * clearing of the heap between two worlds is followed by optimizing the product anew, a fifth of the processor's time (measured).
 */
const lately: (readonly SimNode[])[] = []
const WORLDS_KEPT = 16

const stayCompiled = (nodes: readonly SimNode[]): void => {
  lately.push(nodes)
  if (lately.length > WORLDS_KEPT) lately.shift()
}

interface FollowedWorld {
  readonly seed: number
  readonly plan: WorldPlan
  readonly nodes: readonly SimNode[]
  readonly truth: Truth
}

const followedOf = (of: StreamPlan, index: number, { seed, plan, nodes, truth }: FollowedWorld): Followed => {
  const owner = nodes[of.publisher]
  if (owner === undefined) throw new RangeError(`no node ${of.publisher}`)
  const author = of.isKeyless ? NO_AUTHOR : owner.key.publicKey
  const identity = { source: 'sim', author, stream: `${seed}/${index}`, target: '' }
  const subscribers = of.subscribers.flatMap(({ node }) => nodes[node] ?? [])
  const isShaken = !of.isKeyless && plan.streams.some(({ publisher, mishap }) => publisher === of.publisher && mishap !== null)
  const wanted = { identity, index, stream: truth.add(identity) }
  if (isShaken) truth.relax(wanted.stream)
  return {
    wanted,
    plan: of,
    members: [owner, ...subscribers.filter(({ isHonest }) => isHonest)],
    file: of.isKeyless ? Array.from({ length: of.firstRows }, (_, at) => `${index}.${at}`) : [],
    bringers: new Set([of.publisher, ...of.subscribers.flatMap(({ node }, at) => (at % 2 === 1 ? [node] : []))]),
    liars: subscribers.filter(({ isHonest }) => !isHonest).length,
    isShaken,
  }
}

/** Lets time pass: each thing happens when everything that the one before set going by promises alone has ended. */
const run = (timeline: Timeline, isOver: () => boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const promises = Promise.resolve()
    // Ticks of the platform come after all promises; a whole turn of its loop is three times dearer (measured).
    const goOn = (): void => {
      process.nextTick(turn)
    }
    const turn = (): void => {
      try {
        if (isOver() || !timeline.next(Infinity)) resolve()
        else void promises.then(goOn)
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    process.nextTick(turn)
  })

/** What was acknowledged is there; what nobody signed is true where nobody lied about it. */
const checkPromises = (followed: readonly Followed[], truth: Truth, fire: (what: string) => void): void => {
  for (const { wanted, members, isShaken, plan, file, liars, bringers } of followed) {
    const { stream, index } = wanted
    const [owner] = members
    const rows = owner?.head(stream)?.head.rows ?? 0
    const promised = truth.acknowledgedRows(stream).length
    if (!isShaken && rows < promised) throw new Violation(`the publisher has ${rows} of ${promised} acknowledged rows of stream ${index}`)
    if (!plan.isKeyless) {
      for (const node of members) checkReplaced(node, stream, index)
      continue
    }
    // Who has no file may have been lied to, and says what it was told.
    const voices = (node: SimNode): number => liars + members.filter((other) => other !== node && !bringers.has(other.index)).length
    for (const node of members)
      for (const { row, mark } of node.disk.content.looseRows(stream)) {
        if (mark === 'quorum') fire('rows were agreed upon')
        if (file.includes(row.value)) continue
        fire(`an untrue loose row: ${mark}`)
        if (mark === 'quorum' && voices(node) < 2) throw new Violation(`an untrue row was agreed upon by node ${node.index} with one voice for it`)
        if (liars === 0) throw new Violation(`node ${node.index} believes a row of stream ${index} that nobody gave: ${row.value}`)
      }
  }
}

/** Beside a signed history nothing is left of what was believed before it came. */
const checkReplaced = (node: SimNode, stream: StreamId, index: number): void => {
  const left = node.server === null || node.head(stream) === null ? 0 : node.disk.content.looseRows(stream).length
  if (left > 0) throw new Violation(`node ${node.index} keeps ${left} loose rows beside the signed history of stream ${index}`)
}

const wordsOf = (bytes: Bytes): string => {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return `${bytes.length} bytes that are no frame`
  const { type, request } = frame.value
  const more = 'pages' in frame.value ? ` ${frame.value.pages.join()}` : 'rows' in frame.value && typeof frame.value.rows === 'number' ? ` of ${frame.value.rows} rows` : ''
  const head = frame.value.type === 'status' ? ` ${frame.value.head?.head.rows ?? 0} rows` : ''
  if (frame.value.type === 'row-before-request') return `${type}#${request} ${frame.value.row ?? '-'} ${frame.value.time ?? '-'}`
  if (frame.value.type === 'row-before') return `${type}#${request} ${frame.value.found === null ? 'none' : `${frame.value.found.number ?? '-'} ${frame.value.found.row.time} ${frame.value.found.mark}`}`
  const page = frame.value.type === 'packet' ? ` page ${frame.value.page}` : ''
  return `${type}#${request}${more}${head}${page}`
}

export interface TraceHash {
  add(text: string): void
  digest(): string
}

export const traceHash = (): TraceHash => {
  const hash = createHash('sha256')
  return { add: (text) => void hash.update(text), digest: () => hash.digest('hex') }
}
