import { HISTORY_ROWS } from './history.ts'
import { createNearest, findNearest, LAGS, type Nearest } from './nearest.ts'
import type { Panel } from './panel.ts'
import { insertSorted, warmRate } from './state.ts'
import type { View } from './view.ts'

const MASK = HISTORY_ROWS - 1
/** Rows searched: the cost is this many comparisons of LAGS rows on every row. */
const SEARCH_ROWS = 1500
const NEIGHBOURS = 24
const NEIGHBOURS_NEAR = 12
/** Fewer places than about twice NEIGHBOURS are no choice. */
const MIN_ROWS = 60

/**
 * Forecasts by analogy, from what followed the places in history that looked most like now. One is the median step from there; the other
 * asks fewer places, told by their level too, and takes the middle between their step and their next value, near ones counting more
 * (0.690 → 0.681 overall for both views).
 */
export function createAnalogue(view: View, prefix: string): Panel {
  const ring = new Float64Array(HISTORY_ROWS)
  const s = new Float64Array(6) // rows, mean |difference|, 1 while the last row is visible, last plain value, two forecasts
  const alike = createNearest(NEIGHBOURS) // scratch, like the next five
  const near = createNearest(NEIGHBOURS_NEAR)
  const votes = new Float64Array(NEIGHBOURS_NEAR)
  const weights = new Float64Array(NEIGHBOURS_NEAR)
  const steps = new Float64Array(NEIGHBOURS)
  const recent = new Float64Array(LAGS + 1)

  function search(rows: number): void {
    s[4] = s[5] = NaN
    if (rows < MIN_ROWS) return
    const now = ring[(rows - 1) & MASK] ?? 0
    s[4] = s[5] = now
    if ((s[1] ?? 0) <= 0) return
    for (let k = 0; k <= LAGS; k++) recent[k] = ring[(rows - 1 - k) & MASK] ?? 0
    findNearest(ring, recent, alike, near, Math.max(LAGS, rows - SEARCH_ROWS), rows - 2)
    s[4] = now + medianStep()
    s[5] = now + nearStep(now)
  }

  function medianStep(): number {
    for (let i = 0; i < NEIGHBOURS; i++) insertSorted(steps, i, after(alike, i) - at(alike, i))
    return ((steps[NEIGHBOURS / 2 - 1] ?? 0) + (steps[NEIGHBOURS / 2] ?? 0)) / 2
  }

  function nearStep(now: number): number {
    const floor = 1e-6 * (s[1] ?? 0)
    for (let i = 0; i < NEIGHBOURS_NEAR; i++) {
      const next = after(near, i)
      votes[i] = next - (at(near, i) + now) / 2
      weights[i] = 1 / ((near.distances[i] ?? 0) + floor)
    }
    return weightedMedian(votes, weights)
  }

  const at = (nearest: Nearest, i: number) => ring[(nearest.places[i] ?? 0) & MASK] ?? 0
  const after = (nearest: Nearest, i: number) => ring[((nearest.places[i] ?? 0) + 1) & MASK] ?? 0

  function follow(seen: number): void {
    const rows = s[0] ?? 0
    if (rows > 0) s[1] = (s[1] ?? 0) + warmRate(0.01, rows) * (Math.abs(seen - (ring[(rows - 1) & MASK] ?? 0)) - (s[1] ?? 0))
    ring[rows & MASK] = seen
    s[0] = rows + 1
    search(rows + 1)
  }

  return {
    names: [`${prefix}analogues`, `${prefix}analogues by level`],
    state: [...view.state, ring, s],
    push(value) {
      const seen = view.see(value)
      s[2] = Number.isFinite(seen) ? 1 : 0
      s[3] = value
      if (s[2] === 1) follow(seen)
    },
    write(out, offset) {
      for (let i = 0; i < 2; i++) out[offset + i] = s[2] === 1 ? view.back(s[4 + i] ?? 0) : s[3] ?? 0
    },
  }
}

/** Sorts both arrays by the votes, in place. */
function weightedMedian(votes: Float64Array, weights: Float64Array): number {
  let total = 0
  for (let i = 0; i < votes.length; i++) {
    const vote = votes[i] ?? 0
    const weight = weights[i] ?? 0
    total += weight
    let slot = i
    for (; slot > 0 && (votes[slot - 1] ?? 0) > vote; slot--) {
      votes[slot] = votes[slot - 1] ?? 0
      weights[slot] = weights[slot - 1] ?? 0
    }
    votes[slot] = vote
    weights[slot] = weight
  }
  let place = 0
  for (let sum = weights[0] ?? 0; sum < total / 2 && place < votes.length - 1; sum += weights[place] ?? 0) place++
  return votes[place] ?? 0
}
