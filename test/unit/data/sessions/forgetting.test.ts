import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { NO_AUTHOR, streamIdOf, type StreamId } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { joinNodes, must, pass, publish, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const SHAPE = { pageRows: 8, runLeaves: 4 }

/** Bob has Alice's history over a link. */
const startWorld = async () => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = streamIdOf(identity, sha256)
  const history = historyOf(identity, createRows(createSeededRandom(6), 50), SHAPE.pageRows)
  const alice = await startDataNode({ name: 'alice', clock, key, shape: SHAPE })
  await publish(alice, identity, history.rows)
  const store = createMemoryStore()
  const bob = await startDataNode({ name: 'bob', clock, store, shape: SHAPE })
  await must(bob.client.subscribe(identity))
  const trace: string[] = []
  await joinNodes(bob, alice, { trace })
  await pass(clock, 1_000)
  expect(bob.state(stream)?.rows).toBe(50)
  return { clock, identity, stream, history, alice, bob, store, trace }
}

const told = (node: DataNode, stream: StreamId): readonly string[] =>
  node.notices.flatMap((notice) => {
    if (notice.type === 'state') return notice.state.stream === stream ? ['state'] : []
    return notice.type === 'forgotten' && notice.stream === stream ? ['forgotten'] : []
  })

describe('[D32] a stream that is forgotten', () => {
  it('leaves nothing: its record, its pages, its answers are gone, and its watchers are told so last of all', async () => {
    const { bob, store, stream, history } = await startWorld()
    await must(bob.client.forget(stream))
    await settle()
    expect(store.sync.records()).toEqual([])
    expect(store.sync.has(history.pageHashes)).toEqual(history.pageHashes.map(() => false))
    expect(await bob.client.rows(stream, 0, 1)).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
    expect(await must(bob.client.status(stream))).toMatchObject({ serving: false })
    expect(await bob.client.forget(stream)).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
    expect(told(bob, stream).at(-1)).toBe('forgotten')
  })

  it('is followed no more, and what comes of it is not kept', async () => {
    const { alice, bob, clock, store, stream, trace } = await startWorld()
    await must(bob.client.forget(stream))
    await settle()
    expect(trace.at(-1)).toBe('bob -> alice | unfollow 1')
    const seen = bob.notices.length
    await must(alice.client.append(stream, 1 as Micros, '1'))
    await pass(clock, 70_000)
    expect(store.sync.records()).toEqual([])
    expect(bob.notices.slice(seen).filter(({ type }) => type === 'state')).toEqual([])
  })

  it('is fetched no more, and what is under way writes no record', async () => {
    const { alice, clock, identity, stream, history } = await startWorld()
    const store = createMemoryStore()
    const carol = await startDataNode({ name: 'carol', clock, store, shape: SHAPE })
    await must(carol.client.subscribe(identity))
    const trace: string[] = []
    const ends: unknown[] = []
    let packets = 0
    await joinNodes(alice, carol, {
      trace,
      distort: (pipe) => ({
        ...pipe,
        onFrame: (handle) => {
          pipe.onFrame((frame) => {
            // In the midst of the pages.
            if (frame[1] === 21 && ++packets === 2) void carol.client.forget(stream).then((end) => ends.push(end))
            handle(frame)
          })
        },
      }),
    })
    await pass(clock, 5_000)
    expect(ends).toEqual([{ ok: true, value: null }])
    expect(store.sync.records()).toEqual([])
    expect(told(carol, stream).at(-1)).toBe('forgotten')
    expect(trace.filter((line) => line.startsWith('carol -> alice | cancel'))).not.toEqual([])
    expect(carol.log().filter((line) => /stopped|broke/.test(line))).toEqual([])
    // Wanted again, it begins anew.
    await must(carol.client.subscribe(identity))
    await pass(clock, 70_000)
    expect(carol.state(stream)?.rows).toBe(history.rows.length)
  })

  it('leaves what other streams need: their pages, and those of an import under way', async () => {
    const { bob, identity, store, stream, history } = await startWorld()
    const twin = { ...identityOf(bob.key), stream: 'twin' }
    await publish(bob, twin, history.rows)
    const { draft } = await must(bob.client.openDraft({ ...identityOf(bob.key), stream: 'import' }))
    const others = historyOf(identity, createRows(createSeededRandom(8), 16), SHAPE.pageRows)
    await must(bob.client.addToDraft(draft, others.rows))
    await must(bob.client.forget(stream))
    expect(store.sync.has([...history.pageHashes, ...others.pageHashes]).every((there) => there)).toBe(true)
    await must(bob.client.commitDraft(draft))
    expect((await must(bob.client.rows(streamIdOf(twin, sha256), 0, 50))).rows).toEqual(history.rows)
  })

  it('loses the rows that nobody signed too', async () => {
    const clock = createVirtualClock()
    const store = createMemoryStore()
    const bob = await startDataNode({ name: 'bob', clock, store, shape: SHAPE })
    const identity = { source: 'old network', author: NO_AUTHOR, stream: 'loose', target: '' }
    const stream = streamIdOf(identity, sha256)
    const rows = createRows(createSeededRandom(9), 1)
    await must(bob.client.addLoose(identity, rows))
    expect(await must(bob.client.loose(stream, 0, 9))).toMatchObject({ total: 1 })
    await must(bob.client.forget(stream))
    // A stream of that name begins with nothing.
    await must(bob.client.subscribe(identity))
    expect(await must(bob.client.loose(stream, 0, 9))).toMatchObject({ total: 0 })
  })

  it('stays when its record cannot be deleted', async () => {
    const { bob, store, stream } = await startWorld()
    store.refuseWrites({ code: 'store-failed', message: 'broken' })
    expect(await bob.client.forget(stream)).toMatchObject({ ok: false, error: { code: 'store-failed' } })
    store.refuseWrites(null)
    expect((await must(bob.client.rows(stream, 0, 1))).total).toBe(50)
    expect(told(bob, stream)).not.toContain('forgotten')
  })
})

describe('[D33] a stream of one’s own', () => {
  it('is not forgotten: begun anew it would contradict what was signed', async () => {
    const { alice, stream } = await startWorld()
    expect(await alice.client.forget(stream)).toMatchObject({ ok: false, error: { code: 'own-stream' } })
    expect((await must(alice.client.rows(stream, 0, 1))).total).toBe(50)
  })
})
