/** A token bucket: `burst` at once, `perSecond` in the long run. Debt is allowed: what was already read is served. */
export interface Allowance {
  spend(cost: number, now: number): void
  /** Whether there is nothing left to spend. */
  isSpent(now: number): boolean
}

export const createAllowance = (burst: number, perSecond: number, start: number): Allowance => {
  let left = burst
  let at = start
  const refill = (now: number): void => {
    left = Math.min(burst, left + (Math.max(0, now - at) * perSecond) / 1000)
    at = now
  }
  return {
    spend(cost, now) {
      refill(now)
      left -= cost
    },
    isSpent(now) {
      refill(now)
      return left <= 0
    },
  }
}
