import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../src/data/data-client.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { predictionStreamOf, type StreamId, type StreamIdentity } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { failureOf } from '../../../src/base/result.ts'
import { attachLocal, must, publish } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { createMemoryStore } from '../../support/memory-store.ts'
import { idOf, identityOf, sha256 } from '../../support/node-key.ts'
import { rowBytes } from '../../../src/domain/row.ts'
import { createRecovery, type RecoveryDeps, type Restored } from '../../../src/neuron/recovery.ts'
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

  const predict = async (network: SmallNetwork, node: SmallNode, stream: StreamId, followsRow: number): Promise<string> => {
    const [row] = (await must(node.data.client.rows(stream, followsRow, 1))).rows
    if (row === undefined) throw new Error('no row')
    const followsHash = sha256(rowBytes(followsRow, row))
    const engine = createDataClient(attachLocal(node.data.server, 'engine'), { clock: network.clock })
    const answer = engine.predict({ follows: stream, followsRow, followsHash, value: '1', lower: '0', upper: '2', kind: 'live' })
    // Others are asked first what they know of it.
    await network.pass(1)
    return answer.then((made) => (made.ok ? 'predicted' : made.error.code))
  }

  /** Bob's node on an empty disk, after it has predicted once; Alice, who publishes what it follows, has another row. */
  const predictingAgain = async (more: (world: Awaited<ReturnType<typeof startWorld>>, predicted: StreamIdentity) => Promise<unknown>) => {
    const world = await startWorld()
    const { network, alice, bob, stream } = world
    const identity = predictionStreamOf(bob.home.key.publicKey, stream)
    await more(world, identity)
    expect(await predict(network, bob, stream, 4)).toBe('predicted')
    await network.pass(90)
    network.kill(bob)
    const again = await network.start('bob', { ...bob.home, store: createMemoryStore(), restored: 'fresh' })
    await network.pass(5)
    await again.neuron.commands.subscribe(stream)
    await network.pass(30)
    await must(alice.data.client.append(stream, LATER, '8'))
    await network.pass(5)
    return { network, again, stream, predicted: idOf(identity) }
  }

  it('[D54] goes on with its predictions in a new epoch when nobody has given the old ones back for two minutes, not before', async () => {
    const { network, again, stream, predicted } = await predictingAgain(async () => undefined)
    expect(again.data.state(predicted)).toBeUndefined()
    expect(await predict(network, again, stream, 5)).toBe('recover-first')
    await network.pass(110)
    expect(again.data.state(predicted)).toMatchObject({ rows: 0, head: null, targetRows: 1 })
    expect(await predict(network, again, stream, 5)).toBe('recover-first')
    await network.pass(20)
    expect(await predict(network, again, stream, 5)).toBe('predicted')
    expect(again.data.state(predicted)).toMatchObject({ rows: 1, forked: false, head: { head: { epoch: 1 } } })
  })

  it('[D51] goes on with its predictions where they were when a peer has them', async () => {
    const { network, again, stream, predicted } = await predictingAgain(({ alice }, identity) => must(alice.data.client.subscribe(identity)))
    expect(await predict(network, again, stream, 5)).toBe('recover-first')
    await network.pass(30)
    expect(await predict(network, again, stream, 5)).toBe('predicted')
    expect(again.data.state(predicted)).toMatchObject({ rows: 2, forked: false, head: { head: { epoch: 0 } } })
  })
})

