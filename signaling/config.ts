import * as v from 'valibot'
import { fail, ok, type Failure, type Result } from '../src/base/result.ts'
import { MAX_CONNECTIONS } from './limits.ts'
import type { LogLevel } from './log.ts'
import type { IceServer } from './switchboard.ts'

/** What the environment may say about a server; README.md lists it. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Folder of the built app. */
  readonly appDir: string
  readonly iceServers: readonly IceServer[]
  /** Pages of these origins may connect besides our own: scheme://host[:port]. */
  readonly allowedOrigins: readonly string[]
  /** Names this server goes by besides localhost and its own addresses. */
  readonly allowedHosts: readonly string[]
  readonly maxConnections: number
  readonly logLevel: LogLevel
  readonly logFormat: 'text' | 'json' | 'auto'
}

type Environment = Readonly<Record<string, string | undefined>>
type Read<T> = Result<T, Failure<'bad-config'>>

/** Two operators, so that one's bad day is not everyone's; a node behind a NAT needs one of them. */
const DEFAULT_ICE_SERVERS = 'stun:stun.cloudflare.com:3478,stun:stun.l.google.com:19302'

/** Judges the environment; the failure names the variable, what it holds and what it may hold. */
export const readConfig = (env: Environment): Read<Config> => {
  const port = wholeNumber(env, 'PORT', 8080, 65_535)
  if (!port.ok) return port
  const iceServers = readIceServers(env['ICE_SERVERS']?.trim() || DEFAULT_ICE_SERVERS)
  if (!iceServers.ok) return iceServers
  const allowedOrigins = readOrigins(listOf(env['ALLOWED_ORIGINS']))
  if (!allowedOrigins.ok) return allowedOrigins
  const maxConnections = wholeNumber(env, 'MAX_CONNECTIONS', MAX_CONNECTIONS, 1_000_000)
  if (!maxConnections.ok) return maxConnections
  const logLevel = choice(env, 'LOG_LEVEL', 'info', ['silent', 'error', 'warn', 'info', 'debug'])
  if (!logLevel.ok) return logLevel
  const logFormat = choice(env, 'LOG_FORMAT', 'auto', ['text', 'json', 'auto'])
  if (!logFormat.ok) return logFormat
  return ok({
    port: port.value,
    host: env['HOST']?.trim() || '127.0.0.1',
    appDir: env['APP_DIR']?.trim() || 'dist/app',
    iceServers: iceServers.value,
    allowedOrigins: allowedOrigins.value,
    allowedHosts: listOf(env['ALLOWED_HOSTS']).map((name) => name.toLowerCase()),
    maxConnections: maxConnections.value,
    logLevel: logLevel.value,
    logFormat: logFormat.value,
  })
}

const bad = (name: string, value: string, wanted: string): Result<never, Failure<'bad-config'>> =>
  fail('bad-config', `${name}=${value.slice(0, 100)} cannot be used: ${wanted}`)

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

const wholeNumber = (env: Environment, name: string, preset: number, max: number): Read<number> => {
  const text = env[name]?.trim() || String(preset)
  const value = Number(text)
  return /^\d+$/.test(text) && value <= max ? ok(value) : bad(name, text, `it is a whole number from 0 to ${max}.`)
}

const choice = <const T extends string>(env: Environment, name: string, preset: T, choices: readonly T[]): Read<T> => {
  const text = env[name]?.trim() || preset
  const chosen = choices.find((one) => one === text)
  return chosen === undefined ? bad(name, text, `it is one of ${choices.join(', ')}.`) : ok(chosen)
}

const readOrigins = (origins: readonly string[]): Read<readonly string[]> => {
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      return bad('ALLOWED_ORIGINS', origin, 'an origin is written as https://example.org or http://localhost:5173.')
  return ok(origins)
}

const iceUrl = v.pipe(v.string(), v.maxLength(300), v.regex(/^(?:stuns?|turns?):\S+$/))
const iceText = v.optional(v.pipe(v.string(), v.maxLength(300)))
const iceServer = v.strictObject({
  urls: v.union([iceUrl, v.pipe(v.array(iceUrl), v.minLength(1))]),
  username: iceText,
  credential: iceText,
})

/** As many as a welcome message may name. */
const MAX_ICE_SERVERS = 16

const readIceServers = (text: string): Read<readonly IceServer[]> => {
  if (text === 'none') return ok([])
  const wanted =
    'it is "none", a list such as stun:stun.example.org:3478,stun:other.example.org, or JSON as RTCPeerConnection takes it.'
  const judged = v.safeParse(
    v.array(iceServer),
    text.startsWith('[') ? parseJson(text) : listOf(text).map((urls) => ({ urls })),
  )
  // The text is not repeated: it may hold a password.
  if (!judged.success) return fail('bad-config', `ICE_SERVERS cannot be used: ${wanted}`)
  const servers = judged.output.flatMap(({ urls, username, credential }) =>
    [urls].flat().map((url) => ({
      urls: url,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    })),
  )
  return servers.length <= MAX_ICE_SERVERS
    ? ok(servers)
    : fail('bad-config', `ICE_SERVERS names ${servers.length} servers; at most ${MAX_ICE_SERVERS} may be given.`)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // Not an array of servers either way; the caller says what was wanted.
    return null
  }
}
