import { expect, it } from 'vitest'
import type { Attempt, Attempts } from '../../../../src/link/page/attempt.ts'
import { createBeside } from '../../../../src/link/page/beside.ts'
import type { PublicKey } from '../../../../src/domain/stream.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const first: Attempt = { key: 'first', peer: 'bb'.repeat(32) as PublicKey, via: 'rendezvous', role: 'initiator', incoming: false, beside: null, iceServers: [] }

it('[L37] a peer that names one connection after the other, none of which comes about, has at most one begun every two seconds', () => {
  const clock = createVirtualClock()
  const begun: string[] = []
  const attempts: Attempts = {
    begin: ({ key }) => {
      begun.push(key)
      return false
    },
    has: () => false,
    made: () => undefined,
    opened: () => undefined,
    failed: () => undefined,
    abandon: () => undefined,
    incoming: () => 0,
    count: () => 0,
    beside: () => 0,
    closeAll: () => undefined,
  }
  const words = { readyState: 'open', onmessage: null } as unknown as RTCDataChannel
  const connection = { getStats: () => Promise.resolve(new Map()) } as unknown as RTCPeerConnection
  createBeside({ clock, attempts, first, connection, words, iceServers: [] })
  const hear = (name: string): void => {
    words.onmessage?.({ data: JSON.stringify({ name, signal: 'no description' }) } as MessageEvent<unknown>)
  }
  for (let n = 1; n <= 1_000; n++) {
    hear(`r${n}`)
    clock.advance(10)
  }
  expect(begun).toHaveLength(5)
  clock.step(-3_600_000)
  hear('r1001')
  expect(begun).toHaveLength(6)
})
