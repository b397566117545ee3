import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import { encode } from '../../../src/base/codec.ts'
import { PAGE_ROWS } from '../../../src/domain/page.ts'
import { streamIdOf, type StreamId, type StreamIdentity } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import type { StoredPage } from '../../../src/ports/history-store.ts'
import type { Pipe } from '../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/protocol/frame.ts'
import { MAX_LINKS } from '../../../src/protocol/limits.ts'
import { liveCodec } from '../../../src/protocol/live.ts'
import { attachLocal, joinNodes, must, newestHeadOf, pass, publish, startDataNode, type DataNode } from '../../support/data-node.ts'
import { createRows, historyOf, type TestHistory } from '../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../support/memory-store.ts'
import { createLyingPipe, type Mischief } from '../../support/mischief.ts'
import { createNodeKey, identityOf, sha256 } from '../../support/node-key.ts'
import { createPipePair, settle } from '../../support/pipes.ts'
import { slowly } from '../../support/slow-line.ts'
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts'

interface World {
  readonly clock: VirtualClock
  /** Publishes. */
  readonly alice: DataNode
  /** Subscribes. */
  readonly bob: DataNode
  readonly bobsStore: MemoryStore
  readonly identity: StreamIdentity
  readonly stream: StreamId
  readonly history: TestHistory
  /** Starts one more node that has the whole history. */
  copy(name: string): Promise<DataNode>
}

/** Alice has published, Bob has subscribed; they are not joined yet. */
const startWorld = async (rows: number): Promise<World> => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = streamIdOf(identity, sha256)
  const history = historyOf(identity, createRows(createSeededRandom(4), rows), PAGE_ROWS)
  const alice = await startDataNode({ name: 'alice', clock, key })
  await publish(alice, identity, history.rows)
  const bobsStore = createMemoryStore()
  const bob = await startDataNode({ name: 'bob', clock, store: bobsStore })
  await must(bob.client.subscribe(identity))
  const copy = async (name: string): Promise<DataNode> => {
    const node = await startDataNode({ name, clock })
    await must(node.client.subscribe(identity))
    await joinNodes(node, alice)
    await pass(clock, 1_000)
    expect(node.state(stream)?.rows).toBe(rows)
    return node
  }
  return { clock, alice, bob, bobsStore, identity, stream, history, copy }
}

const expectWhole = async ({ bob, stream, bobsStore }: World, history: TestHistory): Promise<void> => {
  expect(bob.state(stream)).toMatchObject({ rows: history.rows.length, phase: 'idle', problem: null, targetRows: history.rows.length })
  expect(bobsStore.sync.records()).toMatchObject([{ head: { head: { root: history.root } }, hashes: history.hashes, download: null }])
  const last = Math.max(0, history.rows.length - 5)
  expect((await must(bob.client.rows(stream, last, 5))).rows).toEqual(history.rows.slice(last))
  expect(bobsStore.sync.has(history.pageHashes)).toEqual(history.pageHashes.map(() => true))
}

const linkEnds = (node: DataNode): readonly string[] =>
  node.notices.flatMap((notice) => (notice.type === 'link-event' && notice.event !== 'ready' ? [`${notice.event} ${notice.code}`] : []))

/** Does something each time that this end says a frame of a type, before the frame is on its way. */
const before = (type: Frame['type'], act: () => void) => (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok && frame.value.type === type) act()
    pipe.send(bytes)
  },
})

