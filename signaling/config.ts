import type { BlockList } from 'node:net'
import { fail, ok } from '../src/base/result.ts'
import { readTrusted } from './addresses.ts'
import { bad, choice, listOf, wholeNumber, type Environment, type Read } from './environment.ts'
import { readIceServers, readTurn } from './ice-config.ts'
import type { IceServer, Turn } from './ice.ts'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from './limits.ts'
import type { LogLevel } from './log.ts'

/** What the environment may say about a server; README.md lists it. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Folder of the built app. */
  readonly appDir: string
  /** Folder of the database; null: nothing outlives the process. */
  readonly dataDir: string | null
  /** Servers of a NATS cluster that this server shares its directory and its nodes' words with; none: it is alone. */
  readonly natsUrls: readonly string[]
  readonly iceServers: readonly IceServer[]
  readonly turn: Turn | null
  /** Machines whose word we take for whom they speak (X-Forwarded-For). */
  readonly trustedProxies: BlockList
  /** Pages of these origins may connect besides our own: scheme://host[:port]. */
  readonly allowedOrigins: readonly string[]
  /** Names this server goes by besides localhost and its own addresses. */
  readonly allowedHosts: readonly string[]
  /** Whether PeerJS clients are served at /peerjs. */
  readonly peerJs: boolean
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Who may read /metrics; `local`: programs of this machine. */
  readonly metricsFor: 'local' | 'all' | 'none'
  readonly logLevel: LogLevel
  readonly logFormat: 'text' | 'json' | 'auto'
}

/** Judges the environment; the failure names the variable, what it holds and what it may hold. */
export const readConfig = (env: Environment): Read<Config> => {
  const port = wholeNumber(env, 'PORT', 8080, 65_535)
  if (!port.ok) return port
  const iceServers = readIceServers(env)
  if (!iceServers.ok) return iceServers
  const turn = readTurn(env)
  if (!turn.ok) return turn
  const trustedProxies = readTrustedProxies(env)
  if (!trustedProxies.ok) return trustedProxies
  const allowedOrigins = readOrigins(listOf(env['ALLOWED_ORIGINS']))
  if (!allowedOrigins.ok) return allowedOrigins
  const maxConnections = wholeNumber(env, 'MAX_CONNECTIONS', MAX_CONNECTIONS, 1_000_000)
  if (!maxConnections.ok) return maxConnections
  const perAddress = wholeNumber(env, 'MAX_CONNECTIONS_PER_ADDRESS', MAX_CONNECTIONS_PER_ADDRESS, 1_000_000)
  if (!perAddress.ok) return perAddress
  const metricsFor = choice(env, 'METRICS', 'local', ['local', 'all', 'none'])
  if (!metricsFor.ok) return metricsFor
  const peerJs = choice(env, 'PEERJS', 'on', ['on', 'off'])
  if (!peerJs.ok) return peerJs
  const natsUrls = readNatsUrls(listOf(env['NATS_URL']))
  if (!natsUrls.ok) return natsUrls
  const logLevel = choice(env, 'LOG_LEVEL', 'info', ['silent', 'error', 'warn', 'info', 'debug'])
  if (!logLevel.ok) return logLevel
  const logFormat = choice(env, 'LOG_FORMAT', 'auto', ['text', 'json', 'auto'])
  if (!logFormat.ok) return logFormat
  return ok({
    port: port.value,
    host: env['HOST']?.trim() || '127.0.0.1',
    appDir: env['APP_DIR']?.trim() || 'dist/app',
    dataDir: readDataDir(env),
    natsUrls: natsUrls.value,
    iceServers: iceServers.value,
    turn: turn.value,
    trustedProxies: trustedProxies.value,
    allowedOrigins: allowedOrigins.value,
    allowedHosts: listOf(env['ALLOWED_HOSTS']).map((name) => name.toLowerCase()),
    peerJs: peerJs.value === 'on',
    maxConnections: maxConnections.value,
    maxConnectionsPerAddress: perAddress.value,
    metricsFor: metricsFor.value,
    logLevel: logLevel.value,
    logFormat: logFormat.value,
  })
}

/** What the log may show of it: everything but secrets. */
export const masked = ({ iceServers, turn, trustedProxies, natsUrls, ...rest }: Config): Readonly<Record<string, unknown>> => ({
  ...rest,
  natsUrls: natsUrls.map((url) => url.replace(/\/\/[^/@]*@/, `//${MASK}@`)),
  iceServers: iceServers.map(({ urls, credential }) => (credential === undefined ? urls : `${urls} (with a password)`)),
  turn: turn === null ? null : { urls: turn.urls, ttlSeconds: turn.ttlSeconds, secret: MASK },
  trustedProxies: trustedProxies.rules,
})

const MASK = '***'

/** In the folder the server is started from, as git keeps its own: it needs no set-up and is found again. */
const DEFAULT_DATA_DIR = '.zazen'

export const readDataDir = (env: Environment): string | null => {
  const folder = env['DATA_DIR']?.trim() || DEFAULT_DATA_DIR
  return folder === 'none' ? null : folder
}

/** A proxy on this machine is the operator's own. */
const DEFAULT_TRUSTED_PROXIES = 'loopback'

const readTrustedProxies = (env: Environment): Read<BlockList> => {
  const trusted = readTrusted(listOf(env['TRUST_PROXY']?.trim() || DEFAULT_TRUSTED_PROXIES))
  return trusted.ok
    ? trusted
    : bad('TRUST_PROXY', trusted.error.message, 'it is "none", "loopback", or a list of addresses and networks such as 10.0.0.0/8.')
}

/** The addresses are not repeated: they may hold a password. */
const readNatsUrls = (urls: readonly string[]): Read<readonly string[]> =>
  urls.every((url) => /^(?:nats|tls):\/\/\S{1,300}$/.test(url) && URL.canParse(url))
    ? ok(urls)
    : fail('bad-config', 'NATS_URL cannot be used: it is a list such as nats://user:password@a.example:4222,nats://b.example:4222.')

const readOrigins = (origins: readonly string[]): Read<readonly string[]> => {
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      return bad('ALLOWED_ORIGINS', origin, 'an origin is written as https://example.org or http://localhost:5173.')
  return ok(origins)
}
