import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { createCatalogue } from '../../../../src/data/streams/catalogue.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { createPageCache, type PageFailure } from '../../../../src/data/history/page-cache.ts'
import { createPageClaims } from '../../../../src/data/history/page-claims.ts'
import { createPageTimes } from '../../../../src/data/reading/page-times.ts'
import { createPeerSession } from '../../../../src/data/sessions/peer-session.ts'
import { createJudgedBeginnings, MAX_JUDGED } from '../../../../src/data/reading/judged-beginnings.ts'
import { createReading, type Question, type Reading, type ReadingAnswer } from '../../../../src/data/reading/reading.ts'
import type { Sha256 } from '../../../../src/domain/hash.ts'
import type { ObservationRow } from '../../../../src/domain/row.ts'
import { streamIdOf, type StreamId } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import type { LinkEnd } from '../../../../src/ports/peer-link.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'
import { MAX_ROWS_PER_ANSWER } from '../../../../src/protocol/limits.ts'
import { createParcels } from '../../../../src/transfer/parcels.ts'
import { attachLocal, identityWith, must, publish, startDataNode, verify } from '../../../support/data-node.ts'
import { blankSignature, createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const SHAPE = { pageRows: 8, runLeaves: 4 }

const at = (time: number): ObservationRow => ({ form: 'observation', time: time as Micros, value: String(time) })

/** One history, and all that answers questions about it. */
const startShelf = async (rows: readonly ObservationRow[]) => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = streamIdOf(identity, sha256)
  const memory = createMemoryStore()
  let reads = 0
  const store = { ...memory, page: (hash: Bytes) => (reads++, memory.page(hash)) }
  const claims = createPageClaims()
  let hashes = 0
  const counted: Sha256 = (bytes) => (hashes++, sha256(bytes))
  const shelf = { clock, identity: identityWith(key), store, claims, verify, sha256: counted, digest: async (bytes: Bytes) => counted(bytes), shape: SHAPE }
  const open = async () => {
    const pages = createPageCache(store, shelf.digest)
    const catalogue = createCatalogue({ ...shelf, pages, log: () => undefined, changed: () => undefined, accuse: () => Promise.resolve(false) })
    await must(catalogue.load())
    const noted: PageFailure[] = []
    const damaged = async (entry: Entry, failure: PageFailure): Promise<void> => {
      noted.push(failure)
      await catalogue.noteDamage(entry, failure)
    }
    return { ...shelf, catalogue, noted, deps: { catalogue, times: createPageTimes(SHAPE), damaged, sha256: counted, shape: SHAPE } }
  }
  const first = await open()
  const { history } = await must(first.catalogue.open(identity))
  const builder = await must(history.builder())
  for (const page of await builder.push(rows)) await must(store.stage([page]))
  await must(history.extend(builder, 0))
  return {
    /** As after a restart: nothing is in memory. */
    open,
    stream,
    memory,
    /** How many pages the work takes from storage. */
    reads: async (work: () => Promise<unknown>): Promise<number> => {
      const before = reads
      await work()
      return reads - before
    },
    /** How many hashes the work takes. */
    hashes: async (work: () => Promise<unknown>): Promise<number> => {
      const before = hashes
      await work()
      return hashes - before
    },
  }
}

const LOCAL = { isPeer: false, afford: () => true }
const PEER = { isPeer: true, afford: () => true }

const rowsAt = (stream: StreamId, time: number, count = 3): Question => ({ type: 'rows-at-request', request: 1, stream, time: time as Micros, count })
const rowsFrom = (stream: StreamId, from: number, count: number): Question => ({ type: 'rows-request', request: 1, stream, from, count })

const timesOf = (answer: ReadingAnswer): readonly number[] => (answer.type === 'rows' ? answer.rows.map((row) => row.time) : [])

