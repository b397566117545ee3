import { createSystemClock, type Clock } from '../../signaling/clock.ts'
import { createMemoryHub } from '../../signaling/bus/memory.ts'
import { createCluster } from '../../signaling/cluster/cluster.ts'
import { openNatsCluster } from '../../signaling/cluster/nats-cluster.ts'
import { createSystemRandom } from '../../signaling/crypto.ts'
import { createLog } from '../../signaling/log.ts'
import { createMemoryKeys } from '../../signaling/rendezvous-keys/memory.ts'
import { toHex } from '../../src/base/bytes.ts'
import { createSharedStore } from './shared-store.ts'
import { startTestServer, type TestServer } from './signaling-server.ts'

/** Signaling servers that know of each other, in real time. */
export interface TestCluster {
  readonly servers: readonly TestServer[]
  close(): Promise<void>
}

const log = createLog('silent', false, { write: () => undefined })
const newName = (): string => toHex(createSystemRandom().bytes(8))

/** `aheadMs`: by how much the clock of each is ahead. */
export const startMemoryCluster = async (count = 2, aheadMs: readonly number[] = []): Promise<TestCluster> => {
  const system: Clock = createSystemClock()
  const [hub, keys, shared] = [createMemoryHub(), createMemoryKeys({ clock: system }), createSharedStore()]
  const servers = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const clock: Clock = { ...system, now: () => system.now() + (aheadMs[index] ?? 0) }
      const cluster = createCluster({ name: newName(), bus: hub.join(), keys, clock, log })
      return startTestServer({}, { store: shared.open(), cluster, time: clock })
    }),
  )
  return { servers, close: () => closeAll(servers) }
}

export const startNatsCluster = async (urls: readonly string[], count = 2): Promise<TestCluster> => {
  const clock: Clock = createSystemClock()
  const servers = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      // Each begins at another one, as a load balancer would have it.
      const rotated = [...urls.slice(index % urls.length), ...urls.slice(0, index % urls.length)]
      const opened = await openNatsCluster(rotated, { name: newName(), clock, log })
      if (!opened.ok) throw new Error(opened.error.message)
      const { store, cluster, close } = opened.value
      const server = await startTestServer({}, { store, cluster, time: clock })
      return { ...server, close: () => server.close().then(close) }
    }),
  )
  return { servers, close: () => closeAll(servers) }
}

const closeAll = async (servers: readonly TestServer[]): Promise<void> => {
  await Promise.all(servers.map((server) => server.close()))
}
