import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Result } from '../../../src/base/result.ts'
import { fail, ok } from '../../../src/base/result.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createAvoidance } from '../../../src/neuron/avoidance.ts'
import { createIntroductions } from '../../../src/neuron/introductions.ts'
import { OFFER_WAIT_MS } from '../../../src/protocol/limits.ts'
import type { SignalingAnswer, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const STREAM = 'e'.repeat(64) as StreamId
const [LIAR, ALICE] = ['1', '2'].map((digit) => digit.repeat(64)) as [PublicKey, PublicKey]

const DONE = ok({ type: 'done', re: 1 } as const)

interface SeekerOptions {
  readonly rows?: number
  /** To every rendezvous. */
  readonly answer?: Result<SignalingAnswer>
  /** To everyone, as far as this node knows. */
  readonly linked?: boolean
}

/** A node that looks for a stream, with what it says to the server; the server does what it is told. */
const createSeeker = ({ rows = 0, answer = DONE, linked = false }: SeekerOptions = {}) => {
  const clock = createVirtualClock()
  const avoidance = createAvoidance({ clock })
  const said: SignalingRequest[] = []
  const left: string[] = []
  const met: { readonly key: string }[] = []
  const introductions = createIntroductions({
    clock,
    random: createSeededRandom(1),
    log: () => undefined,
    server: {
      request: async (message) => {
        said.push(message)
        if (message.type === 'rendezvous') met.push(message)
        return message.type === 'rendezvous' ? answer : DONE
      },
      tell: (message) => left.push(message.key),
    },
    dialer: { open: () => undefined, signal: () => undefined, abandon: () => undefined },
    iceServers: () => [],
    rowsOf: () => rows,
    isLinked: () => linked,
    isAvoided: avoidance.has,
    changed: () => undefined,
  })
  const hear = (from: PublicKey, body: { kind: 'offer' | 'request-history'; rows: number } | { kind: 'accept'; key: string }): void =>
    introductions.onNotice({ type: 'meta', stream: STREAM, from, body })
  const count = (type: SignalingRequest['type'], kind?: string): number =>
    said.filter((message) => message.type === type && (kind === undefined || (message.type === 'meta' && message.body.kind === kind))).length
  return { clock, avoidance, introductions, said, met, left, hear, offers: (from: PublicKey) => hear(from, { kind: 'offer', rows: 9 }), count }
}

describe('whom a node meets', () => {
  it('[L18] a peer that was cut off is not met for 10 s, then 20 s, 40 s, at most 10 minutes', () => {
    const { clock, avoidance } = createSeeker()
    for (const seconds of [10, 20, 40, 80, 160, 320, 600, 600]) {
      avoidance.note(LIAR)
      clock.advance(seconds * 1000 - 1)
      expect(avoidance.has(LIAR)).toBe(true)
      clock.advance(1)
      expect(avoidance.has(LIAR)).toBe(false)
    }
    expect(avoidance.has(ALICE)).toBe(false)
  })

  it('[L18] neither its offer, nor its acceptance, nor its question leads anywhere; others’ do', () => {
    const seeker = createSeeker()
    seeker.avoidance.note(LIAR)
    seeker.introductions.seek(STREAM, true)
    seeker.offers(LIAR)
    expect(seeker.said).toEqual([])
    seeker.offers(ALICE)
    expect(seeker.count('rendezvous')).toBe(1)

    const source = createSeeker({ rows: 9 })
    source.avoidance.note(LIAR)
    source.hear(LIAR, { kind: 'request-history', rows: 0 })
    source.hear(LIAR, { kind: 'accept', key: 'f'.repeat(64) })
    expect(source.said).toEqual([])
    source.hear(ALICE, { kind: 'request-history', rows: 0 })
    expect(source.count('meta', 'offer')).toBe(1)
  })

  it('[L19] who lets us down again and again is asked, and met, once in 5 s at most', async () => {
    const { clock, introductions, offers, count, met } = createSeeker()
    for (let second = 0; second < 60; second++) {
      // As fast as it can: found, fetched from, gone.
      for (let i = 0; i < 10; i++) {
        introductions.seek(STREAM, false)
        clock.advance(50)
        offers(LIAR)
        await settle()
        for (const { key } of met.splice(0)) introductions.onDial({ type: 'connected', key })
        introductions.settle(STREAM)
        clock.advance(50)
      }
    }
    expect(count('meta', 'request-history')).toBeLessThanOrEqual(13)
    expect(count('rendezvous')).toBeLessThanOrEqual(13)
  })

  it('[L20] when a publisher comes back, its stream is asked for within OFFER_WAIT_MS, however long the pauses have grown', () => {
    const { clock, introductions, count } = createSeeker()
    introductions.seek(STREAM, false)
    clock.advance(300_000)
    const before = count('meta', 'request-history')
    introductions.hurry(STREAM)
    clock.advance(OFFER_WAIT_MS)
    expect(count('meta', 'request-history')).toBe(before + 1)
  })

  it('[L20] nothing is asked for a stream that is not sought', () => {
    const { clock, introductions, said } = createSeeker()
    introductions.hurry(STREAM)
    introductions.seek(STREAM, true)
    introductions.settle(STREAM)
    introductions.hurry(STREAM)
    clock.advance(300_000)
    expect(said).toEqual([])
  })

  it('[L21] a seeker accepts nothing of a peer that it is linked to; who offers leaves that to the seeker', () => {
    const seeker = createSeeker({ linked: true })
    seeker.introductions.seek(STREAM, true)
    seeker.offers(ALICE)
    expect(seeker.said).toEqual([])
    const source = createSeeker({ rows: 9, linked: true })
    source.hear(ALICE, { kind: 'request-history', rows: 0 })
    source.hear(ALICE, { kind: 'accept', key: 'f'.repeat(64) })
    expect([source.count('meta', 'offer'), source.count('rendezvous')]).toEqual([1, 1])
  })

  it('[M12] a rendezvous that is refused is over: the peer may be met again', async () => {
    const { clock, introductions, offers, count } = createSeeker({ answer: fail('too-many-rendezvous', 'Later.') })
    introductions.seek(STREAM, true)
    offers(ALICE)
    await settle()
    expect(introductions.connecting()).toEqual([])
    clock.advance(OFFER_WAIT_MS)
    offers(ALICE)
    expect(count('rendezvous')).toBe(2)
  })

  it('[M12] a peer that names another key is waited for under that one alone', () => {
    const { introductions, hear, left } = createSeeker({ rows: 9 })
    const [first, second] = ['c'.repeat(64), 'd'.repeat(64)]
    hear(ALICE, { kind: 'accept', key: first })
    hear(ALICE, { kind: 'accept', key: second })
    expect(left).toEqual([first])
    expect(introductions.connecting()).toHaveLength(1)
  })
})