describe('a history goes from one node to another', () => {
  it('[T1] [T3] [T14] status, hashes, pages, complete: then it is Bob’s', async () => {
    const world = await startWorld(2 * PAGE_ROWS + 10)
    const trace: string[] = []
    await joinNodes(world.bob, world.alice, { trace })
    await pass(world.clock, 250)
    expect(trace.join('\n')).toMatchInlineSnapshot(`
      "alice -> bob | status-request#1
      bob -> alice | follow 1
      bob -> alice | status-request#1
      bob -> alice | status#1 nothing
      alice -> bob | status#1 2058 rows
      bob -> alice | hashes-request#2 from 0 of 2058 rows
      alice -> bob | hashes#2 3 from 0
      bob -> alice | pages-request#3 0,1,2 of 2058 rows
      alice -> bob | packet#3 0: page 0, 1/1
      alice -> bob | packet#3 1: page 1, 1/1
      alice -> bob | packet#3 2: page 2, 1/1
      alice -> bob | completed#3 3
      bob -> alice | complete#3
      bob -> alice | complete#3
      bob -> alice | live"
    `)
    await expectWhole(world, world.history)
    expect(world.bob.log()).toMatchInlineSnapshot(`
      [
        "link proved and ready",
        "fetching 2,058 rows from peers",
        "history complete: 2058 rows, verified and kept",
      ]
    `)
  })

  it('asks as soon as it learns of a head when the link was there first', async () => {
    const world = await startWorld(PAGE_ROWS)
    const late = await startDataNode({ name: 'carol', clock: world.clock })
    const trace: string[] = []
    await joinNodes(late, world.alice, { trace })
    expect(trace.filter((line) => line.startsWith('carol') && line.includes('request'))).toEqual([])
    await must(late.client.subscribe(world.identity))
    await pass(world.clock, 3_250)
    expect(late.state(world.stream)?.rows).toBe(PAGE_ROWS)
  })

  it('[D12] [D16] a live row follows over the link', async () => {
    const world = await startWorld(PAGE_ROWS - 1)
    await joinNodes(world.bob, world.alice)
    await pass(world.clock, 250)
    const rows = [...world.history.rows]
    for (const value of ['1.5', '2.5', '3.5']) {
      const row = { form: 'observation', time: 7 as Micros, value } as const
      await must(world.alice.client.append(world.stream, row.time, value))
      await settle()
      rows.push(row)
      expect(world.bob.state(world.stream)?.rows).toBe(rows.length)
    }
    await expectWhole(world, historyOf(world.identity, rows, PAGE_ROWS))
  })

  it('[D17] and its new rows go on to a third node that knows only the second', async () => {
    const world = await startWorld(PAGE_ROWS + 1)
    await joinNodes(world.bob, world.alice)
    await pass(world.clock, 250)
    const carol = await startDataNode({ name: 'carol', clock: world.clock })
    await must(carol.client.subscribe(world.identity))
    await joinNodes(carol, world.bob)
    await pass(world.clock, 250)
    expect(carol.state(world.stream)).toMatchObject({ rows: PAGE_ROWS + 1, head: { head: { root: world.history.root } } })
    await must(world.alice.client.append(world.stream, 1 as Micros, '9'))
    await settle()
    expect(carol.state(world.stream)?.rows).toBe(PAGE_ROWS + 2)
  })

  it('[D16] a node that has ended its subscription is told no more', async () => {
    const world = await startWorld(5)
    await joinNodes(world.bob, world.alice)
    await pass(world.clock, 250)
    await must(world.bob.client.unsubscribe(world.stream))
    await settle()
    await must(world.alice.client.append(world.stream, 1 as Micros, '9'))
    await settle()
    expect(world.bob.state(world.stream)?.rows).toBe(5)
  })

  it('comes whole although the publisher grows while it is on its way: the older head is served by cutting', async () => {
    const world = await startWorld(3 * PAGE_ROWS - 1)
    const rows = [...world.history.rows]
    let grown = 0
    const grow = (): void => {
      if (grown++ > 0) return
      for (let index = 0; index < 3; index++) {
        const row = { form: 'observation', time: index as Micros, value: String(index) } as const
        rows.push(row)
        void world.alice.client.append(world.stream, row.time, row.value)
      }
    }
    const trace: string[] = []
    await joinNodes(world.bob, world.alice, { trace, distort: before('hashes', grow) })
    await pass(world.clock, 5_000)
    expect(trace.filter((line) => line.includes('pages-request'))).toEqual(
      expect.arrayContaining([expect.stringContaining(`0,1,2 of ${3 * PAGE_ROWS - 1} rows`)]),
    )
    expect(trace.filter((line) => /unavailable|refused|bye/.test(line))).toEqual([])
    await expectWhole(world, historyOf(world.identity, rows, PAGE_ROWS))
  })

  it('[T20] is gone on with after a restart: no page that was kept is asked for again', async () => {
    const world = await startWorld(40 * PAGE_ROWS)
    let packets = 0
    const dying = (pipe: Pipe): Pipe => before('packet', () => (++packets > 20 ? pipe.close() : undefined))(pipe)
    await joinNodes(world.bob, world.alice, { distort: dying })
    await pass(world.clock, 500)
    const kept = world.bobsStore.sync.has(world.history.pageHashes).flatMap((there, page) => (there ? [page] : []))
    expect(kept.length).toBeGreaterThan(2)
    expect(world.bob.state(world.stream)?.rows).toBe(0)
    const again = await startDataNode({ name: 'bob', clock: world.clock, store: world.bobsStore })
    const trace: string[] = []
    await joinNodes(again, world.alice, { trace })
    await pass(world.clock, 1_000)
    const asked = trace.flatMap((line) => /pages-request#\d+ ([\d,]+)/.exec(line)?.[1]?.split(',').map(Number) ?? [])
    expect(asked.filter((page) => kept.includes(page))).toEqual([])
    expect(again.log()).toContain(`resumed: ${kept.length} of 40 pages were already here`)
    await expectWhole({ ...world, bob: again }, world.history)
  })

  it('[T20] rests while nobody wants it, and is gone on with when somebody does: no page that was kept is asked for again', async () => {
    const world = await startWorld(40 * PAGE_ROWS)
    let packets = 0
    const leave = (): void => {
      if (++packets === 20) void world.bob.client.unsubscribe(world.stream)
    }
    const trace: string[] = []
    await joinNodes(world.bob, world.alice, { trace, distort: before('packet', leave) })
    await pass(world.clock, 2_000)
    const kept = world.bobsStore.sync.has(world.history.pageHashes).flatMap((there, page) => (there ? [page] : []))
    expect(kept.length).toBeGreaterThan(2)
    expect(kept.length).toBeLessThan(40)
    trace.length = 0
    await world.bob.client.subscribe(world.identity)
    await pass(world.clock, 2_000)
    const asked = trace.flatMap((line) => /pages-request#\d+ ([\d,]+)/.exec(line)?.[1]?.split(',').map(Number) ?? [])
    expect(asked.filter((page) => kept.includes(page))).toEqual([])
    await expectWhole(world, world.history)
  })

  it('is asked of a node that does not have it with growing pauses, up to a minute', async () => {
    const world = await startWorld(5)
    const carol = await startDataNode({ name: 'carol', clock: world.clock })
    const trace: string[] = []
    await must(world.bob.client.deliverHead(newestHeadOf(world.alice, world.stream)))
    await joinNodes(world.bob, carol, { trace })
    await pass(world.clock, 12_000)
    expect(trace.join('\n')).toMatchInlineSnapshot(`
      "bob -> carol | follow 1
      bob -> carol | status-request#1
      carol -> bob | status#1 nothing
      bob -> carol | status-request#2
      carol -> bob | status#2 nothing
      bob -> carol | status-request#3
      carol -> bob | status#3 nothing"
    `)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 0, phase: 'wanted', targetRows: 5 })
    trace.length = 0
    await pass(world.clock, 600_000)
    expect(trace.filter((line) => line.startsWith('bob'))).toHaveLength(11)
  })

  it('is asked for at once when there is news of it: a newer head, or a row that the peer brings', async () => {
    const world = await startWorld(5)
    const carol = await startDataNode({ name: 'carol', clock: world.clock })
    await must(carol.client.subscribe(world.identity))
    const trace: string[] = []
    await must(world.bob.client.deliverHead(newestHeadOf(world.alice, world.stream)))
    await joinNodes(world.bob, carol, { trace })
    await pass(world.clock, 100_000)
    trace.length = 0
    await must(world.alice.client.append(world.stream, 7 as Micros, '1'))
    await must(world.bob.client.deliverHead(newestHeadOf(world.alice, world.stream)))
    await settle()
    expect(trace.filter((line) => line.includes('status-request'))).toEqual([expect.stringContaining('bob -> carol')])
    await pass(world.clock, 100_000)
    await joinNodes(carol, world.alice)
    await pass(world.clock, 1_000)
    await must(world.alice.client.append(world.stream, 8 as Micros, '2'))
    await pass(world.clock, 3_500)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 7, phase: 'idle' })
  })

  it('[T26] is fetched no more when it is no longer wanted, and gone on with when it is wanted again', async () => {
    const world = await startWorld(40 * PAGE_ROWS)
    let packets = 0
    const lose = (): void => {
      if (++packets === 10) void world.bob.client.unsubscribe(world.stream)
    }
    const trace: string[] = []
    await joinNodes(world.bob, world.alice, { trace, distort: before('packet', lose) })
    await pass(world.clock, 1_000)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 0, phase: 'idle', subscribed: false, peers: 0 })
    expect(trace.filter((line) => line.startsWith('bob -> alice | cancel'))).not.toEqual([])
    expect(packets).toBeLessThan(40)
    const said = trace.length
    await pass(world.clock, 60_000)
    expect(trace.slice(said).filter((line) => !/complete|status/.test(line))).toEqual([])
    expect([...linkEnds(world.bob), ...linkEnds(world.alice)]).toEqual([])
    await must(world.bob.client.subscribe(world.identity))
    await pass(world.clock, 4_000)
    await expectWhole(world, world.history)
    expect(packets).toBeLessThan(60)
  })

  it('[T45] no longer wanted, is kept as far as it was verified: also what waits for a write that is under way', async () => {
    const world = await startWorld(60 * PAGE_ROWS)
    const { stage } = world.bobsStore
    const disk = { turn: (): void => undefined }
    const turning = new Promise<void>((resolve) => (disk.turn = resolve))
    const writes: number[] = []
    const write = async (pages: readonly StoredPage[]) => {
      writes.push(pages.length)
      await turning
      return stage(pages)
    }
    Object.assign(world.bobsStore, { stage: write })
    let packets = 0
    const lose = (): void => {
      if (++packets === 50) void world.bob.client.unsubscribe(world.stream)
    }
    const line = slowly(world.clock, 150)
    await joinNodes(world.bob, world.alice, { distort: (pipe) => line(before('packet', lose)(pipe)) })
    await pass(world.clock, 8_000)
    expect(writes).toHaveLength(1)
    disk.turn()
    await settle()
    const kept = world.bobsStore.sync.has(world.history.pageHashes).filter((there) => there).length
    expect([writes.length, kept]).toEqual([2, writes.reduce((sum, pages) => sum + pages, 0)])
    expect(kept).toBeGreaterThan(writes[0] ?? 0)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 0, phase: 'idle' })
  })
})

