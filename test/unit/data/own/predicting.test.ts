import { describe, expect, it } from 'vitest'
import { decode } from '../../../../src/base/codec.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { predictionStreamOf, type StreamId } from '../../../../src/domain/stream.ts'
import type { NewPrediction } from '../../../../src/ports/data-client.ts'
import { liveCodec } from '../../../../src/protocol/live.ts'
import { attachLocal, must, type DataNode } from '../../../support/data-node.ts'
import { idOf } from '../../../support/node-key.ts'
import type { MemoryStore } from '../../../support/memory-store.ts'
import { backupOf, createSmallWorld, type SmallWorld } from '../../../support/small-world.ts'

const predictionOf = (follows: StreamId, followsRow: number): NewPrediction => ({
  ...{ follows, followsRow, followsHash: new Uint8Array(32).fill(followsRow) },
  ...{ value: `${followsRow}`, lower: '0', upper: '99', kind: 'live' },
})

/** A publisher that predicts its own stream; pages have four rows, so an epoch of predictions sixteen. */
const startAlice = async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const engine = createDataClient(attachLocal(alice.server, 'engine'), { clock: world.clock })
  const own = idOf(predictionStreamOf(world.key.publicKey, world.stream))
  const predict = async (from: number, to: number): Promise<void> => {
    for (let row = from; row <= to; row++) await must(engine.predict(predictionOf(world.stream, row)))
  }
  return { world, alice, engine, own, predict }
}

const saidOf = (node: DataNode, stream: StreamId): string[] =>
  node.notices.flatMap((notice) => {
    const live = notice.type === 'live-row' && notice.stream === stream ? decode(liveCodec, notice.live, 'live') : null
    return live?.ok === true && live.value.row.form === 'prediction' ? [`epoch ${live.value.head.head.epoch}: row ${live.value.row.followsRow}`] : []
  })

const followedIn = async (node: DataNode, stream: StreamId): Promise<number[]> =>
  (await must(node.client.rows(stream, 0, 200))).rows.flatMap((row) => (row.form === 'prediction' ? [row.followsRow] : []))

describe('[D47] a prediction that is asked for again', () => {
  it('is kept once and said again: who asks does not know whether it was', async () => {
    const { alice, own, predict } = await startAlice()
    await predict(2, 2)
    await predict(2, 2)
    expect(await followedIn(alice, own)).toEqual([2])
    expect(saidOf(alice, own)).toEqual(['epoch 0: row 2', 'epoch 0: row 2'])
  })

  it('after a later one is neither kept nor said', async () => {
    const { alice, own, predict } = await startAlice()
    await predict(3, 3)
    await predict(2, 2)
    expect(await followedIn(alice, own)).toEqual([3])
    expect(saidOf(alice, own)).toEqual(['epoch 0: row 3'])
  })
})

describe('[D47] a followed history that lost rows', () => {
  /** Alice had six rows and predicted after each; two are given up, with the page they were in. */
  const afterLoss = async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const engine = createDataClient(attachLocal(alice.server, 'engine'), { clock: world.clock })
    const own = idOf(predictionStreamOf(world.key.publicKey, world.stream))
    const predict = (row: number, more: Partial<NewPrediction> = {}) => must(engine.predict({ ...predictionOf(world.stream, row), ...more }))
    for (let row = 0; row < 6; row++) await predict(row)
    const hashes = alice.store.sync.records().find(({ stream }) => stream === world.stream)?.hashes ?? new Uint8Array(0)
    const [, lost] = splitPageList(hashes)
    if (lost === undefined) throw new Error('one page only')
    alice.store.sync.stage([{ hash: lost, bytes: new Uint8Array(3) }])
    await must(alice.client.recheck(world.stream))
    await must(alice.client.beginEpoch(world.stream))
    expect(await world.rows(alice)).toBe('abcd')
    return { world, alice, own, predict }
  }

  it('is predicted from the rows that are left, and not only when there are as many again', async () => {
    const { world, alice, own, predict } = await afterLoss()
    for (const row of [3, 3]) await predict(row)
    expect(await followedIn(alice, own)).toEqual([0, 1, 2, 3, 4, 5, 3])
    await world.say(alice, 'X')
    for (const row of [4, 3]) await predict(row)
    expect(await followedIn(alice, own)).toEqual([0, 1, 2, 3, 4, 5, 3, 4])
  })

  it('is predicted after the row that took the number of one predicted before', async () => {
    const { world, alice, own, predict } = await afterLoss()
    await world.say(alice, 'XY')
    for (let times = 0; times < 2; times++) await predict(5, { followsHash: new Uint8Array(32).fill(99) })
    expect(await followedIn(alice, own)).toEqual([0, 1, 2, 3, 4, 5, 5])
  })
})

