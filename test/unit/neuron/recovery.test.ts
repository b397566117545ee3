import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../src/data/data-client.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { predictionStreamOf, type StreamId } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { failureOf } from '../../../src/base/result.ts'
import { attachLocal, must, publish } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { idOf, identityOf, sha256 } from '../../support/node-key.ts'
import { rowBytes } from '../../../src/domain/row.ts'
import { createSmallNetwork, type SmallNetwork, type SmallNode } from './small-network.ts'

const LATER = 4_000_000_000_000_000 as Micros

/** Alice publishes five rows, Bob has them; then her identity is put into a node with an empty disk. */
const startWorld = async () => {
  const network = createSmallNetwork()
  const alice = await network.start('alice')
  const bob = await network.start('bob')
  await network.pass(1)
  const identity = identityOf(alice.home.key)
  const stream = idOf(identity)
  await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
  await network.pass(2)
  await bob.neuron.commands.subscribe(stream)
  await network.pass(20)
  return { network, alice, bob, stream }
}

const restore = (network: SmallNetwork, { home: { key } }: SmallNode): Promise<SmallNode> =>
  network.start('alice', { name: 'alice', key, store: createMemoryStore(), known: null, restored: 'fresh' })

const appending = (node: SmallNode, stream: StreamId): Promise<string> =>
  node.neuron.commands.append(stream, { time: '2096-10-02T07:06:40Z', value: '7' }).then(() => 'appended', (thrown: unknown) => failureOf(thrown).code)

const publishing = (node: SmallNode, name: string): Promise<string> =>
  node.neuron.commands.publishCsv({ name, csv: '2024-05-01,1', source: 'test' }).then(() => 'published', (thrown: unknown) => failureOf(thrown).code)

const isRecovering = async (node: SmallNode): Promise<boolean> => (await node.neuron.commands.snapshot()).recovering

describe('an identity restored from a backup', () => {
  it('takes up what it published before, fetches its newest rows, and only then goes on', async () => {
    const { network, alice, bob, stream } = await startWorld()
    network.kill(alice)
    const again = await restore(network, alice)
    expect(await isRecovering(again)).toBe(true)
    await network.pass(30)
    expect(await isRecovering(again)).toBe(false)
    expect(again.data.state(stream)).toMatchObject({ own: true, rows: 5, forked: false })
    expect(await appending(again, stream)).toBe('appended')
    await network.pass(5)
    expect(bob.data.state(stream)).toMatchObject({ rows: 6, forked: false })
  })

  it('signs nothing while no server has told what it signed: not a stream of the same name either', async () => {
    const { network, alice, stream } = await startWorld()
    network.kill(alice)
    network.setServer(false)
    const again = await restore(network, alice)
    await network.pass(60)
    expect(await isRecovering(again)).toBe(true)
    expect(await publishing(again, 'temperature')).toBe('recover-first')
    expect(again.data.state(stream)).toBeUndefined()
  })

  it('adds nothing to a stream whose newest rows nobody serves now', async () => {
    const { network, alice, bob, stream } = await startWorld()
    network.kill(alice)
    network.kill(bob)
    const again = await restore(network, alice)
    await network.pass(30)
    expect(again.data.state(stream)).toMatchObject({ rows: 0, targetRows: 5 })
    expect(await appending(again, stream)).toBe('recover-first')
    expect(await publishing(again, 'temperature')).toBe('recover-first')
  })

  it('goes on with its predictions in a new epoch: the old ones, which nobody serves, forbid nothing', async () => {
    const { network, alice, bob, stream } = await startWorld()
    const predicted = idOf(predictionStreamOf(bob.home.key.publicKey, stream))
    const predict = async (node: SmallNode, followsRow: number): Promise<void> => {
      const [row] = (await must(node.data.client.rows(stream, followsRow, 1))).rows
      if (row === undefined) throw new Error('no row')
      const followsHash = sha256(rowBytes(followsRow, row))
      const engine = createDataClient(attachLocal(node.data.server, 'engine'), { clock: network.clock })
      await must(engine.predict({ follows: stream, followsRow, followsHash, value: '1', lower: '0', upper: '2', kind: 'live' }))
    }
    await predict(bob, 4)
    await network.pass(90)
    network.kill(bob)
    const again = await network.start('bob', { ...bob.home, store: createMemoryStore(), restored: 'fresh' })
    await network.pass(5)
    await again.neuron.commands.subscribe(stream)
    await network.pass(30)
    await must(alice.data.client.append(stream, LATER, '8'))
    await network.pass(5)
    await predict(again, 5)
    await network.pass(90)
    expect(again.data.state(predicted)).toMatchObject({ rows: 1, forked: false, head: { head: { epoch: 1 } } })
  })
})

describe('two nodes of one identity', () => {
  it('only the one that checked in last signs', async () => {
    const { network, alice, stream } = await startWorld()
    const twin = await network.start('alice', { name: 'alice', key: alice.home.key, store: createMemoryStore(), known: null, restored: 'fresh' })
    await network.pass(30)
    expect((await alice.neuron.commands.snapshot()).server.state).toBe('replaced')
    expect(await appending(alice, stream)).toBe('replaced')
    expect(await publishing(alice, 'another')).toBe('replaced')
    expect(twin.data.state(stream)).toMatchObject({ own: true, rows: 5 })
    expect(await appending(twin, stream)).toBe('appended')
  })
})
