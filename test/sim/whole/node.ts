import type { Bytes } from '../../../src/base/bytes.ts'
import type { Mutable } from '../../../src/base/mutable.ts'
import type { Random } from '../../../src/base/random.ts'
import { createDataClient } from '../../../src/data/data-client.ts'
import { startDataServer, type DataServer } from '../../../src/data/data-server.ts'
import { peerCode } from '../../../src/data/peer-code.ts'
import type { SignedHead } from '../../../src/domain/head.ts'
import type { HistoryShape } from '../../../src/domain/shape.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import { createOpenPeerLink } from '../../../src/link/secure-link.ts'
import type { DataClient, DataNotice } from '../../../src/ports/data-client.ts'
import type { HistoryRecord } from '../../../src/ports/history-store.ts'
import type { Verify } from '../../../src/ports/identity.ts'
import { decodeFrame, frameCodes } from '../../../src/protocol/frame.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import type { Timeline } from '../timeline.ts'
import { createDisk, type Disk } from './disk.ts'
import { hash as sha256 } from '../hash.ts'
import { identityOf, type SimKey } from './keys.ts'
import { createLife, type Life } from './life.ts'
import { createPerson, type Person } from './person.ts'
import { createPlainLink } from './plain-link.ts'
import type { NodePlan } from './plan.ts'
import type { Truth } from './truth.ts'
import { atHand } from '../../support/at-hand.ts'

export interface NodeWorld {
  readonly timeline: Timeline
  readonly random: Random
  readonly shape: HistoryShape
  readonly isSecure: boolean
  readonly verify: Verify
  readonly truth: Truth
  readonly isAtomic: boolean
  readonly isCalm: () => boolean
  readonly fired: (what: string) => void
  readonly violated: (what: string) => void
  /** A data process has begun to serve, or a life has ended. */
  onUp(node: SimNode): void
  onDown(node: SimNode): void
  onNotice(node: SimNode, notice: DataNotice): void
}

/** A node of the world: its key, its person and its disk last, its processes come and go. */
export interface SimNode {
  readonly index: number
  readonly plan: NodePlan
  readonly key: SimKey
  readonly person: Person
  readonly disk: Disk
  readonly life: Life | null
  readonly server: DataServer | null
  readonly client: DataClient | null
  readonly isHonest: boolean
  start(): void
  /** It starts again unless it has left for good. */
  die(where: string): void
  leave(): void
  /** Its disk becomes another one; it starts anew from that. */
  restore(disk: Disk): void
  record(stream: StreamId): HistoryRecord | undefined
  head(stream: StreamId): SignedHead | null
}

/** A page of its disk was altered, or it is a copy of such a disk. */
export const mayBeDamaged = ({ rotAt, copyOf }: NodePlan): boolean => rotAt !== null || copyOf !== null

/** A node that died is started again after this long. */
const RESTART_MS = 1_500

export const createNode = (world: NodeWorld, index: number, plan: NodePlan, key: SimKey): SimNode => {
  const { timeline, truth, violated } = world
  const person = createPerson({
    truth,
    isCalm: world.isCalm,
    hasHead: (stream) => node.head(stream) !== null,
    isCopy: plan.copyOf !== null,
    fired: world.fired,
    violated: (what) => {
      violated(`node ${index}: ${what}`)
    },
  })
  const guarded = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      violated(`node ${index}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  let lives = 0
  let hasLeft = false

  const skew = (): number => plan.clockSteps.reduce((sum, { at, byMs }) => (timeline.now >= at ? sum + byMs : sum), plan.skewMs)
  const die = (where: string): void => {
    if (node.life === null) return
    world.fired(`crash ${where}`)
    node.life.die()
    node.life = null
    node.server = null
    node.client = null
    person.standUp()
    world.onDown(node)
    guarded(() => truth.checkDisk(node.disk.content, mayBeDamaged(plan)))
    if (!hasLeft) timeline.after(RESTART_MS, node.start)
  }
  const begin = async (mine: Life): Promise<void> => {
    const identity = identityOf(key, truth.signed)
    const deps = { clock: mine.clock, random: world.random, identity, verify: world.verify }
    const openPeerLink = world.isSecure ? createOpenPeerLink(deps) : createPlainLink(mine.clock, plan.roomMs)
    const createStore = () => node.disk.open(mine, () => plan.diskMs)
    const digest = (bytes: Bytes): Promise<Bytes> => Promise.resolve(sha256(bytes))
    const started = await startDataServer({ ...deps, createStore, sha256, digest, openPeerLink, code: atHand(peerCode), shape: world.shape })
    if (!mine.isAlive) return
    if (!started.ok) throw new Error(`its data process did not start: ${started.error.message}`)
    const server = started.value
    node.server = server
    if (node.disk.clear() > 0) violated(`node ${index} has started and keeps pages that no history names`)
    const client = createDataClient(portOf(mine, server, violated), { clock: mine.clock })
    node.client = client
    client.watch((notice) => {
      world.onNotice(node, notice)
      person.onNotice(notice)
    })
    world.onUp(node)
    person.sitDown(mine, client)
  }

  const node: Mutable<SimNode> = {
    index,
    plan,
    key,
    person,
    isHonest: plan.lies.length === 0,
    disk: createDisk({
      onRecord: (record) => guarded(() => truth.checkRecord(record)),
      onAdopted: (missing) => {
        if (missing > 0 && !mayBeDamaged(plan)) violated(`node ${index} has a history on record of which ${missing} pages are not there`)
      },
      isAtomic: world.isAtomic,
    }),
    life: null,
    server: null,
    client: null,
    start: () => {
      if (node.life !== null || hasLeft) return
      if (plan.skewMs !== 0) world.fired('a clock was wrong from the start')
      const steps = plan.crashes[lives] ?? Infinity
      lives++
      const mine = createLife({ timeline, skew, steps, isSafe: world.isCalm, onDeath: die })
      node.life = mine
      begin(mine).catch((error: unknown) => {
        violated(`node ${index}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      })
    },
    die,
    leave: () => {
      world.fired('left for good')
      hasLeft = true
      die('left')
    },
    restore: (restored) => {
      die('restored')
      node.disk = restored
      hasLeft = false
      timeline.after(RESTART_MS, node.start)
    },
    record: (stream) => node.disk.content.records().find((record) => record.stream === stream),
    head: (stream) => node.record(stream)?.head ?? null,
  }
  return node
}

const turn = Promise.resolve()
const REFUSED = frameCodes().find(({ type }) => type === 'refused')?.code

/** The neuron's end of a port to its data process; both end with the life. An answer that says that something broke is a violation. */
const portOf = (life: Life, server: DataServer, violated: (what: string) => void): Pipe => {
  const ends: [(bytes: Bytes) => void, (bytes: Bytes) => void] = [() => undefined, () => undefined]
  const create = (end: 0 | 1): Pipe => ({
    send: (bytes) => {
      const refusal = end === 1 && bytes[1] === REFUSED ? decodeFrame(bytes) : null
      if (refusal?.ok === true && refusal.value.type === 'refused' && refusal.value.code === 'internal') violated(refusal.value.message)
      // Not `queueMicrotask`, which is several times dearer in Node (measured).
      void turn.then(() => {
        if (life.isAlive) ends[end === 0 ? 1 : 0](bytes)
      })
    },
    onFrame: (handle) => void (ends[end] = handle),
    onClose: () => undefined,
    close: () => undefined,
  })
  server.attachLocal(create(1), 'neuron')
  return create(0)
}
