/**
 * Gathers what comes while a write is under way into one next write. A transaction takes far longer than a page in it
 * needs: pages staged one by one spend most of their time waiting for one another (measured).
 */
export const createGathering = <T, R>(write: (items: readonly T[]) => Promise<R>): ((items: readonly T[]) => Promise<R>) => {
  let waiting: T[] = []
  let next: Promise<R> | null = null
  let last: Promise<unknown> = Promise.resolve()
  const writeWaiting = (): Promise<R> => {
    const items = waiting
    waiting = []
    next = null
    return write(items)
  }
  return (items) => {
    waiting.push(...items)
    if (next === null) last = next = last.then(writeWaiting, writeWaiting)
    return next
  }
}
