import type { ClockDep } from '../ports/clock.ts'

/** How often it is looked whether time went by as it should, milliseconds. */
const TICK_MS = 5_000

/** A tick later than this was asleep, milliseconds: a busy machine is late by less. */
const GAP_MS = 10_000

/** Calls `woke` when this process stood still: the machine slept, or the browser froze it. Only a worker's timers can tell. */
export const watchClockGap = ({ clock }: ClockDep, woke: () => void): void => {
  const wait = (): void => {
    const due = clock.now() + TICK_MS
    clock.after(TICK_MS, () => {
      if (clock.now() - due > GAP_MS) woke()
      wait()
    })
  }
  wait()
}
