import type { Stateful } from './state.ts'

/** Two weeks of five-minute rows: the weekly cycle can be seen twice. A power of two, so that a mask replaces the modulus. */
export const HISTORY_ROWS = 4096

const MASK = HISTORY_ROWS - 1
const GAPS = 129

/** The last HISTORY_ROWS numeric rows. `lag` 0 is the newest; asking beyond `size()` gives 0. */
export interface History extends Stateful {
  push(value: number, time: number): void
  readonly capacity: number
  /** Numeric rows ever seen. */
  count(): number
  /** Numeric rows still held. */
  size(): number
  value(lag: number): number
  /** Median of the last 128 positive time steps in microseconds; 0 when there is none. */
  medianGap(): number
}

export function createHistory(): History {
  const values = new Float64Array(HISTORY_ROWS)
  const times = new Float64Array(GAPS)
  const counter = new Float64Array(1)
  const count = () => counter[0] ?? 0
  return {
    capacity: HISTORY_ROWS,
    state: [values, times, counter],
    push(value, time) {
      values[count() & MASK] = value
      times[count() % GAPS] = time
      counter[0] = count() + 1
    },
    count,
    size: () => Math.min(count(), HISTORY_ROWS),
    value: (lag) => values[(count() - 1 - lag) & MASK] ?? 0,
    medianGap: () => medianGap(times, count()),
  }
}

function medianGap(times: Float64Array, count: number): number {
  const gaps: number[] = []
  for (let i = Math.max(1, count - GAPS + 1); i < count; i++) {
    const gap = (times[i % GAPS] ?? 0) - (times[(i - 1) % GAPS] ?? 0)
    if (gap > 0) gaps.push(gap)
  }
  gaps.sort((a, b) => a - b)
  return gaps[gaps.length >> 1] ?? 0
}
