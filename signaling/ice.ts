import { createHmac } from 'node:crypto'
import type { PublicKey } from '../src/domain/stream.ts'
import type { ServerMessage } from '../src/protocol/signaling.ts'

export type IceServer = Extract<ServerMessage, { type: 'welcome' }>['iceServers'][number]

/** TURN servers that take short-lived credentials made with a secret they share with us (coturn: `use-auth-secret`). */
export interface Turn {
  readonly urls: readonly string[]
  readonly secret: string
  readonly ttlSeconds: number
}

/** The ICE servers for one node now, and when it needs them anew; null: never. */
export interface Ice {
  (node: PublicKey, now: number): { readonly iceServers: readonly IceServer[]; readonly renewAt: number | null }
}

export const createIce =
  (fixed: readonly IceServer[], turn: Turn | null): Ice =>
  (node, now) => {
    if (turn === null) return { iceServers: fixed, renewAt: null }
    const credentials = turnCredentials(turn, node, now)
    const relays = turn.urls.map((urls) => ({ urls, ...credentials }))
    // Half of the time is left to whoever is just connecting with them.
    return { iceServers: [...fixed, ...relays], renewAt: now + (turn.ttlSeconds * 1_000) / 2 }
  }

/**
 * draft-uberti-behave-turn-rest-00: the name is the second it ends and an id (the node's, so that the relay's quotas count
 * nodes), the password is the name's HMAC-SHA1, which is what coturn computes too.
 */
const turnCredentials = ({ secret, ttlSeconds }: Turn, node: PublicKey, now: number) => {
  const username = `${Math.floor(now / 1_000) + ttlSeconds}:${node.slice(0, 16)}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
