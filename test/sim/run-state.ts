import { runCampaign } from './campaign.ts'
import { createTally, runWholeCampaign, wholeLines, type WholeTally } from './whole/campaign.ts'
import type { WorldOptions } from './whole/world.ts'

/** The two simulators: one download between a receiver and its senders, and whole worlds of nodes. */
export const KINDS = ['transfer', 'whole'] as const

export type Kind = (typeof KINDS)[number]

/** A run that can be laid aside and taken up again: plain data. */
export interface RunState {
  /** What was run: worlds of different code prove nothing together. */
  readonly build: string
  readonly from: number
  /** The next seed of each kind. */
  readonly next: Record<Kind, number>
  readonly transfer: TransferTally
  readonly whole: WholeTally
}

interface TransferTally {
  worlds: number
  processorMs: number
  frames: number
  longestVirtualMs: number
  readonly fired: Record<string, number>
}

export interface Broken {
  readonly kind: Kind
  readonly seed: number
  readonly message: string
}

/** What is to be told of worlds while they are played. */
export type Ears = Pick<WorldOptions, 'trace' | 'hash'>

export const createRunState = (build: string, from: number): RunState => ({
  build,
  from,
  next: { transfer: from, whole: from },
  transfer: { worlds: 0, processorMs: 0, frames: 0, longestVirtualMs: 0, fired: {} },
  whole: createTally(),
})

/** Plays up to `seeds` further worlds of a kind into the state; answers the first that broke a rule. */
export const playOn = async (state: RunState, kind: Kind, seeds: number, ears: Ears): Promise<Broken | null> => {
  const from = state.next[kind]
  const violation = kind === 'transfer' ? playTransfers(state.transfer, from, seeds, ears) : await playWholes(state.whole, from, seeds, ears)
  state.next[kind] = violation?.seed ?? from + seeds
  return violation === null ? null : { kind, ...violation }
}

const playWholes = async (tally: WholeTally, from: number, seeds: number, world: Ears) => {
  const { violation } = await runWholeCampaign({ from, seeds, tally, world })
  return violation
}

const playTransfers = (tally: TransferTally, from: number, seeds: number, { hash }: Ears) => {
  const report = runCampaign({ from, seeds, ...(hash && { hash }) })
  tally.worlds += report.worlds
  tally.processorMs += (report.worlds * 1_000) / report.perSecond
  tally.frames += report.framesPerWorld * report.worlds
  tally.longestVirtualMs = Math.max(tally.longestVirtualMs, report.longestVirtualMs)
  for (const { name, share } of report.shares) tally.fired[name] = (tally.fired[name] ?? 0) + Math.round(share * report.worlds)
  return report.violation
}

export const kindLines = (state: RunState, kind: Kind): readonly string[] => (kind === 'whole' ? wholeLines(state.whole) : transferLines(state.transfer))

const transferLines = ({ worlds, processorMs, frames, longestVirtualMs, fired }: TransferTally): readonly string[] => [
  `${worlds} transfers, ${((worlds * 1_000) / processorMs).toFixed(0)} in a second of processor time, ${(frames / worlds).toFixed(0)} frames each, ` +
    `the longest ${(longestVirtualMs / 1_000).toFixed(1)} s of virtual time`,
  ...Object.entries(fired)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `  ${((count / worlds) * 100).toFixed(1).padStart(5)} %  ${name}`),
]
