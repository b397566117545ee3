import { describe, expect, it } from 'vitest'
import { verifyEd25519 } from '../../../../signaling/crypto.ts'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { createLooseLedger } from '../../../../src/consensus/loose-ledger.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { MAX_WALKS, SLOW_MS, SOURCELESS_MS } from '../../../../src/data/loose/agreements.ts'
import { looseRowBefore } from '../../../../src/data/reading/row-before.ts'
import { headBytes, type SignedHead } from '../../../../src/domain/head.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import type { ObservationRow } from '../../../../src/domain/row.ts'
import { NO_AUTHOR, type StreamIdentity } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../../src/protocol/frame.ts'
import { attachLocal, joinNodes, must, pass, publish, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, headOf, idOf, identityOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts'

const keyless: StreamIdentity = { source: 'legacy', author: NO_AUTHOR, stream: 'temperature', target: '' }
const stream = idOf(keyless)

const row = (time: number, value = `${time}.5`): ObservationRow => ({ form: 'observation', time: time as Micros, value })
const rowsTo = (count: number, value?: string): ObservationRow[] => Array.from({ length: count }, (_, i) => row(10 * (i + 1), value))

interface Town {
  readonly clock: VirtualClock
  /** A node that has imported rows. */
  importer(name: string, rows: readonly ObservationRow[]): Promise<DataNode>
  /** A node that subscribes. */
  walker(name: string, store?: MemoryStore): Promise<DataNode>
}

const startTown = (): Town => {
  const clock = createVirtualClock()
  return {
    clock,
    importer: async (name, rows) => {
      const node = await startDataNode({ name, clock })
      await must(node.client.addLoose(keyless, rows))
      return node
    },
    walker: async (name, store = createMemoryStore()) => {
      const node = await startDataNode({ name, clock, store })
      await must(node.client.subscribe(keyless))
      return node
    },
  }
}

const looseOf = async (node: DataNode, of = stream): Promise<readonly string[]> => {
  const { rows } = await must(node.client.loose(of, 0, 190))
  return rows.map(({ row: { time, value }, mark, number }) => `${number === null ? '' : `${number}: `}${time} ${value} ${mark}`)
}

type Ask = Omit<Extract<Frame, { type: 'row-before-request' }>, 'request' | 'type'>

/** Asks a node as one of its local ports does. */
const say = async (node: DataNode, frame: Ask): Promise<string> => {
  const pipe = attachLocal(node.server, 'engine')
  const heard: Frame[] = []
  pipe.onFrame((bytes) => {
    const judged = decodeFrame(bytes)
    if (judged.ok) heard.push(judged.value)
  })
  pipe.send(encodeFrame({ type: 'row-before-request', request: 1, ...frame }))
  await settle()
  return words(heard[0])
}

/** Asks a node as a peer does, with the link of another node whose data process hears nothing of it. */
const strangerOf = async (node: DataNode, other: DataNode): Promise<(frame: Ask) => Promise<string>> => {
  let pipe: Pipe | null = null
  const heard: Frame[] = []
  await joinNodes(node, other, {
    distort: (far) => {
      pipe = far
      const isLinks = (frame: Frame): boolean => frame.type === 'hello' || frame.type === 'auth'
      const onFrame: Pipe['onFrame'] = (handle) =>
        far.onFrame((bytes) => {
          const judged = decodeFrame(bytes)
          if (judged.ok && isLinks(judged.value)) handle(bytes)
          else if (judged.ok && judged.value.type !== 'credit') heard.push(judged.value)
        })
      return { ...far, onFrame }
    },
  })
  return async (frame) => {
    heard.length = 0
    pipe?.send(encodeFrame({ type: 'row-before-request', request: 900, ...frame }))
    for (let i = 0; i < 20; i++) await settle()
    return words(heard.find(({ request }) => request === 900))
  }
}

const words = (answer: Frame | undefined): string => {
  if (answer?.type === 'refused') return answer.code
  if (answer?.type !== 'row-before') return String(answer?.type)
  const { found } = answer
  return found === null ? 'nothing' : `${found.number ?? '-'} ${found.row.time} ${found.row.value} ${found.mark}`
}

const asked = (trace: readonly string[], by: string): number => trace.filter((line) => line.startsWith(by) && line.includes('row-before-request')).length

/** What one end says is changed on its way. */
const changing = (change: (frame: Frame) => Frame) => (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (bytes: Bytes) => {
    const judged = decodeFrame(bytes)
    pipe.send(judged.ok ? encodeFrame(change(judged.value)) : bytes)
  },
})

