import { describe, expect, it } from 'vitest'
import { splitPageList } from '../../../src/domain/page-list.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { MAX_LINKS } from '../../../src/protocol/limits.ts'
import { joinNodes, must, publish, startDataNode } from '../../support/data-node.ts'
import { createRows } from '../../support/history.ts'
import { idOf, identityOf } from '../../support/node-key.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createSmallNetwork, linksFor, type SmallNetwork, type SmallNode } from './small-network.ts'

interface World {
  readonly network: SmallNetwork
  readonly nodes: SmallNode[]
  readonly stream: StreamId
  /** The publisher says one more value. */
  append(value: string): Promise<void>
  rowsOf(node: SmallNode): number
}

/** Alice publishes five rows; the others subscribe, and all have found each other. */
const startWorld = async (): Promise<World> => {
  const network = createSmallNetwork()
  const nodes: SmallNode[] = []
  for (const name of ['alice', 'bob', 'carol', 'dave']) nodes.push(await network.start(name))
  const [alice, ...others] = nodes as [SmallNode, ...SmallNode[]]
  await network.pass(1)
  const identity = identityOf(alice.home.key)
  const stream = idOf(identity)
  await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
  await network.pass(2)
  for (const { neuron } of others) await neuron.commands.subscribe(stream)
  await network.pass(20)
  let at = 4_000_000_000_000_000
  return {
    network,
    nodes,
    stream,
    append: async (value) => {
      at += 1_000_000
      await must(nodes[0]?.data.client.append(stream, at as Micros, value) ?? Promise.reject(new Error('no publisher')))
    },
    rowsOf: (node) => node.data.state(stream)?.rows ?? 0,
  }
}

const others = (nodes: readonly SmallNode[]): readonly SmallNode[] => nodes.slice(1)

