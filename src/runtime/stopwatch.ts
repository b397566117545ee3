/** Before anything was measured, milliseconds: more than a row costs, so that the first slice is not too long. */
const FIRST_MS_PER_ROW = 0.5

/** Of each slice, on the running mean: it follows a machine that slows down within a few slices. */
const WEIGHT = 0.3

/** What is read at a time at most: a slice of rows that cost nothing must not read a whole history. */
const MAX_ROWS = 800
const MIN_ROWS = 8

/** Measures how long the core was kept busy, and from that how many rows fit into a slice. */
export interface Stopwatch {
  /** Milliseconds that never step back. */
  elapsed(): number
  /** Counts what the work takes as busy. */
  time<T>(work: () => T): T
  /** Milliseconds counted since this was asked last. */
  takeBusy(): number
  pace(rows: number, tookMs: number): void
  rowsWithin(limitMs: number): number
}

export const createStopwatch = (elapsed: () => number): Stopwatch => {
  let busyMs = 0
  let msPerRow = FIRST_MS_PER_ROW
  return {
    elapsed,
    time: (work) => {
      const begun = elapsed()
      const result = work()
      busyMs += elapsed() - begun
      return result
    },
    takeBusy: () => {
      const taken = busyMs
      busyMs = 0
      return taken
    },
    pace: (rows, tookMs) => {
      if (rows > 0) msPerRow += WEIGHT * (tookMs / rows - msPerRow)
    },
    rowsWithin: (limitMs) => Math.min(MAX_ROWS, Math.max(MIN_ROWS, Math.floor(limitMs / Math.max(msPerRow, 1e-3)))),
  }
}
