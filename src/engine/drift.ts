import { warmRate, type Stateful } from './state.ts'

/** Losses this much above their mean are not yet news. */
const TOLERANCE = 0.25
/** So many usual losses above it in sum are. */
const ALARM = 60
/** A single row counts as at most this many usual losses: a spike is no drift. */
const MAX_LOSS = 5
const WARMUP_ROWS = 50

/** Page–Hinkley (1954): tells when losses have risen for longer than chance explains. */
export interface Drift extends Stateful {
  /** Takes the next loss (≥ 0); true when the alarm goes off, after which it listens afresh. */
  hear(loss: number): boolean
  /** Alarms so far. */
  events(): number
}

export function createDrift(): Drift {
  const s = new Float64Array(4) // rows since the last alarm, mean loss, excess above its lowest, events
  return {
    state: [s],
    events: () => s[3] ?? 0,
    hear(loss) {
      const rows = (s[0] ?? 0) + 1
      const mean = s[1] ?? 0
      const counted = rows > WARMUP_ROWS ? Math.min(loss, MAX_LOSS * mean) : loss
      s[0] = rows
      s[1] = mean + warmRate(0.002, rows) * (counted - mean)
      if (rows <= WARMUP_ROWS || mean <= 0) return false
      const excess = Math.max(0, (s[2] ?? 0) + counted / mean - 1 - TOLERANCE)
      s[2] = excess
      if (excess < ALARM) return false
      s.set([0, 0, 0, (s[3] ?? 0) + 1])
      return true
    },
  }
}