describe('four nodes that follow one stream', { timeout: 20_000 }, () => {
  it('[W1] each ends with links to the publisher and the two others, confirmed, though it lacks nothing', async () => {
    const { nodes, stream, rowsOf } = await startWorld()
    for (const node of others(nodes)) {
      expect(rowsOf(node)).toBe(5)
      expect(await linksFor(node, stream, nodes)).toEqual(nodes.filter((other) => other !== node).map(({ home }) => home.name))
    }
  })

  it('[W11] and nobody closes what another needs: ten minutes later they are there, and nothing was dialled twice', async () => {
    const { network, nodes, stream } = await startWorld()
    const before = (await nodes[1]?.neuron.commands.snapshot())?.peers.map(({ since }) => since)
    await network.pass(600)
    expect((await nodes[1]?.neuron.commands.snapshot())?.peers.map(({ since }) => since)).toEqual(before)
    for (const node of others(nodes)) expect(await linksFor(node, stream, nodes)).toHaveLength(3)
  })

  it('[D17] [W1] the server goes away: rows go on from node to node', async () => {
    const { network, nodes, append, rowsOf } = await startWorld()
    network.setServer(false)
    await network.pass(2)
    await append('21.5')
    await network.pass(1)
    expect(nodes.map(rowsOf)).toEqual([6, 6, 6, 6])
  })

  it('[W1] reloaded with the server there, a subscriber has its links again, and gets rows when the server goes', async () => {
    const { network, nodes, stream, append, rowsOf } = await startWorld()
    const bob = await network.reload(nodes[1] as SmallNode)
    nodes[1] = bob
    await network.pass(15)
    expect(await linksFor(bob, stream, nodes)).toEqual(['alice', 'carol', 'dave'])
    network.setServer(false)
    await append('21.5')
    await network.pass(1)
    expect(rowsOf(bob)).toBe(6)
  })

  it('[W15] a publisher that is reloaded is found by those who follow it, and they by it', async () => {
    const { network, nodes, stream, append, rowsOf } = await startWorld()
    nodes[0] = await network.reload(nodes[0] as SmallNode)
    await network.pass(15)
    for (const node of others(nodes)) expect(await linksFor(node, stream, nodes)).toContain('alice')
    network.setServer(false)
    await append('21.5')
    await network.pass(1)
    expect(others(nodes).map(rowsOf)).toEqual([6, 6, 6])
  })

  it('[W15] so is one whose machine lost power and whose old links still seem alive', async () => {
    const { network, nodes, append, rowsOf } = await startWorld()
    const { home } = nodes[0] as SmallNode
    network.kill(nodes[0] as SmallNode, true)
    await network.pass(5)
    nodes[0] = await network.start('alice', home)
    await network.pass(25)
    network.setServer(false)
    await append('21.5')
    await network.pass(1)
    expect(others(nodes).map(rowsOf)).toEqual([6, 6, 6])
  })

  it('[W22] a publisher whose machine lost power is linked for ten seconds more, not for half a minute', async () => {
    const { network, nodes, stream } = await startWorld()
    const [alice] = nodes
    if (alice === undefined) throw new Error('no publisher')
    network.kill(alice, true)
    await network.pass(12)
    for (const node of others(nodes)) expect(await linksFor(node, stream, nodes)).not.toContain('alice')
  })

  it('[M10] a history that is damaged here is offered to nobody, and anybody who has rows is asked for it', async () => {
    const { network, nodes, stream } = await startWorld()
    const [alice, bob] = nodes
    if (alice === undefined || bob === undefined) throw new Error('no nodes')
    const [hash = new Uint8Array(0)] = splitPageList(bob.home.store.sync.records().find((one) => one.stream === stream)?.hashes ?? new Uint8Array(0))
    for (const node of [alice, ...nodes.slice(2)]) network.kill(node)
    bob.home.store.sync.stage([{ hash, bytes: new Uint8Array(3) }])
    await bob.neuron.commands.recheck(stream)
    const carol = await network.start('erin')
    await network.pass(2)
    await carol.neuron.commands.subscribe(stream)
    await network.pass(10)
    const { log } = await bob.neuron.commands.snapshot()
    expect(log.filter(({ message }) => message.startsWith('offered its history')).slice(-1).map(({ peer }) => peer)).not.toContain(carol.home.key.publicKey)
    expect(await linksFor(carol, stream, [bob, carol])).toEqual([])
    // Carol is of use to Bob as soon as she has rows, though they are fewer than he had.
    const again = await network.start('alice', alice.home)
    await network.pass(20)
    expect([again, bob, carol].map((node) => node.data.state(stream)?.rows)).toEqual([5, 5, 5])
    expect(bob.data.state(stream)?.problem).toBeNull()
  })

  it('[W16] [W17] reloaded without the server, a subscriber finds those it knows by their ids, and gets what it missed and what comes', async () => {
    const world = await startWorld()
    const { network, nodes, stream, append, rowsOf } = world
    await network.pass(15)
    network.setServer(false)
    network.setPeerServer(true)
    network.kill(nodes[1] as SmallNode)
    await append('21.5')
    const bob = await network.start('bob', (nodes[1] as SmallNode).home)
    nodes[1] = bob
    await network.pass(20)
    expect(await linksFor(bob, stream, nodes)).toEqual(['alice', 'carol', 'dave'])
    expect(rowsOf(bob)).toBe(6)
    expect((await bob.neuron.commands.snapshot()).peers.map(({ link }) => link?.via)).toEqual(['peerjs', 'peerjs', 'peerjs'])
    await append('22')
    await network.pass(1)
    expect(rowsOf(bob)).toBe(7)
    expect(network.calls.length).toBeLessThan(20)
  })

  it('[W17] [W21] with nothing in mind only the publisher is dialled without the server: its id is part of the stream', async () => {
    const { network, nodes, stream } = await startWorld()
    network.setServer(false)
    network.setPeerServer(true)
    const home = { ...(nodes[1] as SmallNode).home, known: 'garbage' }
    network.kill(nodes[1] as SmallNode)
    const bob = await network.start('bob', home)
    await network.pass(20)
    expect(await linksFor(bob, stream, nodes)).toEqual(['alice'])
    expect(network.calls.filter((call) => call.startsWith('bob'))).toEqual(['bob -> alice'])
  })

  it('[W14] a data process that is started anew gets its links again', async () => {
    const { network, nodes, stream, append, rowsOf } = await startWorld()
    const bob = nodes[1] as SmallNode
    await network.restartData(bob)
    await network.pass(15)
    expect(await linksFor(bob, stream, nodes)).toEqual(['alice', 'carol', 'dave'])
    network.setServer(false)
    await append('21.5')
    await network.pass(1)
    expect(rowsOf(bob)).toBe(6)
  })

  it('[W14] a server that is started anew is met by everybody again; no link is lost over it', async () => {
    const { network, nodes, stream } = await startWorld()
    network.setServer(true)
    await network.pass(30)
    for (const node of others(nodes)) {
      expect((await node.neuron.commands.snapshot()).server.state).toBe('checked-in')
      expect(await linksFor(node, stream, nodes)).toHaveLength(3)
    }
  })

  it('[W11] who no longer follows the stream loses the link that nobody needs any more, and the others keep theirs to it: it still serves', async () => {
    const { network, nodes, stream } = await startWorld()
    const bob = nodes[1] as SmallNode
    await bob.neuron.commands.unsubscribe(stream)
    await network.pass(300)
    expect(await linksFor(bob, stream, nodes)).toEqual(['carol', 'dave'])
    expect(await linksFor(nodes[2] as SmallNode, stream, nodes)).toEqual(expect.arrayContaining(['alice', 'dave']))
  })
})

