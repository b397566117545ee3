import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { Kvm, type KV } from '@nats-io/kv'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import { fail, failureOf, ok, type Failure, type Result } from '../../src/base/result.ts'
import { createNatsBus } from '../bus/nats.ts'
import type { Clock } from '../clock.ts'
import { BOOK_KEPT_MS, STORE_ANSWER_MS } from '../limits.ts'
import type { Log } from '../log.ts'
import { openNatsStore, type Bucket } from '../registry-store/nats.ts'
import type { RegistryStore } from '../registry-store/registry-store.ts'
import { createNatsKeys } from '../rendezvous-keys/nats.ts'
import type { ServerName } from '../rendezvous-keys/rendezvous-keys.ts'
import { createCluster, type Cluster } from './cluster.ts'
import { createEnd, type End } from './nats-end.ts'

/** `close` lets go of NATS, after the server has ended. */
export interface NatsCluster extends End {
  readonly store: RegistryStore
  readonly cluster: Cluster
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

/** A cluster that is away, or has another password for a while, is tried for ever: by itself the client gives up where it was refused twice. */
const PATIENT = { maxReconnectAttempts: -1, ignoreAuthErrorAbort: true } as const

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
    const open = await connect({ ...placesOf(urls), ...LIVELY, ...QUICK, ...PATIENT, noEcho: true, name: `zazen ${deps.name}` })
    connection = open
    let reconnected = (): void => undefined
    tell(open, log, () => reconnected())
    await createBuckets(open, urls)
    // What is read decides what is written, so the leader of a bucket answers, not a copy that may lag.
    const buckets = new Kvm(jetstream(open, { timeout: STORE_ANSWER_MS }))
    const [listings, places] = await Promise.all([openBucket(open, LISTINGS), buckets.open(PLACES, { allow_direct: false })])
    const cluster = createCluster({ ...deps, bus: createNatsBus(open, log), keys: createNatsKeys(inOneWrite(places), deps) })
    const store = await openNatsStore(listings, { ...deps, onReconnect: (run) => (reconnected = run) })
    return ok({ store, cluster, ...createEnd(open, log) })
  } catch (thrown) {
    await connection?.close()
    return fail('no-nats', `NATS_URL: no cluster with JetStream answers there: ${failureOf(thrown).message}`)
  }
}

const createBuckets = async (connection: NatsConnection, urls: readonly string[]): Promise<void> => {
  const patient = new Kvm(jetstream(connection, { timeout: CREATE_MS }))
  // A cluster that is just starting does not know of all its servers yet.
  const replicas = Math.min(MAX_REPLICAS, Math.max(urls.length, connection.info?.connect_urls?.length ?? 1))
  const options = { history: 1, replicas }
  await patient.create(LISTINGS, options)
  await patient.create(PLACES, { ...options, ttl: BOOK_KEPT_MS })
}

/** Claims of one turn of the event loop leave at its end, in one write instead of one for each. */
const inOneWrite = (bucket: KV): Pick<KV, 'get' | 'put' | 'delete'> => {
  let end: Promise<void> | null = null
  const endOfTurn = (): Promise<void> =>
    (end ??= new Promise((resolve) => {
      setImmediate(() => {
        end = null
        resolve()
      })
    }))
  return {
    get: (key) => endOfTurn().then(() => bucket.get(key)),
    put: (key, text, options) => endOfTurn().then(() => bucket.put(key, text, options)),
    delete: (key, options) => bucket.delete(key, options),
  }
}

/** A bucket that listings may be in. One entry is taken out by what lies below a bucket: the stream of that name. */
export const openBucket = async (connection: NatsConnection, name: string): Promise<Bucket> => {
  const options = { timeout: STORE_ANSWER_MS }
  const bucket = await new Kvm(jetstream(connection, options)).open(name, { allow_direct: false })
  const { streams } = await jetstreamManager(connection, { ...options, checkAPI: false })
  return Object.assign(bucket, { forget: (revision: number) => streams.deleteMessage(`KV_${name}`, revision, false) })
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
  let complaint = ''
  const loop = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect' || status.type === 'reconnect') log.warn({ ...status }, 'NATS')
      // Two attempts a second, for hours perhaps: why it refuses us is said once.
      if (status.type === 'error' && status.error.message !== complaint) {
        complaint = status.error.message
        log.error({ error: complaint }, 'NATS')
      }
      if (status.type !== 'reconnect') continue
      complaint = ''
      reconnected()
    }
  }
  loop().catch((thrown: unknown) => log.error({ error: failureOf(thrown).message }, 'NATS is no longer watched'))
}