describe('two nodes of one identity', () => {
  const copyOf = (network: SmallNetwork, { home: { key } }: SmallNode, restored: 'fresh' | 'settled' | null): Promise<SmallNode> =>
    network.start('alice', { name: 'alice', key, store: createMemoryStore(), known: null, restored })

  it.each(['fresh', 'settled'] as const)('[S100] the restored one (%s) signs nothing while the other is checked in, and goes on once that has ended', async (restored) => {
    const { network, alice, stream } = await startWorld()
    const twin = await copyOf(network, alice, restored)
    // Before any server has answered, nothing is known of the other either.
    expect(await publishing(twin, 'another')).toBe(restored === 'fresh' ? 'recover-first' : 'unconfirmed')
    await network.pass(30)
    expect(await publishing(twin, 'another')).toBe('held')
    expect((await twin.neuron.commands.snapshot()).server).toMatchObject({ state: 'waiting', error: expect.stringContaining('checked in from another place') as string })
    expect((await alice.neuron.commands.snapshot()).server.state).toBe('checked-in')
    expect(await appending(alice, stream)).toBe('appended')
    network.kill(alice)
    await network.pass(120)
    expect(twin.data.state(stream)).toMatchObject({ own: true, rows: 6 })
    expect(await publishing(twin, 'another')).toBe('published')
  })

  it('[D60] a restored one signs nothing after a start before a server has told, however often a connection fails', async () => {
    const { network, alice } = await startWorld()
    network.setServer(false)
    const again = await copyOf(network, alice, 'settled')
    await network.pass(60)
    expect(await publishing(again, 'another')).toBe('unconfirmed')
    expect(await again.neuron.commands.snapshot()).toMatchObject({ unconfirmed: true, recovering: false, server: { state: 'waiting' } })
    network.kill(alice)
    network.setServer(true)
    await network.pass(60)
    expect((await again.neuron.commands.snapshot()).unconfirmed).toBe(false)
    expect(await publishing(again, 'another')).toBe('published')
  })

  it('[D60] a person may vouch that no other copy runs; it signs then, until a server tells of one', async () => {
    const { network, alice } = await startWorld()
    network.setServer(false)
    const again = await copyOf(network, alice, 'settled')
    await network.pass(5)
    await again.neuron.commands.vouch()
    expect((await again.neuron.commands.snapshot()).unconfirmed).toBe(false)
    expect(await publishing(again, 'another')).toBe('published')
    const told = createRecovery({ restored: 'settled', server: { state: { is: 'waiting' } }, log: () => undefined, changed: () => undefined } as unknown as RecoveryDeps)
    expect([told.vouch().ok, told.maySign().ok, told.yields]).toEqual([true, true, true])
    told.onServer({ is: 'waiting', retryAt: 0, error: '', isHeld: true })
    expect([told.maySign().ok, told.vouch().ok]).toEqual([false, false])
  })

  it('[D60] who does not know yet what was signed elsewhere cannot be vouched for, nor who is held', async () => {
    const { network, alice } = await startWorld()
    const vouching = (node: SmallNode): Promise<string> => node.neuron.commands.vouch().then(() => 'vouched', (thrown: unknown) => failureOf(thrown).code)
    const held = await copyOf(network, alice, 'settled')
    await network.pass(10)
    expect([await vouching(held), await publishing(held, 'another')]).toEqual(['held', 'held'])
    network.setServer(false)
    const fresh = await copyOf(network, alice, 'fresh')
    await network.pass(5)
    expect([await vouching(fresh), await publishing(fresh, 'another')]).toEqual(['recover-first', 'recover-first'])
    expect((await fresh.neuron.commands.snapshot()).unconfirmed).toBe(false)
  })

  it('[S100] stays the holder once it has checked in, also when its connection is lost for a moment', async () => {
    const { network, alice } = await startWorld()
    network.kill(alice)
    const again = await restore(network, alice)
    await network.pass(30)
    network.setServer(false)
    await network.pass(5)
    network.setServer(true)
    await network.pass(60)
    expect((await again.neuron.commands.snapshot()).server.state).toBe('checked-in')
    expect(await publishing(again, 'another')).toBe('published')
  })

  it('[S100] of which one was restored: it yields until it has checked in once; its own lost connection must not keep it out', () => {
    const recoveryOf = (restored: Restored) => createRecovery({ restored, server: { state: { is: 'connecting' } } } as unknown as RecoveryDeps)
    const again = recoveryOf('settled')
    expect(again.yields).toBe(true)
    again.onServer({ is: 'waiting', retryAt: 0, error: '', isHeld: true })
    expect([again.yields, again.maySign().ok]).toEqual([true, false])
    again.onServer({ is: 'checked-in', iceServers: [] })
    expect([again.yields, again.maySign().ok]).toEqual([false, true])
    expect(recoveryOf(null).yields).toBe(false)
  })

  it('of which none came from a backup: only the one that checked in last signs', async () => {
    const { network, alice, stream } = await startWorld()
    const copy = await copyOf(network, alice, null)
    await network.pass(30)
    expect((await alice.neuron.commands.snapshot()).server.state).toBe('replaced')
    expect(await appending(alice, stream)).toBe('replaced')
    expect(await publishing(alice, 'another')).toBe('replaced')
    expect(await publishing(copy, 'another')).toBe('published')
  })
})
