import { createPairPlan, createPlan } from './plan.ts'
import { HONEST_DEPS, type Deps } from './receiver.ts'
import { playWorld } from './world.ts'

export interface CampaignReport {
  readonly worlds: number
  /** Of this process's processor time. */
  readonly perSecond: number
  /** Mean over all worlds. */
  readonly framesPerWorld: number
  readonly longestVirtualMs: number
  /** Share of the worlds in which each thing happened, most frequent first. */
  readonly shares: readonly { readonly name: string; readonly share: number }[]
  /** The first world that broke a rule; the campaign ends there. */
  readonly violation: { readonly seed: number; readonly message: string } | null
}

export interface CampaignOptions {
  readonly from: number
  readonly seeds: number
  readonly deps?: Deps
  /** Every frame with its time, and how each world ended: equal campaigns have equal hashes. */
  readonly hash?: (text: string) => void
}

/** Plays the worlds of consecutive seeds until one breaks a rule. */
export const runCampaign = ({ from, seeds, deps = HONEST_DEPS, hash }: CampaignOptions): CampaignReport => {
  const began = process.cpuUsage()
  const counts = new Map<string, number>()
  let worlds = 0
  let frames = 0
  let longestVirtualMs = 0
  let violation: CampaignReport['violation'] = null
  for (let seed = from; seed < from + seeds && violation === null; seed++) {
    try {
      const report = playWorld(seed, deps, createPlan(seed), hash)
      hash?.(`${seed} ${report.virtualMs} ${[...report.fired].join()}`)
      frames += report.frames
      longestVirtualMs = Math.max(longestVirtualMs, report.virtualMs)
      for (const name of report.fired) counts.set(name, (counts.get(name) ?? 0) + 1)
    } catch (error) {
      violation = { seed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    worlds++
  }
  const shares = [...counts].map(([name, count]) => ({ name, share: count / worlds })).sort((a, b) => b.share - a.share)
  const { user, system } = process.cpuUsage(began)
  const perSecond = (worlds * 1e6) / (user + system)
  return { worlds, perSecond, framesPerWorld: frames / worlds, longestVirtualMs, shares, violation }
}

/** How many transfers between two nodes, with hardly a fault, one core plays in a second of its time: what a simulator of ours must be able to do. */
export const pairLine = (from: number, seeds: number): string => {
  for (let seed = from; seed < from + Math.min(WARM_UP, seeds); seed++) playWorld(seed, HONEST_DEPS, createPairPlan(seed))
  const began = process.cpuUsage()
  for (let seed = from; seed < from + seeds; seed++) playWorld(seed, HONEST_DEPS, createPairPlan(seed))
  const { user, system } = process.cpuUsage(began)
  return `${seeds} transfers between two nodes, ${((seeds * 1e6) / (user + system)).toFixed(0)} in a second of processor time`
}

/** Until the engine has compiled what matters. */
const WARM_UP = 500

export const reportLines = (report: CampaignReport): readonly string[] => [
  `${report.worlds} worlds, ${report.perSecond.toFixed(0)} in a second of processor time, ${report.framesPerWorld.toFixed(0)} frames each, ` +
    `the longest ${(report.longestVirtualMs / 1_000).toFixed(1)} s of virtual time`,
  ...report.shares.map(({ name, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`),
]
