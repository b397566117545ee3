import { MAX_ANNOUNCED } from '../src/protocol/limits.ts'
import { createAllowance } from './allowance.ts'
import { AUDIENCE_BURST, AUDIENCE_PER_SECOND, SMALL_AUDIENCE } from './limits.ts'

/**
 * To how many random members a newcomer or a question is told: MAX_ANNOUNCED, and fewer while a crowd comes all at once. Of ten thousand who
 * ask when their publisher is back nobody could answer the others anyway. SPEC [S90].
 */
export const createAudience = (start: number): { size(now: number): number } => {
  const allowance = createAllowance(AUDIENCE_BURST, AUDIENCE_PER_SECOND, start)
  return {
    size: (now) => {
      if (allowance.isSpent(now)) return SMALL_AUDIENCE
      allowance.spend(MAX_ANNOUNCED, now)
      return MAX_ANNOUNCED
    },
  }
}
