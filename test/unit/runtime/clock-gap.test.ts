import { expect, it } from 'vitest'
import { watchClockGap } from '../../../src/runtime/clock-gap.ts'

/** A clock whose one timer runs when the test says so, however late. */
const createLateClock = () => {
  let now = 0
  let due = { at: 0, run: (): void => undefined }
  return {
    now: () => now,
    after: (delayMs: number, run: () => void) => {
      due = { at: now + delayMs, run }
      return () => undefined
    },
    tickLate: (byMs: number) => {
      now = due.at + byMs
      due.run()
    },
  }
}

it('[L36] a timer that comes more than ten seconds late says that this process stood still', () => {
  const clock = createLateClock()
  let woke = 0
  watchClockGap({ clock }, () => void (woke += 1))
  for (const late of [0, 20, 10_000]) clock.tickLate(late)
  expect(woke).toBe(0)
  clock.tickLate(10_001)
  clock.tickLate(0)
  expect(woke).toBe(1)
  clock.tickLate(3_600_000)
  expect(woke).toBe(2)
})
