import { describe, expect, it } from 'vitest'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import { fail, ok } from '../../../src/base/result.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { createIntroductions, type Introductions } from '../../../src/neuron/introductions.ts'
import type { Dial } from '../../../src/ports/dialer.ts'
import { OFFER_WAIT_MS } from '../../../src/protocol/limits.ts'
import type { SignalingClient, SignalingNotice, SignalingRequest } from '../../../src/pubsub/signaling-client.ts'
import { createAvoidance } from '../../../src/swarm/avoidance.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const STREAM = 'e'.repeat(64) as StreamId
const NAMES = ['alice', 'bob', 'carol', 'dave', 'mallory'] as const
type Name = (typeof NAMES)[number]

const keyOf = (name: string): PublicKey => name.charCodeAt(0).toString(16).padEnd(64, '0') as PublicKey
const nameOf = (key: PublicKey): string => NAMES.find((name) => keyOf(name) === key) ?? key.slice(0, 6)

interface Node {
  readonly introductions: Introductions
  readonly dials: Dial[]
  readonly linked: Set<PublicKey>
  /** Looks for the stream as a newcomer of its topic. */
  join(): void
}

/** A signaling server as its rules say, a few nodes, and what they say to one another. */
const createWorld = (
  rowsOf: Partial<Record<Name, number>>,
  randomOf: (name: Name) => Random = (name) => createSeededRandom(name.length),
  author: PublicKey | null = null,
) => {
  const clock = createVirtualClock()
  const nodes = new Map<PublicKey, Node>()
  const members: PublicKey[] = []
  const waiting = new Map<string, PublicKey>()
  const pairs = new Map<string, readonly [PublicKey, PublicKey]>()
  const keys: string[] = []
  const rendezvousCalls: string[] = []
  const full = new Set<Name>()
  let lines: string[] = []
  const tell = (to: PublicKey, notice: SignalingNotice): void => {
    queueMicrotask(() => nodes.get(to)?.introductions.onNotice(notice))
  }
  const named = (key: string): string => {
    if (!keys.includes(key)) keys.push(key)
    return `key ${keys.indexOf(key) + 1}`
  }
  const serve = (from: PublicKey, said: SignalingRequest) => {
    if (said.type === 'meta') {
      const { to, body } = said
      const what = body.kind === 'accept' ? `accept ${named(body.key)}` : body.kind === 'meet' ? 'meet' : `${body.kind} ${body.rows}`
      lines.push(`${nameOf(from)} -> ${to === null ? 'all' : nameOf(to)} | ${what}`)
      const listeners = to === null ? members.filter((member) => member !== from) : members.filter((member) => member === to)
      for (const listener of listeners) tell(listener, { type: 'meta', stream: STREAM, from, body })
      return listeners.length === 0 && to !== null ? fail('not-member', 'gone') : ok({ type: 'done', re: 1 } as const)
    }
    if (said.type !== 'rendezvous') return ok({ type: 'done', re: 1 } as const)
    lines.push(`${nameOf(from)} -> rendezvous | ${named(said.key)}`)
    rendezvousCalls.push(said.key)
    const first = waiting.get(said.key)
    if (pairs.has(said.key)) return fail('taken', 'Two have met under this key.')
    if (first === undefined) waiting.set(said.key, from)
    else {
      pairs.set(said.key, [first, from])
      tell(first, { type: 'matched', key: said.key, role: 'initiator', peer: from })
      tell(from, { type: 'matched', key: said.key, role: 'responder', peer: first })
    }
    return ok({ type: 'done', re: 1 } as const)
  }
  const serverFor = (me: PublicKey): Pick<SignalingClient, 'request' | 'tell'> => ({
    request: async (message) => serve(me, message),
    tell: (message) => {
      lines.push(`${nameOf(me)} -> rendezvous | ${message.type} ${named(message.key)}`)
      // A lone caller that leaves frees the key.
      if (message.type === 'leave' && waiting.get(message.key) === me && !pairs.has(message.key)) waiting.delete(message.key)
      const other = pairs.get(message.key)?.find((peer) => peer !== me)
      if (message.type === 'signal' && other !== undefined) tell(other, { type: 'signal', key: message.key, signal: message.signal })
    },
  })
  const createNode = (name: Name): Node => {
    const me = keyOf(name)
    const dials: Dial[] = []
    const linked = new Set<PublicKey>()
    const introductions = createIntroductions({
      clock,
      random: randomOf(name),
      log: () => undefined,
      server: serverFor(me),
      dialer: {
        open: (dial) => {
          dials.push(dial)
          if (dial.way === 'rendezvous') lines.push(`${name} dials ${nameOf(dial.peer)} as ${dial.role}`)
        },
        signal: (_, signal) => void lines.push(`${name} hears ${signal}`),
        abandon: (key) => void lines.push(`${name} abandons ${named(key)}`),
        reach: () => undefined,
        woke: () => undefined,
      },
      iceServers: () => [],
      rowsOf: () => rowsOf[name] ?? 0,
      isLinked: (peer) => linked.has(peer),
      self: me,
      authorOf: () => author,
      avoidance: createAvoidance(clock.now),
      hasRoom: () => !full.has(name),
      meeting: () => undefined,
      failed: (peer, trouble) => void lines.push(`${name} did not meet ${nameOf(peer)}: ${trouble}`),
      changed: () => undefined,
    })
    return {
      introductions,
      dials,
      linked,
      join: () => {
        introductions.seek(STREAM, true)
        for (const member of members) if (member !== me) tell(member, { type: 'joined', stream: STREAM, member: me, rows: rowsOf[name] ?? 0 })
        if (!members.includes(me)) members.push(me)
      },
    }
  }
  const node = (name: Name): Node => {
    const known = nodes.get(keyOf(name))
    if (known !== undefined) return known
    const fresh = createNode(name)
    nodes.set(keyOf(name), fresh)
    return fresh
  }
  for (const name of Object.keys(rowsOf) as Name[]) {
    node(name)
    if ((rowsOf[name] ?? 0) > 0) members.push(keyOf(name))
  }
  return {
    clock,
    node,
    rowsOf,
    full,
    rendezvousCalls,
    enter: (name: Name) => void members.push(keyOf(name)),
    /** The server lets a third one in under a key. */
    intrude: (name: Name, key: string) => {
      const first = waiting.get(key)
      if (first !== undefined) tell(first, { type: 'matched', key, role: 'initiator', peer: keyOf(name) })
    },
    rendezvousKeys: () => [...keys],
    /** What was said by the time all is quiet. */
    trace: async (): Promise<string> => {
      await settle()
      const told = lines.join('\n')
      lines = []
      return told
    },
  }
}

