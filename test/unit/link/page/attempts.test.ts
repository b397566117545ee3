import { expect, it } from 'vitest'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import type { Attempt } from '../../../../src/link/page/attempt.ts'
import { createAttempts } from '../../../../src/link/page/attempts.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const attempt = (key: string, beside: string | null = null): Attempt => ({
  key,
  peer: 'bb'.repeat(32) as PublicKey,
  via: 'rendezvous',
  role: 'responder',
  incoming: false,
  beside,
  iceServers: [],
})

it('[L34] of the connections being made at most four are beside open ones: peers that ask and never come leave room for dials', () => {
  const told: string[] = []
  const clock = createVirtualClock()
  const attempts = createAttempts({
    clock,
    attach: () => undefined,
    holdBulk: () => undefined,
    dropBulk: () => undefined,
    emit: (event) => void told.push(event.type),
  })
  const begin = (key: string, beside: string | null = null): boolean => attempts.begin(attempt(key, beside), () => undefined)
  expect([1, 2, 3, 4, 5].map((one) => begin(`beside ${one}`, `link ${one}`))).toEqual([true, true, true, true, false])
  expect(Array.from({ length: 20 }, (_, one) => begin(`dial ${one}`)).every((may) => may)).toBe(true)
  expect(begin('one too many')).toBe(false)
  // Of those beside others nobody is told, whatever becomes of them.
  expect(told).toEqual(['failed'])
  clock.advance(30_000)
  expect(told).toHaveLength(21)
})
