import { toHex } from '../src/base/bytes.ts'
import { ok } from '../src/base/result.ts'
import { openNatsCluster } from './cluster/nats-cluster.ts'
import { createSystemClock } from './clock.ts'
import { masked, readConfig, type Config } from './config.ts'
import { createSystemRandom } from './crypto.ts'
import { endAfter } from './ending.ts'
import { createLog } from './log.ts'
import { createMemoryStore } from './registry-store/memory.ts'
import { openSqliteStore } from './registry-store/sqlite.ts'
import { startServer } from './server.ts'
import { explainListenFailure, invitation } from './words.ts'

const failWith = (line: string): void => {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

const run = async (config: Config): Promise<void> => {
  const forPerson = config.logFormat === 'text' || (config.logFormat === 'auto' && process.stderr.isTTY)
  const log = createLog(config.logLevel, forPerson, process.stderr)
  log.info(masked(config), 'configuration')
  const clock = createSystemClock()
  const onSkipped = (id: unknown): void => log.warn({ id }, 'a kept listing cannot be read')
  const random = createSystemRandom()
  const name = toHex(random.bytes(8))
  const joined = config.natsUrls.length === 0 ? null : await openNatsCluster(config.natsUrls, { name, clock, log })
  if (joined?.ok === false) {
    failWith(joined.error.message)
    return
  }
  const cluster = joined?.value ?? null
  const store = cluster !== null ? ok(cluster.store) : storeOf(config, { clock, onSkipped })
  if (!store.ok) {
    failWith(store.error.message)
    return
  }
  const server = await startServer(config, { clock, random, log, store: store.value, cluster: cluster?.cluster ?? null, ownProcess: true }).catch(
    async (thrown: unknown) => {
      // What is connected would keep alive a process that cannot listen.
      cluster?.cluster.close()
      await store.value.close()
      await cluster?.close()
      throw thrown
    },
  )
  process.stdout.write(`${invitation(config.host, server.port)}\n`)
  const stop = (): void => {
    void endAfter(server.close().then(() => cluster?.close()), { failWith, exit: () => process.exit() })
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  void cluster?.lost.then(() => {
    failWith('NATS_URL: the servers there are given up; nodes are sent elsewhere.')
    stop()
  })
}

const storeOf = (config: Config, deps: Parameters<typeof openSqliteStore>[1]) =>
  config.dataDir === null ? ok(createMemoryStore()) : openSqliteStore(config.dataDir, deps)

const config = readConfig(process.env)
if (config.ok) run(config.value).catch((thrown: unknown) => failWith(explainListenFailure(thrown, config.value)))
else failWith(config.error.message)
