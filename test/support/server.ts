import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { SERVER } from '../../signaling/launch/build.mjs'
import { root } from '../../signaling/launch/project.mjs'

/** The built server as a process of its own. */
export interface TestServer {
  readonly url: string
  readonly port: number
  /** Ends it in an orderly way. May be called twice. */
  stop(): Promise<void>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
}

/** Starts it on a free port, or on the one given: a server that comes back. No STUN: tests speak to this machine only. */
export const startServer = async ({ port = 0, more = {} }: { readonly port?: number; readonly more?: NodeJS.ProcessEnv } = {}): Promise<TestServer> => {
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1', ICE_SERVERS: 'none', DATA_DIR: 'none', LOG_LEVEL: 'warn', ...more }
  const child = fork(join(root, SERVER), { cwd: root, env, execArgv: ['--enable-source-maps'], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const ended = once(child, 'exit')
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await ended
  }
  const url = await address(child)
  return {
    url,
    port: Number(new URL(url).port),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/** The server prints where it is once it listens. */
const address = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const listen = (text: string): void => {
      said = (said + text).slice(-20_000)
      const url = /http:\/\/\S+:\d+/.exec(said)?.[0]
      if (url !== undefined) resolve(url)
    }
    child.stdout?.setEncoding('utf8').on('data', listen)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)))
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`the server ended before it listened:\n${said}`)))
  })
