import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { GIVE_UP_ALONE_MS, GIVE_UP_MS } from '../../../../src/data/own/stuck-predictions.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { predictionStreamOf } from '../../../../src/domain/stream.ts'
import { attachLocal, must, newestHeadOf } from '../../../support/data-node.ts'
import type { MemoryStore } from '../../../support/memory-store.ts'
import { idOf } from '../../../support/node-key.ts'
import { backupOf, createSmallWorld, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

const predict = ({ server }: SmallNode, { clock, stream }: SmallWorld, followsRow: number) =>
  createDataClient(attachLocal(server, 'engine'), { clock }).predict({ follows: stream, followsRow, followsHash: new Uint8Array(32), value: '1', lower: '0', upper: '2', kind: 'live' })

/** Alice has predicted five times; what she is started from knows of one. */
const afterRestore = async () => {
  const world = createSmallWorld()
  const before = await world.publisher('abcdefgh')
  const own = predictionStreamOf(world.key.publicKey, world.stream)
  const stream = idOf(own)
  await must(predict(before, world, 0))
  const disk = backupOf(before.store)
  for (const row of [1, 2, 3, 4]) await must(predict(before, world, row))
  const alice = await world.start('alice again', disk)
  await must(alice.client.deliverHead(newestHeadOf(before, stream)))
  return { world, before, alice, own, stream }
}

describe('[D54] a prediction stream of one’s own that lacks rows', () => {
  it('gets them back from who follows it, and goes on in the same epoch', async () => {
    const { world, before, alice, own, stream } = await afterRestore()
    const bob = await world.start('bob')
    await must(bob.client.subscribe(own))
    const unplug = await world.meet(bob, before)
    unplug()
    await world.meet(alice, bob)
    await world.wait(GIVE_UP_MS + 10_000)
    await must(predict(alice, world, 5))
    expect(newestHeadOf(alice, stream).head).toMatchObject({ epoch: 0, rows: 6 })
  })

  it('begins an epoch by itself when nobody who is linked has given them back for two minutes', async () => {
    const { world, alice, stream } = await afterRestore()
    await world.meet(alice, await world.subscriber('bob'))
    await world.wait(GIVE_UP_MS - 10_000)
    expect(await predict(alice, world, 5)).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    await world.wait(20_000)
    await must(predict(alice, world, 5))
    expect(newestHeadOf(alice, stream).head).toMatchObject({ epoch: 1, rows: 2, continues: { epoch: 0, rows: 1 } })
  })

  it('[D59] begins none while another holder of the key may be there, nor right after', async () => {
    const { world, alice, stream } = await afterRestore()
    await world.meet(alice, await world.subscriber('bob'))
    await must(alice.client.holdSigning(true))
    await world.wait(3 * GIVE_UP_MS)
    await must(alice.client.holdSigning(false))
    await world.wait(GIVE_UP_MS - 10_000)
    expect(newestHeadOf(alice, stream).head.epoch).toBe(0)
    await world.wait(20_000)
    expect(newestHeadOf(alice, stream).head.epoch).toBe(1)
  })

  it('alone it waits ten', async () => {
    const { world, alice, stream } = await afterRestore()
    await world.wait(GIVE_UP_ALONE_MS - 10_000)
    expect(newestHeadOf(alice, stream).head.epoch).toBe(0)
    await world.wait(20_000)
    expect(newestHeadOf(alice, stream).head.epoch).toBe(1)
  })

  it('so it does with a page that is damaged', async () => {
    const { world, before, stream } = await afterRestore()
    const disk: MemoryStore = backupOf(before.store)
    const record = disk.sync.records().find((one) => one.stream === stream)
    const [, hash] = splitPageList(record?.hashes ?? new Uint8Array(0))
    if (hash === undefined) throw new Error('one page only')
    disk.sync.stage([{ hash, bytes: new Uint8Array(9) }])
    const alice = await world.start('alice third', disk)
    expect(await predict(alice, world, 5)).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
    await world.wait(GIVE_UP_ALONE_MS + 10_000)
    await must(predict(alice, world, 5))
    expect(newestHeadOf(alice, stream).head).toMatchObject({ epoch: 1, rows: 5, continues: { epoch: 0, rows: 4 } })
  })

  it('observations of one’s own are given up by a person alone', async () => {
    const world = createSmallWorld()
    const before = await world.publisher('abc')
    const disk = backupOf(before.store)
    await world.say(before, 'def')
    const alice = await world.start('alice again', disk)
    await must(alice.client.deliverHead(newestHeadOf(before, world.stream)))
    await world.wait(GIVE_UP_ALONE_MS + 10_000)
    expect(newestHeadOf(alice, world.stream).head.epoch).toBe(0)
  })
})
