import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Random } from '../src/base/random.ts'
import { MAX_SIGNALING_BYTES } from '../src/protocol/limits.ts'
import { CLOSE_DRAINING, SIGNALING_PATH } from '../src/protocol/signaling.ts'
import { readAppFiles } from './app-files.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createConnection, type Connection, type ConnectionHandlers, type Socket } from './connection.ts'
import { sha256, verifyEd25519 } from './crypto.ts'
import { createDoorkeeper, hostOf } from './doorkeeper.ts'
import { createHttpHandler } from './http.ts'
import {
  DRAIN_MS,
  HEADERS_TIMEOUT_MS,
  MAX_BUFFERED_CHUNKS,
  MAX_FRAGMENTS,
  MAX_HTTP_SOCKETS,
  TICK_MS,
} from './limits.ts'
import { short, type Log } from './log.ts'
import { createSwitchboard } from './switchboard.ts'

export interface RunningServer {
  readonly port: number
  /** Says goodbye to everyone and ends within DRAIN_MS. May be called twice. */
  close(): Promise<void>
}

export type ServerConfig = Omit<Config, 'logLevel' | 'logFormat'>

export interface ServerDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * One process: the app over HTTP and signaling over WebSockets, on one port. Everything that decides is elsewhere; here
 * sockets are tied to it. Rejects when it cannot listen, with the system's error.
 */
export const startServer = async (config: ServerConfig, deps: ServerDeps): Promise<RunningServer> => {
  const { clock, log } = deps
  const connections = new Set<Connection>()
  const switchboard = createSwitchboard({ ...deps, verify: verifyEd25519, sha256, iceServers: config.iceServers })
  const doorkeeper = createDoorkeeper(config)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SIGNALING_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    perMessageDeflate: false,
  })
  let draining = false
  let cancelTick: () => void = () => undefined

  const welcome = (socket: WebSocket, request: IncomingMessage): void => {
    const host = { name: hostOf(request), known: doorkeeper.goesBy(request) }
    const from = request.socket.remoteAddress
    log.info({ from, host: host.name }, 'connected')
    const handlers: ConnectionHandlers = {
      checkedIn: (node, one) => {
        log.info({ node: short(node), from }, 'checked in')
        switchboard.checkedIn(node, one)
      },
      message: switchboard.message,
      refused: (node, code, message) =>
        log.warn({ node: node === null ? null : short(node), from, code, message }, 'refused'),
      gone: (node, reason) => {
        connections.delete(connection)
        log.info({ node: node === null ? null : short(node), from, reason }, 'gone')
        if (node !== null) switchboard.gone(node)
      },
    }
    const connection = createConnection({ ...deps, verify: verifyEd25519 }, socketOf(socket, clock), host, handlers)
    connections.add(connection)
    tie(socket, connection, log)
  }

  const refusal = (request: IncomingMessage): number | null => {
    if (request.url?.split('?', 1)[0] !== SIGNALING_PATH) return 404
    if (!doorkeeper.originMayConnect(request)) return 403
    return draining || connections.size >= config.maxConnections ? 503 : null
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (error) => log.debug({ error: error.message }, 'a socket failed before it was upgraded'))
    const status = refusal(request)
    if (status === null) return sockets.handleUpgrade(request, socket, head, welcome)
    log.warn({ status, origin: request.headers.origin, host: request.headers.host }, 'upgrade refused')
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  }

  const tick = (): void => {
    cancelTick = clock.after(TICK_MS, tick)
    switchboard.tick()
    for (const connection of [...connections]) connection.tick()
  }

  const health = () => ({ ready: !draining, counts: { connections: connections.size, ...switchboard.counts } })
  const server = createServer(createHttpHandler(await readAppFiles(config.appDir), health))
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = HEADERS_TIMEOUT_MS
  server.maxConnections = config.maxConnections + MAX_HTTP_SOCKETS
  server.on('upgrade', upgrade)
  await listen(server, config)
  tick()

  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    draining = true
    cancelTick()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const connection of [...connections]) connection.end(CLOSE_DRAINING, 'The server is stopping.')
    server.closeIdleConnections()
    // WebSockets that do not answer are ended by `socketOf`, plain HTTP by this.
    const stopWaiting = clock.after(DRAIN_MS, () => server.closeAllConnections())
    await closed
    stopWaiting()
  }
  return { port: portOf(server), close: () => (closing ??= close()) }
}

const listen = (server: Server, { port, host }: ServerConfig): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port')
  return address.port
}

const tie = (socket: WebSocket, connection: Connection, log: Log): void => {
  socket.on('message', (data, isBinary) => {
    try {
      connection.receive(isBinary ? null : textOf(data))
    } catch (thrown) {
      // A broken invariant of ours: it costs this connection, not everyone's.
      log.error({ error: thrown instanceof Error ? thrown.stack : String(thrown) }, 'a message broke the server')
      socket.terminate()
    }
  })
  socket.on('pong', () => connection.heard())
  // ws closes the socket itself after an error: too large, too many fragments, not UTF-8.
  socket.on('error', (error) => log.warn({ error: error.message }, 'socket failed'))
  socket.on('close', (code, reason) => connection.closed(`closed ${code} ${reason.toString().slice(0, 80)}`.trim()))
}

const textOf = (data: WebSocket.RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)).toString('utf8')

const socketOf = (socket: WebSocket, clock: Clock): Socket => ({
  get bufferedBytes() {
    return socket.bufferedAmount
  },
  send: (text) => socket.send(text),
  ping: () => socket.ping(),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
  close: (code, reason) => {
    socket.close(code, reason)
    // Who does not answer a goodbye is not waited for.
    socket.once(
      'close',
      clock.after(DRAIN_MS, () => socket.terminate()),
    )
  },
  terminate: () => socket.terminate(),
})
