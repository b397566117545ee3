import { describe, expect, it } from 'vitest'
import { createSeededRandom, sample, type Random } from '../../../src/base/random.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import { SWARM_DEFAULTS } from '../../../src/swarm/config.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import { createSwarm } from '../../../src/swarm/swarm.ts'
import type { SwarmEffect } from '../../../src/swarm/words.ts'
import { numbered, SELF, streamNo, traffic, type News } from './bench.ts'

const PEERS = 30
const SEEDS = 60

/** What meets whoever dials: an honest node, nobody, one without room, one that has nothing, one that lies and is cut, one whose links break, one that confirms and gives nothing. */
type Kind = 'honest' | 'dead' | 'full' | 'empty' | 'liar' | 'flaky' | 'absent' | 'stingy'
const KINDS: readonly Kind[] = ['honest', 'honest', 'honest', 'dead', 'full', 'empty', 'liar', 'flaky', 'absent']

interface Peer {
  readonly key: PublicKey
  readonly kind: Kind
  readonly streams: ReadonlySet<StreamId>
}

interface World {
  readonly peers: readonly Peer[]
  readonly streams: readonly StreamId[]
  readonly authors: ReadonlyMap<StreamId, PublicKey>
}

/** Every stream has at least three honest members; its publisher is anybody. */
const makeWorld = (random: Random): World => {
  const streams = Array.from({ length: 1 + random.below(12) }, (_, n) => streamNo(n))
  const members = new Map<number, Set<StreamId>>(Array.from({ length: PEERS }, (_, n) => [n, new Set<StreamId>()]))
  const kinds = Array.from({ length: PEERS }, (_, n): Kind => (n < 6 ? 'honest' : (KINDS[random.below(KINDS.length)] ?? 'honest')))
  const all = [...members.keys()]
  const honest = all.filter((n) => kinds[n] === 'honest')
  const authors = new Map<StreamId, PublicKey>()
  for (const stream of streams) {
    for (const n of [...sample(honest, 3, random), ...sample(all, random.below(PEERS), random)]) members.get(n)?.add(stream)
    authors.set(stream, numbered(random.below(PEERS)))
  }
  return { streams, authors, peers: all.map((n) => ({ key: numbered(n), kind: kinds[n] ?? 'honest', streams: members.get(n) ?? new Set() })) }
}

/** So many confirm every stream and give nothing, one has them all; of nobody else comes a link that stays, and nobody publishes them. */
const makeStingyWorld = (stingy: number) => (random: Random): World => {
  const streams = Array.from({ length: 1 + random.below(12) }, (_, n) => streamNo(n))
  const others = ['dead', 'full', 'empty', 'absent'] as const
  const kindOf = (n: number): Kind => (n === 0 ? 'honest' : n <= stingy ? 'stingy' : (others[random.below(others.length)] ?? 'dead'))
  return {
    streams,
    authors: new Map(),
    peers: Array.from({ length: PEERS }, (_, n) => ({ key: numbered(n), kind: kindOf(n), streams: new Set(streams) })),
  }
}

/** Every stream has one peer, which has no other: so many give nothing of theirs. */
const makeScatteredWorld = (streams: number, stingy: number) => (): World => {
  const peers = Array.from({ length: streams }, (_, n): Peer => ({ key: numbered(n), kind: n < stingy ? 'stingy' : 'honest', streams: new Set([streamNo(n)]) }))
  return { streams: peers.map((_, n) => streamNo(n)), authors: new Map(peers.map(({ key }, n) => [streamNo(n), key])), peers }
}

interface Later {
  readonly at: number
  readonly run: () => void
}

