import { failureOf } from '../../base/result.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { LogDep } from '../../ports/log.ts'

/** How often what waits is looked at, milliseconds. */
const TICK_MS = 250

/**
 * Calls everything that waits for time, again and again (SPEC [D57]). What goes wrong in one of them is said and keeps neither the
 * others nor the next tick from coming: else the first fault would be the last thing that ever happened.
 */
export const startTicking = ({ clock, log }: ClockDep & LogDep, all: () => Iterable<{ tick(): void }>): void => {
  const said = new WeakMap<object, string>()
  const tickOne = (one: { tick(): void }): void => {
    try {
      one.tick()
    } catch (thrown) {
      const { message } = failureOf(thrown)
      // Four times a second the same would be all that the log tells of.
      if (said.get(one) !== message) log({ level: 'error', message: `Something that waits for its time has failed: ${message}` })
      said.set(one, message)
    }
  }
  const tick = (): void => {
    for (const one of all()) tickOne(one)
    clock.after(TICK_MS, tick)
  }
  clock.after(TICK_MS, tick)
}
