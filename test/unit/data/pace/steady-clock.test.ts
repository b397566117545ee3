import { expect, it } from 'vitest'
import { createSteadyClock } from '../../../../src/data/pace/steady-clock.ts'

const createMachine = () => {
  let now = 1_700_000_000_000
  return { clock: { now: () => now, after: () => () => undefined }, set: (to: number) => (now = to), pass: (ms: number) => (now += ms) }
}

it('a pause lasts as long as it is, whatever people do to the clock of the machine', () => {
  const machine = createMachine()
  const steady = createSteadyClock(machine.clock)
  const began = steady.now()
  machine.pass(250)
  expect(steady.now() - began).toBe(250)
  // Back by a day: not a moment passes by it, and none is lost.
  machine.set(machine.clock.now() - 86_400_000)
  expect(steady.now() - began).toBe(250)
  machine.pass(250)
  expect(steady.now() - began).toBe(500)
  // Forward by a day, or a night with the lid closed: no more than a second of waiting.
  machine.pass(86_400_000)
  expect(steady.now() - began).toBe(1_500)
})
