import { createSeededRandom } from '../../../src/base/random.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'
import type { SwarmConfig } from '../../../src/swarm/config.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import { createSwarm } from '../../../src/swarm/swarm.ts'
import type { KnownStream, SwarmEffect, SwarmEvent } from '../../../src/swarm/words.ts'

export type News = SwarmEvent extends infer E ? (E extends SwarmEvent ? Omit<E, 'now'> : never) : never

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy'] as const
export type Name = (typeof NAMES)[number]

export const key = (name: Name): PublicKey => String(NAMES.indexOf(name) + 1).padStart(64, 'b') as PublicKey
export const numbered = (n: number): PublicKey => String(n).padStart(6, '0').padStart(64, 'c') as PublicKey
export const streamNo = (n: number): StreamId => String(n).padStart(6, '0').padStart(64, 'e') as StreamId
export const numberOf = (id: string): number => Number(id.slice(-6))
export const STREAM = streamNo(1)
export const SELF = 'a'.repeat(64) as PublicKey

const nameOf = (peer: PublicKey): string => NAMES.find((name) => key(name) === peer) ?? String(numberOf(peer))
const streamName = (stream: StreamId): string => `stream ${numberOf(stream)}`

export interface Bench {
  /** Says something to the swarm, and answers what it does about it, one line each. */
  say(news: News): string
  /** Time goes by in ticks of half a second; what the swarm does, with the second in which it does it. */
  pass(seconds: number): string
  /** The machine sleeps; what the swarm does when it wakes. */
  sleep(seconds: number): string
  /** A peer's link is ready and has said what it serves. */
  link(link: number, name: Name, serving?: boolean): void
  readonly now: () => number
  readonly swarm: ReturnType<typeof createSwarm>
  /** All that the swarm has done. */
  readonly effects: readonly SwarmEffect[]
}

export interface BenchOptions {
  readonly known?: readonly KnownStream[]
  readonly config?: Partial<SwarmConfig>
  readonly seed?: number
  readonly self?: PublicKey
}

/** Alice's stream is wanted; `lacking`: rows of it are known of that are not here. */
export const wanted = (lacking: boolean): News => ({ type: 'wanted', stream: STREAM, author: key('alice'), lacking })

/** One swarm, a clock, and what it says in words. */
export const createBench = ({ known = [], config = {}, seed = 1, self = SELF }: BenchOptions = {}): Bench => {
  const swarm = createSwarm({ self, random: createSeededRandom(seed), known, config, remedies: () => remedies })
  const start = 1_700_000_000_000
  const effects: SwarmEffect[] = []
  let now = start
  const step = (news: News): readonly SwarmEffect[] => {
    const done = swarm.step({ ...news, now })
    effects.push(...done)
    return done
  }
  step({ type: 'tick' })
  return {
    swarm,
    effects,
    now: () => now,
    say: (news) => step(news).map(lineOf).join('\n'),
    pass: (seconds) => {
      const lines: string[] = []
      for (const until = now + seconds * 1000; now < until; ) {
        now += 500
        for (const effect of step({ type: 'tick' })) lines.push(lineOf(effect))
      }
      return lines.join('\n')
    },
    sleep: (seconds) => {
      now += seconds * 1000
      return step({ type: 'tick' }).map(lineOf).join('\n')
    },
    link: (link, name, serving) => {
      step({ type: 'link-ready', link, peer: key(name), via: 'rendezvous' })
      if (serving !== undefined) step({ type: 'link-serves', link, stream: STREAM, serving })
    },
  }
}

const lineOf = (effect: SwarmEffect): string => {
  switch (effect.type) {
    case 'ask-peers':
      return `ask the server who has ${streamName(effect.stream)}`
    case 'dial':
      return `dial ${nameOf(effect.peer)} by ${effect.way} for ${streamName(effect.stream)}`
    case 'ask-serves':
      return `ask link ${effect.link} for ${streamName(effect.stream)}`
    case 'close':
      return `close link ${effect.link} (${effect.code})`
    case 'refuse':
      return `refuse ${effect.peers.map(nameOf).join(' ')}`
    case 'remember':
      return `remember ${effect.known.map(({ stream, peers }) => `${streamName(stream)}: ${peers.map(({ peer }) => nameOf(peer)).join(' ')}`).join('; ')}`
  }
}

export const traffic = (link: number, told: Partial<Extract<SwarmEvent, { type: 'link-traffic' }>> = {}): News => ({
  type: 'link-traffic',
  link,
  bytesIn: 0,
  bytesOut: 0,
  pagesGood: 0,
  pagesBad: 0,
  rttMs: null,
  follows: 0,
  ...told,
})

/** A stream that is wanted, at a server that is there, with these in its topic. */
export const createSeeker = (members: readonly Name[], options: BenchOptions & { readonly author?: Name; readonly online?: boolean } = {}): Bench => {
  const bench = createBench(options)
  const { author = 'alice', online = true } = options
  bench.say({ type: 'server', there: true })
  bench.pass(5)
  bench.say({ type: 'wanted', stream: STREAM, author: key(author), lacking: true })
  bench.say({ type: 'listed', stream: STREAM, publisher: online ? key(author) : null, members: members.map(key) })
  return bench
}