/** Coins that fall as they are told, and are fair after that. */
const coins = (...falls: readonly number[]): Random => {
  const seeded = createSeededRandom(9)
  const left = [...falls]
  return { ...seeded, next: () => left.shift() ?? seeded.next() }
}

const YES = 0
const NO = 0.99

describe('two nodes find each other', () => {
  it('[M10] [M12] offer, acceptance, rendezvous, a dial from each side', async () => {
    const world = createWorld({ alice: 100, bob: 0 }, () => coins(YES))
    world.node('bob').join()
    expect(await world.trace()).toMatchInlineSnapshot(`
      "alice -> bob | offer 100
      bob -> alice | accept key 1
      bob -> rendezvous | key 1
      alice -> rendezvous | key 1
      bob dials alice as initiator
      alice dials bob as responder"
    `)
    expect(world.node('alice').dials).toMatchObject([{ role: 'responder', peer: keyOf('bob') }])
    expect(world.node('bob').dials).toMatchObject([{ role: 'initiator', peer: keyOf('alice') }])
    expect(world.node('alice').introductions.connecting()).toMatchObject([{ peer: keyOf('bob') }])
  })

  it('what the two dials say is carried under their key, and each leaves when it is connected', async () => {
    const world = createWorld({ alice: 100, bob: 0 }, () => coins(YES))
    const [alice, bob] = [world.node('alice'), world.node('bob')]
    bob.join()
    await world.trace()
    const key = bob.dials[0]?.key ?? ''
    bob.introductions.onDial({ type: 'signal', key, signal: 'an offer' })
    await settle()
    alice.introductions.onDial({ type: 'signal', key, signal: 'an answer' })
    await settle()
    for (const { introductions } of [alice, bob]) introductions.onDial({ type: 'connected', key, peer: keyOf('alice'), via: 'rendezvous' })
    expect(await world.trace()).toMatchInlineSnapshot(`
      "bob -> rendezvous | signal key 1
      alice hears an offer
      alice -> rendezvous | signal key 1
      bob hears an answer
      alice -> rendezvous | leave key 1
      bob -> rendezvous | leave key 1"
    `)
    for (const { introductions } of [alice, bob]) {
      introductions.onDial({ type: 'signal', key, signal: 'too late' })
      expect(introductions.connecting()).toEqual([])
    }
    expect(await world.trace()).toBe('')
  })

  it('[M11] nobody offers: after two seconds everyone told answers, whatever the coin says', async () => {
    const world = createWorld({ alice: 100, carol: 50, dave: 0, bob: 0 }, () => coins(NO))
    world.node('dave').join()
    world.node('dave').introductions.settle(STREAM)
    world.node('bob').join()
    expect(await world.trace()).toBe('')
    world.clock.advance(OFFER_WAIT_MS - 1)
    expect(await world.trace()).toBe('')
    world.clock.advance(1)
    expect(await world.trace()).toMatchInlineSnapshot(`
      "bob -> all | request-history 0
      alice -> bob | offer 100
      carol -> bob | offer 50
      bob -> alice | accept key 1
      bob -> rendezvous | key 1
      bob -> carol | accept key 2
      bob -> rendezvous | key 2
      alice -> rendezvous | key 1
      carol -> rendezvous | key 2
      bob dials alice as initiator
      alice dials bob as responder
      bob dials carol as initiator
      carol dials bob as responder"
    `)
  })

  it('[M11] asks again with pauses that grow to a minute, as long as nobody serves it', async () => {
    const world = createWorld({ bob: 0 })
    world.node('bob').join()
    const asked: number[] = []
    const began = world.clock.now()
    for (let second = 0; second < 600; second++) {
      world.clock.advance(1_000)
      if ((await world.trace()) !== '') asked.push((world.clock.now() - began) / 1_000)
    }
    const pauses = asked.map((at, index) => at - (asked[index - 1] ?? 0))
    expect(pauses[0]).toBe(2)
    const ceilings = [5, 10, 20, 40, 60, 60, 60]
    for (const [index, ceiling] of ceilings.entries()) {
      expect(pauses[index + 1]).toBeGreaterThanOrEqual(ceiling * 0.75 - 1)
      expect(pauses[index + 1]).toBeLessThanOrEqual(ceiling * 1.25 + 1)
    }
    world.node('bob').introductions.settle(STREAM)
    world.clock.advance(600_000)
    expect(await world.trace()).toBe('')
  })

  it('[M11] who has no more rows than the newcomer neither offers nor answers', async () => {
    const world = createWorld({ alice: 5, carol: 7, bob: 7 }, () => coins(YES))
    world.node('bob').join()
    world.clock.advance(OFFER_WAIT_MS)
    expect(await world.trace()).toBe('bob -> all | request-history 7')
  })

  it('accepts at most four offers for one question, and each peer once', async () => {
    const world = createWorld({ bob: 0 })
    const { introductions } = world.node('bob')
    introductions.seek(STREAM, true)
    for (let peer = 1; peer <= 6; peer++)
      for (let times = 0; times < 2; times++)
        introductions.onNotice({ type: 'meta', stream: STREAM, from: String(peer).repeat(64) as PublicKey, body: { kind: 'offer', rows: 9 } })
    expect(introductions.connecting()).toHaveLength(4)
  })

  it('accepts no offer that it did not look for, or of no more rows than it has', async () => {
    const world = createWorld({ alice: 100, bob: 10 })
    const { introductions } = world.node('bob')
    const offer = (rows: number): void =>
      introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('alice'), body: { kind: 'offer', rows } })
    offer(100)
    introductions.seek(STREAM, true)
    offer(10)
    expect(await world.trace()).toBe('')
    offer(11)
    expect(await world.trace()).toContain('bob -> alice | accept')
  })
})

