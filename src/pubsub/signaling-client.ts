import { fromHex } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { PublicKey, StreamId } from '../domain/stream.ts'
import type { Bytes } from '../base/bytes.ts'
import { toHex } from '../base/bytes.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { IceServer } from '../ports/dialer.ts'
import type { RandomDep } from '../ports/random.ts'
import { decodeJson } from '../protocol/json.ts'
import {
  CLOSE_REPLACED,
  serverMessage,
  SIGNALING_VERSION,
  type ClientMessage,
  type ServerMessage,
} from '../protocol/signaling.ts'

/** The socket as this client needs it. */
export interface TextSocket {
  send(text: string): void
  close(): void
  /** Handlers are set once; closing takes them off. */
  listen(handlers: {
    readonly message: (data: unknown) => void
    readonly closed: (code: number, reason: string) => void
  }): void
}

export type ServerState =
  | { readonly is: 'connecting' }
  | { readonly is: 'checked-in'; readonly iceServers: readonly IceServer[] }
  /** `isHeld`: the identity is checked in from another place, and this one has asked not to take its place. */
  | { readonly is: 'waiting'; readonly retryAt: number; readonly error: string; readonly isHeld: boolean }
  /** Another connection of the same identity took over; this one does not fight for it. */
  | { readonly is: 'replaced' }

type Request = Extract<ClientMessage, { re: number }>
type Unnumbered<M> = M extends unknown ? Omit<M, 're'> : never
export type SignalingRequest = Unnumbered<Request>
/** What answers a request. */
export type SignalingAnswer = Extract<ServerMessage, { type: 'done' | 'entries' | 'peers' }>
export type SignalingNotice = Exclude<
  ServerMessage,
  { type: 'done' | 'entries' | 'peers' | 'challenge' | 'welcome' | 'refused' | 'ice-servers' | 'stopping' }
>

export interface SignalingClient {
  readonly state: ServerState
  request(message: SignalingRequest): Promise<Result<SignalingAnswer>>
  /** Messages that have no answer; lost when there is no server. */
  tell(message: Extract<ClientMessage, { type: 'signal' | 'leave' }>): void
  /**
   * The machine slept or the network is another: tries at once what waits, and asks the server for a sign of life. A socket
   * that died meanwhile would look alive for minutes.
   */
  woke(): void
  close(): void
}

export interface SignalingClientDeps extends ClockDep, RandomDep {
  readonly url: string
  readonly openSocket: (url: string) => TextSocket
  readonly prove: (nonce: Bytes, host: string) => Promise<Result<{ readonly publicKey: PublicKey; readonly signature: Bytes }>>
  /** Whether to come only where no other connection of this identity is; asked at each check-in. */
  readonly yields?: () => boolean
  readonly onState: (state: ServerState) => void
  readonly onNotice: (notice: SignalingNotice) => void
}

/** A request unanswered for this long is given up, milliseconds. */
const ANSWER_MS = 15_000

/** A server that does not check us in within this is left, milliseconds. */
const CHECK_IN_MS = 15_000

/** After a sleep the server answers within this or is gone, milliseconds. */
const SIGN_OF_LIFE_MS = 5_000

