import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMemoryHub, type MemoryHub } from '../../signaling/bus/memory.ts'
import { createSystemClock } from '../../signaling/clock.ts'
import { createCluster } from '../../signaling/cluster/cluster.ts'
import { createLog } from '../../signaling/log.ts'
import { createMemoryKeys } from '../../signaling/rendezvous-keys/memory.ts'
import type { RendezvousKeys } from '../../signaling/rendezvous-keys/rendezvous-keys.ts'
import { connect } from '../support/signaling-client.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'
import { until } from '../support/until.ts'

// A server of a cluster whose book of keys answers when the test lets it.

const KEY = '5a'.repeat(32)
const OTHER_KEY = '5b'.repeat(32)
const log = createLog('silent', false, { write: () => undefined })

const clock = createSystemClock()

let hub: MemoryHub
let servers: TestServer[]
/** Another server of the cluster, by the digit that its name is made of. */
let start: (digit: string) => Promise<TestServer>
let server: TestServer
/** Claims of KEY that the book has not answered. */
let held: (() => void)[]
beforeEach(async () => {
  held = []
  hub = createMemoryHub()
  const book = createMemoryKeys({ clock })
  const keys: RendezvousKeys = {
    claim: async (key, caller, isThere) => {
      if (key === KEY) await new Promise<void>((resolve) => held.push(resolve))
      return book.claim(key, caller, isThere)
    },
    release: book.release,
  }
  servers = []
  start = async (digit) => {
    const started = await startTestServer({}, { cluster: createCluster({ name: digit.repeat(16), bus: hub.join(), keys, clock, log }) })
    servers.push(started)
    return started
  }
  server = await start('e')
})
afterEach(() => Promise.all(servers.map((one) => one.close())))

const answered = async (): Promise<void> => {
  await until('the book to be asked', () => Promise.resolve(held.length > 0))
  for (const answer of held.splice(0)) answer()
}
const health = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${server.port}/health/ready`)).json()
const callEarly = async () => {
  const node = await connect(server.port)
  node.send({ type: 'rendezvous', re: 1, key: KEY })
  await until('the book to be asked', () => Promise.resolve(held.length > 0))
  return node
}

it('[S94] a call that is answered when its node has gone keeps no place', async () => {
  const node = await callEarly()
  const other = await server.connect()
  node.terminate()
  await until('the node to be gone', async () => (await health() as { nodes: number }).nodes === 1)
  await answered()
  await until('its place to be free', async () => (await health() as { rendezvous: number }).rendezvous === 0)
  const called = other.ask({ type: 'rendezvous', key: KEY })
  await answered()
  expect(await called).toMatchObject({ type: 'done' })
  expect(await other.settled('matched')).toEqual([])
})

it('[S94] a node that is back by then holds what it has called for since, and nothing else', async () => {
  const { key } = await callEarly()
  const [back, other] = [await server.connect({ key }), await server.connect()]
  expect(await back.ask({ type: 'rendezvous', key: OTHER_KEY })).toMatchObject({ type: 'done' })
  await answered()
  const called = other.ask({ type: 'rendezvous', key: KEY })
  await answered()
  expect(await called).toMatchObject({ type: 'done' })
  expect(await other.settled('matched')).toEqual([])
  expect(await other.ask({ type: 'rendezvous', key: OTHER_KEY })).toMatchObject({ type: 'done' })
  expect(await back.next('matched')).toMatchObject({ key: OTHER_KEY, role: 'initiator' })
})

it.each(['here', 'at another server'])('[S94] who waited for it %s is told that it left', async (where) => {
  const home = where === 'here' ? server : await start('f')
  const other = await home.connect()
  const called = other.ask({ type: 'rendezvous', key: KEY })
  await answered()
  expect(await called).toMatchObject({ type: 'done' })
  const { key } = await callEarly()
  const back = await server.connect({ key })
  await answered()
  expect(await other.next('dropped')).toMatchObject({ key: KEY, code: 'peer-left' })
  expect(await back.settled('matched')).toEqual([])
})

it('[S17] a stopping server answers a call that the book is asked for before it says so', async () => {
  const node = await callEarly()
  const stopped = server.close()
  await answered()
  await node.closed()
  expect(node.inbox).toMatchObject([{ type: 'done', re: 1 }, { type: 'stopping' }])
  await stopped
})
