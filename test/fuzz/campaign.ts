import { createSeededRandom } from '../../src/base/random.ts'
import { createMutator, MUTATIONS, type Mutation } from './mutator.ts'
import { createTargets, type Target } from './targets.ts'

export interface FuzzReport {
  readonly tried: number
  readonly perSecond: number
  /** Of each kind, how many well-formed ones were spoiled, and how many were accepted: of that kind, spoiled from any. */
  readonly kinds: readonly { readonly kind: string; readonly tried: number; readonly accepted: number }[]
  readonly mutations: ReadonlyMap<Mutation, number>
  /** The first bytes that broke a promise; the campaign ends there. */
  readonly violation: { readonly seed: number; readonly kind: string; readonly hex: string; readonly message: string } | null
}

export interface FuzzOptions {
  readonly from: number
  readonly count: number
  /** Called after every round. */
  readonly onRound?: (tried: number) => void
}

/** Spoiled bytes of one seed: what a violation names can be played again alone. */
export const ROUND = 10_000

/** Seeds are at most a frame, and grow by less than this. */
const MAX_BYTES = 160 * 1024

/** Spoils well-formed bytes of every kind in turn, and holds each judge to its promises: total, bounded, one way to write a thing. */
export const runFuzz = (options: FuzzOptions): FuzzReport => {
  const limit = Error.stackTraceLimit
  // Text that is no JSON throws within its judge, and every stack costs more than the judging (measured: a sixth of all).
  Error.stackTraceLimit = 0
  try {
    return runRounds(options, limit)
  } finally {
    Error.stackTraceLimit = limit
  }
}

const runRounds = ({ from, count, onRound }: FuzzOptions, stackTraceLimit: number): FuzzReport => {
  const began = performance.now()
  const targets = createTargets()
  const counts = new Map(targets.map(({ kind }) => [kind, { tried: 0, accepted: 0 }]))
  const mutations = new Map<Mutation, number>(MUTATIONS.map((mutation) => [mutation, 0]))
  let tried = 0
  let violation: FuzzReport['violation'] = null
  for (let seed = from; tried < count && violation === null; seed++) {
    const random = createSeededRandom(seed)
    const mutator = createMutator(random, MAX_BYTES)
    for (let i = 0; i < ROUND && tried < count && violation === null; i++, tried++) {
      const target = targets[i % targets.length]
      const other = targets[random.below(targets.length)]
      if (target === undefined || other === undefined) throw new Error('nothing to spoil')
      const bytes = mutator.spoil(pick(target, random.next()), pick(other, random.next()))
      violation = judge(target, bytes, counts) ? null : { seed, ...explain(target, bytes, stackTraceLimit) }
    }
    for (const [mutation, times] of mutator.done) mutations.set(mutation, (mutations.get(mutation) ?? 0) + times)
    onRound?.(tried)
  }
  const kinds = [...counts].map(([kind, count]) => ({ kind, ...count }))
  return { tried, perSecond: (tried * 1_000) / (performance.now() - began), kinds, mutations, violation }
}

/** One of the seeds, the larger ones less often: a frame of 64 KiB costs as much as a hundred small ones. */
const pick = ({ seeds }: Target, chance: number): Uint8Array => {
  const seed = seeds[Math.floor(chance * seeds.length)]
  const [small] = seeds
  if (seed === undefined || small === undefined) throw new Error('no seed')
  return seed.length > 4_096 && (chance * 1e6) % 1 > 0.02 ? small : seed
}

/** False: a promise was broken. */
const judge = (target: Target, bytes: Uint8Array, counts: ReadonlyMap<string, { tried: number; accepted: number }>): boolean => {
  const count = counts.get(target.kind)
  if (count !== undefined) count.tried++
  try {
    const accepted = counts.get(target.judge(bytes) ?? '')
    if (accepted !== undefined) accepted.accepted++
    return true
  } catch {
    return false
  }
}

/** Judges once more, to say where it broke. */
const explain = ({ kind, judge: again }: Target, bytes: Uint8Array, stackTraceLimit: number) => {
  const hex = Buffer.from(bytes.subarray(0, 2_000)).toString('hex')
  Error.stackTraceLimit = stackTraceLimit
  try {
    again(bytes)
    return { kind, hex, message: 'It did not break again.' }
  } catch (error) {
    return { kind, hex, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

export const reportLines = ({ tried, perSecond, kinds, mutations }: FuzzReport): readonly string[] => [
  `${tried} spoiled, ${perSecond.toFixed(0)} a second`,
  ...kinds.map(({ kind, tried, accepted }) => `  ${kind.padEnd(28)} ${String(tried).padStart(8)} tried ${String(accepted).padStart(8)} accepted`),
  [...mutations].map(([mutation, times]) => `${mutation} ${times}`).join(', '),
]
