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

/** Gathers what is asked for in one turn into one read: a transaction for each page costs three times as much (measured). */
export const createGatheredRead = <K, V>(read: (keys: readonly K[]) => Promise<readonly V[]>): ((key: K) => Promise<V | undefined>) => {
  let keys: K[] = []
  let next: Promise<readonly V[]> | null = null
  const readKeys = (): Promise<readonly V[]> => {
    const asked = keys
    keys = []
    next = null
    return read(asked)
  }
  return async (key) => {
    const at = keys.push(key) - 1
    next ??= Promise.resolve().then(readKeys)
    return (await next)[at]
  }
}
