import * as v from 'valibot'
import { fail, ok, type Result } from '../../src/base/result.ts'
import { publicKey } from '../../src/protocol/json.ts'
import { RENDEZVOUS_MS } from '../../src/protocol/limits.ts'
import type { Caller, ClaimFailure, ServerName } from './rendezvous-keys.ts'

/** What the book holds of a key. */
const place = v.strictObject({
  home: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  first: publicKey,
  /** Null while the first caller waits. */
  second: v.nullable(publicKey),
  /** Milliseconds since 1970; the clocks of the servers of one cluster agree within a second or so. */
  until: v.pipe(v.number(), v.safeInteger()),
})

export type Place = v.InferOutput<typeof place>

/** What a claim makes of a key, given what is there: the next place, or why not. Pure. */
export const claimed = (
  known: Place | null,
  { node, server }: Caller,
  now: number,
  isThere: (server: ServerName) => boolean,
): Result<Place, ClaimFailure> => {
  const fresh: Place = { home: server, first: node, second: null, until: now + RENDEZVOUS_MS }
  if (known === null) return ok(fresh)
  if (known.second !== null && known.until <= now)
    return fail('used', 'This key has introduced two nodes already; make a new one.')
  if (known.second !== null && known.second !== node && known.first !== node)
    return fail('taken', 'Two others have met under this key.')
  // A first caller whose server is gone, or whose time is over, waits no more.
  if (known.second === null && (known.until <= now || !isThere(known.home))) return ok(fresh)
  if (known.second !== null || known.first === node)
    return fail('same-node', 'This node has called for this key already; the other caller must be another node.')
  return ok({ ...known, second: node, until: now + RENDEZVOUS_MS })
}

export const encodePlace = (one: Place): string => JSON.stringify(one)

/** A place that cannot be read is treated as none: the key is random, and whoever wrote that was no server of ours. */
export const decodePlace = (text: string): Place | null => {
  try {
    const judged = v.safeParse(place, JSON.parse(text))
    return judged.success ? judged.output : null
  } catch {
    return null
  }
}