describe('[D29] rows at or before a time', () => {
  /** Times that rise, stand still and step back, and one that is early among late ones. */
  const TIMES = [10, 20, 20, 15, 30, 40, 50, 60, 70, 80, 90, 100, 5, 110, 120, 130, 140, 150, 145, 160, 170, 180]

  it('are the last ones up to the last row, by number, whose time is not later', async () => {
    const shelf = await startShelf(TIMES.map(at))
    const { deps } = await shelf.open()
    const reading = createReading(deps, LOCAL)
    const ask = async (time: number, count?: number) => must(reading.answer(rowsAt(shelf.stream, time, count)))
    expect(await ask(147)).toMatchObject({ from: 16, total: 22, rows: [at(140), at(150), at(145)] })
    // Row 12 is earlier than all, so it is the last one at or before 60, and 70 … 100 come before it.
    expect(await ask(60)).toMatchObject({ from: 10, rows: [at(90), at(100), at(5)] })
    expect(await ask(4)).toMatchObject({ from: 0, rows: [] })
    expect(await ask(999, 100)).toMatchObject({ from: 0, rows: TIMES.map(at) })
    expect(await ask(999, 0)).toMatchObject({ rows: [] })
    expect(await ask(10, 5)).toMatchObject({ from: 8 })
  })

  it('for any times and any question, asked in any order', async () => {
    const random = createSeededRandom(7)
    for (let world = 0; world < 20; world++) {
      const rows = Array.from({ length: 1 + random.below(60) }, (_, i) => at(i * 3 - random.below(20)))
      const shelf = await startShelf(rows)
      const { deps } = await shelf.open()
      const reading = createReading(deps, LOCAL)
      for (let question = 0; question < 20; question++) {
        const [time, count] = [random.below(200) - 20, random.below(12)]
        const last = rows.findLastIndex((row) => row.time <= time)
        const expected = rows.slice(Math.max(0, last + 1 - count), last + 1)
        const answer = await must(reading.answer(rowsAt(shelf.stream, time, count)))
        expect(timesOf(answer), `world ${world}, ${count} rows at ${time}`).toEqual(expected.map((row) => row.time))
      }
    }
  })

  it('reads every later page once, and then only the page that has the row', async () => {
    const shelf = await startShelf(Array.from({ length: 8 * 200 }, (_, i) => at(i)))
    const { deps } = await shelf.open()
    const reading = createReading(deps, LOCAL)
    const ask = (time: number): Promise<number> => shelf.reads(() => must(reading.answer(rowsAt(shelf.stream, time, 1))))
    expect(await ask(8 * 150)).toBe(50)
    expect(await ask(8 * 20)).toBe(130)
    expect(await ask(8 * 150)).toBe(1)
  })

  it('notices rows that came since', async () => {
    const shelf = await startShelf(TIMES.map(at))
    const { deps, catalogue } = await shelf.open()
    const reading = createReading(deps, LOCAL)
    await must(reading.answer(rowsAt(shelf.stream, 4)))
    const { history } = await must(catalogue.open(identityFrom(catalogue.get(shelf.stream))))
    await must(history.append(at(3)))
    expect(await must(reading.answer(rowsAt(shelf.stream, 4)))).toMatchObject({ from: 20, rows: [at(170), at(180), at(3)] })
  })
})

const identityFrom = (entry: Entry | undefined) => {
  if (entry === undefined) throw new Error('not kept')
  return entry.history.record.identity
}