describe('[D49] the rows of a prediction stream', () => {
  it('are four pages: the next one begins an epoch that says so, and what was before is kept aside', async () => {
    const { world, alice, own, predict } = await startAlice()
    await predict(0, 16)
    expect(saidOf(alice, own).slice(-2)).toEqual(['epoch 0: row 15', 'epoch 1: row 16'])
    expect(await followedIn(alice, own)).toEqual([16])
    const state = alice.state(own)
    expect(state).toMatchObject({ rows: 1, archived: 1, problem: null })
    expect(state?.head?.head.continues).toMatchObject({ epoch: 0, rows: 0 })
    await predict(17, 100)
    expect(alice.state(own)?.archived).toBe(4)
    await world.wait(1_000)
  })

  it('are predicted once a row over the end of an epoch too, and after a restart', async () => {
    const { world, alice, own, predict } = await startAlice()
    await predict(0, 16)
    await predict(16, 16)
    expect(await followedIn(alice, own)).toEqual([16])
    const again = await world.start('alice', (alice as DataNode & { store: Parameters<SmallWorld['start']>[1] }).store)
    const engine = createDataClient(attachLocal(again.server, 'engine'), { clock: world.clock })
    for (const row of [16, 17]) await must(engine.predict(predictionOf(world.stream, row)))
    expect(await followedIn(again, own)).toEqual([16, 17])
    expect(again.state(own)).toMatchObject({ rows: 2, archived: 1, problem: null, forked: false })
  })

  it('that others know more of begin no epoch: a restored backup fetches them first', async () => {
    const { world, alice, own, predict } = await startAlice()
    await predict(0, 15)
    const backup = backupOf((alice as DataNode & { store: MemoryStore }).store)
    await predict(16, 16)
    const newest = alice.state(own)?.head
    if (newest === null || newest === undefined) throw new Error('nothing was predicted')
    const restored = await world.start('alice again', backup)
    await must(restored.client.deliverHead(newest))
    const engine = createDataClient(attachLocal(restored.server, 'engine'), { clock: world.clock })
    expect(await engine.predict(predictionOf(world.stream, 16))).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    expect(restored.state(own)).toMatchObject({ rows: 16, forked: false })
  })

  it('that a full disk refuses take nothing away: the next one begins the epoch', async () => {
    const { world, alice, engine, own, predict } = await startAlice()
    await predict(0, 15)
    const { store } = alice as DataNode & { store: { refuseWrites: (failure: { code: 'disk-full'; message: string } | null) => void } }
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await engine.predict(predictionOf(world.stream, 16))).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    store.refuseWrites(null)
    await predict(17, 17)
    expect(await followedIn(alice, own)).toEqual([17])
    expect(alice.state(own)).toMatchObject({ archived: 1 })
  })

  it('come to a subscriber over the end of an epoch, which is no fork', async () => {
    const { world, alice, own, predict } = await startAlice()
    await predict(0, 14)
    const bob = await world.start('bob')
    await must(bob.client.subscribe(predictionStreamOf(world.key.publicKey, world.stream)))
    await world.meet(alice, bob)
    expect(await followedIn(bob, own)).toHaveLength(15)
    await predict(15, 18)
    await world.wait(3_000)
    expect(await followedIn(bob, own)).toEqual([16, 17, 18])
    expect(bob.state(own)).toMatchObject({ forked: false, archived: 1 })
    expect(alice.state(own)).toMatchObject({ forked: false })
  })
})
