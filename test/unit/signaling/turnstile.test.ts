import { describe, expect, it } from 'vitest'
import { createTurnstile } from '../../../signaling/turnstile.ts'

const setUp = (bounds: Partial<Parameters<typeof createTurnstile>[0]> = {}) =>
  createTurnstile({ maxInside: 2, burst: 5, perSecond: 1, maxNames: 3, ...bounds })

describe('a turnstile', () => {
  it('[S18] holds a bounded number of each name', () => {
    const turnstile = setUp()
    expect(['a', 'a', 'a', 'b'].map((name) => turnstile.enter(name, 0))).toEqual(['admitted', 'admitted', 'too-many', 'admitted'])
    turnstile.leave('a')
    expect(turnstile.enter('a', 0)).toBe('admitted')
  })

  it('[S18] lets each name pass so often, and again after a time', () => {
    const turnstile = setUp()
    expect(Array.from({ length: 7 }, () => turnstile.pass('a', 0))).toEqual([true, true, true, true, true, false, false])
    expect(turnstile.pass('b', 0)).toBe(true)
    expect([turnstile.pass('a', 1_000), turnstile.pass('a', 1_000)]).toEqual([true, false])
  })

  it('forgets a name that holds nothing and is rested, and no other', () => {
    const turnstile = setUp()
    turnstile.enter('holds', 0)
    turnstile.pass('rests', 0)
    turnstile.tick(4_999)
    expect(turnstile.size).toBe(2)
    turnstile.tick(5_000)
    expect(turnstile.size).toBe(1)
    turnstile.leave('holds')
    turnstile.leave('holds')
    turnstile.tick(5_000)
    expect(turnstile.size).toBe(0)
  })

  it('remembers a bounded number of names; those who hold something stay', () => {
    const turnstile = setUp()
    turnstile.enter('holds', 0)
    for (let i = 0; i < 10; i++) turnstile.pass(`passer-by ${i}`, 0)
    expect(turnstile.size).toBe(3)
    expect([turnstile.enter('holds', 0), turnstile.enter('holds', 0)]).toEqual(['admitted', 'too-many'])
  })
})