describe('[T27] what one peer can make a node compute', () => {
  /** Bob's link to Alice, spoken over by hand; he himself hears nothing of what he never asked for. */
  const createAsker = async (rows: number) => {
    const world = await startWorld(rows)
    const trace: string[] = []
    const isForHim = (bytes: Bytes): boolean => {
      const frame = decodeFrame(bytes)
      return frame.ok && frame.value.type !== 'refused' && frame.value.type !== 'credit'
    }
    const ends: { pipe: Pipe | null } = { pipe: null }
    await joinNodes(world.alice, world.bob, {
      trace,
      distort: (pipe) => {
        ends.pipe = pipe
        return { ...pipe, onFrame: (handle) => pipe.onFrame((bytes) => (isForHim(bytes) ? handle(bytes) : undefined)) }
      },
    })
    await pass(world.clock, 1_000)
    trace.length = 0
    const ask = (request: number, of: number): void =>
      ends.pipe?.send(encodeFrame({ type: 'hashes-request', request, stream: world.stream, root: new Uint8Array(32), rows: of, from: 0 }))
    const say = (live: Bytes): void => ends.pipe?.send(encodeFrame({ type: 'live', request: 0, stream: world.stream, live }))
    const heard = (code: string): number => trace.filter((line) => line.startsWith('alice -> bob | refused') && line.endsWith(code)).length
    return { ...world, ask, say, heard }
  }

  it('questions about ever other lengths are soon busy, about its own head never', async () => {
    const { clock, alice, ask, heard } = await createAsker(2 * PAGE_ROWS)
    for (let n = 1; n <= 300; n++) ask(1_000 + n, n)
    await settle()
    const answered = heard('unknown-history')
    expect(answered).toBeGreaterThan(100)
    expect(answered).toBeLessThan(165)
    expect(heard('busy')).toBe(300 - answered)
    for (let n = 1; n <= 300; n++) ask(2_000 + n, 2 * PAGE_ROWS)
    await settle()
    expect(heard('unknown-history')).toBe(answered + 300)
    await pass(clock, 1_000)
    for (let n = 1; n <= 100; n++) ask(3_000 + n, 300 + n)
    await settle()
    expect(heard('unknown-history') - answered - 300).toBeLessThan(45)
    expect(linkEnds(alice)).toEqual([])
  })

  it('who goes on ten times beyond is cut', async () => {
    const { alice, ask } = await createAsker(2 * PAGE_ROWS)
    for (let n = 1; n <= 2_000; n++) ask(1_000 + n, 1 + (n % 2_000))
    await settle()
    expect(linkEnds(alice)).toEqual(['cut flood'])
    expect(alice.log().at(-1)).toContain('more than its share')
  })

  it('a row that came before costs nothing in the same bytes; rows that are no news again and again are a flood', async () => {
    const { alice, stream, say } = await createAsker(2)
    for (const value of ['1', '2', '3', '4']) await must(alice.client.append(stream, 7 as Micros, value))
    await settle()
    const rows = alice.notices.flatMap((notice) => (notice.type === 'live-row' ? [notice.live] : [])).slice(-4)
    const sayMany = async (lives: readonly Bytes[]): Promise<void> => {
      for (let n = 0; n < 6_000; n++) {
        for (const live of lives.slice(n % lives.length).slice(0, 1)) say(live)
        if (n % 500 === 0) await settle()
      }
      await settle()
    }
    await sayMany(rows.slice(-1))
    expect(linkEnds(alice)).toEqual([])
    await sayMany(rows)
    expect(linkEnds(alice)).toEqual(['cut flood'])
    expect(alice.log().at(-1)).toContain('more than its share')
  })
})

