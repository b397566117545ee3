/** Time as it is given to everything that waits; only the entry makes a real one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once after `delayMs`; the answer cancels. */
  after(delayMs: number, run: () => void): () => void
}

export const createSystemClock = (): Clock => ({
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
})

export const pause = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve))

/** Settles with the work or when its time is over, and leaves no timer behind. Whatever the work comes to is for others to know. */
export const settledWithin = (clock: Clock, ms: number, work: Promise<unknown>): Promise<void> =>
  new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    const end = (): void => {
      cancel()
      resolve()
    }
    work.then(end, end)
  })
