import type { Stateful } from './state.ts'

/** A group of experts that learn from the same rows and forecast side by side. */
export interface Panel extends Stateful {
  /** One name per expert, in the order in which forecasts are written. */
  readonly names: readonly string[]
  /** Learns the next value. `rehearsal`: nobody will read a forecast soon, so costly solving may wait. */
  push(value: number, rehearsal: boolean, time: number): void
  /** Writes one forecast of the next value per expert into `out` from `offset` on; may be non-finite when it has none. */
  write(out: Float64Array, offset: number): void
  /** Forgets everything and sees later rows with these periods (in rows). Absent where periods do not matter. */
  readonly restart?: (periods: readonly number[]) => void
  /** The memories of its challengers, one per place. Absent where there are none. */
  readonly challengers?: readonly Stateful[]
}