describe('[D17] a live row that is a lie', () => {
  const sayToBob = async (say: (world: World) => Promise<Bytes> | Bytes): Promise<World> => {
    const world = await startWorld(3)
    const ends: { pipe: Pipe | null } = { pipe: null }
    await joinNodes(world.bob, world.alice, { distort: (pipe) => (ends.pipe = pipe) })
    await pass(world.clock, 1_000)
    ends.pipe?.send(encodeFrame({ type: 'live', request: 0, stream: world.stream, live: await say(world) }))
    await settle()
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 3, problem: null })
    return world
  }

  it('because its head is not signed by the publisher, cuts who said it', async () => {
    const { bob } = await sayToBob(({ alice, stream }) => {
      const { head } = newestHeadOf(alice, stream)
      const row = { form: 'observation', time: 7 as Micros, value: '666' } as const
      return encode(liveCodec, { row, head: { head: { ...head, rows: 4 }, signature: new Uint8Array(64) } })
    })
    expect(linkEnds(bob)).toEqual(['cut forged-head'])
  })

  it('because it is no message at all, cuts who said it', async () => {
    const { bob } = await sayToBob(() => new Uint8Array(40))
    expect(linkEnds(bob)).toEqual(['cut malformed'])
  })
})

describe('[T18] a liar is cut, and the history comes from an honest node', () => {
  const lies: readonly (readonly [Mischief, string])[] = [
    ['wrong-byte', 'cut bad-page'],
    ['wrong-page', 'cut bad-page'],
    ['oversized', 'cut oversized'],
    ['garbage', 'cut malformed'],
    ['mute', 'cut silent'],
    ['wrong-hashes', 'cut bad-hashes'],
    ['forged-head', 'cut forged-head'],
  ]
  for (const [mischief, end] of lies)
    it(`${mischief}: ${end}`, async () => {
      const world = await startWorld(8 * PAGE_ROWS + 3)
      const mallory = await world.copy('mallory')
      await joinNodes(world.bob, mallory, { distort: (pipe) => createLyingPipe(pipe, mischief) })
      await pass(world.clock, 15_000)
      expect(linkEnds(world.bob)).toEqual([end])
      expect(world.bob.state(world.stream)?.rows).toBe(0)
      await joinNodes(world.bob, world.alice)
      await pass(world.clock, 3_500)
      await expectWhole(world, world.history)
      expect(world.bob.log().filter((line) => line.startsWith('cut off'))).toHaveLength(1)
    })

  it('also when both serve it at once', async () => {
    const world = await startWorld(40 * PAGE_ROWS)
    const mallory = await world.copy('mallory')
    await joinNodes(world.bob, world.alice)
    await joinNodes(world.bob, mallory, { distort: (pipe) => createLyingPipe(pipe, 'wrong-byte') })
    await pass(world.clock, 3_000)
    await expectWhole(world, world.history)
  })

  it('who closes with the longest reason there can be, in the widest letters, is only gone', async () => {
    const world = await startWorld(5)
    const [near, far] = createPipePair()
    world.bob.server.attachPeer(near, { role: 'initiator', expected: world.alice.key.publicKey, localFingerprint: new Uint8Array(32), remoteFingerprint: new Uint8Array(32), via: 'rendezvous' })
    far.send(encodeFrame({ type: 'bye', request: 0, code: '満'.repeat(13), message: '満'.repeat(80) }))
    await settle()
    expect(linkEnds(world.bob)).toEqual([`closed ${'満'.repeat(13)}`])
    await must(world.bob.client.subscribe(world.identity))
  })

  it('who asks under a root that is not ours gets a refusal, never silence', async () => {
    const world = await startWorld(5)
    const trace: string[] = []
    const other = (bytes: Bytes): Bytes => {
      const frame = decodeFrame(bytes)
      return frame.ok && frame.value.type === 'hashes-request' ? encodeFrame({ ...frame.value, root: new Uint8Array(32) }) : bytes
    }
    await joinNodes(world.alice, world.bob, { trace, distort: (pipe) => ({ ...pipe, send: (bytes) => pipe.send(other(bytes)) }) })
    await pass(world.clock, 500)
    expect(trace.filter((line) => line.includes('alice -> bob | refused'))).toEqual([expect.stringContaining('unknown-history')])
  })
})

