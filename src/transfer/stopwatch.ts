/**
 * Milliseconds in which this node ran. A clock that is set back, or a night with the lid closed, is nobody's silence:
 * one step counts as at most `maxStepMs`, never as less than nothing.
 */
export const createStopwatch = (maxStepMs: number): ((now: number) => number) => {
  let last: number | null = null
  let elapsed = 0
  return (now) => {
    if (last !== null) elapsed += Math.min(maxStepMs, Math.max(0, now - last))
    last = now
    return elapsed
  }
}