/** Plays one node's swarm against the world in virtual time, and holds its promises at every step. */
const play = (seed: number, make: (random: Random) => World = makeWorld) => {
  const random = createSeededRandom(seed)
  const world = make(random)
  const swarm = createSwarm({ self: SELF, random, remedies: () => remedies })
  const byKey = new Map(world.peers.map((peer) => [peer.key, peer]))
  const links = new Map<number, { readonly peer: Peer; mute: boolean }>()
  const dialledAt: number[] = []
  const closed: string[] = []
  let later: Later[] = []
  let now = 1_700_000_000_000
  let nextLink = 1
  let serverThere = true
  const underWay = new Set<PublicKey>()
  /** Not there yet. */
  const away = new Set<Kind>()
  const step = (news: News): void => {
    if (news.type === 'dial-failed' || news.type === 'link-ready') underWay.delete(news.peer)
    const effects = swarm.step({ ...news, now })
    for (const effect of effects) perform(effect)
    if (effects.length === 0) return
    const { begun, dialling } = swarm.view()
    expect(begun).toBeLessThanOrEqual(SWARM_DEFAULTS.maxBegun)
    expect(dialling.length).toBeLessThanOrEqual(SWARM_DEFAULTS.maxDials)
  }
  const soon = (ms: number, run: () => void): void => {
    later.push({ at: now + ms * (0.5 + random.next()), run })
  }
  const perform = (effect: SwarmEffect): void => {
    switch (effect.type) {
      case 'ask-peers':
        soon(100, () => {
          const members = world.peers.filter(({ streams, kind }) => streams.has(effect.stream) && kind !== 'absent' && !away.has(kind)).map(({ key }) => key)
          const author = byKey.get(world.authors.get(effect.stream) ?? SELF)
          const publisher = author === undefined || author.kind === 'absent' ? null : author.key
          if (serverThere) step({ type: 'listed', stream: effect.stream, publisher, members: sample(members, 32, random).filter((key) => key !== publisher) })
        })
        return
      case 'dial':
        meet(effect.peer)
        return
      case 'ask-serves':
        answer(effect.link, effect.stream)
        return
      case 'close':
        closed.push(effect.code)
        soon(10, () => end(effect.link, effect.code, false))
        return
      case 'refuse':
      case 'remember':
    }
  }
  const meet = (key: PublicKey): void => {
    const peer = byKey.get(key)
    dialledAt.push(now)
    if (peer === undefined) throw new Error('dialled somebody that nobody has named')
    expect([...links.values()].some((link) => link.peer === peer)).toBe(false)
    expect(underWay.has(key)).toBe(false)
    underWay.add(key)
    if (peer.kind === 'dead') soon(5_000, () => step({ type: 'dial-failed', peer: key, trouble: random.next() < 0.5 ? 'mute' : 'lapsed' }))
    else if (peer.kind === 'absent') soon(100, () => step({ type: 'dial-failed', peer: key, trouble: 'absent' }))
    else soon(1_000, () => linkTo(peer))
  }
  const linkTo = (peer: Peer): void => {
    const link = nextLink++
    links.set(link, { peer, mute: false })
    step({ type: 'link-ready', link, peer: peer.key, via: 'rendezvous' })
    for (const stream of world.streams) answer(link, stream)
    if (peer.kind === 'full') soon(50, () => end(link, 'busy', false))
    if (peer.kind === 'liar') soon(3_000, () => end(link, 'bad-page', true))
    if (peer.kind === 'flaky') soon(20_000, () => end(link, 'channel-closed', false))
  }
  const answer = (link: number, stream: StreamId): void => {
    soon(50, () => {
      const held = links.get(link)
      if (held === undefined || held.mute) return
      const { kind, streams, key } = held.peer
      step({ type: 'link-serves', link, stream, serving: kind !== 'empty' && (streams.has(stream) || world.authors.get(stream) === key) })
    })
  }
  const end = (link: number, code: string, cut: boolean): void => {
    if (links.delete(link)) step({ type: 'link-ended', link, code, cut })
  }
  const pass = (seconds: number): void => {
    for (const until = now + seconds * 1000; now < until; ) {
      now += 500
      const due = later.filter(({ at }) => at <= now)
      later = later.filter(({ at }) => at > now)
      for (const { run } of due) run()
      step({ type: 'tick' })
    }
  }
  const want = (lacking: () => boolean = () => random.next() < 0.5): void => {
    for (const stream of world.streams) step({ type: 'wanted', stream, author: world.authors.get(stream) ?? null, lacking: lacking() })
  }
  return {
    world,
    step,
    pass,
    want,
    closed,
    links,
    away,
    dialledAt,
    setServer: (there: boolean): void => {
      serverThere = there
      step({ type: 'server', there })
    },
    /** How many links each stream is confirmed over, by peers that do serve it. */
    confirmed: () => world.streams.map((stream) => swarm.view().links.filter(({ serves }) => serves.includes(stream)).length),
    busiestMinute: (): number => Math.max(0, ...dialledAt.map((at) => dialledAt.filter((other) => other >= at && other < at + 60_000).length)),
    clock: () => now,
  }
}

