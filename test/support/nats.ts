import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureNatsServer } from '../../signaling/launch/nats.mjs'
import { until } from './until.ts'

/** Real nats-servers with JetStream on free ports of this machine, their files in a folder that goes with them. */
export interface NatsServers {
  readonly urls: readonly string[]
  /** By which they call themselves; the leader of a bucket is told by its name. */
  readonly names: readonly string[]
  /** Ends one of them as a power cut would. */
  kill(index: number): Promise<void>
  /** Starts it again at its place, with other arguments. */
  restart(index: number, more: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** `more`: for the command line of each. */
export const startNats = async (count: 1 | 3 = 1, more: readonly string[] = []): Promise<NatsServers> => {
  const program = await ensureNatsServer()
  const folder = await mkdtemp(join(tmpdir(), 'zazen-nats-'))
  const ports = await freePorts(2 * count)
  const [clients, routes] = [ports.slice(0, count), ports.slice(count)]
  const all = routes.map((port) => `nats://127.0.0.1:${port}`).join(',')
  const clustered = (index: number): readonly string[] =>
    count === 1 ? [] : ['-cluster_name', 'zazen', '-cluster', `nats://127.0.0.1:${routes[index]}`, '-routes', all]
  const run = (index: number, arguments_: readonly string[]): ChildProcess => {
    const own = ['-js', '-sd', join(folder, String(index)), '-a', '127.0.0.1', '-p', String(clients[index]), '-n', nameOf(index)]
    return spawn(program, [...own, ...clustered(index), ...arguments_], { stdio: 'ignore' })
  }
  const processes = clients.map((_, index) => run(index, more))
  const kill = async (child: ChildProcess | undefined): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  await Promise.all(clients.map((port) => until(`nats-server on ${port}`, () => answers(port))))
  return {
    urls: clients.map((port) => `nats://127.0.0.1:${port}`),
    names: clients.map((_, index) => nameOf(index)),
    kill: (index) => kill(processes[index]),
    restart: async (index, otherwise) => {
      await kill(processes[index])
      processes[index] = run(index, otherwise)
      await until(`nats-server ${index} again`, () => answers(clients[index] ?? 0))
    },
    close: async () => {
      await Promise.all(processes.map(kill))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const nameOf = (index: number): string => `n${index}`

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const end = (there: boolean) => (): void => {
      socket.destroy()
      resolve(there)
    }
    socket.once('connect', end(true))
    socket.once('error', end(false))
  })

/** Held at the same time, so that they differ. */
const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
