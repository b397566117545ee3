import { HISTORY_ROWS } from './history.ts'
import type { Panel } from './panel.ts'
import { warmRate } from './state.ts'
import type { View } from './view.ts'

const MASK = HISTORY_ROWS - 1
/** Rows searched: the cost is up to this many times LAGS subtractions on every row; most places are given up after one. */
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
  const found = new Float64Array(NEIGHBOURS) // rows, nearest first; with the next three it is scratch, not state
  const distances = new Float64Array(NEIGHBOURS) // ascending
  const steps = new Float64Array(NEIGHBOURS)
  const recent = new Float64Array(LAGS + 1) // scratch: the last row and those before it

  function search(rows: number): number {
    if (rows < MIN_ROWS || (s[1] ?? 0) <= 0) return 0
    for (let k = 0; k <= LAGS; k++) recent[k] = ring[(rows - 1 - k) & MASK] ?? 0
    const oldest = Math.max(LAGS, rows - SEARCH_ROWS)
    distances.fill(Infinity)
    scan(ring, recent, distances, found, oldest, rows - 2)
    for (let i = 0; i < NEIGHBOURS; i++) {
      const place = found[i] ?? 0
      steps[i] = (ring[(place + 1) & MASK] ?? 0) - (ring[place & MASK] ?? 0)
    }
    steps.sort()
    return ((steps[NEIGHBOURS / 2 - 1] ?? 0) + (steps[NEIGHBOURS / 2] ?? 0)) / 2
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
 * Finds the NEIGHBOURS places whose shape — the rows before a place, seen from it — is least unlike the recent one, newest first where they
 * tie. Shapes, not single differences: those compared one by one cost 1 % (measured). Written out for six lags and without an early exit,
 * which no processor foresees: three times as fast as a loop that gives up (measured).
 */
function scan(ring: Float64Array, recent: Float64Array, distances: Float64Array, found: Float64Array, oldest: number, newest: number): void {
  const now = recent[0] ?? 0
  const [d1, d2, d3, d4, d5, d6] = [now - (recent[1] ?? 0), now - (recent[2] ?? 0), now - (recent[3] ?? 0), now - (recent[4] ?? 0), now - (recent[5] ?? 0), now - (recent[6] ?? 0)]
  let [a, b, c, d, e, f] = [ring[newest & MASK] ?? 0, ring[(newest - 1) & MASK] ?? 0, ring[(newest - 2) & MASK] ?? 0, ring[(newest - 3) & MASK] ?? 0, ring[(newest - 4) & MASK] ?? 0, ring[(newest - 5) & MASK] ?? 0]
  let farthest = Infinity
  for (let place = newest; place >= oldest; place--) {
    const g = ring[(place - LAGS) & MASK] ?? 0
    const distance = LEVEL_WEIGHT * Math.abs(now - a)
      + Math.abs(d1 - a + b) + Math.abs(d2 - a + c) + Math.abs(d3 - a + d)
      + Math.abs(d4 - a + e) + Math.abs(d5 - a + f) + Math.abs(d6 - a + g)
    if (distance < farthest) {
      admit(distances, found, distance, place)
      farthest = distances[NEIGHBOURS - 1] ?? 0
    }
    a = b; b = c; c = d; d = e; e = f; f = g
  }
}

/** Puts a neighbour nearer than the farthest one in its place, ascending; the farthest falls out. */
function admit(distances: Float64Array, found: Float64Array, distance: number, place: number): void {
  let slot = NEIGHBOURS - 1
  for (; slot > 0 && (distances[slot - 1] ?? 0) > distance; slot--) {
    distances[slot] = distances[slot - 1] ?? 0
    found[slot] = found[slot - 1] ?? 0
  }
  distances[slot] = distance
  found[slot] = place
}
