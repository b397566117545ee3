import { describe, expect, it } from 'vitest'
import { merkleRoot } from '../../../../src/domain/merkle.ts'
import { holding } from '../../../support/cables.ts'
import { joinNodes, newestHeadOf } from '../../../support/data-node.ts'
import { sha256 } from '../../../support/node-key.ts'
import { backupOf, createSmallWorld, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

/** An epoch that its publisher's key signed, and that continues rows which it does not have. */
const falseEpoch = (world: SmallWorld, name: string) =>
  world.planted(name, 'abcdefY', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 3, root: sha256(head.root) } }))

/** Epoch 2, without anything of before. */
const laterEpoch = (world: SmallWorld, name: string) =>
  world.planted(name, 'abcX', (head) => ({ ...head, epoch: 2, continues: { epoch: 1, rows: 0, root: merkleRoot([], sha256) } }))

/** The node hears of a later epoch while the false one is on its way, and then sees that it is false. */
const hearMeanwhile = async (world: SmallWorld, node: SmallNode): Promise<SmallNode> => {
  const { hold, letGo } = holding()
  await joinNodes(await falseEpoch(world, 'carol'), node, { distort: hold })
  await world.wait(500)
  expect(node.state(world.stream)).toMatchObject({ phase: 'fetching', targetRows: 7 })
  const later = await laterEpoch(world, 'dora')
  expect(await node.client.deliverHead(newestHeadOf(later, world.stream))).toMatchObject({ ok: true })
  letGo()
  await world.wait(500)
  return later
}

const toldOf = ({ store }: SmallNode): number | null => store.sync.records()[0]?.toldOf?.head.epoch ?? null

describe('[D23] an epoch that is found to be false', () => {
  it('is no aim any more; a later one of which this node heard meanwhile is', async () => {
    const world = createSmallWorld()
    const bob = await world.subscriber('bob')
    const later = await hearMeanwhile(world, bob)
    expect(bob.log()).toContainEqual(expect.stringContaining('continues'))
    expect(bob.state(world.stream)).toMatchObject({ rows: 0, targetRows: 4 })
    await world.meet(bob, later)
    expect(await world.rows(bob)).toBe('abcX')
  })

  it('is not kept in mind by the publisher itself either', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abc')
    await world.meet(alice, await falseEpoch(world, 'carol'))
    expect(alice.state(world.stream)).toMatchObject({ rows: 3, problem: { code: 'wrong-continuation' } })
    expect(toldOf(alice)).toBeNull()
  })

  it('does not make it forget a later one', async () => {
    const world = createSmallWorld()
    const alice = await world.start('alice', backupOf((await world.publisher('abc')).store))
    await hearMeanwhile(world, alice)
    expect(toldOf(alice)).toBe(2)
  })
})