/** Nobody's stream: to unsubscribe from it is answered and changes nothing. */
const NO_STREAM = '0'.repeat(64) as StreamId

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/** One node's connection to one signaling server: checks in, answers requests, comes back by itself with jittered back-off. */
export const createSignalingClient = (deps: SignalingClientDeps): SignalingClient => {
  const { clock, random, url } = deps
  const waiting = new Map<number, (result: Result<SignalingAnswer>) => void>()
  let state: ServerState = { is: 'connecting' }
  let socket: TextSocket | null = null
  let attempt = 0
  let next = 1
  /** What a stopping server has asked for. */
  let retryAfterMs: number | null = null
  let closed = false
  let cancelTimer = (): void => undefined

  const become = (fresh: ServerState): void => {
    state = fresh
    deps.onState(fresh)
  }
  const transmit = (message: ClientMessage): void => {
    socket?.send(JSON.stringify(message))
  }
  const settle = (re: number, result: Result<SignalingAnswer>): void => {
    const done = waiting.get(re)
    waiting.delete(re)
    done?.(result)
  }
  const lose = (error: string, code: number, isHeld = false): void => {
    cancelTimer()
    socket?.close()
    socket = null
    for (const re of [...waiting.keys()]) settle(re, fail('disconnected', 'The server went away before it answered.'))
    if (closed) return
    if (code === CLOSE_REPLACED) {
      become({ is: 'replaced' })
      return
    }
    // Half of it is chance, so that a server that comes back is not met by all its nodes at once.
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt++)
    const delay = retryAfterMs ?? ceiling / 2 + (random.next() * ceiling) / 2
    retryAfterMs = null
    become({ is: 'waiting', retryAt: clock.now() + delay, error, isHeld })
    cancelTimer = clock.after(delay, connect)
  }
  const checkIn = async (nonce: string, asking: TextSocket | null): Promise<void> => {
    const proof = await deps.prove(fromHex(nonce), new URL(url).host)
    // The connection that asked may be gone: its proof is of no use to the next one.
    if (socket !== asking) return
    if (!proof.ok) {
      lose(proof.error.message, 0)
      return
    }
    const { publicKey, signature } = proof.value
    const yields = deps.yields?.() === true ? { yields: true as const } : {}
    transmit({ type: 'check-in', version: SIGNALING_VERSION, publicKey, signature: toHex(signature), ...yields })
  }
  const onMessage = (message: ServerMessage): void => {
    switch (message.type) {
      case 'challenge': {
        const asking = socket
        checkIn(message.nonce, asking).catch((thrown: unknown) => {
          if (socket === asking) lose(String(thrown), 0)
        })
        return
      }
      case 'welcome':
        cancelTimer()
        attempt = 0
        become({ is: 'checked-in', iceServers: message.iceServers })
        return
      case 'ice-servers':
        // No news to anyone: whoever dials asks for them then.
        if (state.is === 'checked-in') state = { is: 'checked-in', iceServers: message.iceServers }
        return
      case 'stopping':
        ;({ retryAfterMs } = message)
        return
      case 'done':
      case 'entries':
      case 'peers':
        settle(message.re, ok(message))
        return
      case 'refused':
        if (message.re !== null) settle(message.re, fail(message.code, message.message))
        else if (state.is !== 'checked-in') lose(message.message, 0, message.code === 'held')
        return
      default:
        deps.onNotice(message)
    }
  }
  const connect = (): void => {
    if (closed) return
    become({ is: 'connecting' })
    const opened = deps.openSocket(url)
    socket = opened
    cancelTimer = clock.after(CHECK_IN_MS, () => {
      lose('The server did not check this node in.', 0)
    })
    opened.listen({
      message: (data) => {
        if (socket !== opened) return
        const judged = decodeJson(serverMessage, typeof data === 'string' ? data : '')
        if (judged.ok) onMessage(judged.value)
        else lose(`The server sent what is no message: ${judged.error.message}`, 0)
      },
      closed: (code, reason) => {
        if (socket === opened) lose(reason === '' ? 'The server cannot be reached.' : reason, code)
      },
    })
  }
  const askForLife = (): void => {
    const asked = socket
    const re = next++
    const cancel = clock.after(SIGN_OF_LIFE_MS, () => {
      waiting.delete(re)
      if (socket === asked) lose('The server no longer answers.', 0)
    })
    waiting.set(re, cancel)
    transmit({ type: 'unsubscribe', re, stream: NO_STREAM })
  }
  connect()
  return {
    get state() {
      return state
    },
    request: (message) =>
      new Promise((resolve) => {
        if (closed || state.is !== 'checked-in') {
          resolve(fail('disconnected', 'There is no connection to the server now; it is tried again by itself.'))
          return
        }
        const re = next++
        const cancel = clock.after(ANSWER_MS, () => {
          settle(re, fail('no-answer', `The server did not answer ${message.type}.`))
        })
        waiting.set(re, (result) => {
          cancel()
          resolve(result)
        })
        transmit({ ...message, re })
      }),
    tell: (message) => {
      if (state.is === 'checked-in') transmit(message)
    },
    woke: () => {
      if (closed) return
      if (state.is === 'checked-in') askForLife()
      if (state.is !== 'waiting') return
      attempt = 0
      cancelTimer()
      connect()
    },
    close: () => {
      if (closed) return
      closed = true
      lose('closed', 0)
    },
  }
}
