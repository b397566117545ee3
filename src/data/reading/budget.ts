import { fail } from '../../base/result.ts'

/** What one peer may make this node compute at once, and in a second in the long run. A unit is about a thousand hashes. */
const AT_ONCE = 20
const PER_SECOND = 5

/** A peer that asks for this many times more, although it is refused, is not merely eager. */
const PATIENCE = 10

/**
 * What a proved peer may cost us: a question of 80 bytes can take a hash per page of a long history, a row that we have a
 * signature check. Honest downloads stay far below.
 */
export interface Budget {
  /** `spent`: too much for now, the peer is to be told so. `flood`: it went on regardless. */
  spend(cost: number, now: number): 'granted' | 'spent' | 'flood'
  /** What was granted turned out to be of use. */
  giveBack(cost: number): void
}

/** What a peer is told that has had its share. */
export const overBudget = fail('busy', 'That is more than one peer can ask for now.')

export const createBudget = (start: number): Budget => {
  const granted = createBucket(AT_ONCE, PER_SECOND, start)
  const patience = createBucket(AT_ONCE * PATIENCE, PER_SECOND * PATIENCE, start)
  return {
    spend: (cost, now) => {
      if (granted.take(cost, now)) return 'granted'
      return patience.take(cost, now) ? 'spent' : 'flood'
    },
    giveBack: granted.put,
  }
}

const createBucket = (burst: number, perSecond: number, start: number) => {
  let left = burst
  let at = start
  return {
    take: (cost: number, now: number): boolean => {
      left = Math.min(burst, left + (Math.max(0, now - at) * perSecond) / 1000)
      at = now
      // A question that costs more than a full bucket may have it whole: the longest history is served too.
      if (left < Math.min(cost, burst)) return false
      left -= cost
      return true
    },
    put: (cost: number): void => {
      left = Math.min(burst, left + cost)
    },
  }
}