describe('[D28] one answer to one question', () => {
  it('whoever asks: peers are told what local ports are told', async () => {
    const shelf = await startShelf(createRows(createSeededRandom(3), 50))
    const { deps, catalogue } = await shelf.open()
    const { root = new Uint8Array(32), rows = 0 } = catalogue.get(shelf.stream)?.history.record.head?.head ?? {}
    const questions: readonly Question[] = [
      { type: 'status-request', request: 1, stream: shelf.stream },
      { type: 'hashes-request', request: 1, stream: shelf.stream, root, rows, from: 4 },
      rowsFrom(shelf.stream, 7, 20),
      rowsAt(shelf.stream, 0),
    ]
    for (const question of questions) {
      const answers = await Promise.all([LOCAL, PEER].map((asker) => must(createReading(deps, asker).answer(question))))
      expect(answers[1], question.type).toEqual(answers[0])
      expect(answers[0]?.type).toBe({ 'status-request': 'status', 'hashes-request': 'hashes' }[question.type as string] ?? 'rows')
    }
  })

  it('about the history as it is: a later epoch with other rows is not taken for the one that was asked about before', async () => {
    const rows = createRows(createSeededRandom(3), 20)
    const shelf = await startShelf(rows)
    const { deps, catalogue } = await shelf.open()
    const reading = createReading(deps, PEER)
    const { history } = await must(catalogue.open(identityFrom(catalogue.get(shelf.stream))))
    const { root } = historyOf(history.record.identity, rows, SHAPE.pageRows, 8)
    const question: Question = { type: 'hashes-request', request: 1, stream: shelf.stream, root, rows: 8, from: 0 }
    expect(await reading.answer(question)).toMatchObject({ ok: true, value: { hashes: [expect.anything()] } })
    const other = historyOf(history.record.identity, createRows(createSeededRandom(4), 20), SHAPE.pageRows)
    const head = { ...other.head, epoch: 1, continues: { epoch: 0, rows: 0, root: sha256(new Uint8Array(0)) } }
    await must(history.adopt({ head, signature: blankSignature() }, other.hashes))
    expect(await reading.answer(question)).toMatchObject({ ok: false, error: { code: 'unknown-history' } })
  })

  it('on every local port: the page reads what the neuron and the engine read', async () => {
    const key = createNodeKey()
    const identity = identityOf(key)
    const stream = streamIdOf(identity, sha256)
    const clock = createVirtualClock()
    const alice = await startDataNode({ name: 'alice', clock, key, shape: SHAPE })
    await publish(alice, identity, createRows(createSeededRandom(4), 30))
    const read = async (role: 'page' | 'engine' | 'neuron') => {
      const client = createDataClient(attachLocal(alice.server, role), { clock })
      const status = await must(client.status(stream))
      const named = { stream, root: status.head?.head.root ?? new Uint8Array(32), rows: 30 }
      return [status.head, (await must(client.rows(stream, 2, 5))).rows, (await must(client.rowsAt(stream, Number.MAX_SAFE_INTEGER as Micros, 4))).from, (await must(client.hashes(named, 0))).hashes.length]
    }
    const neuron = await read('neuron')
    expect(neuron.slice(2)).toEqual([26, 4])
    expect(await read('page')).toEqual(neuron)
    expect(await read('engine')).toEqual(neuron)
  })
})

describe('[D30] what peers are answered from', () => {
  const asked = (reading: Reading, stream: StreamId) => Promise.all([reading.answer(rowsFrom(stream, 0, 1)), reading.answer(rowsAt(stream, 1e15))])

  it('is kept and signed', async () => {
    const shelf = await startShelf([at(1)])
    const { deps, catalogue } = await shelf.open()
    const unsigned = await must(catalogue.open({ ...identityOf(createNodeKey()), stream: 'nothing yet' }))
    const strange = 'f'.repeat(64) as StreamId
    for (const stream of [unsigned.history.record.stream, strange]) {
      const answers = await asked(createReading(deps, PEER), stream)
      expect(answers).toMatchObject([{ error: { code: 'unknown-history' } }, { error: { code: 'unknown-history' } }])
    }
    expect(await createReading(deps, LOCAL).answer(rowsFrom(strange, 0, 1))).toMatchObject({ error: { code: 'unknown-stream' } })
    const [own] = await asked(createReading(deps, LOCAL), unsigned.history.record.stream)
    expect(own).toMatchObject({ ok: true, value: { total: 0, rows: [] } })
  })

  it('is no fork', async () => {
    const shelf = await startShelf([at(1)])
    const [record] = shelf.memory.sync.records()
    if (record === undefined) throw new Error('no record')
    shelf.memory.sync.commit({ record: { ...record, fork: new Uint8Array(1) } })
    const { deps } = await shelf.open()
    const peer = createReading(deps, PEER)
    expect(await asked(peer, shelf.stream)).toMatchObject([{ error: { code: 'unknown-history' } }, { error: { code: 'unknown-history' } }])
    expect(await must(peer.answer({ type: 'status-request', request: 1, stream: shelf.stream }))).toMatchObject({ serving: false, head: null })
    expect(await createReading(deps, LOCAL).answer(rowsFrom(shelf.stream, 0, 1))).toMatchObject({ ok: true })
  })

  it('has no damaged page: one that is found on the way is noted, and not served', async () => {
    const shelf = await startShelf(Array.from({ length: 20 }, (_, i) => at(i)))
    const [record] = shelf.memory.sync.records()
    shelf.memory.sync.stage([{ hash: record?.hashes.slice(32, 64) ?? new Uint8Array(0), bytes: new Uint8Array(3) }])
    for (const question of [rowsFrom(shelf.stream, 7, 5), rowsAt(shelf.stream, 9)]) {
      const { deps, noted } = await shelf.open()
      expect(await createReading(deps, PEER).answer(question)).toMatchObject({ error: { code: 'unknown-history' } })
      expect(noted).toMatchObject([{ code: 'damaged-page' }])
      // From now on it is known: nothing is read, and nothing is said to be served.
      expect(await shelf.reads(() => createReading(deps, PEER).answer(rowsFrom(shelf.stream, 0, 1)))).toBe(0)
      expect(await createReading(deps, PEER).answer(rowsFrom(shelf.stream, 0, 1))).toMatchObject({ error: { code: 'unknown-history' } })
      expect(await must(createReading(deps, PEER).answer({ type: 'status-request', request: 1, stream: shelf.stream }))).toMatchObject({ serving: false })
    }
  })
})

