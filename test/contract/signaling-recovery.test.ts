import { afterEach, expect, it } from 'vitest'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import { startLivePair, type LivePair } from '../support/live-pair.ts'
import { startTestServer, type TestServer } from '../support/signaling-server.ts'

// Nodes with the project's own client and publisher, against a server that is restarted under them.

let servers: TestServer[] = []
let pair: LivePair | null = null
afterEach(async () => {
  pair?.close()
  for (const server of servers) await server.close()
  servers = []
})

it('[S36] [S38] a server restarted between rows loses none for a subscriber that was there before and after', async () => {
  const store = { ...createMemoryStore(), close: () => Promise.resolve() }
  const start = async (port = 0): Promise<TestServer> => {
    const server = await startTestServer({ port }, { store })
    servers.push(server)
    return server
  }
  const server = await start()
  pair = startLivePair(server.port)
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
