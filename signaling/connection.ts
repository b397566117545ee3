import { fromHex, toHex } from '../src/base/bytes.ts'
import type { Random } from '../src/base/random.ts'
import { fail } from '../src/base/result.ts'
import { unreachable } from '../src/base/unreachable.ts'
import type { PublicKey } from '../src/domain/stream.ts'
import { decodeJson } from '../src/protocol/json.ts'
import { CHECK_IN_MS } from '../src/protocol/limits.ts'
import {
  CLOSE_REFUSED,
  SIGNALING_VERSION,
  checkInBytes,
  clientMessage,
  type ClientMessage,
  type ServerMessage,
} from '../src/protocol/signaling.ts'
import { createAllowance } from './allowance.ts'
import type { Clock } from './clock.ts'
import type { Verify } from './crypto.ts'
import {
  ANNOUNCING_COST,
  DIRECTORY_COST,
  HEARTBEAT_MS,
  MAX_BUFFERED_BYTES,
  MAX_MALFORMED,
  MESSAGE_BURST,
  MESSAGES_PER_SECOND,
  RENDEZVOUS_COST,
  SILENT_MS,
} from './limits.ts'

/**
 * One connection's life: challenge → checked in → closed. SPEC [S1]–[S17].
 * It knows nothing of streams; what a checked-in node says goes to `handlers`.
 */
export interface Connection {
  /** The text of a message; null for a binary one. */
  receive(text: string | null): void
  /** A sign of life that is no message. */
  heard(): void
  tick(): void
  send(text: string): void
  /** Says goodbye from our side. */
  end(code: number, reason: string): void
  /** The socket is gone, whoever closed it. */
  closed(reason: string): void
}

/** What a connection needs of a WebSocket. */
export interface Socket {
  readonly bufferedBytes: number
  send(text: string): void
  ping(): void
  pause(): void
  resume(): void
  close(code: number, reason: string): void
  terminate(): void
}

export interface ConnectionHandlers {
  /** Whether this key may check in once more now. */
  admits(node: PublicKey): boolean
  /** Whether another connection of this key is checked in, here or at another server of the cluster. */
  isHeld(node: PublicKey): boolean
  checkedIn(node: PublicKey, connection: Connection): void
  message(node: PublicKey, message: CheckedInMessage): void
  refused(node: PublicKey | null, code: string, message: string): void
  gone(node: PublicKey | null, reason: string): void
}

export type CheckedInMessage = Exclude<ClientMessage, { type: 'check-in' }>

type State =
  | { readonly phase: 'challenged'; readonly nonce: string; readonly until: number }
  | { readonly phase: 'checked-in'; readonly node: PublicKey }
  | { readonly phase: 'closed' }

/** How many messages one counts as that makes the server, or others, work. */
const costOf = (message: ClientMessage): number => {
  if (message.type === 'directory') return DIRECTORY_COST
  if (message.type === 'rendezvous') return RENDEZVOUS_COST
  // Either way others are told; who leaves may join again.
  const isAnnounced = message.type === 'unsubscribe' || (message.type === 'meta' && message.to === null)
  return isAnnounced ? ANNOUNCING_COST : 1
}