/** One end hears only some frames. */
const hearing = (isHeard: (frame: Frame) => boolean) => (pipe: Pipe): Pipe => ({
  ...pipe,
  onFrame: (handle) => {
    pipe.onFrame((bytes) => {
      const judged = decodeFrame(bytes)
      if (!judged.ok || isHeard(judged.value)) handle(bytes)
    })
  },
})

describe('a stream that nobody signs', () => {
  it('[C1] [C15] [C16] comes row by row from those who imported it, and is kept apart from histories', async () => {
    const { clock, importer, walker } = startTown()
    const ann = await importer('ann', rowsTo(3))
    const ben = await importer('ben', rowsTo(3))
    const cid = await walker('cid')
    const trace: string[] = []
    await joinNodes(cid, ann, { trace })
    await joinNodes(cid, ben)
    await pass(clock, 20_000)
    expect(await looseOf(cid)).toEqual(['10 10.5 quorum', '20 20.5 quorum', '30 30.5 quorum'])
    expect(cid.state(stream)).toMatchObject({ rows: 0, head: null, loose: { rows: 3, provisional: 0, walking: false } })
    expect(await must(cid.client.rows(stream, 0, 10))).toMatchObject({ rows: [], total: 0 })
    expect(trace.filter((line) => line.includes('row-before'))).toMatchInlineSnapshot(`
      [
        "cid -> ann | row-before-request#2",
        "ann -> cid | row-before#2",
        "cid -> ann | row-before-request#3",
        "ann -> cid | row-before#3",
        "cid -> ann | row-before-request#4",
        "ann -> cid | row-before#4",
        "cid -> ann | row-before-request#5",
        "cid -> ann | row-before-request#6",
        "cid -> ann | row-before-request#7",
        "cid -> ann | row-before-request#9",
        "cid -> ann | row-before-request#11",
      ]
    `)
    expect(new Set(cid.notices.flatMap((notice) => (notice.type === 'link-serves' ? [`${notice.link} ${notice.serving}`] : [])))).toEqual(new Set(['1 true', '2 true']))
    expect(ann.state(stream)).toMatchObject({ subscribed: false, loose: { rows: 3, provisional: 3, walking: false } })
    expect(cid.log().at(-1)).toMatchInlineSnapshot(`"3 rows without a signature, 0 on one word only; nobody says what was before"`)
  })

  it('[C17] the word of one liar does not come back as the words of all whom it has told', async () => {
    const { clock, importer, walker } = startTown()
    const mal = await importer('mal', rowsTo(4, 'lie'))
    const deceived: DataNode[] = []
    for (const name of ['dan', 'eve', 'fay']) {
      const node = await walker(name)
      await joinNodes(node, mal)
      deceived.push(node)
    }
    await pass(clock, 10_000)
    for (const node of deceived) expect((await looseOf(node)).at(-1)).toBe('40 lie provisional')
    const cid = await walker('cid')
    // Four who would say the lie, two who know better: two thirds, if all were heard.
    for (const node of [mal, ...deceived, await importer('ann', rowsTo(4)), await importer('ben', rowsTo(4))]) await joinNodes(cid, node)
    await pass(clock, 30_000)
    expect(await looseOf(cid)).toEqual(['10 10.5 quorum', '20 20.5 quorum', '30 30.5 quorum', '40 40.5 quorum'])
    expect(new Set(cid.notices.flatMap((notice) => (notice.type === 'link-serves' && !notice.serving ? [notice.link] : [])))).toEqual(new Set([2, 3, 4]))
    // Who was deceived learns better from those who have heard several, and says so from then on.
    const [dan] = deceived
    if (dan === undefined) throw new Error('nobody was deceived')
    for (const name of ['gus', 'hal']) await joinNodes(dan, await importer(name, rowsTo(4)))
    await pass(clock, 60_000)
    const zoe = await startDataNode({ name: 'zoe', clock })
    const ask = await strangerOf(dan, zoe)
    expect(await ask({ stream, row: null, time: null })).toBe('- 40 40.5 quorum')
  })

  it('[C17] what one has said is told to this node’s own ports, and passed over in what peers are told', async () => {
    const { clock, importer, walker } = startTown()
    const cid = await walker('cid')
    const [ann, ben] = [await importer('ann', rowsTo(2)), await importer('ben', rowsTo(2))]
    for (const one of [ann, ben]) await joinNodes(cid, one)
    await pass(clock, 10_000)
    const mal = await importer('mal', [...rowsTo(2), row(30, 'X'), row(40, 'X')])
    const alone = await walker('dan')
    await joinNodes(alone, mal)
    await pass(clock, 10_000)
    await must(alone.client.addLoose(keyless, rowsTo(2)))
    expect(await looseOf(alone)).toEqual(['10 10.5 provisional', '20 20.5 provisional', '30 X provisional', '40 X provisional'])
    const ask = await strangerOf(alone, await startDataNode({ name: 'zoe', clock }))
    expect(await ask({ stream, row: null, time: null })).toBe('- 20 20.5 provisional')
    expect(await ask({ stream, row: null, time: 25 as Micros })).toBe('- 20 20.5 provisional')
    expect(await ask({ stream, row: null, time: 20 as Micros })).toBe('- 10 10.5 provisional')
    expect(await say(alone, { stream, row: null, time: null })).toBe('- 40 X provisional')
  })

  it('[C3] [C10] is provisional on one word, and a quorum when a second says the same', async () => {
    const { clock, importer, walker } = startTown()
    const ann = await importer('ann', rowsTo(3))
    const cid = await walker('cid')
    await joinNodes(cid, ann)
    await pass(clock, 5_000)
    expect(await looseOf(cid)).toEqual(['10 10.5 provisional', '20 20.5 provisional', '30 30.5 provisional'])
    await joinNodes(cid, await importer('ben', rowsTo(3)))
    await pass(clock, 20_000)
    expect(cid.state(stream)).toMatchObject({ loose: { rows: 3, provisional: 0 } })
  })

  it('[C4] is what two of three say; who walks it answers others with what it has', async () => {
    const { clock, importer, walker } = startTown()
    const cid = await walker('cid')
    for (const [name, value] of [['ann', undefined], ['ben', undefined], ['mal', 'lie']] as const)
      await joinNodes(cid, await importer(name, rowsTo(4, value)))
    await pass(clock, 20_000)
    expect((await looseOf(cid)).every((line) => line.endsWith('.5 quorum'))).toBe(true)
    const dan = await walker('dan')
    await joinNodes(dan, cid)
    await pass(clock, 20_000)
    expect(await looseOf(dan)).toEqual(['10 10.5 provisional', '20 20.5 provisional', '30 30.5 provisional', '40 40.5 provisional'])
  })

  it('[C11] is gone on with after a restart in the middle: no row that is kept is asked for again', async () => {
    const { clock, importer, walker } = startTown()
    const people = [await importer('ann', rowsTo(30)), await importer('ben', rowsTo(30))]
    const store = createMemoryStore()
    const before = await walker('cid', store)
    for (const one of people) await joinNodes(before, one)
    await pass(clock, 4_000)
    const kept = store.sync.looseRows(stream).length
    expect(kept).toBeGreaterThan(3)
    expect(kept).toBeLessThan(30)
    store.refuseWrites({ code: 'store-lost', message: 'That process is dead.' })
    const again = await startDataNode({ name: 'cid', clock, store })
    store.refuseWrites(null)
    expect(again.state(stream)).toMatchObject({ loose: { rows: kept } })
    const trace: string[] = []
    await joinNodes(again, people[0] ?? again, { trace })
    await joinNodes(again, people[1] ?? again)
    await pass(clock, 20_000)
    expect(await looseOf(again)).toHaveLength(30)
    // One for the last of all, one a row that is missing, and the silence at the beginning.
    expect(asked(trace, 'cid')).toBeLessThanOrEqual(1 + (30 - kept) + 5)
  })

  it('[C6] a peer that answers with a row that is not before the place is cut', async () => {
    const { clock, importer, walker } = startTown()
    const mal = await importer('mal', rowsTo(3))
    const cid = await walker('cid')
    await joinNodes(cid, mal, {
      distort: changing((frame) => (frame.type === 'row-before' && frame.found?.row.time === 20 ? { ...frame, found: { ...frame.found, row: row(99) } } : frame)),
    })
    await pass(clock, 5_000)
    expect(cid.notices.flatMap((notice) => (notice.type === 'link-event' ? [`${notice.event} ${notice.code}`] : []))).toEqual(['ready ready', 'cut protocol'])
    expect(await looseOf(cid)).toEqual(['30 30.5 provisional'])
  })

  it('[C6] a row for another stream, and an answer to what was never asked, are lies too', async () => {
    for (const lie of [
      (frame: Frame): Frame => (frame.type === 'row-before' ? { ...frame, stream: idOf({ ...keyless, target: 'other' }) } : frame),
      (frame: Frame): Frame => (frame.type === 'row-before' ? { ...frame, request: frame.request + 1_000 } : frame),
    ]) {
      const { clock, importer, walker } = startTown()
      const cid = await walker('cid')
      await joinNodes(cid, await importer('mal', rowsTo(3)), { distort: changing(lie) })
      await pass(clock, 5_000)
      expect(cid.notices.some((notice) => notice.type === 'link-event' && notice.event === 'cut' && notice.code === 'protocol')).toBe(true)
      expect(await looseOf(cid)).toEqual([])
    }
  })

  it('[C13] is walked while it is subscribed to, and forgotten with it', async () => {
    const { clock, importer, walker } = startTown()
    const store = createMemoryStore()
    const cid = await walker('cid', store)
    await joinNodes(cid, await importer('ann', rowsTo(60)))
    await pass(clock, 3_000)
    await must(cid.client.unsubscribe(stream))
    await pass(clock, 2_000)
    const kept = (await looseOf(cid)).length
    await pass(clock, 5_000)
    expect(await looseOf(cid)).toHaveLength(kept)
    await must(cid.client.forget(stream))
    await pass(clock, 1_000)
    expect(store.sync.looseRows(stream)).toEqual([])
    await must(cid.client.subscribe(keyless))
    expect(await looseOf(cid)).toEqual([])
  })

  it('[C18] of nine, eight are walked at a time, whoever comes; the ninth has its turn when one of them rests', async () => {
    const { clock } = startTown()
    const cid = await startDataNode({ name: 'cid', clock })
    const nine = Array.from({ length: MAX_WALKS + 1 }, (_, i) => ({ ...keyless, target: `t${i}` }))
    for (const identity of nine) await must(cid.client.subscribe(identity))
    const asked = new Set<string>()
    const meet = async (name: string): Promise<void> => {
      const node = await startDataNode({ name, clock })
      for (const identity of nine) await must(node.client.addLoose(identity, rowsTo(1)))
      const note = (frame: Frame): boolean => {
        if (frame.type === 'row-before-request') asked.add(frame.stream)
        return true
      }
      await joinNodes(cid, node, { distort: hearing(note) })
    }
    await meet('ann')
    await pass(clock, 2_000)
    await meet('ben')
    await pass(clock, 2_000)
    expect(asked.size).toBe(MAX_WALKS)
    await pass(clock, 60_000)
    for (const identity of nine) expect(await looseOf(cid, idOf(identity))).toEqual(['10 10.5 quorum'])
  })

  it('[C15] has no head: one that verifies under no key, as small-order bytes let anybody make, is refused', async () => {
    const { walker } = startTown()
    const cid = await walker('cid')
    const forged = forge()
    expect(verifyEd25519(NO_AUTHOR, headBytes(forged.head), forged.signature)).toBe(true)
    expect(await cid.client.deliverHead(forged)).toMatchObject({ ok: false, error: { code: 'forged-head' } })
    expect(cid.state(stream)).toMatchObject({ targetRows: 0, head: null })
  })

  it('[C15] takes rows from a file only where nobody signs, and neither a draft nor one row as its own', async () => {
    const { walker } = startTown()
    const cid = await walker('cid')
    expect(await cid.client.addLoose(identityOf(createNodeKey()), rowsTo(2))).toMatchObject({ ok: false, error: { code: 'not-keyless' } })
    expect(await cid.client.openDraft(keyless)).toMatchObject({ ok: false, error: { code: 'not-own' } })
    expect(await cid.client.append(stream, 5 as Micros, '1')).toMatchObject({ ok: false, error: { code: 'not-own' } })
  })

  it('[C16] nothing that nobody signed is followed by a prediction', async () => {
    const { clock, importer } = startTown()
    const ann = await importer('ann', rowsTo(3))
    const engine = createDataClient(attachLocal(ann.server, 'engine'), { clock })
    const made = await engine.predict({ follows: stream, followsRow: 2, followsHash: new Uint8Array(32), value: '1', lower: '0', upper: '2', kind: 'live' })
    expect(made).toMatchObject({ ok: false, error: { code: 'no-rows' } })
  })
})

