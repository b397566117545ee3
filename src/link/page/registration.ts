import type { PublicKey } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { IceServer } from '../../ports/dialer.ts'
import type { RandomDep } from '../../ports/random.ts'
import { failureOf } from '../../base/result.ts'
import type { PeerServer } from './peer-server.ts'
import type { OpenPeerJs, PeerJsClient, PeerJsConnection, PeerJsHandlers } from './peerjs-client.ts'

/** A PeerServer that has not registered us by then will not, milliseconds; PeerJS itself waits for ever. */
const REGISTER_MS = 10_000

/** It is tried again after this, doubling up to the longest, half of it chance; milliseconds. */
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

/** Registered for as long as this, it counts as well again: one that lets us in and throws us out must not be hammered. */
const WELL_MS = 30_000

/** Kept registered after the last dial: the next one often follows at once. */
const LINGER_MS = 10_000

export interface RegistrationDeps extends ClockDep, RandomDep {
  readonly server: PeerServer
  readonly ownId: () => PublicKey
  readonly openPeerJs: OpenPeerJs
  readonly wanted: () => Wanted
  readonly onRegistered: () => void
  readonly onLost: (message: string, retryInMs: number | null) => void
  readonly handlers: Pick<PeerJsHandlers, 'absent' | 'mayOffer' | 'incoming'>
}

/** Why we are there. */
export interface Wanted {
  /** To be dialled. */
  readonly reach: boolean
  /** Dials wait until we are. */
  readonly waiting: boolean
  /** Connections are being made through it. */
  readonly making: boolean
}

/** This node at the PeerServer, there for as long as somebody wants it. */
export interface Registration {
  /** Looks again at what is wanted. */
  consider(): void
  /** The machine slept or the network is another: a connection to the PeerServer is dead whatever it says. */
  renew(): void
  isOpen(): boolean
  /** Null: not registered now. */
  connect(peer: PublicKey, iceServers: readonly IceServer[]): PeerJsConnection | null
  useIceServers(iceServers: readonly IceServer[]): void
  /** Leaves, and closes every connection. */
  close(): void
}

type Seat =
  | { readonly is: 'off' }
  | { readonly is: 'opening'; readonly cancel: () => void }
  | { readonly is: 'open'; readonly since: number; readonly cancelLeave: (() => void) | null }
  | { readonly is: 'waiting'; readonly cancel: () => void }

export const createRegistration = (deps: RegistrationDeps): Registration => {
  const { clock, random, server, openPeerJs, wanted, onRegistered, onLost } = deps
  let seat: Seat = { is: 'off' }
  let client: PeerJsClient | null = null
  let isLoading = false
  let attempt = 0
  let closed = false

  /** open | opening → waiting or off */
  const lose = (message: string): void => {
    if (seat.is !== 'opening' && seat.is !== 'open') return
    if (seat.is === 'opening') seat.cancel()
    else {
      seat.cancelLeave?.()
      if (clock.now() - seat.since >= WELL_MS) attempt = 0
    }
    const ceiling = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt++)
    const delayMs = ceiling / 2 + (random.next() * ceiling) / 2
    const { reach } = wanted()
    seat = reach ? { is: 'waiting', cancel: clock.after(delayMs, begin) } : { is: 'off' }
    client?.disconnect()
    onLost(message, reach ? delayMs : null)
  }
  /** off | waiting → opening */
  const begin = (): void => {
    const cancel = clock.after(REGISTER_MS, () => {
      lose('It does not answer.')
    })
    seat = { is: 'opening', cancel }
    // The one that connections were made with is kept: they are its own.
    if (client !== null && !client.isOver()) client.reconnect()
    else if (!isLoading) load()
  }
  const load = (): void => {
    isLoading = true
    openPeerJs(server, deps.ownId(), { ...deps.handlers, registered, lost: lose }).then(
      (opened) => {
        isLoading = false
        if (seat.is === 'opening') client = opened
        else opened.destroy()
      },
      (thrown: unknown) => {
        isLoading = false
        lose(`PeerJS cannot be loaded: ${failureOf(thrown).message}`)
      },
    )
  }
  /** opening → open */
  const registered = (): void => {
    if (seat.is !== 'opening') return
    seat.cancel()
    seat = { is: 'open', since: clock.now(), cancelLeave: null }
    onRegistered()
    consider()
  }
  /** open → off, and the waiting given up, when nobody wants it any more */
  const leave = (): void => {
    if (seat.is === 'waiting') seat.cancel()
    seat = { is: 'off' }
    client?.disconnect()
  }
  const consider = (): void => {
    const { reach, waiting, making } = wanted()
    if (closed) return
    if (seat.is === 'off') {
      if (reach || waiting) begin()
    } else if (seat.is === 'waiting') {
      if (!reach) leave()
      if (waiting) hurry()
    } else if (seat.is === 'open') {
      if (reach || waiting || making) stay(seat)
      else if (seat.cancelLeave === null) seat = { ...seat, cancelLeave: clock.after(LINGER_MS, leave) }
    }
  }
  const stay = (open: Extract<Seat, { is: 'open' }>): void => {
    open.cancelLeave?.()
    seat = { ...open, cancelLeave: null }
  }
  const hurry = (): void => {
    if (seat.is === 'waiting') seat.cancel()
    begin()
  }
  return {
    consider,
    renew: () => {
      attempt = 0
      if (seat.is === 'waiting') hurry()
      if (seat.is !== 'open') return
      stay(seat)
      leave()
      consider()
    },
    isOpen: () => seat.is === 'open',
    connect: (peer, iceServers) => {
      if (seat.is !== 'open') return null
      client?.useIceServers(iceServers)
      return client?.connect(peer) ?? null
    },
    useIceServers: (iceServers) => client?.useIceServers(iceServers),
    close: () => {
      closed = true
      if (seat.is === 'opening') seat.cancel()
      if (seat.is === 'open') stay(seat)
      leave()
      client?.destroy()
    },
  }
}
