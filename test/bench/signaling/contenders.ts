import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { SERVER } from '../../../signaling/launch/build.mjs'
import { root } from '../../../signaling/launch/project.mjs'
import { toHex } from '../../../src/base/bytes.ts'
import { checkInBytes, SIGNALING_PATH, SIGNALING_VERSION } from '../../../src/protocol/signaling.ts'
import { startNats } from '../../support/nats.ts'
import { createNodeKey, type NodeKey } from '../../support/node-key.ts'
import { trackerServer } from './tracker-package.ts'

/** A server in a process of its own, and how one client of it is made and introduced. */
export interface Contender {
  readonly name: string
  start(): Promise<Server>
}

export interface Server {
  readonly port: number
  /** Resident memory now, bytes. */
  memory(): number
  /** Processor time it has used, milliseconds: unlike a rate, what others do on the machine hardly changes it. */
  processorMs(): number
  /** `number` tells clients apart where they choose their own names; a node may bring its key. */
  connect(number: number, key?: NodeKey): Promise<Client>
  stop(): Promise<void>
}

export interface Client {
  readonly socket: WebSocket
  /** Name under which others reach it, where it has one. */
  readonly name: string
  hear: (message: Message) => void
}

/** What any of the servers says, as far as the load looks at it. */
export type Message = Readonly<Record<string, unknown>>

export const send = ({ socket }: Client, message: unknown): void => socket.send(JSON.stringify(message))

const startProcess = async (file: string, env: Readonly<Record<string, string>>): Promise<{ child: ChildProcess; port: number }> => {
  const child = spawn(process.execPath, [join(root, file)], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  // An address, or the port alone.
  return { child, port: Number(/(?:^|localhost:)(\d+)/.exec(said.toString())?.[1]) }
}

const contender = (name: string, file: string, env: Readonly<Record<string, string>>, connect: (port: number, number: number, key?: NodeKey) => Promise<Client>): Contender => ({
  name,
  start: async () => {
    const { child, port } = await startProcess(file, env)
    const ended = once(child, 'exit')
    return {
      port,
      memory: () => memoryOf(child.pid),
      processorMs: () => processorOf(child.pid),
      connect: (number, key) => connect(port, number, key),
      stop: async () => {
        child.kill('SIGKILL')
        await ended
      },
    }
  },
})

const memoryOf = (pid = 0): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

const processorOf = (pid = 0): number => {
  // Fields 14 and 15 of proc(5): user and system time in ticks of 10 ms; the name before them may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Opens a socket; `ready` says which message makes it a client, and may answer on the way. */
const open = (url: string, name: string, ready: (message: Message, socket: WebSocket) => boolean, opened: boolean): Promise<Client> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const client: Client = { socket, name, hear: (message) => ready(message, socket) && resolve(client) }
    socket.on('message', (data) => client.hear(JSON.parse(Buffer.isBuffer(data) ? data.toString() : '') as Message))
    socket.once('error', reject)
    if (opened) socket.once('open', () => resolve(client))
  })

const connectZazen = (port: number, _: number, key = createNodeKey()): Promise<Client> => {
  const host = `127.0.0.1:${port}`
  return open(`ws://${host}${SIGNALING_PATH}`, key.publicKey, ({ type, nonce }, socket) => {
    if (type !== 'challenge') return type === 'welcome'
    const signature = toHex(key.sign(checkInBytes(String(nonce), host)))
    socket.send(JSON.stringify({ type: 'check-in', version: SIGNALING_VERSION, publicKey: key.publicKey, signature }))
    return false
  }, false)
}

const ZAZEN_ENV = { PORT: '0', HOST: '127.0.0.1', ICE_SERVERS: 'none', LOG_LEVEL: 'warn', DATA_DIR: 'none', MAX_CONNECTIONS: '100000' }

export const zazen = contender('zazen', SERVER, ZAZEN_ENV, connectZazen)

/** Two servers on one nats-server; the two of a pair are always at different ones. */
export const zazenPair: Contender = {
  name: 'zazen × 2',
  start: async () => {
    const nats = await startNats()
    const one = contender('zazen', SERVER, { ...ZAZEN_ENV, NATS_URL: nats.urls.join() }, connectZazen)
    const servers = await Promise.all([one.start(), one.start()])
    const [first] = servers
    const both = (figure: (server: Server) => number): number => servers.reduce((sum, server) => sum + figure(server), 0)
    return {
      port: first.port,
      memory: () => both((server) => server.memory()),
      processorMs: () => both((server) => server.processorMs()),
      connect: (number, key) => (servers[Math.abs(number) % 2] ?? first).connect(number, key),
      stop: async () => {
        await Promise.all(servers.map((server) => server.stop()))
        await nats.close()
      },
    }
  },
}

export const bare = contender('bare ws', 'test/bench/signaling/bare-server.mjs', {}, (port, number) =>
  open(`ws://127.0.0.1:${port}/`, String(number), () => false, true))

const connectPeerJs = (port: number, number: number): Promise<Client> =>
  open(`ws://127.0.0.1:${port}/peerjs?key=peerjs&id=node${number}&token=t`, `node${number}`, ({ type }) => type === 'OPEN', false)

export const peerServer = contender('PeerServer', 'test/bench/signaling/peer-server.mjs', {}, connectPeerJs)

export const peerServerOnce: Contender = { ...peerServer, name: 'PeerServer, ids once' }

export const tracker: Contender = {
  name: 'bittorrent-tracker',
  start: () =>
    contender(tracker.name, 'test/bench/signaling/tracker-server.mjs', { TRACKER_SERVER: trackerServer() }, (port, number) =>
      open(`ws://127.0.0.1:${port}/`, `node${number}`.padStart(20, '-'), () => false, true)).start(),
}
