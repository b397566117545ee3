import type { Stateful } from './state.ts'

/** Two weeks of five-minute rows: the weekly cycle can be seen twice. A power of two, so that a mask replaces the modulus. */
export const HISTORY_ROWS = 4096

const MASK = HISTORY_ROWS - 1
const GAPS = 128

/** The last HISTORY_ROWS numeric rows. `lag` 0 is the newest; asking beyond `size()` gives 0. */
export interface History extends Stateful {
  push(value: number, time: number): void
  readonly capacity: number
  /** Numeric rows ever seen. */
  count(): number
  /** Numeric rows still held. */
  size(): number
  value(lag: number): number
  time(lag: number): number
  /** Median of the last 128 positive time steps in microseconds; 0 when there is none. */
  medianGap(): number
  /** Share of the last 128 time steps that are off the median by more than a fifth. */
  irregularity(): number
}

export function createHistory(): History {
  const values = new Float64Array(HISTORY_ROWS)
  const times = new Float64Array(HISTORY_ROWS)
  const counter = new Float64Array(1)
  const count = () => counter[0] ?? 0
  return {
    capacity: HISTORY_ROWS,
    state: [values, times, counter],
    push(value, time) {
      values[count() & MASK] = value
      times[count() & MASK] = time
      counter[0] = count() + 1
    },
    count,
    size: () => Math.min(count(), HISTORY_ROWS),
    value: (lag) => values[(count() - 1 - lag) & MASK] ?? 0,
    time: (lag) => times[(count() - 1 - lag) & MASK] ?? 0,
    medianGap: () => middle(positive(lastGaps(times, count()))),
    irregularity: () => irregularity(lastGaps(times, count())),
  }
}

function lastGaps(times: Float64Array, count: number): number[] {
  const gaps: number[] = []
  for (let i = Math.max(1, count - GAPS); i < count; i++) gaps.push((times[i & MASK] ?? 0) - (times[(i - 1) & MASK] ?? 0))
  return gaps
}

function positive(gaps: readonly number[]): number[] {
  return gaps.filter((gap) => gap > 0)
}

function middle(gaps: readonly number[]): number {
  return [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0
}

function irregularity(gaps: readonly number[]): number {
  const usual = middle(positive(gaps))
  return gaps.length === 0 ? 0 : gaps.filter((gap) => Math.abs(gap - usual) > 0.2 * usual).length / gaps.length
}