describe('[M10] the coin', () => {
  it('falls on yes half the time: of 2,000 newcomers, each is offered to by half of those who could', async () => {
    const random = createSeededRandom(2026)
    const world = createWorld({ alice: 100 }, () => random)
    let offers = 0
    const { introductions } = world.node('alice')
    for (let newcomer = 0; newcomer < 2_000; newcomer++)
      introductions.onNotice({ type: 'joined', stream: STREAM, member: newcomer.toString(16).padStart(64, 'f') as PublicKey, rows: 0 })
    for (const line of (await world.trace()).split('\n')) if (line.includes('| offer 100')) offers++
    // Four standard deviations of 2,000 fair coins.
    expect(Math.abs(offers - 1_000)).toBeLessThan(90)
  })

  it('is each node’s own: with three sources a newcomer hears from none as often as from all', async () => {
    const counts = [0, 0, 0, 0]
    for (let seed = 0; seed < 400; seed++) {
      const sources = ['alice', 'carol', 'dave'] as const
      const world = createWorld({ alice: 9, carol: 9, dave: 9 }, (name) => createSeededRandom(seed * 10 + name.charCodeAt(0)))
      for (const name of sources)
        world.node(name).introductions.onNotice({ type: 'joined', stream: STREAM, member: keyOf('bob'), rows: 0 })
      const offers = (await world.trace()).split('\n').filter((line) => line.includes('| offer')).length
      counts[offers] = (counts[offers] ?? 0) + 1
    }
    const [none = 0, one = 0, two = 0, all = 0] = counts
    for (const [count, expected] of [[none, 50], [one, 150], [two, 150], [all, 50]] as const)
      expect(Math.abs(count - expected)).toBeLessThan(46)
  })
})

