import { jetstream } from '@nats-io/jetstream'
import { Kvm } from '@nats-io/kv'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { fail, failureOf, ok, type Failure, type Result } from '../../src/base/result.ts'
import { createNatsBus } from '../bus/nats.ts'
import type { Clock } from '../clock.ts'
import { BOOK_KEPT_MS, STORE_ANSWER_MS } from '../limits.ts'
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

const LISTINGS = 'zazen_listings'
const PLACES = 'zazen_rendezvous'

/** Three servers that have only just found each other take their time to make a bucket, milliseconds. */
const CREATE_MS = 10_000

/** A NATS server that is there and says nothing is left after two unanswered pings; the client's own preset is four minutes. */
const LIVELY = { pingInterval: 4_000, maxPingOut: 2, timeout: 5_000, reconnectTimeWait: 500 } as const

/** A stack trace for each request is a sixth of a server's work in an introduction (measured). */
const QUICK = { noAsyncTraces: true } as const

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
    connection = await connect({ ...placesOf(urls), ...LIVELY, ...QUICK, noEcho: true, maxReconnectAttempts: -1, name: `zazen ${deps.name}` })
    let reconnected = (): void => undefined
    tell(connection, log, () => reconnected())
    const patient = new Kvm(jetstream(connection, { timeout: CREATE_MS }))
    // A cluster that is just starting does not know of all its servers yet.
    const replicas = Math.min(MAX_REPLICAS, Math.max(urls.length, connection.info?.connect_urls?.length ?? 1))
    const options = { history: 1, replicas }
    await patient.create(LISTINGS, options)
    await patient.create(PLACES, { ...options, ttl: BOOK_KEPT_MS })
    // What is read decides what is written, so the leader of a bucket answers, not a copy that may lag.
    const buckets = new Kvm(jetstream(connection, { timeout: STORE_ANSWER_MS }))
    const [listings, places] = await Promise.all([LISTINGS, PLACES].map((name) => buckets.open(name, { allow_direct: false })))
    if (listings === undefined || places === undefined) throw new Error('the buckets are gone')
    const cluster = createCluster({ ...deps, bus: createNatsBus(connection), keys: createNatsKeys(places, deps) })
    const open = connection
    const store = await openNatsStore(listings, { ...deps, onReconnect: (run) => (reconnected = run) })
    return ok({ store, cluster, close: () => open.close() })
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

const tell = (connection: NatsConnection, log: Log, reconnected: () => void): void => {
  const loop = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect' || status.type === 'error') log.warn({ ...status }, 'NATS')
      if (status.type === 'reconnect') reconnected()
    }
  }
  loop().catch((thrown: unknown) => log.error({ error: failureOf(thrown).message }, 'NATS is no longer watched'))
}
