/** A part of the engine whose whole memory is these arrays, always the same ones in the same order: copying them copies the part. */
export interface Stateful {
  readonly state: readonly Float64Array[]
}

/** Reads a cell that the caller knows to exist; outside the array it is 0. Keeps strict index checks out of the formulas. */
export function at(array: Float64Array, index: number): number {
  return array[index] ?? 0
}

/** Rate of a running mean that starts as a plain mean over `count` values and settles at `rate`. */
export function warmRate(rate: number, count: number): number {
  return Math.max(rate, 1 / Math.max(1, count))
}

/** Puts `value` in its place among the first `held` of `sorted`, which are in order. */
export function insertSorted(sorted: Float64Array, held: number, value: number): void {
  let slot = held
  for (; slot > 0 && (sorted[slot - 1] ?? 0) > value; slot--) sorted[slot] = sorted[slot - 1] ?? 0
  sorted[slot] = value
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value
}
