import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Random } from '../src/base/random.ts'
import { MAX_RETRY_AFTER_MS, MAX_SIGNALING_BYTES } from '../src/protocol/limits.ts'
import { CLOSE_DRAINING, SIGNALING_PATH, type ServerMessage } from '../src/protocol/signaling.ts'
import { readAppFiles } from './app-files.ts'
import { settledWithin, type Clock } from './clock.ts'
import type { Cluster } from './cluster/cluster.ts'
import type { Config } from './config.ts'
import { createConnection, type Connection, type ConnectionHandlers } from './connection.ts'
import { sha256, verifyEd25519 } from './crypto.ts'
import { hostOf } from './doorkeeper.ts'
import { createGate, type Gate } from './gate.ts'
import { createHttpHandler, secure, sendTooMany, type Health, type ReadMetrics } from './http.ts'
import { createIce } from './ice.ts'
import {
  DRAIN_MS,
  FIRST_RETURN_MS,
  HEADERS_TIMEOUT_MS,
  MAX_BUFFERED_CHUNKS,
  MAX_FRAGMENTS,
  MAX_HTTP_SOCKETS,
  RETURNS_PER_SECOND,
  SETTLE_MS,
  TICK_MS,
} from './limits.ts'
import { short, type Log } from './log.ts'
import { createPeerJs, isPeerJsPath, PEERJS_SOCKET_PATH, type PeerJs } from './peerjs.ts'
import type { RegistryStore } from './registry-store/registry-store.ts'
import { createMetrics } from './metrics.ts'
import { createSockets } from './socket.ts'
import { createSwitchboard } from './switchboard.ts'

export interface RunningServer {
  readonly port: number
  /** Says goodbye to everyone and ends within DRAIN_MS and STORE_CLOSE_MS, whatever is away. May be called twice. */
  close(): Promise<void>
}

export type ServerConfig = Omit<Config, 'logLevel' | 'logFormat' | 'dataDir' | 'natsUrls'>

export interface ServerDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Closed by the server when it ends. */
  readonly store: RegistryStore
  /** The other servers of its cluster; closed by the server when it ends. */
  readonly cluster?: Cluster | null
  /** Streams in the directory; the preset is MAX_LISTED_STREAMS. */
  readonly maxStreams?: number
  /** When a request whose headers have not come is ended; the preset is HEADERS_TIMEOUT_MS. */
  readonly headersTimeoutMs?: number
  /** The address that a socket shows; the preset is the system's word. */
  readonly addressOf?: (socket: Socket) => string
  /** Whether /metrics tells of the whole process, which is then ours alone. */
  readonly ownProcess?: boolean
}

/**
 * One process: the app over HTTP and signaling over WebSockets, on one port. Everything that decides is elsewhere; here
 * sockets are tied to it. Rejects when it cannot listen, with the system's error.
 */
