import { fail, ok, type Failure, type Result } from '../src/base/result.ts'
import type { PublicKey } from '../src/domain/stream.ts'
import { MAX_RENDEZVOUS_PER_CALLER, MAX_SIGNALS, RENDEZVOUS_MS } from '../src/protocol/limits.ts'
import { MAX_USED_KEYS } from './limits.ts'
import type { Outgoing } from './outgoing.ts'

/**
 * Two nodes that present the same key are introduced: any two, never three. SPEC [S40]–[S50].
 * Pure: time comes in with every event, what is to be said comes out.
 */
export interface Rendezvous {
  call(node: PublicKey, key: string, now: number): Result<readonly Outgoing[], RendezvousFailure>
  signal(node: PublicKey, key: string, signal: string, now: number): readonly Outgoing[]
  leave(node: PublicKey, key: string, now: number): void
  /** One key of a node that cannot be told what comes of it: who is matched with it need not wait. */
  abandon(node: PublicKey, key: string, now: number): readonly Outgoing[]
  /** Abandons all keys that it holds. */
  gone(node: PublicKey, now: number): readonly Outgoing[]
  tick(now: number): readonly Outgoing[]
  /** Keys that this node holds, waiting or matched. */
  held(node: PublicKey): number
  /** Keys held: waiting, matched and used; for the log and for tests of what is left behind. */
  readonly size: number
}

export type RendezvousFailure = Failure<'same-node' | 'taken' | 'used' | 'too-many-rendezvous'>

interface Waiting {
  readonly phase: 'waiting'
  readonly first: PublicKey
  readonly until: number
}

interface Matched {
  readonly phase: 'matched'
  /** First caller and second caller; who has left stays named here. */
  readonly pair: readonly [PublicKey, PublicKey]
  /** Signals sent by each one that has not left. */
  readonly sent: Map<PublicKey, number>
  readonly until: number
}

/** Only that it was matched is remembered, so that a key serves once. */
interface Used {
  readonly phase: 'used'
  readonly until: number
}

