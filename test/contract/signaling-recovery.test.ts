import { afterEach, expect, it } from 'vitest'
import { createSystemClock } from '../../signaling/clock.ts'
import { createSystemRandom } from '../../signaling/crypto.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import { createIntroductions, type Introductions } from '../../src/neuron/introductions.ts'
import type { Dial } from '../../src/ports/dialer.ts'
import type { SignalingClient } from '../../src/pubsub/signaling-client.ts'
import { startLivePair, startNode } from '../support/live-pair.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf, type NodeKey } from '../support/node-key.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

// Nodes with the project's own client, publisher and introductions, against a server that is restarted under them.

const ROWS = 3

let servers: TestServer[] = []
let clients: { close(): void }[] = []
afterEach(async () => {
  for (const client of clients) client.close()
  for (const server of servers) await server.close()
  servers = []
  clients = []
})

const createStarts = () => {
  const store = { ...createMemoryStore(), close: () => Promise.resolve() }
  return async (port = 0): Promise<TestServer> => {
    const server = await startTestServer({ port }, { store })
    servers.push(server)
    return server
  }
}

it('[S36] [S38] a server restarted between rows loses none for a subscriber that was there before and after', async () => {
  const start = createStarts()
  const server = await start()
  const pair = startLivePair(server.port)
  clients.push(pair)
  await pair.checkedIn()
  pair.publish()
  await pair.caughtUp()
  await server.close()
  // Nobody is there to hear these.
  for (let i = 0; i < 4; i++) pair.publish()
  const back = await start(server.port)
  await pair.caughtUp()
  pair.publish()
  await pair.caughtUp()
  expect(back.port).toBe(server.port)
})

/** A node whose dials are only written down: what it has agreed on stays as it is. */
const startMeeting = (port: number, key: NodeKey, rows: number, checkedIn: (node: SignalingClient, introductions: Introductions) => void) => {
  const dials: Dial[] = []
  const node = startNode(port, key, {
    checkedIn: (server) => {
      introductions.reset()
      checkedIn(server, introductions)
    },
    notice: (notice) => introductions.onNotice(notice),
  })
  const introductions = createIntroductions({
    clock: createSystemClock(),
    random: createSystemRandom(),
    self: key.publicKey,
    server: node,
    dialer: { open: (dial) => void dials.push(dial), signal: () => undefined, abandon: () => undefined, reach: () => undefined, woke: () => undefined },
    iceServers: () => [],
    rowsOf: () => rows,
    authorOf: () => (rows > 0 ? key.publicKey : null),
    isLinked: () => false,
    avoidance: { has: () => false, noteLapse: () => undefined, noteMet: () => undefined },
    hasRoom: () => true,
    meeting: () => undefined,
    failed: () => undefined,
    changed: () => undefined,
    log: () => undefined,
  })
  clients.push(node, { close: introductions.reset })
  return dials
}

it('[M11] [M12] two whose server is restarted when the first of them has just been matched are introduced again', async () => {
  const start = createStarts()
  const server = await start()
  const [author, reader] = [createNodeKey(), createNodeKey()]
  const identity = identityOf(author)
  const stream = idOf(identity)
  let isListed = false
  const offering = startMeeting(server.port, author, ROWS, (node) => {
    void node.request({ type: 'register', identity, head: headHex(headOf(author, stream, ROWS)) }).then(({ ok }) => (isListed ||= ok))
  })
  await until('the stream to be listed', async () => isListed)
  const seeking = startMeeting(server.port, reader, 0, (node, introductions) => {
    void node.request({ type: 'subscribe', stream, epoch: 0, rows: 0 })
    introductions.seek(stream, true)
  })
  const initiated = (): readonly Dial[] => [...offering, ...seeking].filter((dial) => dial.way === 'rendezvous' && dial.role === 'initiator')
  await until('the first to be matched', async () => initiated().length > 0, { everyMs: 1 })
  await server.close()
  const known = new Set([...offering, ...seeking].map(({ key }) => key))
  await start(server.port)
  const again = (): Dial | undefined => offering.find(({ key }) => !known.has(key) && seeking.some((dial) => dial.key === key))
  const one = await until('both to be matched again', async () => again(), { timeoutMs: 90_000 })
  expect(one).toMatchObject({ way: 'rendezvous', peer: reader.publicKey })
  expect(seeking.find(({ key }) => key === one.key)).toMatchObject({ way: 'rendezvous', peer: author.publicKey })
}, 120_000)