describe('thirty streams, each with nobody but its publisher', { timeout: 60_000 }, () => {
  /** Bob subscribes to all of them and begins 20 links at most. */
  const startWorld = async () => {
    const network = createSmallNetwork()
    const publishers = await Promise.all(Array.from({ length: 30 }, (_, n) => network.start(`publisher ${n}`)))
    const bob = await network.start('bob')
    await network.pass(1)
    const streams: StreamId[] = []
    for (const [n, { data, home }] of publishers.entries()) {
      const identity = identityOf(home.key)
      streams.push(idOf(identity))
      await publish(data, identity, createRows(createSeededRandom(n), 5))
    }
    await network.pass(2)
    for (const stream of streams) await bob.neuron.commands.subscribe(stream)
    const rows = (): readonly number[] => streams.map((stream) => bob.data.state(stream)?.rows ?? 0)
    return { network, publishers, bob, streams, rows }
  }

  it('[W31] [M10] all of them come within two minutes, in turns; then the links stay as they are', async () => {
    const { network, bob, rows, streams } = await startWorld()
    await network.pass(120)
    expect(rows()).toEqual(streams.map(() => 5))
    const before = (await bob.neuron.commands.snapshot()).peers.map(({ id, since }) => [id, since])
    await network.pass(300)
    expect((await bob.neuron.commands.snapshot()).peers.map(({ id, since }) => [id, since])).toEqual(before)
  })

  it('[W31] new rows come to all of them, by the server where there is no link; what was missed without it comes when it is back', async () => {
    const { network, publishers, rows, streams } = await startWorld()
    await network.pass(120)
    const append = async (n: number, time: number): Promise<void> => {
      const [publisher, stream] = [publishers[n], streams[n]]
      if (publisher === undefined || stream === undefined) throw new Error('no publisher')
      await must(publisher.data.client.append(stream, (4_000_000_000_000_000 + time) as Micros, '7'))
    }
    for (const n of streams.keys()) await append(n, 1)
    await network.pass(2)
    expect(rows()).toEqual(streams.map(() => 6))
    network.setServer(false)
    await network.pass(10)
    for (const n of streams.keys()) await append(n, 2)
    await network.pass(2)
    expect(rows().filter((count) => count === 7).length).toBeGreaterThanOrEqual(19)
    network.setServer(true)
    await network.pass(120)
    expect(rows()).toEqual(streams.map(() => 7))
  })
})

it('[W32] thirty-two who hold all links of a publisher keep a newcomer from it for no longer than a quarter of an hour', async () => {
  const network = createSmallNetwork()
  const alice = await network.start('alice')
  await network.pass(1)
  const identity = identityOf(alice.home.key)
  const stream = idOf(identity)
  await publish(alice.data, identity, createRows(createSeededRandom(1), 5))
  // At no server: nobody but Alice can be asked.
  for (let n = 0; n < MAX_LINKS; n++) {
    const squatter = await startDataNode({ name: `squatter ${n}`, clock: network.clock })
    await must(squatter.client.subscribe(identity))
    await joinNodes(squatter, alice.data)
  }
  await network.pass(5)
  const bob = await network.start('bob')
  await network.pass(2)
  await bob.neuron.commands.subscribe(stream)
  await network.pass(120)
  expect(bob.data.state(stream)?.rows ?? 0).toBe(0)
  await network.pass(15 * 60 - 120)
  expect(bob.data.state(stream)?.rows).toBe(5)
}, 60_000)
