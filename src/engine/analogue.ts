import { HISTORY_ROWS } from './history.ts'
import type { Panel } from './panel.ts'
import { warmRate } from './state.ts'
import type { View } from './view.ts'

const MASK = HISTORY_ROWS - 1
/** Rows searched: the cost is up to this many times LAGS subtractions on every row; most places are given up after two. */
const SEARCH_ROWS = 1500
const LAGS = 6
/** How much the level counts against the differences: spikes are told by it, trends must not be blinded by it. */
const LEVEL_WEIGHT = 0.3
const NEIGHBOURS = 24
/** Fewer places than about twice NEIGHBOURS are no choice. */
const MIN_ROWS = 60

/** Forecast by analogy: the median of what followed the places in history whose last differences (and level) looked most like now. */
export function createAnalogue(view: View, name: string): Panel {
  const ring = new Float64Array(HISTORY_ROWS)
  const s = new Float64Array(5) // rows, mean |difference|, 1 while the last row is visible, last plain value, forecast
  const distances = new Float64Array(NEIGHBOURS) // ascending; with `steps` it is scratch, not state
  const steps = new Float64Array(NEIGHBOURS)

  function search(rows: number): number {
    if (rows < MIN_ROWS || (s[1] ?? 0) <= 0) return 0
    distances.fill(Infinity)
    for (let place = rows - 2; place >= Math.max(LAGS, rows - SEARCH_ROWS); place--) {
      const farthest = distances[NEIGHBOURS - 1] ?? 0
      const distance = compare(ring, rows - 1, place, farthest)
      if (distance < farthest) admit(distances, steps, distance, (ring[(place + 1) & MASK] ?? 0) - (ring[place & MASK] ?? 0))
    }
    const sorted = steps.slice().sort()
    return ((sorted[NEIGHBOURS / 2 - 1] ?? 0) + (sorted[NEIGHBOURS / 2] ?? 0)) / 2
  }

  function follow(seen: number): void {
    const rows = s[0] ?? 0
    if (rows > 0) s[1] = (s[1] ?? 0) + warmRate(0.01, rows) * (Math.abs(seen - (ring[(rows - 1) & MASK] ?? 0)) - (s[1] ?? 0))
    ring[rows & MASK] = seen
    s[0] = rows + 1
    s[4] = seen + search(rows + 1)
  }

  return {
    names: [name],
    state: [...view.state, ring, s],
    push(value) {
      const seen = view.see(value)
      s[2] = Number.isFinite(seen) ? 1 : 0
      s[3] = value
      if (s[2] === 1) follow(seen)
    },
    write: (out, offset) => { out[offset] = s[2] === 1 ? view.back(s[4] ?? 0) : s[3] ?? 0 },
  }
}

/**
 * How unlike the shape of the rows before `place` is to the one before `now`, both seen from their last value; stops adding once beyond
 * `farthest`. Shapes, not single differences: those compared one by one cost 1 % (measured).
 */
function compare(ring: Float64Array, now: number, place: number, farthest: number): number {
  const shift = (ring[now & MASK] ?? 0) - (ring[place & MASK] ?? 0)
  let distance = LEVEL_WEIGHT * Math.abs(shift)
  for (let k = 1; k <= LAGS && distance < farthest; k++) {
    distance += Math.abs(shift - (ring[(now - k) & MASK] ?? 0) + (ring[(place - k) & MASK] ?? 0))
  }
  return distance
}

/** Puts a neighbour nearer than the farthest one in its place, ascending; the farthest falls out. */
function admit(distances: Float64Array, steps: Float64Array, distance: number, step: number): void {
  let slot = distances.length - 1
  for (; slot > 0 && (distances[slot - 1] ?? 0) > distance; slot--) {
    distances[slot] = distances[slot - 1] ?? 0
    steps[slot] = steps[slot - 1] ?? 0
  }
  distances[slot] = distance
  steps[slot] = step
}
