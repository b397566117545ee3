import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Row } from '../../../src/domain/row.ts'
import { publish, startDataNode } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { createNodeKey, idOf, identityOf } from '../../support/node-key.ts'
import { createSmallNetwork, type SmallNode } from './small-network.ts'

const ROWS = createRows(createSeededRandom(1), 5)

/** Bob follows a stream of Alice, and has all rows of it. */
const startWorld = async () => {
  const network = createSmallNetwork()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  /** A copy of the publisher with a disk of its own. */
  const copyWith = async (rows: readonly Row[]): Promise<SmallNode> => {
    const store = createMemoryStore()
    await publish(await startDataNode({ name: 'alice', clock: network.clock, key, store }), identity, rows)
    const node = await network.start('alice', { name: 'alice', key, store, known: null })
    await network.pass(3)
    return node
  }
  const alice = await copyWith(ROWS)
  const bob = await network.start('bob')
  await network.pass(2)
  await bob.neuron.commands.subscribe(stream)
  await network.pass(20)
  expect(bob.data.state(stream)?.rows).toBe(ROWS.length)
  return { network, stream, alice, bob, copyWith }
}

describe('a publisher that is there twice', { timeout: 20_000 }, () => {
  it('[D19] a subscriber finds another history listed, as long as the one it has: that is the fork', async () => {
    const { network, stream, alice, bob, copyWith } = await startWorld()
    for (const node of [alice, bob]) network.kill(node)
    network.setServer(true)
    network.kill(await copyWith(ROWS.map((row, index) => (index === 4 ? { ...row, value: 'another' } : row))))
    const returned = await network.start('bob', bob.home)
    await network.pass(5)
    const { streams } = await returned.neuron.commands.snapshot()
    expect(streams.find(({ id }) => id === stream)).toMatchObject({ forked: true, verified: false })
  })

  it('[M11] a copy that lacks rows asks for them itself: those who have them may take it to be linked to them', async () => {
    const { network, stream, alice, copyWith } = await startWorld()
    network.kill(alice, true)
    const restored = await copyWith(ROWS.slice(0, -1))
    await network.pass(5)
    expect(restored.data.state(stream)?.rows).toBe(ROWS.length)
  })
})