export const startServer = async (config: ServerConfig, deps: ServerDeps): Promise<RunningServer> => {
  const { clock, log } = deps
  const connections = new Set<Connection>()
  const kept = await deps.store.load()
  const metrics = createMetrics({ ofProcess: deps.ownProcess === true })
  const ice = createIce(config.iceServers, config.turn)
  const switchboard = createSwitchboard({ ...deps, cluster: deps.cluster ?? null, kept, metrics, ice, verify: verifyEd25519, sha256 })
  const counts = () => ({ connections: connections.size, ...switchboard.counts })
  const gate = createGate(config, clock)
  const socketOf = createSockets(clock)
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SIGNALING_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    perMessageDeflate: false,
  })
  let draining = false
  let peerJs: PeerJs | null = null
  let cancelTick: () => void = () => undefined

  const welcome = (socket: WebSocket, request: IncomingMessage): void => {
    const host = { name: hostOf(request), known: gate.goesBy(request) }
    const from = gate.addressOf(request)
    log.info({ from, host: host.name }, 'connected')
    const handlers: ConnectionHandlers = {
      admits: gate.mayCheckIn,
      isHeld: switchboard.isHeld,
      checkedIn: (node, one) => {
        log.info({ node: short(node), from }, 'checked in')
        switchboard.checkedIn(node, one, gate.callsFrom(request))
      },
      message: switchboard.message,
      refused: (node, code, message) => {
        metrics.refused(code)
        log.warn({ node: node === null ? null : short(node), from, code, message }, 'refused')
      },
      gone: (node, reason) => {
        connections.delete(connection)
        metrics.ended(/^[a-z-]+$/.test(reason) ? reason : reason.startsWith('closed') ? 'closed' : 'told why')
        log.info({ node: node === null ? null : short(node), from, reason }, 'gone')
        if (node !== null) switchboard.gone(node)
      },
    }
    const connection = createConnection({ ...deps, verify: verifyEd25519 }, socketOf(socket, request.socket), host, handlers)
    connections.add(connection)
    tie(socket, connection, log)
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (error) => log.debug({ error: error.message }, 'a socket failed before it was upgraded'))
    const admitted = judge(request)
    if ('left' in admitted) {
      socket.once('close', admitted.left)
      const take = isSignaling(request) ? welcome : peerJs?.take
      return sockets.handleUpgrade(request, socket, head, (made) => take?.(made, request))
    }
    const { status } = admitted
    metrics.refused(`http-${status}`)
    log.warn({ status, from: gate.addressOf(request), origin: request.headers.origin, host: request.headers.host }, 'upgrade refused')
    const more = status === 429 || status === 503 ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : ''
    // Who does not close its own end would keep the socket for ever: no timeout of HTTP holds for an upgrade.
    socket.once('finish', () => socket.destroy())
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${more}Connection: close\r\nContent-Length: 0\r\n\r\n`)
  }

  const judge = (request: IncomingMessage): ReturnType<Gate['admit']> | { readonly status: 404 } => {
    if (!isSignaling(request) && (peerJs === null || pathOf(request) !== PEERJS_SOCKET_PATH)) return { status: 404 }
    return draining ? { status: 503 } : gate.admit(request)
  }

  const tick = (): void => {
    cancelTick = clock.after(TICK_MS, tick)
    switchboard.tick()
    gate.tick()
    peerJs?.tick()
    for (const connection of [...connections]) connection.tick()
  }

  const health = (): Health => ({
    status: draining ? 'stopping' : deps.store.isReachable ? 'ready' : 'no-store',
    counts: counts(),
  })
  const readMetrics: ReadMetrics = (request) => (gate.mayReadMetrics(request) ? metrics.text() : null)
  const answer = createHttpHandler(await readAppFiles(config.appDir), health, readMetrics)
  const headersTimeout = deps.headersTimeoutMs ?? HEADERS_TIMEOUT_MS
  // Node looks at its timeouts only this often, every half minute by itself.
  const timeouts = { headersTimeout, requestTimeout: headersTimeout, connectionsCheckingInterval: headersTimeout / 5 }
  const server = createServer(timeouts, (request, response) => {
    secure(response)
    if (!gate.mayRequest(request)) {
      metrics.refused('http-429')
      return sendTooMany(response)
    }
    if (peerJs === null || !isPeerJsPath(pathOf(request))) return answer(request, response)
    // A page that may not connect needs no id either.
    if (gate.originMayConnect(request)) return peerJs.answer(request, response)
    response.writeHead(403, { 'Content-Length': 0 }).end()
  })
  metrics.watch(() => ({ ...counts(), peerjs_clients: peerJs?.clients ?? 0 }))
  server.maxConnections = config.maxConnections + MAX_HTTP_SOCKETS
  const addressOf = deps.addressOf ?? ((socket: Socket) => socket.remoteAddress ?? '')
  server.on('connection', (socket) => {
    if (gate.mayStand(socket, addressOf(socket))) return
    metrics.refused('too-many-sockets')
    socket.destroy()
  })
  server.on('upgrade', upgrade)
  await listen(server, config)
  // Only now: its timers never end, and a process that cannot listen must.
  if (config.peerJs) peerJs = createPeerJs(server, deps)
  tick()

  /** Each its own time to come back, so that all of them do not meet the next server at once. */
  const sendAway = (connection: Connection, present: number): void => {
    const spreadMs = Math.min(MAX_RETRY_AFTER_MS - FIRST_RETURN_MS, (present / RETURNS_PER_SECOND) * 1_000)
    const retryAfterMs = Math.floor(FIRST_RETURN_MS + deps.random.next() * spreadMs)
    const stopping: ServerMessage = { type: 'stopping', retryAfterMs }
    connection.send(JSON.stringify(stopping))
    connection.end(CLOSE_DRAINING, 'The server is stopping.')
  }

  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    draining = true
    cancelTick()
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    const stopWaiting = clock.after(DRAIN_MS, () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
    })
    // What was asked is answered first: a store says yes or no within a commit, one that is away perhaps never.
    await settledWithin(clock, SETTLE_MS, switchboard.settled())
    const present = [...connections]
    for (const connection of present) sendAway(connection, present.length)
    peerJs?.close()
    deps.cluster?.close()
    server.closeIdleConnections()
    await closed
    stopWaiting()
    await deps.store.close()
  }
  return { port: portOf(server), close: () => (closing ??= close()) }
}

/** What a client that was turned away is asked to wait, seconds. */
const RETRY_AFTER_SECONDS = 30

const isSignaling = (request: IncomingMessage): boolean => pathOf(request) === SIGNALING_PATH

const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? ''

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
