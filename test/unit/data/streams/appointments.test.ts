import { describe, expect, it, vi } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { appointmentOf, lastAppointment, LOOK_EVERY_MS, startAppointments } from '../../../../src/data/streams/appointments.ts'
import type { Catalogue } from '../../../../src/data/streams/catalogue.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import { createHistory } from '../../../../src/data/history/history.ts'
import { emptyRecord } from '../../../../src/data/history/kept-record.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { createPageClaims } from '../../../../src/data/history/page-claims.ts'
import { headBytes } from '../../../../src/domain/head.ts'
import { streamIdOf, type StreamId } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import type { HistoryRecord } from '../../../../src/ports/history-store.ts'
import { digest, identityWith, joinNodes, must, pass, publish, startDataNode, verify, type DataNode } from '../../../support/data-node.ts'
import { createRows, historyOf, type TestHistory } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256, type NodeKey } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts'

const SHAPE = { pageRows: 8, runLeaves: 4 }
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Hours are told in steps of this; in each the node looks once. */
const STEP_MS = 10 * LOOK_EVERY_MS

describe('[D34] the appointment of a stream', () => {
  it('is a time of day made of the first 48 bits of its id', () => {
    expect(appointmentOf(('000000000001' + 'f'.repeat(52)) as StreamId)).toBe(1)
    expect(appointmentOf(('000005265bff' + '0'.repeat(52)) as StreamId)).toBe(DAY_MS - 1)
    expect(appointmentOf(('000005265c00' + '0'.repeat(52)) as StreamId)).toBe(0)
    expect(appointmentOf('f'.repeat(64) as StreamId)).toBe((2 ** 48 - 1) % DAY_MS)
  })

  it('spreads streams over the day', () => {
    const hours = new Set(Array.from({ length: 500 }, (_, i) => Math.floor(appointmentOf(sha256HexOf(i)) / HOUR_MS)))
    expect(hours.size).toBe(24)
  })

  it('was last at or before now, and less than a day ago, also before 1970', () => {
    const stream = sha256HexOf(1)
    for (const now of [0, 1, DAY_MS - 1, DAY_MS, 1_700_000_000_000, -1, -DAY_MS]) {
      const last = lastAppointment(stream, now)
      expect(last).toBeLessThanOrEqual(now)
      expect(now - last).toBeLessThan(DAY_MS)
      expect((((last % DAY_MS) + DAY_MS) % DAY_MS)).toBe(appointmentOf(stream))
    }
  })
})

const sha256HexOf = (n: number): StreamId => Buffer.from(sha256(Uint8Array.of(n & 255, n >> 8))).toString('hex') as StreamId

interface World {
  readonly clock: VirtualClock
  readonly key: NodeKey
  readonly alice: DataNode
  readonly store: MemoryStore
  readonly stream: StreamId
  readonly history: TestHistory
  record(): HistoryRecord
  /** Times at which a check ended, as the record says. */
  readonly checks: number[]
  /** Lets time go by, and notes each check. */
  go(ms: number): Promise<void>
}

/** Alice has published `rows`, and the clock stands an hour before the stream's appointment. */
const startWorld = async (rows = 30): Promise<World> => {
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = streamIdOf(identity, sha256)
  const clock = createVirtualClock(lastAppointment(stream, 1_700_000_000_000) + DAY_MS - HOUR_MS)
  const store = createMemoryStore()
  const alice = await startDataNode({ name: 'alice', clock, key, store, shape: SHAPE })
  const history = historyOf(identity, createRows(createSeededRandom(5), rows), SHAPE.pageRows)
  await publish(alice, identity, history.rows)
  const record = (): HistoryRecord => {
    const found = store.sync.records().find((one) => one.stream === stream)
    if (found === undefined) throw new Error('no record')
    return found
  }
  const checks: number[] = []
  const go = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      const before = record().checkedAt
      // All but the last minute passes at once: the data process's other timers, four a second, are not what is asked about.
      const awake = Math.min(LOOK_EVERY_MS, left)
      clock.step(Math.min(STEP_MS, left) - awake)
      clock.advance(awake)
      for (let slice = 0; slice < rows / (SHAPE.pageRows * 16) + 2; slice++) {
        await settle()
        clock.advance(0)
      }
      const after = record().checkedAt
      // A time that was only set back is no check.
      if (after !== null && after !== before && (before === null || after > before)) checks.push(after)
    }
  }
  return { clock, key, alice, store, stream, history, record, checks, go }
}