describe('[D31] [T27] what rows cost a peer', () => {
  const shape = { pageRows: 8, runLeaves: 4 }
  const start = async (rows: number) => {
    const shelf = await startShelf(Array.from({ length: rows }, (_, i) => at(i)))
    const { deps, clock } = await shelf.open()
    const said: PeerFrame[] = []
    const ends: LinkEnd[] = []
    const link = { send: (frame: PeerFrame) => void said.push(frame), whenRoom: (run: () => void) => run(), traffic: () => ({ bytesIn: 0, bytesOut: 0, rttMs: null }), inHandMs: () => 0, end: (end: LinkEnd) => void ends.push(end) }
    const none = undefined as never
    const session = createPeerSession(1, link, { ...deps, shape, clock, downloads: none, live: none, parcels: createParcels(), trees: none, evidence: none })
    const ask = async (question: Question): Promise<PeerFrame | undefined> => {
      await session.frame(question)
      return said.splice(0).at(-1)
    }
    return { shelf, clock, ask, ends }
  }

  it('is bounded: in the long run some thousand rows a second, and busy beyond', async () => {
    const { shelf, clock, ask, ends } = await start(MAX_ROWS_PER_ANSWER)
    const rowsIn = async (seconds: number): Promise<number> => {
      let rows = 0
      for (let step = 0; step < seconds * 4; step++) {
        const answer = await ask(rowsFrom(shelf.stream, 0, MAX_ROWS_PER_ANSWER))
        if (answer?.type === 'rows') rows += answer.rows.length
        else expect(answer).toMatchObject({ type: 'refused', code: 'busy' })
        clock.advance(250)
      }
      return rows
    }
    await rowsIn(10)
    expect(await rowsIn(100)).toBeLessThan(100 * 5_000)
    expect(await rowsIn(100)).toBeGreaterThan(100 * 100)
    expect(ends).toEqual([])
  })

  it('is more than those of its pages: an answer never holds more than a frame', async () => {
    const { shelf, ask } = await start(MAX_ROWS_PER_ANSWER + 8)
    const answer = await ask(rowsFrom(shelf.stream, 0, 0xffff_ffff))
    expect(answer).toMatchObject({ type: 'rows', total: MAX_ROWS_PER_ANSWER + 8 })
    expect(answer?.type === 'rows' && answer.rows).toHaveLength(MAX_ROWS_PER_ANSWER)
  })

  it('is paid page by page when a time is looked for, and what was read is not paid again', async () => {
    const { shelf, clock, ask } = await start(8 * 400)
    const answers: (string | undefined)[] = []
    for (let second = 0; second < 20 && answers.at(-1) !== 'rows'; second++) {
      answers.push((await ask(rowsAt(shelf.stream, 3)))?.type)
      clock.advance(1_000)
    }
    expect(answers[0]).toBe('refused')
    expect(answers.at(-1)).toBe('rows')
    expect(answers.length).toBeGreaterThan(5)
    expect((await ask(rowsAt(shelf.stream, 3)))?.type).toBe('rows')
  })

  it('is the link to who asks on and on', async () => {
    const { shelf, ask, ends } = await start(8 * 100)
    for (let time = 0; time < 2_000 && ends.length === 0; time++) await ask(rowsFrom(shelf.stream, 0, 800))
    expect(ends).toMatchObject([{ code: 'flood', cut: true }])
  })
})