describe('links', () => {
  it('more than a node can keep are refused as busy, and those it has stay', async () => {
    const world = await startWorld(5)
    const facts = { role: 'initiator', expected: world.alice.key.publicKey, localFingerprint: new Uint8Array(32), remoteFingerprint: new Uint8Array(32), via: 'rendezvous' } as const
    for (let link = 0; link <= MAX_LINKS; link++) world.bob.server.attachPeer(createPipePair()[0], facts)
    await settle()
    expect(linkEnds(world.bob)).toEqual(['closed busy'])
  })

  it('that are dropped by the neuron say its reason', async () => {
    const world = await startWorld(5)
    const trace: string[] = []
    await joinNodes(world.bob, world.alice, { trace })
    const ready = world.bob.notices.find((notice) => notice.type === 'link-event')
    const pipe = attachLocal(world.bob.server, 'neuron')
    pipe.send(encodeFrame({ type: 'drop-link', request: 1, link: ready?.type === 'link-event' ? ready.link : 0, code: 'enough', message: 'That was it.' }))
    await settle()
    expect(linkEnds(world.bob)).toEqual(['closed enough'])
    expect(linkEnds(world.alice)).toEqual(['closed enough'])
  })
})

describe('[T21] a store that fails', () => {
  it('stops the download with a problem; it is tried again after half a minute', async () => {
    const world = await startWorld(100 * PAGE_ROWS)
    const trace: string[] = []
    let packets = 0
    const fill = (): void => {
      if (++packets === 5) world.bobsStore.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    }
    await joinNodes(world.bob, world.alice, { trace, distort: before('packet', fill) })
    await pass(world.clock, 1_000)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 0, phase: 'wanted', problem: { code: 'disk-full' } })
    expect(world.bob.log()).toContain('the download stopped: The disk is full.')
    expect(trace.filter((line) => line.startsWith('bob -> alice | cancel'))).not.toEqual([])
    expect(linkEnds(world.bob)).toEqual([])
    world.bobsStore.refuseWrites(null)
    trace.length = 0
    await pass(world.clock, 25_000)
    expect(trace.filter((line) => line.includes('pages-request'))).toEqual([])
    await pass(world.clock, 10_000)
    await expectWhole(world, world.history)
  })

  it('at the last commit leaves the old history', async () => {
    const world = await startWorld(PAGE_ROWS + 5)
    await joinNodes(world.bob, world.alice)
    await pass(world.clock, 250)
    const old = world.bobsStore.sync.records()
    await publishMore(world, 2 * PAGE_ROWS, () => {
      world.bobsStore.refuseWrites({ code: 'store-failed', message: 'broken' })
    })
    await pass(world.clock, 2_000)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: PAGE_ROWS + 5, problem: { code: 'store-failed' } })
    expect(world.bobsStore.sync.records()).toEqual(old)
    world.bobsStore.refuseWrites(null)
    await pass(world.clock, 35_000)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: 3 * PAGE_ROWS + 5, problem: null })
  })
})