const spoil = (store: MemoryStore, history: TestHistory, page: number): void =>
  store.sync.stage([{ hash: history.pageHashes[page] ?? new Uint8Array(0), bytes: new Uint8Array(3) }])

/** The first check and the first appointment are behind. */
const PAST = 2 * HOUR_MS

describe('[D35] when a history is checked', () => {
  it('once a day, at its appointment; the first time soon', async () => {
    const { clock, checks, go, stream } = await startWorld()
    const began = clock.now()
    await go(3 * DAY_MS)
    const appointment = lastAppointment(stream, began) + DAY_MS
    expect(checks).toHaveLength(4)
    expect((checks[0] ?? 0) - began).toBeLessThanOrEqual(STEP_MS)
    for (const day of [0, 1, 2]) {
      expect(checks[day + 1]).toBeGreaterThanOrEqual(appointment + day * DAY_MS)
      expect(checks[day + 1]).toBeLessThanOrEqual(appointment + day * DAY_MS + STEP_MS)
    }
  })

  it('at the first chance after a missed one: the node was off', async () => {
    const { clock, key, store, record, go } = await startWorld()
    await go(PAST)
    const before = record().checkedAt ?? 0
    clock.step(5 * DAY_MS + HOUR_MS)
    const off = createMemoryStore()
    off.sync.commit({ record: { ...record(), checkedAt: before } })
    for (const page of store.sync.records().flatMap(({ hashes }) => Array.from({ length: hashes.length / 32 }, (_, i) => hashes.slice(i * 32, i * 32 + 32))))
      off.sync.stage([{ hash: page, bytes: store.sync.page(page) ?? new Uint8Array(0) }])
    const began = clock.now()
    await startDataNode({ name: 'alice', clock, key, store: off, shape: SHAPE })
    await pass(clock, LOOK_EVERY_MS)
    expect(off.sync.records()[0]?.checkedAt).toBe(began + LOOK_EVERY_MS)
  })

  it('once, however long the machine slept', async () => {
    const { clock, checks, go } = await startWorld()
    await go(PAST)
    const before = checks.length
    // Asleep no timer runs: what was due in three days comes at once.
    clock.step(3 * DAY_MS)
    await go(HOUR_MS)
    expect(checks.length - before).toBe(1)
  })

  it('once when the clock is set a day ahead, and again at the next appointment, not before', async () => {
    const { clock, checks, go, stream } = await startWorld()
    await go(PAST)
    const before = checks.length
    clock.step(DAY_MS)
    await go(20 * HOUR_MS)
    expect(checks.length - before).toBe(1)
    await go(4 * HOUR_MS)
    expect(checks.length - before).toBe(2)
    expect((checks.at(-1) ?? 0) - lastAppointment(stream, clock.now())).toBeLessThanOrEqual(STEP_MS)
  })

  it('not at once and not never when the clock is set back by days: at the next appointment', async () => {
    for (const days of [1, 30]) {
      const { clock, checks, go, record, stream } = await startWorld()
      await go(PAST)
      const before = checks.length
      clock.step(-days * DAY_MS)
      const back = clock.now()
      await go(20 * HOUR_MS)
      expect(checks.length - before).toBe(0)
      expect(record().checkedAt).toBeLessThanOrEqual(back + STEP_MS)
      await go(4 * HOUR_MS)
      expect(checks.length - before).toBe(1)
      expect((checks.at(-1) ?? 0) - lastAppointment(stream, clock.now())).toBeLessThanOrEqual(STEP_MS)
    }
  })

  it('again within the hour when storage failed', async () => {
    const { alice, checks, clock, go, store, stream } = await startWorld()
    store.refuseWrites({ code: 'store-failed', message: 'broken' })
    await go(2 * LOOK_EVERY_MS)
    expect(checks).toEqual([])
    store.refuseWrites(null)
    for (let minute = 0; minute < 61; minute++) await go(LOOK_EVERY_MS)
    expect(checks).toHaveLength(1)
    expect(alice.state(stream)?.checkedAt).toBe(checks[0])
    expect(checks[0]).toBeGreaterThan(clock.now() - 3 * LOOK_EVERY_MS)
  })
})

