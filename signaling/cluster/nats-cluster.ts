import { Kvm, type KV } from '@nats-io/kv'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { fail, failureOf, ok, type Failure, type Result } from '../../src/base/result.ts'
import { createNatsBus } from '../bus/nats.ts'
import type { Clock } from '../clock.ts'
import { BOOK_KEPT_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import { openNatsStore } from '../registry-store/nats.ts'
import type { RegistryStore } from '../registry-store/registry-store.ts'
import { createNatsKeys } from '../rendezvous-keys/nats.ts'
import type { ServerName } from '../rendezvous-keys/rendezvous-keys.ts'
import { createCluster, type Cluster } from './cluster.ts'

export interface NatsCluster {
  readonly store: RegistryStore
  readonly cluster: Cluster
  /** Lets go of NATS, after the server has ended. */
  close(): Promise<void>
}

export interface NatsClusterDeps {
  readonly name: ServerName
  readonly clock: Clock
  readonly log: Log
}

/** Copies of every key: a cluster of three survives the loss of one. */
const MAX_REPLICAS = 3

/**
 * One server's part in a cluster of signaling servers over NATS: the bus over subjects, the directory and the book of
 * rendezvous keys in JetStream key-value buckets. Once connected it comes back to any of the servers by itself.
 */
export const openNatsCluster = async (urls: readonly string[], deps: NatsClusterDeps): Promise<Result<NatsCluster, Failure<'no-nats'>>> => {
  const { log } = deps
  let connection: NatsConnection | null = null
  try {
    connection = await connect({ ...placesOf(urls), noEcho: true, maxReconnectAttempts: -1, name: `zazen ${deps.name}` })
    tell(connection, log)
    const buckets = new Kvm(connection)
    const replicas = Math.min(MAX_REPLICAS, (connection.info?.connect_urls?.length ?? 0) || 1)
    const options = { history: 1, replicas }
    const listings: KV = await buckets.create('zazen_listings', options)
    const places: KV = await buckets.create('zazen_rendezvous', { ...options, ttl: BOOK_KEPT_MS })
    const cluster = createCluster({ ...deps, bus: createNatsBus(connection), keys: createNatsKeys(places, deps) })
    const open = connection
    return ok({ store: await openNatsStore(listings, deps), cluster, close: () => open.close() })
  } catch (thrown) {
    await connection?.close()
    return fail('no-nats', `NATS_URL: no cluster with JetStream answers there: ${failureOf(thrown).message}`)
  }
}

/** Names and password as the client wants them: those of the first address that has any hold for all. */
const placesOf = (urls: readonly string[]): Pick<NodeConnectionOptions, 'servers' | 'user' | 'pass' | 'tls'> => {
  const places = urls.map((url) => new URL(url))
  const known = places.find(({ username }) => username !== '')
  return {
    servers: places.map(({ host }) => host),
    ...(known !== undefined && { user: decodeURIComponent(known.username), pass: decodeURIComponent(known.password) }),
    ...(places.some(({ protocol }) => protocol === 'tls:') && { tls: {} }),
  }
}

const tell = (connection: NatsConnection, log: Log): void => {
  const loop = async (): Promise<void> => {
    for await (const status of connection.status())
      if (status.type === 'disconnect' || status.type === 'reconnect' || status.type === 'error') log.warn({ ...status }, 'NATS')
  }
  loop().catch((thrown: unknown) => log.error({ error: failureOf(thrown).message }, 'NATS is no longer watched'))
}
