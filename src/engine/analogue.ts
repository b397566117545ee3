import { HISTORY_ROWS } from './history.ts'
import type { Panel } from './panel.ts'
import type { View } from './regression.ts'
import { clamp, warmRate } from './state.ts'

const MASK = HISTORY_ROWS - 1
/** Rows searched: the cost is this many times LAGS subtractions on every row. */
const SEARCH_ROWS = 1500
const LAGS = 6
/** How much the level counts against the differences: spikes are told by it, trends must not be blinded by it. */
const LEVEL_WEIGHT = 0.3
const NEIGHBOURS = 24
const MIN_ROWS = 60

/** Forecast by analogy: what followed the places in history whose last differences (and level) looked most like now. */
export function createAnalogue(view: View, name: string): Panel {
  const ring = new Float64Array(HISTORY_ROWS)
  const s = new Float64Array(5) // count, mean |difference|, visible, last plain value, forecast
  const best = new Float64Array(NEIGHBOURS)
  const follow = new Float64Array(NEIGHBOURS)
  const state = [...view.state, ring, s]

  function search(): number {
    const n = s[0] ?? 0
    const scale = s[1] ?? 0
    if (n < MIN_ROWS || scale <= 0) return 0
    best.fill(Infinity)
    const now = n - 1
    const u = ring[now & MASK] ?? 0
    const oldest = Math.max(LAGS, n - SEARCH_ROWS)
    let worst = Infinity
    for (let j = now - 1; j >= oldest; j--) {
      const v = ring[j & MASK] ?? 0
      let distance = LEVEL_WEIGHT * Math.abs(u - v)
      for (let k = 1; k <= LAGS && distance < worst; k++) {
        distance += Math.abs(u - (ring[(now - k) & MASK] ?? 0) - v + (ring[(j - k) & MASK] ?? 0))
      }
      if (distance >= worst) continue
      let place = NEIGHBOURS - 1
      for (; place > 0 && (best[place - 1] ?? 0) > distance; place--) {
        best[place] = best[place - 1] ?? 0
        follow[place] = follow[place - 1] ?? 0
      }
      best[place] = distance
      follow[place] = (ring[(j + 1) & MASK] ?? 0) - v
      worst = best[NEIGHBOURS - 1] ?? 0
    }
    const sorted = follow.slice().sort()
    const h = NEIGHBOURS >> 1
    return ((sorted[h - 1] ?? 0) + (sorted[h] ?? 0)) / 2
  }

  return {
    names: [name],
    state,
    push(value) {
      const seen = view.see(value)
      s[3] = value
      s[2] = Number.isFinite(seen) ? 1 : 0
      if (s[2] === 0) return
      const n = s[0] ?? 0
      if (n > 0) {
        const step = Math.abs(seen - (ring[(n - 1) & MASK] ?? 0))
        s[1] = (s[1] ?? 0) + warmRate(0.01, n) * (step - (s[1] ?? 0))
      }
      ring[n & MASK] = seen
      s[0] = n + 1
      s[4] = seen + search()
    },
    write: (out, offset) => { out[offset] = s[2] === 1 ? view.back(clamp(s[4] ?? 0, -1e300, 1e300)) : s[3] ?? 0 },
  }
}