describe('[M10] the publisher', () => {
  it('offers to every newcomer that it is told of, whatever the coin says; others do not for that', async () => {
    const world = createWorld({ alice: 100, carol: 100, bob: 0 }, () => coins(NO, NO), keyOf('alice'))
    world.node('bob').join()
    expect((await world.trace()).split('\n').filter((line) => line.includes('offer'))).toEqual(['alice -> bob | offer 100'])
  })

  it('keeps a place for nobody: with no room left it offers nothing', async () => {
    const world = createWorld({ alice: 100, bob: 0 }, () => coins(NO), keyOf('alice'))
    world.full.add('alice')
    world.node('bob').join()
    expect(await world.trace()).toBe('')
  })
})

describe('[M17] to meet whatever either has', () => {
  it('who is asked offers, and the asker accepts though it lacks nothing', async () => {
    const world = createWorld({ alice: 7, bob: 7 })
    world.node('bob').introductions.meet(keyOf('alice'), STREAM)
    expect(await world.trace()).toMatchInlineSnapshot(`
      "bob -> alice | meet
      alice -> bob | offer 7
      bob -> alice | accept key 1
      bob -> rendezvous | key 1
      alice -> rendezvous | key 1
      bob dials alice as initiator
      alice dials bob as responder"
    `)
    world.clock.advance(10_000)
    expect(await world.trace()).toBe('')
  })

  it('who has no rows, has no room or avoids the asker says nothing: it is given up after 5 s', async () => {
    const world = createWorld({ alice: 0, carol: 9, dave: 9, bob: 7 })
    // Members of the topic hear it though they have nothing.
    world.enter('alice')
    world.full.add('carol')
    for (const name of ['alice', 'carol'] as const) world.node('bob').introductions.meet(keyOf(name), STREAM)
    world.clock.advance(4_999)
    expect(await world.trace()).toBe('bob -> alice | meet\nbob -> carol | meet')
    world.clock.advance(1)
    expect(await world.trace()).toBe('bob did not meet alice: mute\nbob did not meet carol: mute')
  })

  it('what was asked of a server that is lost is over, and nobody’s silence', async () => {
    const world = createWorld({ alice: 9, bob: 7 })
    world.full.add('alice')
    const { introductions } = world.node('bob')
    introductions.meet(keyOf('alice'), STREAM)
    await world.trace()
    introductions.reset()
    world.clock.advance(10_000)
    expect(await world.trace()).toBe('')
    introductions.meet(keyOf('alice'), STREAM)
    expect(await world.trace()).toBe('bob -> alice | meet')
  })

  it('who is not in the topic is said to be absent at once', async () => {
    const world = createWorld({ bob: 7 })
    world.node('bob').introductions.meet(keyOf('alice'), STREAM)
    expect(await world.trace()).toBe('bob -> alice | meet\nbob did not meet alice: absent')
  })

  it('only the offer of the one that was asked, for that stream, is accepted, and once', async () => {
    const world = createWorld({ alice: 7, carol: 7, bob: 7 })
    const { introductions } = world.node('bob')
    const offer = (from: Name, stream = STREAM): void => introductions.onNotice({ type: 'meta', stream, from: keyOf(from), body: { kind: 'offer', rows: 7 } })
    world.full.add('alice')
    introductions.meet(keyOf('alice'), STREAM)
    await world.trace()
    offer('carol')
    offer('alice', 'f'.repeat(64) as StreamId)
    expect(await world.trace()).toBe('')
    offer('alice')
    offer('alice')
    expect((await world.trace()).match(/accept/g)).toHaveLength(1)
  })

  it('[M18] two that ask each other at once meet once: under the key of the smaller node', async () => {
    for (const first of ['alice', 'bob'] as const) {
      const world = createWorld({ alice: 7, bob: 7 })
      const second = first === 'alice' ? 'bob' : 'alice'
      world.node(first).introductions.meet(keyOf(second), STREAM)
      world.node(second).introductions.meet(keyOf(first), STREAM)
      const told = await world.trace()
      expect(told.match(/accept/g)).toHaveLength(2)
      for (const name of ['alice', 'bob'] as const) {
        expect(world.node(name).dials).toHaveLength(1)
        expect(world.node(name).introductions.connecting()).toHaveLength(1)
      }
      const kept = /alice -> bob \| accept (key \d)/.exec(told)?.[1] ?? ''
      expect(told).toContain(`bob -> rendezvous | ${kept}`)
    }
  })

  it('[M18] a key of ours that nobody has come for in 5 s gives way to a new one of theirs', async () => {
    const world = createWorld({ alice: 7, bob: 7 })
    const { introductions } = world.node('alice')
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('bob'), body: { kind: 'meet' } })
    introductions.meet(keyOf('bob'), STREAM)
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('bob'), body: { kind: 'offer', rows: 7 } })
    await world.trace()
    introductions.reset()
    introductions.meet(keyOf('bob'), STREAM)
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('bob'), body: { kind: 'meet' } })
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('bob'), body: { kind: 'offer', rows: 7 } })
    world.clock.advance(5_000)
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('bob'), body: { kind: 'accept', key: 'd'.repeat(64) } })
    await world.trace()
    expect(world.rendezvousCalls.at(-1)).toBe('d'.repeat(64))
  })
})