export const createRendezvous = (
  /** Told how long a first caller was held. */
  held: (outcome: 'matched' | 'timeout' | 'left', forMs: number, key: string) => void = () => undefined,
): Rendezvous => {
  // In the order of their deadlines: every phase lasts equally long, and a key that changes phase moves to the end.
  const places = new Map<string, Waiting | Matched>()
  const used = new Map<string, Used>()
  const heldBy = new Map<PublicKey, Set<string>>()

  const hold = (node: PublicKey, key: string): void => {
    const keys = heldBy.get(node) ?? new Set()
    heldBy.set(node, keys.add(key))
  }
  const release = (node: PublicKey, key: string): void => {
    const keys = heldBy.get(node)
    keys?.delete(key)
    if (keys?.size === 0) heldBy.delete(node)
  }

  /** waiting → matched */
  const match = (key: string, { first, until }: Waiting, second: PublicKey, now: number): readonly Outgoing[] => {
    held('matched', heldFor(until, now), key)
    places.delete(key)
    places.set(key, {
      phase: 'matched',
      pair: [first, second],
      sent: new Map([
        [first, 0],
        [second, 0],
      ]),
      until: now + RENDEZVOUS_MS,
    })
    hold(second, key)
    return [
      { to: [first], message: { type: 'matched', key, role: 'initiator', peer: second } },
      { to: [second], message: { type: 'matched', key, role: 'responder', peer: first } },
    ]
  }

  /** Many at a time: the first key of a map is found behind all that were deleted before it (20 µs for each of a full book, measured). */
  const forgetOldest = (): void => {
    for (const key of used.keys()) {
      if (used.size <= MAX_USED_KEYS * 0.99) return
      used.delete(key)
    }
  }

  /** matched → used; answers who was still there. */
  const end = (key: string, place: Matched, now: number): readonly PublicKey[] => {
    const present = [...place.sent.keys()]
    for (const node of present) release(node, key)
    places.delete(key)
    used.set(key, { phase: 'used', until: now + RENDEZVOUS_MS })
    if (used.size > MAX_USED_KEYS) forgetOldest()
    return present
  }

  /** waiting → nothing: a key that was never matched may be used again. */
  const free = (key: string, place: Waiting, outcome: 'timeout' | 'left', now: number): void => {
    held(outcome, heldFor(place.until, now), key)
    places.delete(key)
    release(place.first, key)
  }

  const abandon = (node: PublicKey, key: string, now: number): readonly Outgoing[] => {
    const place = places.get(key)
    if (place?.phase === 'waiting' && place.first === node) free(key, place, 'left', now)
    if (place?.phase !== 'matched' || !place.sent.has(node)) return []
    const others = end(key, place, now).filter((one) => one !== node)
    return [droppedTo(others, key, 'peer-left', 'The other node has disconnected from the server.')]
  }

  return {
    call(node, key, now) {
      const place = places.get(key)
      if (used.has(key)) return fail('used', 'This key has introduced two nodes already; make a new one.')
      if (place !== undefined && namesOf(place).includes(node))
        return fail('same-node', 'This node has called for this key already; the other caller must be another node.')
      if (place?.phase === 'matched') return fail('taken', 'Two others have met under this key.')
      if ((heldBy.get(node)?.size ?? 0) >= MAX_RENDEZVOUS_PER_CALLER)
        return fail('too-many-rendezvous', `A node may hold ${MAX_RENDEZVOUS_PER_CALLER} rendezvous at a time.`)
      if (place !== undefined) return ok(match(key, place, node, now))
      places.set(key, { phase: 'waiting', first: node, until: now + RENDEZVOUS_MS })
      hold(node, key)
      return ok([])
    },

    signal(node, key, signal, now) {
      const place = places.get(key)
      const count = place?.phase === 'matched' ? place.sent.get(node) : undefined
      if (place?.phase !== 'matched' || count === undefined) return []
      if (count >= MAX_SIGNALS)
        return [droppedTo(end(key, place, now), key, 'too-many-signals', `More than ${MAX_SIGNALS} signals one way.`)]
      place.sent.set(node, count + 1)
      const others = [...place.sent.keys()].filter((one) => one !== node)
      return [{ to: others, message: { type: 'signal', key, signal } }]
    },

    leave(node, key, now) {
      const place = places.get(key)
      if (place?.phase === 'waiting' && place.first === node) free(key, place, 'left', now)
      if (place?.phase !== 'matched' || !place.sent.delete(node)) return
      release(node, key)
      if (place.sent.size === 0) end(key, place, now)
    },

    abandon,
    gone: (node, now) => [...(heldBy.get(node) ?? [])].flatMap((key) => abandon(node, key, now)),

    tick(now) {
      const said: Outgoing[] = []
      for (const [key, { until }] of used) {
        if (until > now) break
        used.delete(key)
      }
      for (const [key, place] of places) {
        if (place.until > now) break
        if (place.phase === 'waiting') {
          free(key, place, 'timeout', now)
          said.push(droppedTo([place.first], key, 'timeout', 'Nobody else came with this key.'))
        } else said.push(droppedTo(end(key, place, now), key, 'expired', 'The time for this introduction is over.'))
      }
      return said
    },

    held: (node) => heldBy.get(node)?.size ?? 0,
    get size() {
      return places.size + used.size
    },
  }
}

const heldFor = (until: number, now: number): number => now - (until - RENDEZVOUS_MS)

const namesOf = (place: Waiting | Matched): readonly PublicKey[] =>
  place.phase === 'waiting' ? [place.first] : place.pair

const droppedTo = (to: readonly PublicKey[], key: string, code: string, message: string): Outgoing => ({
  to,
  message: { type: 'dropped', key, code, message },
})
