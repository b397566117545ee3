import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_USED_KEYS } from '../../../signaling/limits.ts'
import { createRendezvous } from '../../../signaling/rendezvous.ts'
import type { PublicKey } from '../../../src/domain/stream.ts'
import { RENDEZVOUS_MS } from '../../../src/protocol/limits.ts'

const node = (number: number): PublicKey => number.toString(16).padStart(64, '0') as PublicKey
const keyOf = (number: number): string => number.toString(16).padStart(64, '0')

const step = fc.record({
  what: fc.constantFrom('call', 'signal', 'leave', 'abandon', 'gone', 'wait'),
  who: fc.nat(4),
  key: fc.nat(2),
  waitMs: fc.nat(RENDEZVOUS_MS),
})

describe('rendezvous, whatever happens', () => {
  it('[S40] [S41] every match is of two different nodes, once in a key’s life, and nothing is left behind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rendezvous = createRendezvous()
        const lastMatch = new Map<string, number>()
        let now = 0
        for (const { what, who, key: number, waitMs } of steps) {
          const [caller, key] = [node(who), keyOf(number)]
          if (what === 'wait') now += waitMs
          if (what === 'wait') rendezvous.tick(now)
          if (what === 'leave') rendezvous.leave(caller, key, now)
          if (what === 'abandon') for (const { to } of rendezvous.abandon(caller, key, now)) expect(to).not.toContain(caller)
          if (what === 'gone') rendezvous.gone(caller, now)
          if (what === 'signal')
            for (const { to } of rendezvous.signal(caller, key, '', now)) expect(to).not.toContain(caller)
          if (what !== 'call') continue
          const called = rendezvous.call(caller, key, now)
          if (!called.ok || called.value.length === 0) continue
          const told = called.value.flatMap(({ to }) => to)
          expect(new Set(told).size).toBe(2)
          const before = lastMatch.get(key)
          if (before !== undefined) expect(now - before).toBeGreaterThanOrEqual(RENDEZVOUS_MS)
          lastMatch.set(key, now)
        }
        rendezvous.tick(now + RENDEZVOUS_MS)
        rendezvous.tick(now + 2 * RENDEZVOUS_MS)
        expect(rendezvous.size).toBe(0)
      }),
    )
  })

  it('[S49] remembers a bounded number of used keys, and forgets the oldest', () => {
    const rendezvous = createRendezvous()
    const use = (i: number): void => {
      rendezvous.call(node(1), keyOf(i), 0)
      rendezvous.call(node(2), keyOf(i), 0)
      rendezvous.leave(node(1), keyOf(i), 0)
      rendezvous.leave(node(2), keyOf(i), 0)
    }
    for (let i = 0; i < MAX_USED_KEYS; i++) use(i)
    expect(rendezvous.size).toBe(MAX_USED_KEYS)
    expect(rendezvous.call(node(1), keyOf(0), 0).ok).toBe(false)
    use(MAX_USED_KEYS)
    expect(rendezvous.size).toBeLessThan(MAX_USED_KEYS)
    expect(rendezvous.size).toBeGreaterThan(MAX_USED_KEYS * 0.98)
    expect(rendezvous.call(node(1), keyOf(0), 0).ok).toBe(true)
    expect(rendezvous.call(node(1), keyOf(MAX_USED_KEYS), 0).ok).toBe(false)
  })

  it('[S43] a tick ends what is due and nothing else', () => {
    const rendezvous = createRendezvous()
    rendezvous.call(node(1), keyOf(1), 0)
    rendezvous.call(node(1), keyOf(2), 10)
    expect(rendezvous.tick(RENDEZVOUS_MS).map(({ message }) => message)).toMatchObject([
      { type: 'dropped', key: keyOf(1) },
    ])
    expect(rendezvous.size).toBe(1)
  })
})