describe('[M12] the one-time key', () => {
  it('is 32 bytes, and another one for every offer that is accepted', async () => {
    const world = createWorld({ bob: 0 })
    const { introductions } = world.node('bob')
    for (let times = 0; times < 20; times++) {
      introductions.seek(STREAM, true)
      introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('alice'), body: { kind: 'offer', rows: 9 } })
      await settle()
      introductions.reset()
    }
    const keys = world.rendezvousKeys()
    expect(new Set(keys).size).toBe(20)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{64}$/)
  })

  it('is said to the one who offered, and to nobody else', async () => {
    const world = createWorld({ alice: 100, carol: 100, bob: 0 }, (name) => coins(name === 'alice' ? YES : NO))
    world.node('bob').join()
    const said = await world.trace()
    expect(said.split('\n').filter((line) => line.includes('accept'))).toEqual(['bob -> alice | accept key 1'])
  })
})

describe('[M13] whoever is matched but was not agreed with', () => {
  it('is left at once and never dialled, and the one agreed with can be met under a new key', async () => {
    const world = createWorld({ bob: 0 })
    const { introductions, dials } = world.node('bob')
    introductions.seek(STREAM, true)
    const offer = (): void => introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('alice'), body: { kind: 'offer', rows: 9 } })
    offer()
    await settle()
    world.intrude('mallory', world.rendezvousKeys()[0] ?? '')
    expect(await world.trace()).toMatchInlineSnapshot(`
      "bob -> alice | accept key 1
      bob -> rendezvous | key 1
      bob -> rendezvous | leave key 1
      bob did not meet alice: no-way"
    `)
    expect(dials).toEqual([])
    expect(introductions.connecting()).toEqual([])
    world.clock.advance(OFFER_WAIT_MS)
    offer()
    expect(await world.trace()).toContain('accept key 2')
  })

  it('is left under a key that this node has never named', async () => {
    const world = createWorld({ bob: 0 })
    const { introductions, dials } = world.node('bob')
    introductions.onNotice({ type: 'matched', key: 'f'.repeat(64), role: 'initiator', peer: keyOf('mallory') })
    introductions.onNotice({ type: 'signal', key: 'f'.repeat(64), signal: 'an offer' })
    expect(await world.trace()).toBe('bob -> rendezvous | leave key 1')
    expect(dials).toEqual([])
  })
})

