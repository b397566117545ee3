import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/base/bytes.ts'
import { decode, encode } from '../../../src/base/codec.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createDataClient } from '../../../src/data/data-client.ts'
import { headBytes } from '../../../src/domain/head.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { predictionStreamOf } from '../../../src/domain/stream.ts'
import { createForecaster, restoreForecaster } from '../../../src/engine/forecaster.ts'
import type { HistoryStore } from '../../../src/ports/history-store.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { decodeFrame } from '../../../src/protocol/frame.ts'
import { liveCodec } from '../../../src/protocol/live.ts'
import { startEngineHost } from '../../../src/runtime/engine-host.ts'
import { must, startDataNode, type DataNode } from '../../support/data-node.ts'
import { createRows, historyOf } from '../../support/history.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { createNodeKey, identityOf, idOf, sha256 } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const ROWS = createRows(createSeededRandom(21), 20)
const FIRST = 10
const publisher = createNodeKey()
const self = createNodeKey()
const identity = identityOf(publisher)
const stream = idOf(identity)
const predictions = idOf(predictionStreamOf(self.publicKey, stream))

/** What the publisher says when it has so many rows. */
const liveAt = (count: number): Bytes => {
  const row = ROWS[count - 1]
  if (row === undefined) throw new RangeError('no row')
  const { head } = historyOf(identity, ROWS, PAGE_ROWS, count)
  return encode(liveCodec, { row, head: { head, signature: publisher.sign(headBytes(head)) } })
}

type Victim = 'data' | 'engine'

/** A process: once it is dead nothing reaches it, nothing that it says is heard, and it writes nothing. */
interface Life {
  isAlive: boolean
}

/** Asked anew each time: the other side may have killed it meanwhile. */
const isAlive = (life: Life): boolean => life.isAlive

/** A whole node but for its window: data process and engine as they are, joined by ports that can be cut at any message. */
const createNode = async () => {
  const clock = createVirtualClock()
  const trace: string[] = []
  const published: number[] = []
  let onStep: (label: string) => void = () => undefined
  const step = (label: string): void => {
    trace.push(label)
    onStep(label)
  }
  const disk = createMemoryStore({ crashPoint: (where) => { step(`disk ${where}`) } })
  let dataLife: Life = { isAlive: true }
  let engineLife: Life = { isAlive: true }
  let data: DataNode
  let neuron: ReturnType<typeof createDataClient>
  let engine: ReturnType<typeof createDataClient>

  /** What a dead process began is never answered; what it had not begun is never done. */
  const storeOf = (life: Life): HistoryStore => {
    const guard = <A extends unknown[], R>(verb: (...args: A) => Promise<R>) => async (...args: A): Promise<R> => {
      const never = new Promise<R>(() => undefined)
      if (!isAlive(life)) return never
      const answer = await verb(...args).catch(() => never)
      return isAlive(life) ? answer : never
    }
    const { sync: _, refuseWrites: __, close, ...verbs } = disk
    return { ...Object.fromEntries(Object.entries(verbs).map(([name, verb]) => [name, guard(verb as never)])), close } as unknown as HistoryStore
  }
  const labelOf = (frame: Bytes, to: string): string => {
    const judged = decodeFrame(frame)
    return `${to} ${judged.ok ? judged.value.type : 'no frame'}`
  }
  /** A port between two lives. */
  const join = (role: 'engine' | 'neuron', other: Life): Pipe => {
    const mine = dataLife
    const [near, far] = createPipePair()
    const cut = (pipe: Pipe, to: string): Pipe => ({
      ...pipe,
      send: (frame) => {
        if (!isAlive(mine) || !isAlive(other)) return
        step(labelOf(frame, to))
        if (isAlive(mine) && isAlive(other)) pipe.send(frame)
      },
      onFrame: (handle) => {
        pipe.onFrame((frame) => { if (isAlive(mine) && isAlive(other)) handle(frame) })
      },
    })
    data.server.attachLocal(cut(far, `-> ${role}`), role)
    return cut(near, `${role} ->`)
  }
  const startEngine = (): void => {
    engineLife = { isAlive: true }
    engine = createDataClient(join('engine', engineLife), { clock })
    const elapsed = () => clock.now()
    const host = startEngineHost({ ...{ data: engine, createForecaster, restoreForecaster, sha256, clock, elapsed, mostAwake: 9 }, report: () => undefined, complain: () => undefined })
    host.setShare(1)
  }
  const startData = async (): Promise<DataNode> => {
    dataLife = { isAlive: true }
    data = await startDataNode({ name: 'node', clock, key: self, store: storeOf(dataLife) })
    return data
  }
  /** The neuron outlives both. */
  const watch = (): void => {
    neuron = createDataClient(join('neuron', { isAlive: true }), { clock })
    neuron.watch((notice) => {
      if (notice.type !== 'live-row' || notice.stream !== predictions) return
      const live = decode(liveCodec, notice.live, 'live')
      if (live.ok) published.push(live.value.head.head.rows - 1)
    })
  }
  const restart = async (victim: Victim): Promise<void> => {
    onStep = () => undefined
    if (victim === 'engine') startEngine()
    else {
      await startData()
      watch()
      engine.reconnect(join('engine', engineLife))
    }
    await settle()
  }
  const first = await startData()
  watch()
  await must(first.client.subscribe(identity))
  const { pages, pageHashes, hashes, head } = historyOf(identity, ROWS, PAGE_ROWS, FIRST)
  // A history that is already there.
  dataLife.isAlive = false
  const [record] = disk.sync.records()
  if (record === undefined) throw new Error('no record')
  const signed = { head, signature: publisher.sign(headBytes(head)) }
  disk.sync.commit({ record: { ...record, head: signed, hashes }, pages: pages.map((bytes, page) => ({ bytes, hash: pageHashes[page] ?? new Uint8Array(0) })) })
  await startData()
  watch()
  startEngine()
  await settle()
  trace.length = 0
  return {
    trace,
    published,
    /** The row comes, as from the server: again until it is taken, because a server hands out what a node has missed. */
    receive: async (count: number) => {
      const answered = neuron.deliver(stream, liveAt(count))
      await settle()
      return answered
    },
    deliver: (count: number) => void neuron.deliver(stream, liveAt(count)),
    killAt: (label: string, victim: Victim, times = 1): void => {
      let left = times
      onStep = (now) => {
        if (now !== label || --left > 0) return
        onStep = () => undefined
        const life = victim === 'data' ? dataLife : engineLife
        life.isAlive = false
        if (victim === 'data' && label.startsWith('disk before')) throw new Error('killed')
      }
    },
    restart,
    isDead: (victim: Victim) => !(victim === 'data' ? dataLife : engineLife).isAlive,
    predicted: async () => (await must(neuron.rows(predictions, 0, 100))).rows.flatMap((row) => (row.form === 'prediction' ? [row] : [])),
    rows: async () => (await must(neuron.rows(stream, 0, 100))).total,
  }
}

