import { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import express from 'express'
import { ExpressPeerServer } from 'peer'
import * as v from 'valibot'
import type { WebSocket, WebSocketServer } from 'ws'
import { createAllowance } from './allowance.ts'
import type { Clock } from './clock.ts'
import {
  MAX_BUFFERED_BYTES,
  MAX_MALFORMED,
  MAX_PEERJS_CLIENTS,
  MAX_QUEUED_BYTES,
  PEERJS_BURST,
  PEERJS_PER_SECOND,
} from './limits.ts'
import type { Log } from './log.ts'

/**
 * The `peer` package at /peerjs, for nodes that dial by id (B7) and for any PeerJS client. It believes what it is told and
 * bounds nothing, so it never sees a socket: it gets a stand-in that passes on judged messages at a bounded pace. SPEC [S70]–[S74].
 */
export interface PeerJs {
  /** Takes a WebSocket that the gate has admitted. */
  take(socket: WebSocket, request: IncomingMessage): void
  /** Answers what a client asks over HTTP: an id. */
  answer(request: IncomingMessage, response: ServerResponse): void
  tick(): void
  close(): void
  readonly clients: number
}

const PATH = '/peerjs'

/** Where its clients open their WebSocket: their `path`, and the word they add to it. */
export const PEERJS_SOCKET_PATH = `${PATH}/peerjs`

export const isPeerJsPath = (path: string): boolean => path === PATH || path.startsWith(`${PATH}/`)

/** How long the package keeps what is said to someone who is not there, milliseconds. */
const EXPIRE_MS = 5_000

interface Guest {
  readonly socket: WebSocket
  tick(now: number): void
}

export const createPeerJs = (server: Server, { clock, log }: { readonly clock: Clock; readonly log: Log }): PeerJs => {
  const sockets = new EventEmitter()
  const guests = new Set<Guest>()
  const present = new Map<string, number>()
  /** Bytes said to nobody who is here, in the time that the package keeps them. */
  const queued = createAllowance(MAX_QUEUED_BYTES, MAX_QUEUED_BYTES / (EXPIRE_MS / 1_000), clock.now())
  const peerServer = ExpressPeerServer(server, {
    path: PATH,
    concurrent_limit: MAX_PEERJS_CLIENTS,
    expire_timeout: EXPIRE_MS,
    // Who may read is judged at the gate, for HTTP as for WebSockets.
    corsOptions: { origin: true },
    // What it does with a WebSocketServer is to wait for its connections.
    createWebSocketServer: () => sockets as unknown as WebSocketServer,
  })
  peerServer.on('error', (error: Error) => log.debug({ error: error.message }, 'peerjs'))
  const app = express().disable('x-powered-by').use(peerServer)

  const take = (socket: WebSocket, request: IncomingMessage): void => {
    const query = new URL(request.url ?? '', 'http://localhost').searchParams
    const id = query.get('id') ?? ''
    if (!isName(id) || !isName(query.get('token') ?? '') || !isName(query.get('key') ?? '')) return socket.close(1008, 'bad id, token or key')
    present.set(id, (present.get(id) ?? 0) + 1)
    const isQueued = (to: string | undefined): boolean => to !== undefined && !present.has(to)
    const { guest, standIn } = entertain(socket, {
      clock,
      log,
      mayPass: (message, bytes) => {
        if (!isQueued(message.dst)) return true
        if (queued.isSpent(clock.now())) return false
        queued.spend(bytes, clock.now())
        return true
      },
    })
    guests.add(guest)
    log.info({ id: id.slice(0, 16) }, 'peerjs client came')
    socket.once('close', () => {
      guests.delete(guest)
      const left = (present.get(id) ?? 1) - 1
      if (left === 0) present.delete(id)
      else present.set(id, left)
      log.info({ id: id.slice(0, 16) }, 'peerjs client went')
    })
    sockets.emit('connection', standIn, request)
  }

  return {
    take,
    answer: (request, response) => {
      app(request, response)
    },
    tick() {
      for (const guest of guests) guest.tick(clock.now())
    },
    close() {
      for (const { socket } of guests) socket.close(1001, 'The server is stopping.')
    },
    get clients() {
      return guests.size
    },
  }
}

/** An id is the client's own choice, and part of every message about it. */
const isName = (text: string): boolean => /^[\w .~-]{1,64}$/.test(text)

const clientMessage = v.looseObject({
  type: v.picklist(['HEARTBEAT', 'OFFER', 'ANSWER', 'CANDIDATE', 'LEAVE', 'EXPIRE']),
  dst: v.optional(v.pipe(v.string(), v.maxLength(64))),
})
type ClientMessage = v.InferOutput<typeof clientMessage>

interface House {
  readonly clock: Clock
  readonly log: Log
  mayPass(message: ClientMessage, bytes: number): boolean
}

/** The stand-in is a WebSocket as far as the package looks: it sends, closes, and tells of messages and its end. */
const entertain = (socket: WebSocket, { clock, log, mayPass }: House): { guest: Guest; standIn: EventEmitter } => {
  const allowance = createAllowance(PEERJS_BURST, PEERJS_PER_SECOND, clock.now())
  let malformed = 0
  const standIn = Object.assign(new EventEmitter(), {
    send: (text: string) => {
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate()
      else socket.send(text)
    },
    close: () => socket.close(),
  })
  const hear = (text: string): void => {
    allowance.spend(1, clock.now())
    if (allowance.isSpent(clock.now())) socket.pause()
    const judged = v.safeParse(clientMessage, parse(text))
    if (!judged.success && ++malformed >= MAX_MALFORMED) socket.close(1008, 'too-many-malformed')
    if (judged.success && mayPass(judged.output, text.length)) standIn.emit('message', text)
  }
  socket.on('message', (data, isBinary) => hear(isBinary || !Buffer.isBuffer(data) ? '' : data.toString()))
  socket.on('close', () => standIn.emit('close'))
  socket.on('error', (error) => log.warn({ error: error.message }, 'peerjs socket failed'))
  const tick = (now: number): void => {
    if (socket.isPaused && !allowance.isSpent(now)) socket.resume()
  }
  return { guest: { socket, tick }, standIn }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Judged as what it is: no message.
    return null
  }
}