describe('how a meeting ends', () => {
  const meetUp = async () => {
    const world = createWorld({ alice: 100, bob: 0 }, () => coins(YES))
    const bob = world.node('bob')
    bob.join()
    await world.trace()
    return { world, bob, key: bob.dials[0]?.key ?? '' }
  }

  it('[L27] a dial that fails leaves the rendezvous, and is tried again when it is asked for after a rest', async () => {
    const { world, bob, key } = await meetUp()
    for (const name of ['alice', 'bob'] as const) world.node(name).introductions.onDial({ type: 'failed', key, peer: keyOf('alice'), via: 'rendezvous', code: 'closed', message: 'no route' })
    expect(await world.trace()).toContain('bob -> rendezvous | leave key 1')
    expect(bob.introductions.connecting()).toEqual([])
    world.clock.advance(OFFER_WAIT_MS)
    expect(await world.trace()).toBe('bob -> all | request-history 0')
    for (let second = 0; second < 7; second++) world.clock.advance(1_000)
    expect(await world.trace()).toContain('bob dials alice')
    expect(bob.dials).toHaveLength(2)
  })

  it('what the server drops before both are there is over; after that the dial decides', async () => {
    const { bob, key } = await meetUp()
    bob.introductions.onNotice({ type: 'dropped', key, code: 'peer-left', message: '' })
    expect(bob.introductions.connecting()).toHaveLength(1)
    const alone = createWorld({ bob: 0 })
    const { introductions } = alone.node('bob')
    introductions.seek(STREAM, true)
    introductions.onNotice({ type: 'meta', stream: STREAM, from: keyOf('alice'), body: { kind: 'offer', rows: 9 } })
    await settle()
    introductions.onNotice({ type: 'dropped', key: alone.rendezvousKeys()[0] ?? '', code: 'timeout', message: 'Nobody came.' })
    expect(introductions.connecting()).toEqual([])
  })

  it('a server that was lost ends all that was under way with it', async () => {
    const { world, bob } = await meetUp()
    bob.introductions.reset()
    expect(await world.trace()).toBe('bob abandons key 1')
    expect(bob.introductions.connecting()).toEqual([])
    world.clock.advance(600_000)
    // [M15] Alice, who still has the server, waits no longer than her own clock allows.
    expect(await world.trace()).toBe('alice -> rendezvous | leave key 1\nalice abandons key 1')
  })
})
