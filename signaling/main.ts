import { ok } from '../src/base/result.ts'
import { createSystemClock } from './clock.ts'
import { masked, readConfig, type Config } from './config.ts'
import { createSystemRandom } from './crypto.ts'
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
  const store = config.dataDir === null ? ok(createMemoryStore()) : openSqliteStore(config.dataDir, { clock, onSkipped })
  if (!store.ok) {
    failWith(store.error.message)
    return
  }
  const server = await startServer(config, { clock, random: createSystemRandom(), log, store: store.value, ownProcess: true })
  process.stdout.write(`${invitation(config.host, server.port)}\n`)
  const stop = (): void => {
    // The PeerServer's timers never end by themselves; everything of ours has, when this is reached.
    server.close().then(() => process.exit(), (thrown: unknown) => failWith(String(thrown)))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

const config = readConfig(process.env)
if (config.ok) run(config.value).catch((thrown: unknown) => failWith(explainListenFailure(thrown, config.value)))
else failWith(config.error.message)
