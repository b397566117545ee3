import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { Result } from '../../../src/base/result.ts'
import { fail, ok } from '../../../src/base/result.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createIntroductions } from '../../../src/neuron/introductions.ts'
import { MAX_MEETINGS, MAX_MEETINGS_PER_STREAM, MEETING_MS } from '../../../src/neuron/meetings.ts'
import { OFFER_WAIT_MS } from '../../../src/protocol/limits.ts'
import type { SignalingAnswer, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { createAvoidance } from '../../../src/swarm/avoidance.ts'
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
  readonly author?: PublicKey
  readonly seed?: number
}

/** A node that looks for a stream, with what it says to the server; the server does what it is told. */
const createSeeker = ({ rows = 0, answer = DONE, linked = false, author, seed = 1 }: SeekerOptions = {}) => {
  const clock = createVirtualClock()
  const avoidance = createAvoidance(clock.now)
  const said: SignalingRequest[] = []
  const left: string[] = []
  const abandoned: string[] = []
  const met: { readonly key: string }[] = []
  const failures: string[] = []
  const rooms = { ours: true, theirs: true }
  const introductions = createIntroductions({
    clock,
    random: createSeededRandom(seed),
    log: () => undefined,
    server: {
      request: async (message) => {
        said.push(message)
        if (message.type === 'rendezvous') met.push(message)
        return message.type === 'rendezvous' ? answer : DONE
      },
      tell: (message) => left.push(message.key),
    },
    dialer: { open: () => undefined, signal: () => undefined, abandon: (key) => void abandoned.push(key), reach: () => undefined, woke: () => undefined },
    iceServers: () => [],
    rowsOf: () => rows,
    isLinked: () => linked,
    authorOf: () => author ?? null,
    self: 'a'.repeat(64) as PublicKey,
    avoidance,
    hasRoom: (whose) => rooms[whose],
    meeting: () => undefined,
    failed: (_, trouble) => void failures.push(trouble),
    changed: () => undefined,
  })
  const hear = (from: PublicKey, body: { kind: 'offer' | 'request-history'; rows: number } | { kind: 'accept'; key: string }): void =>
    introductions.onNotice({ type: 'meta', stream: STREAM, from, body })
  const count = (type: SignalingRequest['type'], kind?: string): number =>
    said.filter((message) => message.type === type && (kind === undefined || (message.type === 'meta' && message.body.kind === kind))).length
  return { clock, avoidance, introductions, said, met, left, abandoned, failures, rooms, hear, offers: (from: PublicKey) => hear(from, { kind: 'offer', rows: 9 }), count }
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
        for (const { key } of met.splice(0)) introductions.onDial({ type: 'connected', key, peer: LIAR, via: 'rendezvous' })
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

  it('[L20] each asks at a moment of its own: all who waited for the publisher hear of it at once', () => {
    const moments = Array.from({ length: 40 }, (_, seed) => {
      const { clock, introductions, count } = createSeeker({ seed })
      introductions.seek(STREAM, false)
      // Asked for at once, after some 5 s and some 10 s more; at its next turn no sooner than 26 s after the first.
      clock.advance(24_000)
      const before = count('meta', 'request-history')
      introductions.hurry(STREAM)
      for (let ms = 0; ms < OFFER_WAIT_MS; ms += 10) {
        if (count('meta', 'request-history') > before) return ms
        clock.advance(10)
      }
      return OFFER_WAIT_MS
    })
    for (const quarter of [0, 1, 2, 3]) {
      const isIn = (ms: number): boolean => Math.floor((ms * 4) / OFFER_WAIT_MS) === quarter
      expect(moments.filter(isIn).length, moments.join()).toBeGreaterThanOrEqual(4)
    }
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

  it('[W8] an offer is accepted only while there is a place for one more of ours, and made while there is any', () => {
    const seeker = createSeeker()
    seeker.rooms.ours = false
    seeker.introductions.seek(STREAM, true)
    seeker.offers(ALICE)
    expect(seeker.said).toEqual([])
    seeker.rooms.ours = true
    seeker.offers(ALICE)
    expect(seeker.count('rendezvous')).toBe(1)
    const source = createSeeker({ rows: 9 })
    source.rooms.theirs = false
    source.hear(ALICE, { kind: 'request-history', rows: 0 })
    expect(source.said).toEqual([])
  })

  it('[W10] a meeting that ends for no fault of its peer is said to have had no way', async () => {
    const refused = createSeeker({ answer: fail('too-many-rendezvous', 'Later.') })
    refused.introductions.seek(STREAM, true)
    refused.offers(ALICE)
    await settle()
    const ended = createSeeker()
    ended.introductions.seek(STREAM, true)
    ended.offers(ALICE)
    await settle()
    ended.introductions.onNotice({ type: 'dropped', key: ended.met[0]?.key ?? '', code: 'peer-left', message: 'gone' })
    expect([refused.failures, ended.failures]).toEqual([['no-way'], ['no-way']])
    expect(ended.avoidance.has(ALICE)).toBe(false)
  })

  it('[M12] a peer that names another key is waited for under that one alone', () => {
    const { introductions, hear, left } = createSeeker({ rows: 9 })
    const [first, second] = ['c'.repeat(64), 'd'.repeat(64)]
    for (const key of [first, second]) {
      hear(ALICE, { kind: 'request-history', rows: 0 })
      hear(ALICE, { kind: 'accept', key })
    }
    expect(left).toEqual([first])
    expect(introductions.connecting()).toHaveLength(1)
  })
})

/** The nth of a crowd, and a one-time key that nobody else names. */
const one = (n: number): PublicKey => String(n).padStart(64, 'a') as PublicKey
const keyNo = (n: number): string => String(n).padStart(64, 'b')

describe('who agrees to meet and does not come', () => {
  /** A source, and a way to make it offer and be accepted. */
  const createSource = () => {
    const source = createSeeker({ rows: 9 })
    const agree = (n: number, stream = STREAM): void => {
      for (const body of [{ kind: 'request-history', rows: 0 }, { kind: 'accept', key: keyNo(n) }] as const)
        source.introductions.onNotice({ type: 'meta', stream, from: one(n), body })
    }
    return { ...source, agree }
  }
  const streamNo = (n: number): StreamId => String(n).padStart(64, 'd') as StreamId

  it('[M14] an acceptance counts only of what was offered to that member, for that stream, in the last 60 s, once', () => {
    const { clock, introductions, hear, count } = createSeeker({ rows: 9 })
    const accept = (from: PublicKey, key: string): void => hear(from, { kind: 'accept', key })
    accept(ALICE, keyNo(1))
    hear(ALICE, { kind: 'request-history', rows: 0 })
    accept(LIAR, keyNo(2))
    introductions.onNotice({ type: 'meta', stream: streamNo(1), from: ALICE, body: { kind: 'accept', key: keyNo(3) } })
    expect(count('rendezvous')).toBe(0)
    clock.advance(60_000)
    accept(ALICE, keyNo(4))
    expect(count('rendezvous')).toBe(0)
    hear(ALICE, { kind: 'request-history', rows: 0 })
    clock.advance(59_999)
    accept(ALICE, keyNo(5))
    expect(count('rendezvous')).toBe(1)
    accept(ALICE, keyNo(6))
    expect(count('rendezvous')).toBe(1)
  })

  it('[M14] of 1,001 offers the first is forgotten', () => {
    const { hear, count } = createSeeker({ rows: 9 })
    for (let n = 0; n <= 1_000; n++) hear(one(n), { kind: 'request-history', rows: 0 })
    hear(one(0), { kind: 'accept', key: keyNo(0) })
    expect(count('rendezvous')).toBe(0)
    hear(one(1), { kind: 'accept', key: keyNo(1) })
    expect(count('rendezvous')).toBe(1)
  })

  it('[M14] nobody takes another’s meeting by naming its key', () => {
    const { introductions, hear, agree, count } = createSource()
    agree(1)
    hear(ALICE, { kind: 'request-history', rows: 0 })
    hear(ALICE, { kind: 'accept', key: keyNo(1) })
    expect(introductions.connecting().map(({ peer }) => peer)).toEqual([one(1)])
    expect(count('rendezvous')).toBe(1)
  })

  it('[M15] a crowd of them holds half of the places for one stream; each newcomer gets the longest awaited one’s', () => {
    const { introductions, left, agree } = createSource()
    for (let n = 0; n < 2 * MAX_MEETINGS; n++) agree(n)
    expect(introductions.connecting()).toHaveLength(MAX_MEETINGS_PER_STREAM)
    expect(introductions.connecting().at(-1)?.peer).toBe(one(2 * MAX_MEETINGS - 1))
    expect(left).toEqual(Array.from({ length: 2 * MAX_MEETINGS - MAX_MEETINGS_PER_STREAM }, (_, n) => keyNo(n)))
  })

  it('[M15] of all streams together at most MAX_MEETINGS wait', () => {
    const { introductions, left, failures, agree } = createSource()
    for (let n = 0; n <= MAX_MEETINGS; n++) agree(n, streamNo(n))
    expect(introductions.connecting()).toHaveLength(MAX_MEETINGS)
    expect(left).toEqual([keyNo(0)])
    // It was given up before it could have come: that is not held against it.
    expect(failures).toEqual(['no-way'])
  })

  it('[M15] who has come is not sent away for who may come: with all places so taken nothing is agreed', () => {
    const { introductions, left, agree, count } = createSource()
    for (let n = 0; n <= MAX_MEETINGS_PER_STREAM; n++) {
      agree(n)
      introductions.onNotice({ type: 'matched', key: keyNo(n), role: 'responder', peer: one(n) })
    }
    expect(count('rendezvous')).toBe(MAX_MEETINGS_PER_STREAM)
    expect(introductions.connecting().map(({ peer }) => peer)).not.toContain(one(MAX_MEETINGS_PER_STREAM))
    // The server matched a key that was not agreed to.
    expect(left).toEqual([keyNo(MAX_MEETINGS_PER_STREAM)])
  })

  it('[M15] a meeting ends by our own clock, though the server never says so', () => {
    const { clock, introductions, avoidance, left, abandoned, agree } = createSource()
    agree(1)
    agree(2)
    introductions.onNotice({ type: 'matched', key: keyNo(2), role: 'responder', peer: one(2) })
    clock.advance(MEETING_MS - 1)
    expect(introductions.connecting()).toHaveLength(2)
    clock.advance(1)
    expect(introductions.connecting()).toEqual([])
    expect(left).toEqual([keyNo(1), keyNo(2)])
    expect(abandoned).toEqual([keyNo(2)])
    expect([avoidance.has(one(1)), avoidance.has(one(2))]).toEqual([true, true])
  })

  it('[M16] of the four places of a stream’s sources one is the publisher’s', () => {
    const { introductions, offers } = createSeeker({ author: ALICE })
    introductions.seek(STREAM, true)
    for (let n = 0; n < 6; n++) offers(one(n))
    expect(introductions.connecting()).toHaveLength(3)
    offers(ALICE)
    expect(introductions.connecting().map(({ peer }) => peer)).toEqual([one(0), one(1), one(2), ALICE])
    const second = createSeeker({ author: ALICE })
    second.introductions.seek(STREAM, true)
    for (const peer of [ALICE, ...[0, 1, 2, 3].map(one)]) second.offers(peer)
    expect(second.introductions.connecting()).toHaveLength(4)
  })

  it('[L27] who did not come, or could not be reached, is not met for 5 s, then 10 s, 20 s, at most 2 minutes', () => {
    const { clock, avoidance } = createSeeker()
    for (const seconds of [5, 10, 20, 40, 80, 120, 120]) {
      avoidance.noteLapse(LIAR)
      clock.advance(seconds * 1000 - 1)
      expect(avoidance.has(LIAR)).toBe(true)
      clock.advance(1)
      expect(avoidance.has(LIAR)).toBe(false)
    }
  })

  it('[L27] a connection makes lapses forgotten, but no cut', () => {
    const { avoidance } = createSeeker()
    avoidance.noteLapse(ALICE)
    avoidance.noteMet(ALICE)
    avoidance.note(LIAR)
    avoidance.noteMet(LIAR)
    expect([avoidance.has(ALICE), avoidance.has(LIAR)]).toEqual([false, true])
  })

  it('[L27] a crowd of throw-away keys that do not come makes no cut forgotten', () => {
    const { avoidance } = createSeeker()
    avoidance.note(LIAR)
    for (let n = 0; n < 2_000; n++) avoidance.noteLapse(one(n))
    expect([avoidance.has(LIAR), avoidance.has(one(0)), avoidance.has(one(1_999))]).toEqual([true, false, true])
  })

  it('[L27] a rendezvous to which nobody came and a dial that failed count, and leave the places to others', async () => {
    const { clock, introductions, avoidance, offers, met } = createSeeker()
    introductions.seek(STREAM, true)
    offers(LIAR)
    offers(ALICE)
    await settle()
    const [liars = '', alices = ''] = met.map(({ key }) => key)
    introductions.onNotice({ type: 'dropped', key: liars, code: 'timeout', message: 'Nobody came.' })
    introductions.onNotice({ type: 'matched', key: alices, role: 'initiator', peer: ALICE })
    introductions.onDial({ type: 'failed', key: alices, peer: ALICE, via: 'rendezvous', code: 'closed', message: 'no route' })
    expect([avoidance.has(LIAR), avoidance.has(ALICE)]).toEqual([true, true])
    clock.advance(OFFER_WAIT_MS)
    offers(LIAR)
    expect(introductions.connecting()).toEqual([])
  })

  it('[L27] a dial that this node itself could not begin counts against nobody', async () => {
    const { introductions, avoidance, offers, met, failures } = createSeeker()
    introductions.seek(STREAM, true)
    offers(ALICE)
    await settle()
    const { key } = met[0] ?? { key: '' }
    introductions.onNotice({ type: 'matched', key, role: 'initiator', peer: ALICE })
    introductions.onDial({ type: 'failed', key, peer: ALICE, via: 'rendezvous', code: 'busy', message: 'its code could not be loaded' })
    expect([avoidance.has(ALICE), failures, introductions.connecting()]).toEqual([false, ['no-way'], []])
  })

  it('[L27] who makes room for another after 5 s has not come; before that it may be on its way', () => {
    const { clock, avoidance, agree } = createSource()
    agree(0)
    clock.advance(5_000)
    for (let n = 1; n <= MAX_MEETINGS_PER_STREAM + 1; n++) agree(n)
    expect([avoidance.has(one(0)), avoidance.has(one(1))]).toEqual([true, false])
  })
})
