import { describe, expect, it } from 'vitest'
import { startTicking } from '../../../../src/data/pace/ticking.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const start = (broken: () => string | null) => {
  const clock = createVirtualClock()
  const told: string[] = []
  const ticks = { before: 0, after: 0 }
  const all = [
    { tick: () => void (ticks.before += 1) },
    {
      tick: () => {
        const why = broken()
        if (why !== null) throw new Error(why)
      },
    },
    { tick: () => void (ticks.after += 1) },
  ]
  startTicking({ clock, log: ({ message }) => void told.push(message) }, () => all)
  return { clock, told, ticks }
}

describe('[D57] what waits for its time', () => {
  it('is looked at four times a second', () => {
    const { clock, told, ticks } = start(() => null)
    clock.advance(10_000)
    expect([ticks, told]).toEqual([{ before: 40, after: 40 }, []])
  })

  it('goes on when one of them fails, at every time, which is said once for each reason', () => {
    let why: string | null = 'no such peer'
    const { clock, told, ticks } = start(() => why)
    clock.advance(5_000)
    why = 'no such page'
    clock.advance(5_000)
    expect(ticks).toEqual({ before: 40, after: 40 })
    expect(told).toEqual(['no such peer', 'no such page'].map((one) => `Something that waits for its time has failed: Error: ${one}`))
  })

  it('says of each of two that fail what it is, and not in turns', () => {
    const clock = createVirtualClock()
    const told: string[] = []
    const failing = ['no such peer', 'no such page'].map((why) => ({
      tick: () => {
        throw new Error(why)
      },
    }))
    startTicking({ clock, log: ({ message }) => void told.push(message) }, () => failing)
    clock.advance(5_000)
    expect(told).toHaveLength(2)
  })

  it('is asked anew each time who waits', () => {
    const clock = createVirtualClock()
    const waiting = new Map<string, { tick: () => void }>()
    const ticked: string[] = []
    startTicking({ clock, log: () => undefined }, () => waiting.values())
    waiting.set('first', { tick: () => void waiting.delete('second') })
    waiting.set('second', { tick: () => void ticked.push('second') })
    waiting.set('third', { tick: () => void ticked.push('third') })
    clock.advance(500)
    expect(ticked).toEqual(['third', 'third'])
  })
})
