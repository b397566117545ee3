import * as v from 'valibot'
import { fail, ok } from '../src/base/result.ts'
import { bad, listOf, wholeNumber, type Environment, type Read } from './environment.ts'
import type { IceServer, Turn } from './ice.ts'

/** Two operators, so that one's bad day is not everyone's; a node behind a NAT needs one of them. */
const DEFAULT_ICE_SERVERS = 'stun:stun.cloudflare.com:3478,stun:stun.l.google.com:19302'

const iceUrl = v.pipe(v.string(), v.maxLength(300), v.regex(/^(?:stuns?|turns?):\S+$/))
const iceText = v.optional(v.pipe(v.string(), v.maxLength(300)))
const iceServer = v.strictObject({
  urls: v.union([iceUrl, v.pipe(v.array(iceUrl), v.minLength(1))]),
  username: iceText,
  credential: iceText,
})

/** As many as a welcome message may name, beside the TURN servers. */
const MAX_ICE_SERVERS = 12
const MAX_TURN_URLS = 4

export const readIceServers = (env: Environment): Read<readonly IceServer[]> => {
  const text = env['ICE_SERVERS']?.trim() || DEFAULT_ICE_SERVERS
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

/** Shorter secrets are guessed from one credential, which everyone gets. */
const MIN_SECRET_CHARS = 16

/** An hour: a credential that leaks is worth little, and a node that is asleep for a while keeps its relay. */
const DEFAULT_TTL_SECONDS = 3_600

/** TURN servers with a shared secret; null when none are named. The secret is never repeated. */
export const readTurn = (env: Environment): Read<Turn | null> => {
  const urls = listOf(env['TURN_URLS'])
  const secret = env['TURN_SECRET']?.trim() ?? ''
  if (urls.length === 0 && secret === '') return ok(null)
  for (const url of urls)
    if (!/^turns?:\S{1,295}$/.test(url)) return bad('TURN_URLS', url, 'it is a list such as turn:turn.example.org:3478.')
  if (urls.length === 0) return fail('bad-config', 'TURN_SECRET is set, and TURN_URLS names no server.')
  if (urls.length > MAX_TURN_URLS) return bad('TURN_URLS', urls.join(','), `it names at most ${MAX_TURN_URLS} servers.`)
  if (secret.length < MIN_SECRET_CHARS)
    return fail('bad-config', `TURN_SECRET cannot be used: it has ${MIN_SECRET_CHARS} characters or more, as static-auth-secret of the TURN server.`)
  const ttlSeconds = wholeNumber(env, 'TURN_TTL', DEFAULT_TTL_SECONDS, 7 * 86_400)
  return ttlSeconds.ok ? ok({ urls, secret, ttlSeconds: Math.max(60, ttlSeconds.value) }) : ttlSeconds
}