/** A head of the keyless stream whose signature verifies: the point of order 4 that those bytes are makes one try in four good. */
const forge = (): SignedHead => {
  for (let rows = 1; rows < 1_000; rows++) {
    const { head } = headOf(createNodeKey(), stream, rows)
    const signature = new Uint8Array(64)
    signature[0] = 1
    if (verifyEd25519(NO_AUTHOR, headBytes(head), signature)) return { head, signature }
  }
  throw new Error('no signature was found')
}

describe('the row before a place', () => {
  it('[C14] of a signed history: by number, by time, or the last of all', async () => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const ann = await startDataNode({ name: 'ann', clock, key })
    const identity = identityOf(key)
    const of = idOf(identity)
    // Times repeat and step back: order is the number.
    await publish(ann, identity, [row(10, 'a'), row(20, 'b'), row(20, 'c'), row(15, 'd'), row(30, 'e')])
    const before = (place: { row?: number; time?: number }): Promise<string> =>
      say(ann, { stream: of, row: place.row ?? null, time: (place.time ?? null) as Micros | null })
    expect(await before({})).toBe('4 30 e signed')
    expect(await before({ row: 4 })).toBe('3 15 d signed')
    expect(await before({ row: 2, time: 1 })).toBe('1 20 b signed')
    expect(await before({ row: 0 })).toBe('nothing')
    expect(await before({ row: 5 })).toBe('4 30 e signed')
    expect(await before({ row: 6 })).toBe('unknown-row')
    expect(await before({ time: 30 })).toBe('3 15 d signed')
    expect(await before({ time: 15 })).toBe('0 10 a signed')
    expect(await before({ time: 10 })).toBe('nothing')
    expect(await before({ time: -Number.MAX_SAFE_INTEGER })).toBe('nothing')
    expect(await say(ann, { stream, row: null, time: null })).toBe('unknown-stream')
  })

  it('[C14] among loose rows only where it is known: never across a gap, and nothing only at the beginning', async () => {
    const store = createMemoryStore()
    const mark = { number: null, mark: 'quorum', own: false } as const
    const cid = await startDataNode({ name: 'cid', clock: createVirtualClock(), store })
    await must(cid.client.subscribe(keyless))
    store.sync.changeLoose(stream, {
      put: [
        { ...mark, row: row(10), before: 'beginning' },
        { ...mark, row: row(20), before: 10 as Micros, mark: 'provisional' },
        { ...mark, row: row(40), before: 'unknown' },
        { ...mark, row: row(50), before: 45 as Micros },
      ],
      drop: [],
    })
    const again = await startDataNode({ name: 'cid', clock: createVirtualClock(), store })
    const before = (time: number | null): Promise<string> => say(again, { stream, row: null, time: time as Micros | null })
    expect(await before(null)).toBe('- 50 50.5 quorum')
    expect(await before(99)).toBe('- 50 50.5 quorum')
    expect(await before(50)).toBe('unknown-row')
    expect(await before(40)).toBe('unknown-row')
    expect(await before(30)).toBe('unknown-row')
    expect(await before(20)).toBe('- 10 10.5 quorum')
    expect(await before(15)).toBe('- 10 10.5 quorum')
    expect(await before(10)).toBe('nothing')
    expect(await before(5)).toBe('nothing')
    expect(await say(again, { stream, row: 3, time: null })).toBe('unknown-row')
  })

  it('[C14] costs the asker, and who has had its share is told so', () => {
    const ledger = createLooseLedger([{ row: row(10), number: null, mark: 'quorum', own: false, before: 'beginning' }])
    let spent = 0
    const paying = (cost: number): boolean => (spent += cost) <= 1
    const answers = Array.from({ length: 100 }, () => looseRowBefore(ledger, { row: null, time: null }, { afford: paying, isPeer: true }))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(32)
    expect(answers.at(-1)).toMatchObject({ ok: false, error: { code: 'busy' } })
  })

  it('[C14] of a signed history costs more by a time of which the pages are not known yet, and is refused midway', async () => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const shape = { pageRows: 4, runLeaves: 8 }
    const ann = await startDataNode({ name: 'ann', clock, key, shape })
    const identity = identityOf(key)
    const of = idOf(identity)
    await publish(ann, identity, rowsTo(400))
    const mal = await startDataNode({ name: 'mal', clock, shape })
    const ask = await strangerOf(ann, mal)
    // The budget reads 160 pages at once; what was read makes the next question shorter.
    expect(await ask({ stream: of, row: null, time: 15 as Micros })).toBe('0 10 10.5 signed')
    expect(await ask({ stream: of, row: 2, time: null })).toBe('1 20 20.5 signed')
    await publish(ann, { ...identity, target: 'longer' }, rowsTo(1_000))
    const long = idOf({ ...identity, target: 'longer' })
    for (const answer of ['busy', 'busy', '0 10 10.5 signed']) {
      expect(await ask({ stream: long, row: null, time: 15 as Micros })).toBe(answer)
      await pass(clock, 10_000)
    }
  })

  it('[C14] [C13] of a forked stream is not told', async () => {
    const store = createMemoryStore()
    const cid = await startDataNode({ name: 'cid', clock: createVirtualClock(), store })
    await must(cid.client.addLoose(keyless, rowsTo(3)))
    const [record] = store.sync.records()
    if (record === undefined) throw new Error('no record')
    store.sync.commit({ record: { ...record, fork: new Uint8Array(5) } })
    const again = await startDataNode({ name: 'cid', clock: createVirtualClock(), store })
    const mal = await startDataNode({ name: 'mal', clock: createVirtualClock() })
    expect(await (await strangerOf(again, mal))({ stream, row: null, time: null })).toBe('unknown-history')
  })
})