describe(`in ${SEEDS} random networks of ${PEERS} peers, some of them dead, full, empty, lying or breaking`, { timeout: 20_000 }, () => {
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed)

  it('[W18] every wanted stream has its three links within three minutes, and keeps them', () => {
    let least = Infinity
    for (const seed of seeds) {
      const network = play(seed)
      network.setServer(true)
      network.want()
      let waited = 0
      while (Math.min(...network.confirmed()) < SWARM_DEFAULTS.linksPerStream && waited < 180) {
        network.pass(5)
        waited += 5
      }
      expect([seed, Math.min(...network.confirmed()) >= SWARM_DEFAULTS.linksPerStream]).toEqual([seed, true])
      network.pass(300)
      least = Math.min(least, ...network.confirmed())
      expect([seed, network.busiestMinute() <= SWARM_DEFAULTS.maxDials + 60 * SWARM_DEFAULTS.dialsPerSecond]).toEqual([seed, true])
    }
    // A flaky one may be away just then.
    expect(least).toBeGreaterThanOrEqual(2)
  })

  it('[W29] three who confirm and give nothing do not keep out the one who has the rows, however early they come', () => {
    for (const seed of seeds.slice(0, 10)) {
      const network = play(seed, makeStingyWorld(3))
      network.away.add('honest')
      network.setServer(true)
      network.want(() => true)
      network.pass(50)
      const isThere = (kind: Kind): boolean => [...network.links.values()].some(({ peer }) => peer.kind === kind)
      expect([seed, isThere('stingy'), isThere('honest')]).toEqual([seed, true, false])
      network.away.clear()
      network.pass(240)
      expect([seed, isThere('honest')]).toEqual([seed, true])
      expect([seed, Math.max(...network.confirmed())]).toEqual([seed, 4])
    }
  })

  it.each([6, 12, 24])('[W30] nor do %i: everyone has a turn within four hours', (stingy) => {
    for (const seed of seeds.slice(0, 10)) {
      const network = play(seed, makeStingyWorld(stingy))
      network.away.add('honest')
      network.setServer(true)
      network.want(() => true)
      network.pass(300)
      network.away.clear()
      const hasCome = (): boolean => [...network.links.values()].some(({ peer }) => peer.kind === 'honest')
      for (let minutes = 0; minutes < 240 && !hasCome(); minutes++) network.pass(60)
      expect([seed, hasCome()]).toEqual([seed, true])
    }
  })

  it.each([
    [25, 0],
    [60, 0],
    [45, 20],
    [70, 40],
  ])('[W31] %i streams of as many peers, %i of which give nothing: all the others are fetched, in turns', (streams, stingy) => {
    for (const seed of seeds.slice(0, 3)) {
      const network = play(seed, makeScatteredWorld(streams, stingy))
      const fetched = new Set<StreamId>()
      network.setServer(true)
      network.want(() => true)
      for (let seconds = 0; seconds < 20 * 60 && fetched.size < streams - stingy; seconds += 5) {
        const linked = [...network.links.values()]
        network.pass(5)
        for (const { peer } of [...network.links.values()].filter((link) => linked.includes(link) && link.peer.kind === 'honest'))
          for (const stream of peer.streams) {
            fetched.add(stream)
            network.step({ type: 'wanted', stream, author: peer.key, lacking: false })
          }
      }
      expect([seed, fetched.size]).toEqual([seed, streams - stingy])
      if (stingy > 0) continue
      const closed = network.closed.length
      network.pass(200)
      expect([seed, network.closed.length - closed, network.links.size]).toEqual([seed, 0, 20])
    }
  })

  it('[W11] once nothing is wanted every link is closed as idle, and nobody is dialled any more', () => {
    for (const seed of seeds.slice(0, 30)) {
      const network = play(seed)
      network.setServer(true)
      network.want()
      network.pass(120)
      for (const stream of network.world.streams) network.step({ type: 'unwanted', stream })
      network.pass(60)
      const dialled = network.dialledAt.length
      network.pass(240)
      expect([seed, network.links.size, network.dialledAt.length - dialled]).toEqual([seed, 0, 0])
    }
  })

  it('[W13] after sleep in which every link died without a word, all come back', () => {
    for (const seed of seeds.slice(0, 30)) {
      const network = play(seed)
      network.setServer(true)
      network.want()
      network.pass(180)
      for (const link of network.links.values()) link.mute = true
      network.step({ type: 'woke' })
      network.pass(180)
      expect([seed, network.closed.includes('lost'), Math.min(...network.confirmed()) >= 2]).toEqual([seed, true, true])
    }
  })

  it('[W14] without the server nobody is dialled by rendezvous; when it is back, what was lost comes back', () => {
    for (const seed of seeds.slice(0, 30)) {
      const network = play(seed)
      network.setServer(true)
      network.want()
      network.pass(120)
      network.setServer(false)
      const dialled = network.dialledAt.length
      for (const link of [...network.links.keys()].slice(0, 3)) network.step({ type: 'link-ended', link, code: 'channel-closed', cut: false })
      for (const link of [...network.links.keys()].slice(0, 3)) network.links.delete(link)
      network.pass(120)
      expect([seed, network.dialledAt.length - dialled]).toEqual([seed, 0])
      network.setServer(true)
      network.pass(150)
      expect([seed, Math.min(...network.confirmed()) >= 2]).toEqual([seed, true])
    }
  })
})