describe('[D35] a check that found damage', () => {
  it('does not count, is made again within the hour and no sooner, and counts when all is mended', async () => {
    const { checks, go, store, history, record } = await startWorld()
    const [, hash = new Uint8Array(0)] = history.pageHashes
    const good = store.sync.page(hash) ?? new Uint8Array(0)
    spoil(store, history, 1)
    const read = vi.spyOn(store, 'page')
    const readsIn = async (minutes: number): Promise<number> => {
      read.mockClear()
      for (let minute = 0; minute < minutes; minute++) await go(LOOK_EVERY_MS)
      return read.mock.calls.length
    }
    const pages = history.pageHashes.length
    expect(await readsIn(2)).toBe(pages)
    expect(record().checkedAt).toBeNull()
    expect(await readsIn(58)).toBe(0)
    expect(await readsIn(3)).toBe(pages)
    expect(checks).toEqual([])
    store.sync.stage([{ hash, bytes: good }])
    expect(await readsIn(61)).toBe(pages)
    expect(checks).toHaveLength(1)
  })
})

describe('[D36] a check', () => {
  /** Bob has Alice's history, and forgets what he has in memory. */
  const startPair = async (rows: number) => {
    const world = await startWorld(rows)
    const store = createMemoryStore()
    const start = () => startDataNode({ name: 'bob', clock: world.clock, store, shape: SHAPE })
    const first = await start()
    await must(first.client.subscribe(identityOf(world.key)))
    await joinNodes(first, world.alice)
    await pass(world.clock, 1_000)
    return { ...world, bobsStore: store, startBob: start }
  }

  it('finds every damaged page, and all of them are fetched again', async () => {
    const world = await startPair(80)
    for (const page of [0, 4, 9]) spoil(world.bobsStore, world.history, page)
    const bob = await world.startBob()
    expect(await must(bob.client.recheck(world.stream))).toMatchObject({ good: 7, bad: 3 })
    expect(bob.state(world.stream)).toMatchObject({ phase: 'wanted', problem: { code: 'damaged-page' }, checkedAt: null })
    const trace: string[] = []
    await joinNodes(bob, world.alice, { trace })
    await pass(world.clock, 3_500)
    expect(trace.filter((line) => line.includes('pages-request'))).toEqual([expect.stringMatching(/pages-request#\d+ 0,4,9 of/)])
    expect(await must(bob.client.recheck(world.stream))).toMatchObject({ good: 10, bad: 0 })
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', problem: null, checkedAt: world.clock.now() })
  })

  it('finds a page list that does not lead to the root, and a head that its publisher did not sign', async () => {
    const { key, history } = await startWorld(80)
    const signed = { head: history.head, signature: key.sign(headBytes(history.head)) }
    const wrongList = history.hashes.slice()
    wrongList.set(history.pageHashes[1] ?? wrongList, 0)
    expect(await disprovedOf(history, { head: signed, hashes: history.hashes })).toEqual([])
    expect(await disprovedOf(history, { head: signed, hashes: wrongList })).toEqual(['damaged-list'])
    expect(await disprovedOf(history, { head: { ...signed, signature: new Uint8Array(64) }, hashes: history.hashes })).toEqual(['forged-head'])
  })

  it('asks the peers for a newer head', async () => {
    const world = await startPair(20)
    const bob = await world.startBob()
    const trace: string[] = []
    await joinNodes(bob, world.alice, { trace })
    await pass(world.clock, 1_000)
    trace.length = 0
    await must(bob.client.recheck(world.stream))
    await settle()
    expect(trace.map((line) => line.replace(/#\d+/, ''))).toEqual(['bob -> alice | status-request', 'alice -> bob | status 20 rows'])
  })

  it('takes a slice of pages and rests, unless somebody waits for it', async () => {
    const world = await startWorld(8 * 100)
    const began = world.clock.now()
    world.clock.advance(LOOK_EVERY_MS)
    for (let turn = 0; turn < 20; turn++) await settle()
    // 16 pages are checked, and nothing more happens while time stands still.
    expect(world.record().checkedAt).toBeNull()
    for (let slice = 0; slice < 6; slice++) {
      expect(world.record().checkedAt).toBeNull()
      world.clock.advance(1_000)
      await settle()
    }
    expect(world.record().checkedAt).toBeGreaterThan(began + LOOK_EVERY_MS)
  })

  it('is of the history as it is when each page has its turn: rows that come meanwhile are no damage', async () => {
    const world = await startWorld(8 * 40 - 3)
    world.clock.advance(LOOK_EVERY_MS)
    await settle()
    for (let row = 0; row < 10; row++) await must(world.alice.client.append(world.stream, row as Micros, '1'))
    for (let slice = 0; slice < 5; slice++) {
      world.clock.advance(1_000)
      await settle()
    }
    expect(world.record().checkedAt).not.toBeNull()
    expect(world.alice.state(world.stream)).toMatchObject({ problem: null, rows: 8 * 40 + 7 })
  })
})

/** What a check says of a record that is in memory as it is, whatever was judged before. */
const disprovedOf = async (history: TestHistory, kept: Pick<HistoryRecord, 'head' | 'hashes'>): Promise<readonly string[]> => {
  const clock = createVirtualClock()
  const store = createMemoryStore()
  store.sync.stage(history.pages.map((bytes, i) => ({ bytes, hash: history.pageHashes[i] ?? bytes })))
  const record = { ...emptyRecord(history.stream, history.identity), subscribed: true, ...kept }
  const pages = createPageCache(store, digest)
  const shelf = { clock, store, claims: createPageClaims(), pages, identity: identityWith(createNodeKey()), verify, sha256, digest, shape: SHAPE }
  const entry: Entry = { history: createHistory(record, shelf), own: false, target: null, damaged: false, damages: 0, problem: null, fork: null, falseEpoch: -1, givenUp: -1 }
  const found: string[] = []
  const appointments = startAppointments({
    ...shelf,
    catalogue: { all: () => [entry].values(), get: () => entry } as unknown as Catalogue,
    damaged: async () => undefined,
    disproved: (_, { code }) => void found.push(code),
    askPeers: () => undefined,
    changed: () => undefined,
  })
  await appointments.check(entry)
  return found
}

describe('[D37] recheck', () => {
  it('answers, when it is done, with the pages that were good and bad', async () => {
    const { alice, clock, stream } = await startWorld(30)
    expect(await must(alice.client.recheck(stream))).toMatchObject({ good: 4, bad: 0 })
    expect(alice.state(stream)?.checkedAt).toBe(clock.now())
    expect(await alice.client.recheck('f'.repeat(64) as StreamId)).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
  })

  it('of many pages rests nowhere: no time goes by', async () => {
    const { alice, stream } = await startWorld(8 * 500)
    expect(await must(alice.client.recheck(stream))).toMatchObject({ good: 500, bad: 0 })
  })

  it('of a storage that fails says so', async () => {
    const key = createNodeKey()
    const memory = createMemoryStore()
    const clock = createVirtualClock()
    let fails = false
    const store = { ...memory, page: (hash: Bytes) => (fails ? Promise.resolve({ ok: false as const, error: { code: 'store-failed' as const, message: 'broken' } }) : memory.page(hash)) }
    const alice = await startDataNode({ name: 'alice', clock, key, store, shape: SHAPE })
    const identity = identityOf(key)
    await publish(alice, identity, createRows(createSeededRandom(5), 30))
    fails = true
    expect(await alice.client.recheck(streamIdOf(identity, sha256))).toMatchObject({ ok: false, error: { code: 'store-failed' } })
    expect(memory.sync.records()[0]?.checkedAt).toBeNull()
  })
})