describe('something now, while the signed history is long in coming', () => {
  const signedTown = async (lie = false) => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const identity = identityOf(key)
    const history = historyOf(identity, createRows(createSeededRandom(4), 600), PAGE_ROWS)
    const ann = await startDataNode({ name: 'ann', clock, key })
    await publish(ann, identity, history.rows)
    const bob = await startDataNode({ name: 'bob', clock })
    await must(bob.client.subscribe(identity))
    let isBusy = true
    const trace: string[] = []
    await joinNodes(bob, ann, {
      trace,
      distort: changing((frame) => {
        if (frame.type === 'hashes' && isBusy) return { type: 'refused', request: frame.request, code: 'busy', message: '' }
        if (frame.type === 'row-before' && frame.found !== null && lie) return { ...frame, found: { ...frame.found, row: { ...frame.found.row, value: 'lie' } as ObservationRow } }
        return frame
      }),
    })
    return { clock, bob, of: history.stream, history, trace, serve: () => void (isBusy = false) }
  }

  it('[C13] rows are walked by number, shown as provisional, and dropped without a word when the history has them', async () => {
    const { clock, bob, of, history, serve, trace } = await signedTown()
    await pass(clock, SLOW_MS - 1_000)
    expect(asked(trace, 'bob')).toBe(0)
    await pass(clock, SOURCELESS_MS)
    const loose = await looseOf(bob, of)
    expect(loose.length).toBeGreaterThan(3)
    const last = history.rows.at(-1)
    expect(loose.at(-1)).toBe(`599: ${last?.time} ${last?.value} provisional`)
    expect(bob.state(of)).toMatchObject({ rows: 0, head: null, loose: { walking: true } })
    serve()
    await pass(clock, 70_000)
    expect(bob.state(of)).toMatchObject({ rows: 600, loose: null })
    expect(bob.log().filter((line) => line.includes('publisher'))).toEqual([])
    await pass(clock, 100_000)
    // Nothing is asked any more from the moment at which the history was there.
    expect(asked(trace.slice(trace.findLastIndex((line) => line.includes('packet#'))), 'bob')).toBe(0)
  })

  it('[C13] rows that the signed history does not have are said, and dropped: they never replace signed ones', async () => {
    const { clock, bob, of, history, serve } = await signedTown(true)
    await pass(clock, SLOW_MS + SOURCELESS_MS)
    const { length } = await looseOf(bob, of)
    expect(length).toBeGreaterThan(3)
    serve()
    await pass(clock, 70_000)
    expect((await must(bob.client.rows(of, 0, 600))).rows).toEqual(history.rows)
    expect(await looseOf(bob, of)).toEqual([])
    expect(bob.log().some((line) => /^\d+ of \d+ rows believed without a signature are not its publisher's: dropped$/.test(line))).toBe(true)
  })

  /** Bob has subscribed to what its publisher signs, and Dan has a few rows of it that several told him: no head, no history. */
  const unservedTown = async () => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const identity = identityOf(key)
    const of = idOf(identity)
    const store = createMemoryStore()
    const before = await startDataNode({ name: 'dan', clock, store })
    await must(before.client.subscribe(identity))
    const put = rowsTo(3).map((one, number) => ({ row: one, number, before: number === 0 ? ('beginning' as const) : ((10 * number) as Micros), mark: 'quorum' as const, own: false }))
    store.sync.changeLoose(of, { put, drop: [] })
    const dan = await startDataNode({ name: 'dan', clock, store })
    const bob = await startDataNode({ name: 'bob', clock })
    await must(bob.client.subscribe(identity))
    const trace: string[] = []
    const meet = (distort: (pipe: Pipe) => Pipe = (pipe) => pipe) => joinNodes(bob, dan, { trace, distort })
    return { clock, key, bob, of, trace, meet }
  }

  it('[C13] while nobody serves the history, who has rows of it is asked from 5 s on, not before', async () => {
    const { clock, bob, of, trace, meet } = await unservedTown()
    await meet()
    await pass(clock, SOURCELESS_MS - 1_000)
    expect(asked(trace, 'bob')).toBe(0)
    // Sooner than a source that is slow is given up.
    await pass(clock, 4_000)
    expect(asked(trace, 'bob')).toBeGreaterThan(0)
    await pass(clock, 10_000)
    expect(await looseOf(bob, of)).toEqual(['0: 10 10.5 provisional', '1: 20 20.5 provisional', '2: 30 30.5 provisional'])
  })

  it('[C13] nothing is asked of a forked stream, though one who tells rows of it all the same is linked', async () => {
    const { clock, key, bob, of, trace, meet } = await unservedTown()
    await must(bob.client.deliverHead(headOf(key, of, 9)))
    expect(await bob.client.deliverHead(headOf(key, of, 9, { root: sha256(new Uint8Array(1)) }))).toMatchObject({ ok: false, error: { code: 'forked' } })
    expect(bob.state(of)).toMatchObject({ forked: true, head: null })
    await meet(hearing((frame) => frame.type !== 'evidence'))
    await pass(clock, SLOW_MS + SOURCELESS_MS)
    expect(trace).toContain('bob -> dan | evidence#0')
    expect(asked(trace, 'bob')).toBe(0)
  })
})
