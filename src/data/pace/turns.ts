/** So many at a time; who comes beyond that waits, and is woken in the order of coming. */
export interface Turns<T> {
  /** False: it waits. */
  take(one: T): boolean
  /** Its turn is over, if it had one. */
  give(one: T): void
  /** The same, and it waits for the next. */
  giveWay(one: T): void
  /** It wants none any more. */
  forget(one: T): void
  isWaiting(one: T): boolean
  isWanted(): boolean
}

export const createTurns = <T>(most: number, wake: (one: T) => void): Turns<T> => {
  const busy = new Set<T>()
  const waiting = new Set<T>()
  const give = (one: T): void => {
    if (!busy.delete(one)) return
    const [next] = waiting
    if (next === undefined) return
    waiting.delete(next)
    wake(next)
  }
  return {
    take: (one) => {
      if (!busy.has(one) && busy.size >= most) {
        waiting.add(one)
        return false
      }
      busy.add(one)
      return true
    },
    give,
    giveWay: (one) => {
      waiting.add(one)
      give(one)
    },
    forget: (one) => {
      waiting.delete(one)
      give(one)
    },
    isWaiting: (one) => waiting.has(one),
    isWanted: () => waiting.size > 0,
  }
}
