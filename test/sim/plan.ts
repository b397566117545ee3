import { createSeededRandom, sample, type Random } from '../../src/base/random.ts'
import { historyOf, createRows, TEST_AUTHOR, type TestHistory } from '../support/history.ts'
import { FAILINGS, LIES, USELESS_FRAMES, type FaultName } from './faults.ts'
import { hash } from './hash.ts'
import type { Weather } from './link.ts'
import type { ReceiverPlan } from './receiver.ts'
import type { SenderPlan } from './sender.ts'

/** Everything that a seed decides before the first moment of its world. */
export interface WorldPlan {
  readonly history: TestHistory
  /** What the receiver has promoted before; null: nothing. */
  readonly before: TestHistory | null
  readonly receiver: ReceiverPlan
  readonly senders: readonly { readonly plan: SenderPlan; readonly weather: Weather; readonly startMs: number }[]
  /** Loss so small that an honest sender must never seem silent. */
  readonly isGentle: boolean
  /** The receiver dies before the n-th effect or write of each life. */
  readonly crashes: readonly number[]
  /** The first life dies this many effects or writes after it began to promote; 0: it does not. */
  readonly crashAtPromote: number
}

const between = (random: Random, low: number, high: number): number => low + random.below(high - low + 1)

const oneOf = <const T>(random: Random, items: readonly [T, ...T[]]): T => items[random.below(items.length)] ?? items[0]

const createWeather = (random: Random, kind: 'fair' | 'gentle' | 'rough'): Weather => ({
  delayMs: between(random, 1, 150),
  jitterMs: kind === 'fair' ? 0 : between(random, 0, 300),
  loss: kind === 'fair' ? 0 : random.next() * (kind === 'gentle' ? 0.05 : 0.2),
  repeat: kind === 'fair' ? 0 : random.next() * 0.1,
  bytesPerMs: between(random, 5, 200),
})

const createFaults = (random: Random): readonly FaultName[] => [
  ...sample(LIES, random.next() < 0.7 ? 1 : 0, random),
  ...sample(FAILINGS, random.next() < 0.5 ? 1 : 0, random),
]

export const createPlan = (seed: number): WorldPlan => {
  const random = createSeededRandom(seed)
  const pageRows = between(random, 4, 16)
  const runLeaves = oneOf(random, [4, 8, 16])
  const rows = between(random, 1, oneOf(random, [20, 120, 120, 400]))
  const identity = { source: 'sim', author: TEST_AUTHOR, stream: `seed ${seed}`, target: '' }
  const all = createRows(random, rows)
  const history = historyOf(identity, all, pageRows, rows, hash)
  const largest = Math.max(...history.pages.map((page) => page.length))
  const packetBytes = Math.max(Math.ceil(largest / 8), between(random, 40, 300))
  const kind = oneOf(random, ['fair', 'gentle', 'gentle', 'rough'])
  const senderPlan = (faults: readonly FaultName[]): SenderPlan => ({
    faults,
    pageRows,
    runLeaves,
    packetBytes,
    loadMs: between(random, 0, 10),
    roomMs: between(random, 0, 20),
  })
  const senders = Array.from({ length: between(random, 1, 4) }, (_, index) => ({
    plan: senderPlan(index === 0 ? [] : createFaults(random)),
    weather: createWeather(random, kind),
    // The honest one is often late: liars have the field to themselves first.
    startMs: random.next() < 0.4 ? 0 : between(random, 0, index === 0 ? 20_000 : 2_000),
  }))
  const crashes = random.next() < 0.4 ? [between(random, 1, 80), between(random, 1, 160)].slice(0, between(random, 1, 2)) : []
  return {
    crashes,
    crashAtPromote: random.next() < 0.1 ? between(random, 1, 4) : 0,
    history,
    before: random.next() < 0.3 && rows > 1 ? historyOf(identity, all, pageRows, between(random, 1, rows - 1), hash) : null,
    receiver: {
      config: {
        pageRows,
        runLeaves,
        uselessFrames: USELESS_FRAMES,
        pagesPerRequest: between(random, 1, 8),
        requestsPerPeer: between(random, 1, 3),
      },
      isPatient: random.next() < 0.5,
      judgeMs: between(random, 0, 60),
    },
    senders,
    isGentle: kind !== 'rough',
  }
}

/** Two nodes and what happens every day: one honest sender, a little loss, no deaths. Everything else is as the seed would have it. */
export const createPairPlan = (seed: number): WorldPlan => {
  const plan = createPlan(seed)
  const [honest] = plan.senders
  const senders = honest === undefined ? [] : [{ ...honest, startMs: 0, weather: { ...honest.weather, loss: Math.min(honest.weather.loss, 0.01), jitterMs: 0 } }]
  return { ...plan, senders, crashes: [], crashAtPromote: 0, isGentle: true }
}
