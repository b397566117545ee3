import type { Clock } from '../../signaling/clock.ts'
import type { Cluster } from '../../signaling/cluster/cluster.ts'
import { readTrusted } from '../../signaling/addresses.ts'
import { createSystemRandom } from '../../signaling/crypto.ts'
import { createLog } from '../../signaling/log.ts'
import { createMemoryStore } from '../../signaling/registry-store/memory.ts'
import type { RegistryStore } from '../../signaling/registry-store/registry-store.ts'
import { startServer, type RunningServer, type ServerConfig } from '../../signaling/server.ts'
import { connect, type ConnectOptions, type SignalingClient } from './signaling-client.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

/** A real server on a free port whose time stands still until the test moves it. */
export interface TestServer extends RunningServer {
  readonly clock: VirtualClock
  connect(options?: ConnectOptions): Promise<SignalingClient>
  /** Two, three … nodes, each with a key of its own. */
  connectMany(count: number): Promise<readonly SignalingClient[]>
}

export interface TestServerDeps {
  readonly store?: RegistryStore
  readonly cluster?: Cluster | null
  /** Instead of a time that stands still. */
  readonly time?: Clock | null
  readonly maxStreams?: number
  readonly headersTimeoutMs?: number
  /** Instead of the address that sockets show. */
  readonly addressOf?: () => string
}

export const startTestServer = async (
  config: Partial<ServerConfig> = {},
  { store = createMemoryStore(), cluster = null, time = null, ...more }: TestServerDeps = {},
): Promise<TestServer> => {
  const clock = createVirtualClock()
  const log = createLog('silent', false, { write: () => undefined })
  const server = await startServer(
    {
      port: 0,
      host: '127.0.0.1',
      appDir: 'test/no-such-folder',
      iceServers: [],
      turn: null,
      trustedProxies: loopback(),
      allowedOrigins: [],
      allowedHosts: [],
      peerJs: false,
      maxConnections: 1_000,
      maxConnectionsPerAddress: 100,
      metricsFor: 'local',
      ...config,
    },
    { clock: time ?? clock, random: createSystemRandom(), log, store, cluster, ...more },
  )
  const clients: SignalingClient[] = []
  const connectOne = async (options?: ConnectOptions): Promise<SignalingClient> => {
    const client = await connect(server.port, options)
    clients.push(client)
    return client
  }
  return {
    ...server,
    clock,
    connect: connectOne,
    connectMany: (count) => Promise.all(Array.from({ length: count }, () => connectOne())),
    async close() {
      for (const client of clients) client.terminate()
      await server.close()
    },
  }
}

/** As the server has it by itself: so tests can come from anywhere by saying so. */
const loopback = () => {
  const trusted = readTrusted(['loopback'])
  if (!trusted.ok) throw new Error(trusted.error.message)
  return trusted.value
}
