import { createSystemClock } from './clock.ts'
import { readConfig, type Config } from './config.ts'
import { createSystemRandom } from './crypto.ts'
import { createLog } from './log.ts'
import { startServer } from './server.ts'
import { explainListenFailure, invitation } from './words.ts'

const failWith = (line: string): void => {
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}

const run = async (config: Config): Promise<void> => {
  const forPerson = config.logFormat === 'text' || (config.logFormat === 'auto' && process.stderr.isTTY)
  const log = createLog(config.logLevel, forPerson, process.stderr)
  const server = await startServer(config, { clock: createSystemClock(), random: createSystemRandom(), log })
  process.stdout.write(`${invitation(config.host, server.port)}\n`)
  const stop = (): void => void server.close().catch((thrown: unknown) => failWith(String(thrown)))
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}

const config = readConfig(process.env)
if (config.ok) run(config.value).catch((thrown: unknown) => failWith(explainListenFailure(thrown, config.value)))
else failWith(config.error.message)
