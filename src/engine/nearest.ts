/** The `size` nearest places found so far, nearest first; those found earlier before those as near. */
export interface Nearest {
  readonly distances: Float64Array
  readonly places: Float64Array
  /** Forgets all; gives the distance that a place must stay below: any. */
  clear(): number
  /** Takes a place nearer than the farthest one, which falls out; gives the distance that the next one must stay below. */
  admit(distance: number, place: number): number
}

export function createNearest(size: number): Nearest {
  const distances = new Float64Array(size)
  const places = new Float64Array(size)
  return {
    distances, places,
    clear() {
      distances.fill(Infinity)
      return Infinity
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
  }
}