describe('what it costs', () => {
  it('[W5] [W7] with two thousand streams and a list for each, no tick asks or dials more than its bounds', () => {
    const random = createSeededRandom(5)
    const swarm = createSwarm({ self: SELF, random, remedies: () => remedies })
    let now = 0
    const step = (news: News) => swarm.step({ ...news, now })
    step({ type: 'server', there: true })
    for (let n = 0; n < 2_000; n++) {
      step({ type: 'wanted', stream: streamNo(n), author: null, lacking: true })
      step({ type: 'listed', stream: streamNo(n), publisher: null, members: Array.from({ length: 32 }, () => numbered(random.below(500))) })
    }
    for (let link = 0; link < 20; link++) {
      step({ type: 'link-ready', link, peer: numbered(link), via: 'rendezvous' })
      step(traffic(link, { follows: 1 }))
    }
    for (let tick = 0; tick < 120; tick++) {
      now += 500
      const effects = step({ type: 'tick' })
      const of = (type: SwarmEffect['type']): number => effects.filter((effect) => effect.type === type).length
      expect(of('ask-peers')).toBeLessThanOrEqual(SWARM_DEFAULTS.maxListsAsked)
      expect(of('ask-serves')).toBeLessThanOrEqual(SWARM_DEFAULTS.maxServesAsked)
      expect(of('dial')).toBeLessThanOrEqual(SWARM_DEFAULTS.maxDials)
    }
  })
})
