import type { PublicKey } from '../domain/stream.ts'
import type { ClockDep } from '../ports/clock.ts'

/** After its first cut a peer is not met for this long, and twice as long after each further one, milliseconds. */
const FIRST_MS = 10_000
const LONGEST_MS = 600_000

/** Peers remembered: a crowd of throw-away keys costs a bounded table. The one cut longest ago is forgotten first. */
const MAX_AVOIDED = 1_000

/**
 * Peers that were cut off. They are not met for a while: a liar must not keep us dialling, nor stand in the few places
 * that a stream's honest sources need. Never for ever, because an honest peer may have been silent when its machine slept.
 */
export interface Avoidance {
  note(peer: PublicKey): void
  has(peer: PublicKey): boolean
}

export const createAvoidance = ({ clock }: ClockDep): Avoidance => {
  const avoided = new Map<PublicKey, { readonly until: number; readonly forMs: number }>()
  return {
    note: (peer) => {
      const forMs = Math.min(LONGEST_MS, (avoided.get(peer)?.forMs ?? FIRST_MS / 2) * 2)
      avoided.delete(peer)
      avoided.set(peer, { until: clock.now() + forMs, forMs })
      const [oldest] = avoided.keys()
      if (avoided.size > MAX_AVOIDED && oldest !== undefined) avoided.delete(oldest)
    },
    has: (peer) => (avoided.get(peer)?.until ?? 0) > clock.now(),
  }
}
