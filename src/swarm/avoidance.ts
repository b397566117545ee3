import type { PublicKey } from '../domain/stream.ts'
import type { Pauses } from './config.ts'

/** For how long a peer is not met after it was cut. Each further time counts double. */
const CUT: Pauses = { firstMs: 10_000, longestMs: 600_000 }

/** Weaker: that nobody came, or that no connection came about, may be the network's doing. */
const LAPSE: Pauses = { firstMs: 5_000, longestMs: 120_000 }

/** Peers remembered of each kind: a crowd of throw-away keys costs a bounded table. The one noted longest ago is forgotten first. */
const MAX_AVOIDED = 1_000

/**
 * Peers that were cut off, that agreed to meet and did not come, or that could not be reached. They are not met for a
 * while: they must not keep us dialling, nor stand in the few places that a stream's honest sources need. Never for
 * ever, because an honest peer may have been silent when its machine slept.
 */
export interface Avoidance {
  /** It was cut off. */
  note(peer: PublicKey): void
  /** It did not come, or no connection came about. */
  noteLapse(peer: PublicKey): void
  /** A connection came about: earlier lapses are forgotten, cuts are not. */
  noteMet(peer: PublicKey): void
  /** It was our own network that was away: nobody's lapses count. */
  forgetLapses(): void
  has(peer: PublicKey): boolean
}

/** `now` in milliseconds. */
export const createAvoidance = (now: () => number): Avoidance => {
  const cuts = createTable(CUT, now)
  const lapses = createTable(LAPSE, now)
  return {
    note: cuts.note,
    noteLapse: lapses.note,
    noteMet: lapses.forget,
    forgetLapses: lapses.clear,
    has: (peer) => cuts.has(peer) || lapses.has(peer),
  }
}

/** Two tables: whoever fills the one with lapses does not make us forget who lied. */
const createTable = ({ firstMs, longestMs }: Pauses, now: () => number) => {
  const avoided = new Map<PublicKey, { readonly until: number; readonly forMs: number }>()
  return {
    note: (peer: PublicKey): void => {
      const forMs = Math.min(longestMs, (avoided.get(peer)?.forMs ?? firstMs / 2) * 2)
      avoided.delete(peer)
      avoided.set(peer, { until: now() + forMs, forMs })
      const [oldest] = avoided.keys()
      if (avoided.size > MAX_AVOIDED && oldest !== undefined) avoided.delete(oldest)
    },
    forget: (peer: PublicKey): void => {
      avoided.delete(peer)
    },
    clear: (): void => {
      avoided.clear()
    },
    has: (peer: PublicKey): boolean => (avoided.get(peer)?.until ?? 0) > now(),
  }
}
