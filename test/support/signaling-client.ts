import { WebSocket } from 'ws'
import { toHex } from '../../src/base/bytes.ts'
import { decodeJson } from '../../src/protocol/json.ts'
import {
  SIGNALING_PATH,
  SIGNALING_VERSION,
  checkInBytes,
  serverMessage,
  type ClientMessage,
  type ServerMessage,
} from '../../src/protocol/signaling.ts'
import { createNodeKey, type NodeKey } from './node-key.ts'

type MessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>
type Answer = MessageOf<'done' | 'refused' | 'entries' | 'peers'>
type WithoutRe<M> = M extends { readonly re: number } ? Omit<M, 're'> : never
type Request = WithoutRe<ClientMessage>

/** How long real sockets may take, on a machine that has other things to do, before a test says what it waited for. */
const PATIENCE_MS = 30_000

/** A black-box client of a signaling server: knows the wire and nothing of the server's insides. */
export interface SignalingClient {
  readonly key: NodeKey
  readonly socket: WebSocket
  /** Everything received and not yet taken, oldest first. */
  readonly inbox: readonly ServerMessage[]
  send(message: ClientMessage): void
  sendText(text: string): void
  /** Sends a request with the next number and waits for its one answer. */
  ask(request: Request): Promise<Answer>
  /** Takes the oldest message of a type, waiting for it when there is none. */
  next<T extends ServerMessage['type']>(type: T): Promise<MessageOf<T>>
  /** Messages of a type received by the time the server has answered one more question: for "nothing came". */
  settled<T extends ServerMessage['type']>(type: T): Promise<readonly MessageOf<T>[]>
  closed(): Promise<{ readonly code: number; readonly reason: string }>
  terminate(): void
}

export interface ConnectOptions {
  readonly key?: NodeKey
  readonly host?: string
  readonly origin?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Hears in words what is said: `sent register`, `heard done`, `refused fork on register`, `dropped timeout`, `closed 4001`. */
  readonly note?: (what: string) => void
}

/** Opens a WebSocket and says nothing; rejects with the HTTP status when it is refused. */
export const connectRaw = async (port: number, options: ConnectOptions = {}): Promise<SignalingClient> => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${options.path ?? SIGNALING_PATH}`, {
    headers: { ...(options.host === undefined ? {} : { Host: options.host }), ...options.headers },
    ...(options.origin === undefined ? {} : { origin: options.origin }),
  })
  const client = clientOver(socket, options.key ?? createNodeKey(), createNotes(options.note))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('unexpected-response', (_, response) => reject(new Error(`HTTP ${response.statusCode}`)))
    socket.once('error', reject)
  })
  return client
}

/** Opens a WebSocket and answers the challenge. */
export const connect = async (port: number, options: ConnectOptions = {}): Promise<SignalingClient> => {
  const client = await connectRaw(port, options)
  await checkIn(client, options.host ?? `127.0.0.1:${port}`)
  await client.next('welcome')
  return client
}

export const checkIn = async (client: SignalingClient, host: string, signer = client.key, more: { readonly yields?: true } = {}): Promise<void> => {
  const { nonce } = await client.next('challenge')
  const signature = toHex(signer.sign(checkInBytes(nonce, host)))
  client.send({ type: 'check-in', version: SIGNALING_VERSION, publicKey: client.key.publicKey, signature, ...more })
}

const clientOver = (socket: WebSocket, key: NodeKey, notes: Notes): SignalingClient => {
  const inbox: ServerMessage[] = []
  const waiting = new Set<() => void>()
  let ended: { readonly code: number; readonly reason: string } | null = null
  let re = 0
  const wake = (): void => {
    for (const look of [...waiting]) look()
  }
  socket.on('message', (data) => {
    const text = Buffer.isBuffer(data) ? data.toString() : ''
    const judged = decodeJson(serverMessage, text)
    if (!judged.ok) throw new Error(`the server said what no schema knows: ${judged.error.message}: ${text}`)
    notes.heard(judged.value)
    inbox.push(judged.value)
    wake()
  })
  socket.on('close', (code, reason) => {
    ended = { code, reason: reason.toString() }
    notes.closed(code)
    wake()
  })
  socket.on('error', () => wake())

  const until = <T>(what: string, look: () => T | null): Promise<T> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        const found = look()
        if (found === null && (ended === null || what === 'the end')) return
        waiting.delete(settle)
        clearTimeout(timer)
        if (found !== null) resolve(found)
        else reject(new Error(`closed with ${ended?.code} ${ended?.reason} while waiting for ${what}`))
      }
      const timer = setTimeout(() => {
        waiting.delete(settle)
        reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; got ${JSON.stringify(inbox)}`))
      }, PATIENCE_MS)
      waiting.add(settle)
      settle()
    })

  const take =
    <T extends ServerMessage>(wanted: (message: ServerMessage) => message is T) =>
    (): T | null => {
      const place = inbox.findIndex(wanted)
      return place === -1 ? null : (inbox.splice(place, 1)[0] as T)
    }

  const send = (message: ClientMessage): void => {
    notes.sent(message)
    socket.send(JSON.stringify(message))
  }
  const client: SignalingClient = {
    key,
    socket,
    inbox,
    send,
    sendText: (text) => socket.send(text),
    ask(request) {
      const number = ++re
      send({ ...request, re: number })
      const isAnswer = (message: ServerMessage): message is Answer => 're' in message && message.re === number
      return until(`an answer to ${request.type}`, take(isAnswer))
    },
    next<T extends ServerMessage['type']>(type: T) {
      return until(
        type,
        take((message): message is MessageOf<T> => message.type === type),
      )
    },
    async settled<T extends ServerMessage['type']>(type: T) {
      await client.ask({ type: 'unsubscribe', stream: NO_STREAM })
      return inbox.filter((message): message is MessageOf<T> => message.type === type)
    },
    closed: () => until('the end', () => ended),
    terminate: () => socket.terminate(),
  }
  return client
}

interface Notes {
  sent(message: ClientMessage): void
  heard(message: ServerMessage): void
  closed(code: number): void
}

const createNotes = (note: (what: string) => void = () => undefined): Notes => {
  const asked = new Map<number, string>()
  /** What was refused, as SPEC.md names it where there is no request. */
  const refusedOn = ({ re, code }: MessageOf<'refused'>): string => {
    if (re !== null) return asked.get(re) ?? 'nothing'
    return WHERE[code] ?? 'check-in'
  }
  return {
    sent: (message) => {
      note(`sent ${message.type}`)
      if ('re' in message) asked.set(message.re, message.type)
    },
    heard: (message) => {
      note(`heard ${message.type}`)
      if (message.type === 'refused') note(`refused ${message.code} on ${refusedOn(message)}`)
      if (message.type === 'dropped') note(`dropped ${message.code}`)
    },
    closed: (code) => note(`closed ${code}`),
  }
}

/** Refusals without a request that are not of an ordinary check-in. */
const WHERE: Readonly<Record<string, string>> = { malformed: 'anything', 'checked-in': 'a second check-in', held: 'a check-in that yields' }

/** The id of no stream: asking to leave it changes nothing and is answered. */
const NO_STREAM = '0'.repeat(64) as never
