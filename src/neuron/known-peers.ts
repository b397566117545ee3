import * as v from 'valibot'
import { decodeJson, publicKey, streamId } from '../protocol/json.ts'
import { SWARM_DEFAULTS } from '../swarm/config.ts'
import type { KnownStream } from '../swarm/words.ts'
import type { SeenPeer } from './peer-view.ts'

// What the page keeps for the node over a reload: whom to look for when there is no server to ask. Judged when it is read,
// because whatever runs at the app's address can write there.

/** A peer that has not served a stream for so long is not looked for any more, milliseconds. */
const MAX_AGE_MS = 30 * 24 * 3_600_000

const knownSchema = v.strictObject({
  version: v.literal(1),
  streams: v.pipe(
    v.array(
      v.strictObject({
        stream: streamId,
        peers: v.pipe(
          v.array(v.strictObject({ peer: publicKey, at: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })),
          v.maxLength(SWARM_DEFAULTS.maxKnownPerStream),
        ),
      }),
    ),
    v.maxLength(SWARM_DEFAULTS.maxKnownStreams),
  ),
})

export const writeKnownPeers = (streams: readonly KnownStream[]): string => JSON.stringify({ version: 1, streams })

/** Nothing where nothing was kept, or something else; of the future and of long ago nothing. */
export const readKnownPeers = (text: string | null, now: number): readonly KnownStream[] => {
  if (text === null) return []
  const judged = decodeJson(knownSchema, text)
  if (!judged.ok) return []
  return judged.value.streams.map(({ stream, peers }) => ({ stream, peers: peers.filter(({ at }) => at <= now && now - at < MAX_AGE_MS) }))
}

/** Told to the window in every snapshot, of up to 192 that are known: who came last is whom a person asks about. */
const MAX_SEEN = 20

/** Each peer once, with the last time it was seen, the latest first. O(known), when what is known changes. */
export const lastSeen = (streams: readonly KnownStream[]): readonly SeenPeer[] => {
  const latest = new Map<string, number>()
  for (const { peers } of streams) for (const { peer, at } of peers) latest.set(peer, Math.max(at, latest.get(peer) ?? 0))
  return [...latest].sort(([, a], [, b]) => b - a).map(([id, at]) => ({ id, seen: new Date(at).toISOString() }))
}

/** Those of them that are told of nowhere else. */
export const notThere = (seen: readonly SeenPeer[], ...elsewhere: readonly (readonly { readonly id: string }[])[]): readonly SeenPeer[] => {
  const there = new Set(elsewhere.flat().map(({ id }) => id))
  return seen.filter(({ id }) => !there.has(id)).slice(0, MAX_SEEN)
}