describe('[T27] the beginnings that one peer asks about', () => {
  const PAGES = 200
  const start = async () => {
    const rows = Array.from({ length: SHAPE.pageRows * PAGES }, (_, i) => at(i))
    const shelf = await startShelf(rows)
    const { deps, catalogue } = await shelf.open()
    const identity = identityFrom(catalogue.get(shelf.stream))
    const named = (of: number) => ({ type: 'pages-request', request: 1, pages: [0], encodings: [], stream: shelf.stream, rows: of, root: historyOf(identity, rows, SHAPE.pageRows, of).root }) as const
    const reading = createReading(deps, PEER)
    /** Of each the pages in turns, as they are served. */
    const serve = async (rounds: number, ...beginnings: readonly ReturnType<typeof named>[]): Promise<void> => {
      for (let round = 0; round < rounds; round++)
        for (const one of beginnings) expect((await reading.leavesOf(one))?.length).toBe(Math.ceil(one.rows / SHAPE.pageRows))
    }
    return { shelf, catalogue, reading, named, serve, length: rows.length }
  }

  it('are computed once each, their last page too, however many are served by turns', async () => {
    const { shelf, reading, named, serve, length } = await start()
    const four = [1, 2, 9, 10].map((less) => named(length - less))
    expect(four.map(reading.costOf).every((cost) => cost > 0)).toBe(true)
    const once = await shelf.hashes(() => serve(1, ...four))
    expect(once).toBeGreaterThan(4 * PAGES)
    expect(await shelf.hashes(() => serve(32, ...four))).toBe(0)
    // Nor is what is at hand paid again.
    expect(four.map(reading.costOf)).toEqual([0, 0, 0, 0])
  })

  it('are still there after a few dozen others, and not all that were ever asked about', async () => {
    const { shelf, reading, named, serve, length } = await start()
    const four = [1, 2, 3, 4].map((less) => named(length - less))
    await serve(1, ...four)
    for (let less = 5; less < 5 + MAX_JUDGED - four.length; less++) await serve(1, named(length - less))
    expect(await shelf.hashes(() => serve(1, ...four))).toBe(0)
    await serve(1, named(1))
    // The one that was looked at longest ago has gone, and no other.
    expect(reading.costOf(named(length - 5))).toBeGreaterThan(0)
    expect(await shelf.hashes(() => serve(1, ...four, named(length - 6)))).toBe(0)
  })

  it('are not pushed out by what costs nothing: all that is here, of however many streams', async () => {
    const { shelf, catalogue, reading, named, serve, length } = await start()
    const beginning = named(length - 1)
    await serve(1, beginning)
    const { history } = await must(catalogue.open(identityFrom(catalogue.get(shelf.stream))))
    // As good as many streams: each was once all that is here.
    for (let rows = length; rows < length + MAX_JUDGED; rows++) {
      await reading.leavesOf({ stream: shelf.stream, rows, root: new Uint8Array(32) })
      await must(history.append(at(rows)))
    }
    expect(reading.costOf(beginning)).toBe(0)
    expect(await shelf.hashes(() => serve(1, beginning))).toBe(0)
  })

  it('of another epoch are others', () => {
    const judged = createJudgedBeginnings()
    const [root, lastPage] = [new Uint8Array(32), new Uint8Array(32)]
    judged.keep('a' as StreamId, 7, { root, lastPage, epoch: 1 })
    expect(judged.of('a' as StreamId, 7, 1)).toMatchObject({ root, lastPage })
    expect(judged.of('a' as StreamId, 7, 2)).toBeNull()
  })

  it('are those of the newest head too, when the history has grown past it meanwhile', async () => {
    const { shelf, catalogue, named, serve, length } = await start()
    const newest = named(length)
    await serve(1, newest)
    const { history } = await must(catalogue.open(identityFrom(catalogue.get(shelf.stream))))
    await must(history.append(at(length)))
    expect(await shelf.hashes(() => serve(32, newest))).toBe(0)
  })
})
