import type { Duplex } from 'node:stream'

/**
 * Sockets that are no WebSockets, or not yet, counted by the place they come from. What they say about where they come from is not
 * known before their headers are, and whoever says nothing has none. SPEC [S101].
 */
export interface Threshold {
  /** False: its place has too many there already. */
  enter(socket: Duplex, place: string | null): boolean
  /** It was let in as a WebSocket, and counts as that. */
  passed(socket: Duplex): void
}

/** The table is as large as the places that have sockets open. `null` is nobody's place, and not counted. */
export const createThreshold = (maxPerPlace: number): Threshold => {
  const counts = new Map<string, number>()
  const places = new WeakMap<Duplex, string>()
  const leave = (socket: Duplex): void => {
    const place = places.get(socket)
    if (place === undefined) return
    places.delete(socket)
    const left = (counts.get(place) ?? 1) - 1
    if (left > 0) counts.set(place, left)
    else counts.delete(place)
  }
  return {
    enter: (socket, place) => {
      if (place === null) return true
      const there = counts.get(place) ?? 0
      if (there >= maxPerPlace) return false
      counts.set(place, there + 1)
      places.set(socket, place)
      socket.once('close', () => leave(socket))
      return true
    },
    passed: leave,
  }
}