const publishMore = async ({ alice, identity }: World, count: number, first: () => void): Promise<void> => {
  const rows = createRows(createSeededRandom(99), count)
  first()
  await publish(alice, identity, rows)
}

describe('[D8] a damaged page', () => {
  const spoil = ({ bobsStore, history }: World, page: number): void =>
    bobsStore.sync.stage([{ hash: history.pageHashes[page] ?? new Uint8Array(0), bytes: new Uint8Array(3) }])

  /** Bob has the history, was restarted, and pages of his are spoilt. */
  const startSpoilt = async (pages: readonly number[]): Promise<World & { readonly trace: string[] }> => {
    const world = await startWorld(10 * PAGE_ROWS + 7)
    await joinNodes(world.bob, world.alice)
    await pass(world.clock, 1_000)
    for (const page of pages) spoil(world, page)
    const bob = await startDataNode({ name: 'bob', clock: world.clock, store: world.bobsStore })
    return { ...world, bob, trace: [] }
  }

  it('is said in the log, taken out of reach and fetched again: only that page', async () => {
    const world = await startSpoilt([3])
    const read = await world.bob.client.rows(world.stream, 3 * PAGE_ROWS, 5)
    expect(read).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
    expect(world.bob.state(world.stream)).toMatchObject({ phase: 'wanted', problem: { code: 'damaged-page' } })
    expect(world.bob.log()).toEqual(['Page 3 in storage does not have its hash: it was altered or damaged. It is fetched again from peers.'])
    expect(world.bobsStore.sync.has([world.history.pageHashes[3] ?? new Uint8Array(0)])).toEqual([false])
    await joinNodes(world.bob, world.alice, { trace: world.trace })
    await pass(world.clock, 3_500)
    expect(world.trace.filter((line) => line.includes('pages-request'))).toEqual([expect.stringMatching(/pages-request#\d+ 3 of/)])
    await expectWhole(world, world.history)
    expect((await must(world.bob.client.rows(world.stream, 3 * PAGE_ROWS, 5))).rows).toEqual(world.history.rows.slice(3 * PAGE_ROWS, 3 * PAGE_ROWS + 5))
  })

  it('does not hide another one', async () => {
    const world = await startSpoilt([3, 6])
    for (const page of [3, 6]) await world.bob.client.rows(world.stream, page * PAGE_ROWS, 1)
    await joinNodes(world.bob, world.alice, { trace: world.trace })
    await pass(world.clock, 3_500)
    expect(world.trace.filter((line) => line.includes('pages-request'))).toEqual([expect.stringMatching(/pages-request#\d+ 3,6 of/)])
    await expectWhole(world, world.history)
    for (const page of [3, 6]) expect((await world.bob.client.rows(world.stream, page * PAGE_ROWS, 1)).ok).toBe(true)
  })

  it('is never served: the asker is told that it cannot have it', async () => {
    const world = await startSpoilt([3])
    const carol = await startDataNode({ name: 'carol', clock: world.clock })
    await must(carol.client.subscribe(world.identity))
    await joinNodes(carol, world.bob, { trace: world.trace })
    await pass(world.clock, 2_000)
    expect(carol.state(world.stream)?.rows).toBe(0)
    expect(linkEnds(carol)).toEqual([])
    expect(world.trace.filter((line) => line.includes('bob -> carol | unavailable'))).not.toEqual([])
    expect(world.trace.filter((line) => line.includes('page 3,'))).toEqual([])
    await joinNodes(carol, world.alice)
    await pass(world.clock, 3_500)
    expect(carol.state(world.stream)?.rows).toBe(world.history.rows.length)
  })

  it('at the end is noticed when a live row would be built on it, and both are mended', async () => {
    const world = await startSpoilt([10])
    await joinNodes(world.bob, world.alice)
    await must(world.alice.client.append(world.stream, 1 as Micros, '1'))
    await pass(world.clock, 4_000)
    expect(world.bob.log().filter((line) => line.includes('Page 10 in storage'))).toHaveLength(1)
    expect(world.bob.state(world.stream)).toMatchObject({ rows: world.history.rows.length + 1, problem: null, phase: 'idle' })
    expect((await must(world.bob.client.rows(world.stream, 10 * PAGE_ROWS, 100))).rows).toHaveLength(8)
  })

  it('of the publisher comes back from a subscriber, and rows that it adds meanwhile stay', async () => {
    const world = await startSpoilt([])
    const store = createMemoryStore()
    const alice = await startDataNode({ name: 'alice', clock: world.clock, key: world.alice.key, store })
    await publish(alice, world.identity, world.history.rows)
    const hash = world.history.pageHashes[2] ?? new Uint8Array(0)
    store.sync.stage([{ hash, bytes: new Uint8Array(3) }])
    expect((await alice.client.rows(world.stream, 2 * PAGE_ROWS, 1)).ok).toBe(false)
    const added: Promise<unknown>[] = []
    const add = (): void => void added.push(alice.client.append(world.stream, 1 as Micros, '77'))
    await joinNodes(alice, world.bob, { distort: before('packet', add) })
    await pass(world.clock, 3_500)
    expect(added).toHaveLength(1)
    expect(alice.state(world.stream)).toMatchObject({ rows: world.history.rows.length + 1, problem: null })
    expect((await must(alice.client.rows(world.stream, 2 * PAGE_ROWS, 1))).rows).toEqual(world.history.rows.slice(2 * PAGE_ROWS, 2 * PAGE_ROWS + 1))
    expect((await must(alice.client.rows(world.stream, world.history.rows.length, 5))).rows).toMatchObject([{ value: '77' }])
  })
})
