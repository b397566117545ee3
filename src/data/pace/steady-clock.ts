import type { Clock } from '../../ports/clock.ts'
import { createStopwatch } from '../../transfer/stopwatch.ts'

/** One step of the machine's clock counts as at most this, milliseconds: four times what lies between two ticks of the data process. */
const MAX_STEP_MS = 1_000

/**
 * A clock for everything that waits. The machine's own may be set: back by a day, and every pause would last a day longer;
 * forward, and every pause would be over at once. Only what is written down for others reads the machine's clock.
 */
export const createSteadyClock = (clock: Clock): Clock => {
  const elapsed = createStopwatch(MAX_STEP_MS)
  return { now: () => elapsed(clock.now()), after: clock.after }
}
