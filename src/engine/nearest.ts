import { HISTORY_ROWS } from './history.ts'

const MASK = HISTORY_ROWS - 1
/** Rows before a place that make its shape. */
export const LAGS = 6
/** How much the level counts against the shape: spikes are told by it, trends must not be blinded by it. */
const LEVEL_WEIGHT = 0.3
const LEVEL_WEIGHT_NEAR = 1
/** Before the search every so manieth place is looked at: as near as the fifth nearest of these there are nearly always enough. */
const LOOK_STRIDE = 15
const LOOK_NEAREST = 5

/** The `size` nearest places found so far, nearest first; those found earlier before those as near. */
export interface Nearest {
  readonly distances: Float64Array
  readonly places: Float64Array
  /** Forgets all and takes only what is nearer than `limit`; gives the distance that a place must stay below: that. */
  clear(limit: number): number
  /** Takes a place nearer than the farthest one, which falls out; gives the distance that the next one must stay below. */
  admit(distance: number, place: number): number
  /** True once `size` places were nearer than the limit. */
  full(): boolean
}

export function createNearest(size: number): Nearest {
  const distances = new Float64Array(size)
  const places = new Float64Array(size)
  let open = Infinity
  return {
    distances, places,
    clear(limit) {
      open = limit
      distances.fill(limit)
      return limit
    },
    admit(distance, place) {
      let slot = size - 1
      for (; slot > 0 && (distances[slot - 1] ?? 0) > distance; slot--) {
        distances[slot] = distances[slot - 1] ?? 0
        places[slot] = places[slot - 1] ?? 0
      }
      distances[slot] = distance
      places[slot] = place
      return distances[size - 1] ?? 0
    },
    full: () => (distances[size - 1] ?? 0) < open,
  }
}

/**
 * Finds the places whose shape — the rows before a place, seen from it — is least unlike the recent one. Shapes, not single differences:
 * those compared one by one cost 1 % (measured).
 */
export function findNearest(ring: Float64Array, recent: Float64Array, alike: Nearest, near: Nearest, oldest: number, newest: number): void {
  alike.clear(firstLook(ring, recent, LEVEL_WEIGHT, oldest, newest))
  near.clear(firstLook(ring, recent, LEVEL_WEIGHT_NEAR, oldest, newest))
  scan(ring, recent, alike, near, oldest, newest)
  if (alike.full() && near.full()) return
  alike.clear(Infinity)
  near.clear(Infinity)
  scan(ring, recent, alike, near, oldest, newest)
}

/** Scratch of whoever looks. */
const look = createNearest(LOOK_NEAREST)

/** A distance that, by every LOOK_STRIDE-th place, enough places stay below: most of the others need not be put in order. */
function firstLook(ring: Float64Array, recent: Float64Array, levelWeight: number, oldest: number, newest: number): number {
  let reach = look.clear(Infinity)
  for (let place = newest - LOOK_STRIDE; place >= oldest; place -= LOOK_STRIDE) {
    const distance = levelWeight * levelGap(ring, recent, place) + shapeGap(ring, recent, place)
    if (distance < reach) reach = look.admit(distance, place)
  }
  return reach * (1 + 1e-9) + Number.MIN_VALUE // those as near as that are near enough
}

/** Shows the places to both lists, newest first. */
function scan(ring: Float64Array, recent: Float64Array, alike: Nearest, near: Nearest, oldest: number, newest: number): void {
  let far = farthest(alike)
  let farNear = farthest(near)
  let place = nextNear(ring, recent, newest, oldest, far, farNear)
  while (place >= oldest) {
    const level = levelGap(ring, recent, place)
    const shape = shapeGap(ring, recent, place)
    if (LEVEL_WEIGHT * level + shape < far) far = alike.admit(LEVEL_WEIGHT * level + shape, place)
    if (LEVEL_WEIGHT_NEAR * level + shape < farNear) farNear = near.admit(LEVEL_WEIGHT_NEAR * level + shape, place)
    place = nextNear(ring, recent, place - 1, oldest, far, farNear)
  }
}

function farthest({ distances }: Nearest): number {
  return distances[distances.length - 1] ?? 0
}

function levelGap(ring: Float64Array, recent: Float64Array, place: number): number {
  return Math.abs((recent[0] ?? 0) - (ring[place & MASK] ?? 0))
}

function shapeGap(ring: Float64Array, recent: Float64Array, place: number): number {
  const now = recent[0] ?? 0
  const there = ring[place & MASK] ?? 0
  let sum = 0
  for (let lag = 1; lag <= LAGS; lag++) sum += Math.abs(now - (recent[lag] ?? 0) - there + (ring[(place - lag) & MASK] ?? 0))
  return sum
}

/**
 * The first place from `from` down to `oldest` that is nearer than `far` or `farNear`; below `oldest` when none is. Most of the time goes
 * here: written out for six lags, without an early exit, which no processor foresees, and without calls, which would cost the registers
 * (each two to three times as slow, measured).
 */
function nextNear(ring: Float64Array, recent: Float64Array, from: number, oldest: number, far: number, farNear: number): number {
  const value = (row: number) => ring[row & MASK] ?? 0
  const now = recent[0] ?? 0
  const gap = (lag: number) => now - (recent[lag] ?? 0)
  const d1 = gap(1), d2 = gap(2), d3 = gap(3), d4 = gap(4), d5 = gap(5), d6 = gap(6)
  let a = value(from), b = value(from - 1), c = value(from - 2), d = value(from - 3), e = value(from - 4), f = value(from - 5)
  let place = from
  for (; place >= oldest; place--) {
    const g = ring[(place - LAGS) & MASK] ?? 0
    const level = Math.abs(now - a)
    const shape = Math.abs(d1 - a + b) + Math.abs(d2 - a + c) + Math.abs(d3 - a + d) + Math.abs(d4 - a + e) + Math.abs(d5 - a + f) + Math.abs(d6 - a + g)
    if (LEVEL_WEIGHT * level + shape < far || LEVEL_WEIGHT_NEAR * level + shape < farNear) return place
    a = b
    b = c
    c = d
    d = e
    e = f
    f = g
  }
  return place
}
