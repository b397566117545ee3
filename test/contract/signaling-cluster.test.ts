import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PublicKey, StreamId } from '../../src/domain/stream.ts'
import { CLOSE_REPLACED } from '../../src/protocol/signaling.ts'
import { startNats, type NatsServers } from '../support/nats.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, liveHex } from '../support/node-key.ts'
import { startMemoryCluster, startNatsCluster, type TestCluster } from '../support/signaling-cluster.ts'
import { connect, type SignalingClient } from '../support/signaling-client.ts'
import type { TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

// Two signaling servers of one cluster, over both kinds of bus. What a node sees is the same as if there were one.

let nats: NatsServers
beforeAll(async () => {
  nats = await startNats()
})
afterAll(() => nats.close())

const KEY = '5'.repeat(64)
const randomKey = (): string => createNodeKey().publicKey

describe.each([
  ['memory', () => startMemoryCluster()],
  ['NATS', () => startNatsCluster(nats.urls)],
])('a cluster of two: %s', (_, open) => {
  let cluster: TestCluster
  let east: TestServer
  let west: TestServer
  let publisher: SignalingClient
  let stream: StreamId

  beforeEach(async () => {
    cluster = await open()
    const [first, second] = cluster.servers
    if (first === undefined || second === undefined) throw new Error('a cluster of two has two servers')
    ;[east, west] = [first, second]
    publisher = await east.connect()
    const identity = identityOf(publisher.key, `stream ${randomKey().slice(0, 8)}`)
    stream = idOf(identity)
    await publisher.ask({ type: 'register', identity, head: headHex(headOf(publisher.key, stream, 10)) })
  })
  afterEach(() => cluster.close())

  const subscribe = (node: SignalingClient, rows = 10) => node.ask({ type: 'subscribe', stream, epoch: 0, rows })
  const peersOf = async (node: SignalingClient): Promise<{ readonly publisher: PublicKey | null; readonly members: readonly PublicKey[] }> => {
    const answer = await node.ask({ type: 'peers', stream })
    if (answer.type !== 'peers') throw new Error(JSON.stringify(answer))
    return answer
  }
  /** The servers have heard of each other's nodes. */
  const hears = (node: SignalingClient, other: SignalingClient): Promise<unknown> =>
    until('the servers to know of each other', async () => {
      const { publisher: source, members } = await peersOf(node)
      return source === other.key.publicKey || members.includes(other.key.publicKey)
    })

  it('[S80] the directory of one is the directory of the other', async () => {
    const reader = await west.connect()
    const find = () => reader.ask({ type: 'directory', after: null, search: stream, follows: null })
    await until('the stream to be listed', async () => {
      const found = await find()
      return found.type === 'entries' && found.entries[0]?.online === true
    })
    expect(await find()).toMatchObject({ entries: [{ id: stream, online: true }] })
    publisher.terminate()
    await until('the publisher to be gone', async () => {
      const found = await find()
      return found.type === 'entries' && found.entries[0]?.online === false
    })
  })

  it('[S81] a row reaches subscribers at both, once', async () => {
    const [near, far] = [await east.connect(), await west.connect()]
    await subscribe(near)
    await subscribe(far)
    await hears(publisher, far)
    const live = liveHex(headOf(publisher.key, stream, 11))
    expect(await publisher.ask({ type: 'publish', stream, live })).toMatchObject({ type: 'done' })
    for (const node of [near, far]) {
      expect(await node.next('observation')).toEqual({ type: 'observation', stream, live })
      expect(await node.settled('observation')).toEqual([])
    }
  })

  it('[S81] a newcomer at one is announced at the other, and meta messages find their way', async () => {
    const far = await west.connect()
    await hears(far, publisher)
    await subscribe(far, 0)
    expect(await publisher.next('joined')).toEqual({ type: 'joined', stream, member: far.key.publicKey, rows: 0 })
    await hears(publisher, far)
    const offer = { kind: 'offer', rows: 10 } as const
    expect(await publisher.ask({ type: 'meta', stream, to: far.key.publicKey, body: offer })).toMatchObject({ type: 'done' })
    expect(await far.next('meta')).toEqual({ type: 'meta', stream, from: publisher.key.publicKey, body: offer })
    const nobody = await far.ask({ type: 'meta', stream, to: randomKey() as PublicKey, body: offer })
    expect(nobody).toMatchObject({ type: 'refused', code: 'not-member' })
  })

  it('[S82] two callers of one key at two servers are matched, exchange signals, and a third is refused', async () => {
    const [near, far, third] = [await east.connect(), await west.connect(), await west.connect()]
    await hears(far, publisher)
    expect(await near.ask({ type: 'rendezvous', key: KEY })).toMatchObject({ type: 'done' })
    expect(await far.ask({ type: 'rendezvous', key: KEY })).toMatchObject({ type: 'done' })
    expect(await near.next('matched')).toEqual({ type: 'matched', key: KEY, role: 'initiator', peer: far.key.publicKey })
    expect(await far.next('matched')).toEqual({ type: 'matched', key: KEY, role: 'responder', peer: near.key.publicKey })
    near.send({ type: 'signal', key: KEY, signal: 'from near' })
    far.send({ type: 'signal', key: KEY, signal: 'from far' })
    expect(await far.next('signal')).toMatchObject({ signal: 'from near' })
    expect(await near.next('signal')).toMatchObject({ signal: 'from far' })
    expect(await third.ask({ type: 'rendezvous', key: KEY })).toMatchObject({ type: 'refused', code: 'taken' })
  })

  it('[S82] who is alone hears that the other has gone, wherever it was', async () => {
    const key = randomKey()
    const [near, far] = [await east.connect(), await west.connect()]
    await hears(far, publisher)
    await near.ask({ type: 'rendezvous', key })
    await far.ask({ type: 'rendezvous', key })
    await Promise.all([near.next('matched'), far.next('matched')])
    far.terminate()
    expect(await near.next('dropped')).toMatchObject({ key, code: 'peer-left' })
    const again = randomKey()
    const other = await west.connect()
    await near.ask({ type: 'rendezvous', key: again })
    await other.ask({ type: 'rendezvous', key: again })
    await other.next('matched')
    near.terminate()
    expect(await other.next('dropped')).toMatchObject({ key: again, code: 'peer-left' })
  })

  it('[S83] a node has one connection in the cluster, the newest', async () => {
    const key = createNodeKey()
    const first = await east.connect({ key })
    const second = await west.connect({ key })
    expect(await first.closed()).toMatchObject({ code: CLOSE_REPLACED })
    const third = await connect(east.port, { key })
    expect(await second.closed()).toMatchObject({ code: CLOSE_REPLACED })
    expect(await third.settled('stopping')).toEqual([])
    third.terminate()
  })

  it('[S84] a server that stops takes its nodes out of every topic, and those who waited for them hear of it', async () => {
    const key = randomKey()
    const [near, far] = [await east.connect(), await west.connect()]
    await subscribe(far)
    await hears(near, far)
    await far.ask({ type: 'rendezvous', key })
    await near.ask({ type: 'rendezvous', key })
    await near.next('matched')
    await west.close()
    expect(await near.next('dropped')).toMatchObject({ key, code: 'peer-left' })
    await until('the node to be gone', async () => (await peersOf(near)).members.length === 0)
  })
})

it('[S83] the newest connection of a node stays, also when the clock of its server is behind', async () => {
  const cluster = await startMemoryCluster(2, [5_000])
  const [ahead, behind] = cluster.servers
  const key = createNodeKey()
  const first = await ahead?.connect({ key })
  const second = await behind?.connect({ key })
  expect(await first?.closed()).toMatchObject({ code: CLOSE_REPLACED })
  expect(await second?.ask({ type: 'rendezvous', key: KEY })).toMatchObject({ type: 'done' })
  await cluster.close()
})