/** Everything that happens between a new row and its published prediction, in order. */
const STEPS = [
  'neuron -> deliver',
  'disk before commit',
  'disk after commit',
  '-> neuron state',
  '-> engine state',
  'engine -> rows-request',
  '-> engine rows',
  'engine -> predict',
  'disk before commit (the prediction)',
  'disk after commit (the prediction)',
  '-> neuron live-row',
  '-> engine done',
] as const

describe('[D47] a new row that is checked, saved, predicted, and its prediction saved and published', () => {
  it('takes these steps', async () => {
    const node = await createNode()
    await node.receive(FIRST + 1)
    const main = node.trace.filter((line) => !/log-entry|delivered|link-|newest/.test(line))
    expect(main).toMatchInlineSnapshot(`
      [
        "neuron -> deliver",
        "disk before commit",
        "disk after commit",
        "-> neuron state",
        "-> engine state",
        "engine -> rows-request",
        "-> neuron state",
        "-> engine state",
        "-> engine rows",
        "engine -> predict",
        "disk before commit",
        "disk after commit",
        "-> neuron state",
        "-> engine state",
        "-> neuron live-row",
        "-> engine live-row",
        "-> engine done",
      ]
    `)
    expect(await node.predicted()).toMatchObject([{ followsRow: FIRST - 1, kind: 'start-up' }, { followsRow: FIRST, kind: 'live' }])
  })

  for (const victim of ['data', 'engine'] as const)
    describe(`with the ${victim} worker killed`, () => {
      for (const label of STEPS)
        it(`at "${label}": ends with the row predicted once, and published`, async () => {
          const node = await createNode()
          const isSecond = label.endsWith('(the prediction)')
          node.killAt(label.replace(' (the prediction)', ''), victim, isSecond ? 2 : 1)
          node.deliver(FIRST + 1)
          await settle()
          expect(node.isDead(victim)).toBe(true)
          await node.restart(victim)
          // A server hands out again what a node says it has not.
          if ((await node.rows()) === FIRST) await node.receive(FIRST + 1)
          await settle()
          const made = await node.predicted()
          expect(made.map(({ followsRow }) => followsRow)).toEqual([FIRST - 1, FIRST])
          expect(new Set(node.published)).toEqual(new Set(made.map((_, row) => row)))
          // And the next one takes the same way.
          await node.receive(FIRST + 2)
          expect((await node.predicted()).map(({ followsRow }) => followsRow)).toEqual([FIRST - 1, FIRST, FIRST + 1])
          expect(node.published).toContain(2)
        })
    })
})
