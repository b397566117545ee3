import { createAllowance, type Allowance } from './allowance.ts'

/**
 * How many at a time and how often, for each name: an address, a key. A name is forgotten when it holds nothing and its
 * allowance is whole again, so the table is as large as the crowd, and never larger than `maxNames`.
 */
export interface Turnstile {
  /** One more for this name; the refusal says which bound it met. What was admitted is given back by `leave`. */
  enter(name: string, now: number): 'admitted' | 'too-many' | 'too-often'
  leave(name: string): void
  /** Counts something that is not held. */
  pass(name: string, now: number): boolean
  tick(now: number): void
  readonly size: number
}

interface Visitor {
  inside: number
  readonly allowance: Allowance
  /** When its allowance is whole again at the latest. */
  restedAt: number
}

export const createTurnstile = (bounds: {
  readonly maxInside: number
  readonly burst: number
  readonly perSecond: number
  readonly maxNames: number
}): Turnstile => {
  const visitors = new Map<string, Visitor>()
  const restMs = (bounds.burst / bounds.perSecond) * 1_000

  const visitor = (name: string, now: number): Visitor => {
    const known = visitors.get(name)
    if (known !== undefined) return known
    if (visitors.size >= bounds.maxNames) forgetOne()
    const fresh = { inside: 0, allowance: createAllowance(bounds.burst, bounds.perSecond, now), restedAt: now }
    visitors.set(name, fresh)
    return fresh
  }
  /** The oldest that holds nothing; a table full of holders is bounded by what they hold. */
  const forgetOne = (): void => {
    for (const [name, { inside }] of visitors)
      if (inside === 0) {
        visitors.delete(name)
        return
      }
  }
  const spend = (one: Visitor, now: number): boolean => {
    if (one.allowance.isSpent(now)) return false
    one.allowance.spend(1, now)
    one.restedAt = now + restMs
    return true
  }

  return {
    enter(name, now) {
      const one = visitor(name, now)
      if (one.inside >= bounds.maxInside) return 'too-many'
      if (!spend(one, now)) return 'too-often'
      one.inside++
      return 'admitted'
    },
    leave(name) {
      const one = visitors.get(name)
      if (one !== undefined) one.inside = Math.max(0, one.inside - 1)
    },
    pass: (name, now) => spend(visitor(name, now), now),
    tick(now) {
      for (const [name, { inside, restedAt }] of visitors) if (inside === 0 && restedAt <= now) visitors.delete(name)
    },
    get size() {
      return visitors.size
    },
  }
}
