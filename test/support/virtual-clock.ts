/** A clock that stands still until it is told; callbacks run in the order of their times. */
export interface VirtualClock {
  now(): number
  after(delayMs: number, run: () => void): () => void
  advance(byMs: number): void
  /** Is set to another time, or the machine slept: what waits still waits as long as it did. */
  step(byMs: number): void
}

export const createVirtualClock = (start = 1_700_000_000_000): VirtualClock => {
  // Timers run on a clock of their own, which never steps.
  let now = start
  let stepped = 0
  const waiting = new Set<{ readonly at: number; readonly run: () => void }>()
  const next = (until: number) =>
    [...waiting]
      .filter(({ at }) => at <= until)
      .sort((a, b) => a.at - b.at)
      .at(0)
  return {
    now: () => now + stepped,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    advance(byMs) {
      const until = now + byMs
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        waiting.delete(timer)
        now = timer.at
        timer.run()
      }
      now = until
    },
    step(byMs) {
      stepped += byMs
    },
  }
}
