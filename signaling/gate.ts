import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PublicKey } from '../src/domain/stream.ts'
import { createAddresses, placeOf } from './addresses.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import {
  CHECK_IN_BURST,
  CHECK_INS_PER_SECOND,
  CONNECT_BURST,
  CONNECTS_PER_SECOND,
  MAX_COUNTED_NAMES,
  MAX_HTTP_SOCKETS_PER_ADDRESS,
  RENDEZVOUS_BURST,
  RENDEZVOUS_PER_SECOND,
  REQUEST_BURST,
  REQUESTS_PER_SECOND,
} from './limits.ts'
import { createThreshold } from './threshold.ts'
import { createTurnstile } from './turnstile.ts'

/** Who comes in, from where, how many and how often: one gate for everything that is spoken on our port. SPEC [S4], [S5], [S18], [S101]. */
export interface Gate {
  /** A socket that has said nothing yet, and the address that it shows. False: there are too many of them. */
  mayStand(socket: Duplex, address: string): boolean
  /** Judges a WebSocket before it is one. Admitted: `left` gives its place back. */
  admit(request: IncomingMessage): { readonly status: 403 | 429 | 503 } | { readonly left: () => void }
  mayRequest(request: IncomingMessage): boolean
  originMayConnect(request: IncomingMessage): boolean
  mayCheckIn(node: PublicKey): boolean
  /** Tells whether one more rendezvous may be called for from there; the address is looked at once (each time: 5 % of an introduction, measured). */
  callsFrom(request: IncomingMessage): () => boolean
  /** The name in the Host header, and whether this server goes by it. */
  goesBy(request: IncomingMessage): boolean
  mayReadMetrics(request: IncomingMessage): boolean
  /** For the log. */
  addressOf(request: IncomingMessage): string
  tick(): void
}

export type GateConfig = Pick<
  Config,
  'host' | 'allowedOrigins' | 'allowedHosts' | 'maxConnections' | 'maxConnectionsPerAddress' | 'trustedProxies' | 'metricsFor'
>

export const createGate = (config: GateConfig, clock: Clock): Gate => {
  const doorkeeper = createDoorkeeper(config)
  const addresses = createAddresses(config.trustedProxies)
  const turnstile = (maxInside: number, burst: number, perSecond: number) =>
    createTurnstile({ maxInside, burst, perSecond, maxNames: MAX_COUNTED_NAMES })
  const sockets = turnstile(config.maxConnectionsPerAddress, CONNECT_BURST, CONNECTS_PER_SECOND)
  const requests = turnstile(0, REQUEST_BURST, REQUESTS_PER_SECOND)
  const checkIns = turnstile(0, CHECK_IN_BURST, CHECK_INS_PER_SECOND)
  const calls = turnstile(0, RENDEZVOUS_BURST, RENDEZVOUS_PER_SECOND)
  const threshold = createThreshold(MAX_HTTP_SOCKETS_PER_ADDRESS)
  let open = 0

  return {
    mayStand: (socket, address) => threshold.enter(socket, addresses.placeOfSocket(address)),
    admit(request) {
      if (!doorkeeper.originMayConnect(request)) return { status: 403 }
      if (open >= config.maxConnections) return { status: 503 }
      const place = placeOf(addresses.of(request))
      if (place !== null && sockets.enter(place, clock.now()) !== 'admitted') return { status: 429 }
      open++
      threshold.passed(request.socket)
      return {
        left: () => {
          open--
          if (place !== null) sockets.leave(place)
        },
      }
    },
    mayRequest(request) {
      const place = placeOf(addresses.of(request))
      return place === null || requests.pass(place, clock.now())
    },
    callsFrom(request) {
      const place = placeOf(addresses.of(request))
      return () => place === null || calls.pass(place, clock.now())
    },
    originMayConnect: (request) => doorkeeper.originMayConnect(request),
    mayCheckIn: (node) => checkIns.pass(node, clock.now()),
    goesBy: (request) => doorkeeper.goesBy(request),
    mayReadMetrics: (request) =>
      config.metricsFor === 'all' || (config.metricsFor === 'local' && addresses.isLocal(request)),
    addressOf: (request) => addresses.of(request),
    tick() {
      for (const one of [sockets, requests, checkIns, calls]) one.tick(clock.now())
    },
  }
}
