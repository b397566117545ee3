import { Kvm } from '@nats-io/kv'
import { connect as connectNats } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBalancer, type Balancer } from '../support/balancer.ts'
import { startLivePair, type LivePair } from '../support/live-pair.ts'
import { startNats, type NatsServers } from '../support/nats.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { connect } from '../support/signaling-client.ts'
import { until } from '../support/until.ts'

const BUCKETS = ['zazen_listings', 'zazen_rendezvous'] as const

// Two built signaling servers on a cluster of three nats-servers, and what is lost when one of either is killed: nothing.

describe('a cluster of servers', () => {
  let nats: NatsServers
  let servers: readonly TestServer[] = []
  let balancer: Balancer
  let pair: LivePair

  beforeAll(async () => {
    nats = await startNats(3)
    const more = { NATS_URL: nats.urls.join() }
    // A cluster of three takes a moment to choose its leader.
    const start = () => until('a server', () => startServer({ more }), { timeoutMs: 90_000, everyMs: 500 })
    servers = await Promise.all([start(), start()])
    balancer = await startBalancer(servers.map(({ port }) => port))
    pair = startLivePair(balancer.port)
    await pair.checkedIn()
  }, 120_000)

  afterAll(async () => {
    pair.close()
    await balancer.close()
    for (const server of servers) await server.stop()
    await nats.close()
  })

  const readDirectory = async (port: number): Promise<number> => {
    const node = await connect(port)
    const answer = await node.ask({ type: 'directory', after: null, search: '', follows: null })
    node.terminate()
    return answer.type === 'entries' ? answer.entries.length : -1
  }

  it('[S81] carries rows from one server to the other', async () => {
    pair.publish()
    await pair.caughtUp()
    for (const { port } of servers) await until('the stream to be listed', async () => (await readDirectory(port)) === 1)
  })

  it('[S85] keeps everything three times where there are three', async () => {
    const connection = await connectNats({ servers: [...nats.urls] })
    for (const bucket of BUCKETS) expect((await (await new Kvm(connection).open(bucket)).status()).replicas).toBe(3)
    await connection.close()
  })

  it('[S85] [S88] goes on when one of three nats-servers is killed, the one that leads the directory', async () => {
    const connection = await connectNats({ servers: [...nats.urls] })
    const { streamInfo } = await (await new Kvm(connection).open(BUCKETS[0])).status()
    await connection.close()
    const leader = nats.names.indexOf(streamInfo.cluster?.leader ?? '')
    expect(leader).toBeGreaterThanOrEqual(0)
    await nats.kill(leader)
    pair.publish()
    await pair.caughtUp()
    for (let i = 0; i < 3; i++) pair.publish()
    await pair.caughtUp()
  })

  it('[S84] goes on when a signaling server is killed: its nodes come back elsewhere, and nothing listed is lost', async () => {
    const [first, second] = servers
    await first?.kill()
    for (let i = 0; i < 3; i++) pair.publish()
    await pair.caughtUp()
    await pair.checkedIn()
    expect(await readDirectory(second?.port ?? 0)).toBe(1)
  })
})