export const createConnection = (
  deps: { readonly clock: Clock; readonly random: Random; readonly verify: Verify },
  socket: Socket,
  /** The Host header, and whether this server goes by that name. */
  host: { readonly name: string; readonly known: boolean },
  handlers: ConnectionHandlers,
): Connection => {
  const { clock, random, verify } = deps
  const start = clock.now()
  const allowance = createAllowance(MESSAGE_BURST, MESSAGES_PER_SECOND, start)
  let state: State = { phase: 'challenged', nonce: toHex(random.bytes(32)), until: start + CHECK_IN_MS }
  let malformed = 0
  let paused = false
  let lastHeard = start
  let lastPing = start

  /** any → closed */
  const leave = (reason: string): boolean => {
    if (state.phase === 'closed') return false
    const node = state.phase === 'checked-in' ? state.node : null
    state = { phase: 'closed' }
    handlers.gone(node, reason)
    return true
  }

  const cut = (reason: string): void => {
    if (leave(reason)) socket.terminate()
  }

  const end = (code: number, reason: string): void => {
    if (leave(reason)) socket.close(code, reason)
  }

  const send = (text: string): void => {
    if (state.phase === 'closed') return
    if (socket.bufferedBytes > MAX_BUFFERED_BYTES) cut('slow-reader')
    else socket.send(text)
  }

  const say = (message: ServerMessage): void => send(JSON.stringify(message))

  const refuse = (code: string, message: string): void => {
    handlers.refused(state.phase === 'checked-in' ? state.node : null, code, message)
    say({ type: 'refused', re: null, code, message })
  }

  /** challenged → closed, with the reason where a person can read it */
  const refuseAndEnd = (code: string, message: string): void => {
    refuse(code, message)
    end(CLOSE_REFUSED, code)
  }

  const spend = (cost: number): void => {
    allowance.spend(cost, clock.now())
    if (paused || !allowance.isSpent(clock.now())) return
    paused = true
    socket.pause()
  }

  /** challenged → checked-in */
  const checkIn = (message: ClientMessage, nonce: string): void => {
    if (message.type !== 'check-in')
      return refuseAndEnd('not-checked-in', `The first message is check-in, not ${message.type}.`)
    if (!host.known)
      return refuseAndEnd(
        'unknown-host',
        `This server does not go by the name "${host.name.slice(0, 80)}"; whoever runs it can set ALLOWED_HOSTS.`,
      )
    if (!verify(message.publicKey, checkInBytes(nonce, host.name), fromHex(message.signature)))
      return refuseAndEnd(
        'bad-signature',
        `The signature is not by this key over this nonce and the host "${host.name.slice(0, 80)}".`,
      )
    if (!handlers.admits(message.publicKey))
      return refuseAndEnd('too-often', 'This key has checked in too often; another program may be using it.')
    if (message.yields === true && handlers.isHeld(message.publicKey))
      return refuseAndEnd('held', 'This identity is checked in from another place: two copies of one node must not both sign. End the other one.')
    state = { phase: 'checked-in', node: message.publicKey }
    handlers.checkedIn(message.publicKey, connection)
  }

  const refuseMalformed = (message: string): void => {
    spend(1)
    malformed++
    if (state.phase === 'challenged') refuseAndEnd('malformed', message)
    else refuse('malformed', message)
    if (malformed >= MAX_MALFORMED) end(CLOSE_REFUSED, 'too-many-malformed')
  }

  const handle = (message: ClientMessage): void => {
    spend(costOf(message))
    if (state.phase === 'challenged') checkIn(message, state.nonce)
    else if (message.type === 'check-in') refuse('checked-in', 'This connection has checked in already.')
    else if (state.phase === 'checked-in') handlers.message(state.node, message)
  }

  const connection: Connection = {
    receive(text) {
      if (state.phase === 'closed') return
      lastHeard = clock.now()
      const judged =
        text === null ? fail('malformed', 'A message is text, not binary.') : decodeJson(clientMessage, text)
      if (judged.ok) handle(judged.value)
      else refuseMalformed(judged.error.message)
    },
    heard() {
      lastHeard = clock.now()
    },
    tick() {
      const now = clock.now()
      switch (state.phase) {
        case 'closed':
          return
        case 'challenged':
          if (now >= state.until) refuseAndEnd('check-in-timeout', `No check-in came within ${CHECK_IN_MS / 1000} s.`)
          return
        case 'checked-in':
          if (paused) resumeWhenAllowed(now)
          else beat(now)
          return
        default:
          unreachable(state)
      }
    },
    send,
    end,
    closed: (reason) => void leave(reason),
  }

  const resumeWhenAllowed = (now: number): void => {
    if (allowance.isSpent(now)) return
    paused = false
    // While we do not read, we do not hear either.
    lastHeard = now
    socket.resume()
  }

  const beat = (now: number): void => {
    if (now - lastHeard >= SILENT_MS) return cut('silent')
    if (now - lastPing < HEARTBEAT_MS) return
    lastPing = now
    socket.ping()
  }

  const nonce = state.nonce
  say({ type: 'challenge', version: SIGNALING_VERSION, nonce })
  return connection
}
