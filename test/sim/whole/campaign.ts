import { KINDS_OF_FAULT } from './shares.ts'
import { playWhole, type WorldOptions } from './world.ts'

/** Sums of a campaign: plain numbers, so that a longer run can be laid aside and taken up again. */
export interface WholeTally {
  worlds: number
  /** Of this process, milliseconds: other programs of the machine count little. */
  processorMs: number
  longestVirtualMs: number
  longestSettledMs: number
  /** Worlds by how many nodes and streams they had, and in which each thing happened. */
  readonly nodes: Record<string, number>
  readonly streams: Record<string, number>
  readonly fired: Record<string, number>
  /** In which each kind of fault happened. */
  readonly faults: Record<string, number>
  /** Frames and moments of each world in powers of two: bucket n holds those below 2^n. */
  readonly frames: Record<string, number>
  readonly moments: Record<string, number>
}

export interface WholeOptions {
  readonly from: number
  readonly seeds: number
  readonly tally?: WholeTally
  readonly world?: WorldOptions
}

export interface WholeViolation {
  readonly seed: number
  readonly message: string
}

export const createTally = (): WholeTally => ({
  worlds: 0,
  processorMs: 0,
  longestVirtualMs: 0,
  longestSettledMs: 0,
  nodes: {},
  streams: {},
  fired: {},
  faults: {},
  frames: {},
  moments: {},
})

/** Plays the worlds of consecutive seeds until one breaks a rule. */
export const runWholeCampaign = async (options: WholeOptions): Promise<{ readonly tally: WholeTally; readonly violation: WholeViolation | null }> => {
  const { from, seeds, tally = createTally(), world } = options
  const began = process.cpuUsage()
  const before = tally.processorMs
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      const report = await playWhole(seed, world)
      world?.hash?.(`${seed} ${report.virtualMs} ${report.settledMs} ${[...report.fired].join()}`)
      tally.longestVirtualMs = Math.max(tally.longestVirtualMs, report.virtualMs)
      tally.longestSettledMs = Math.max(tally.longestSettledMs, report.settledMs)
      count(tally.nodes, report.nodes)
      count(tally.streams, report.streams)
      count(tally.frames, Math.ceil(Math.log2(report.frames + 1)))
      count(tally.moments, Math.ceil(Math.log2(report.moments + 1)))
      for (const name of report.fired) count(tally.fired, name)
      for (const [kind, names] of Object.entries(KINDS_OF_FAULT)) if (names.some((name) => report.fired.has(name))) count(tally.faults, kind)
    } catch (error) {
      return { tally, violation: { seed, message: error instanceof Error ? error.message : String(error) } }
    }
    tally.worlds++
    if (tally.worlds % LOOK_EVERY !== 0 && seed < from + seeds - 1) continue
    const { user, system } = process.cpuUsage(began)
    tally.processorMs = before + (user + system) / 1_000
    // Between worlds the platform gets its turn: a test runner wants to hear of its workers.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { tally, violation: null }
}

/** Worlds between two looks at the processor's clock, and at everything else that the platform has to do: a look costs a fiftieth of a world (measured). */
const LOOK_EVERY = 16

const count = (counts: Record<string, number>, name: string | number): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

export const wholeLines = (tally: WholeTally): readonly string[] => {
  const { worlds } = tally
  const share = (count: number): string => `${((count / worlds) * 100).toFixed(1)} %`
  const line = (counts: Record<string, number>, name: (key: string) => string): string =>
    Object.entries(counts)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([key, count]) => `${name(key)}: ${share(count)}`)
      .join(', ')
  const mostFirst = (counts: Record<string, number>): readonly string[] =>
    Object.entries(counts)
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => `  ${share(count).padStart(7)}  ${name}`)
  return [
    `${worlds} whole worlds, ${((worlds * 1_000) / tally.processorMs).toFixed(0)} in a second of processor time; the longest ${seconds(tally.longestVirtualMs)} of virtual time, ` +
      `all up to date at most ${seconds(tally.longestSettledMs)} after the weather calmed`,
    `  nodes    ${line(tally.nodes, String)}`,
    `  streams  ${line(tally.streams, String)}`,
    `  frames   ${line(tally.frames, (key) => `< ${2 ** Number(key)}`)}`,
    `  moments  ${line(tally.moments, (key) => `< ${2 ** Number(key)}`)}`,
    ...mostFirst(tally.faults),
    '  of these and beside them:',
    ...mostFirst(tally.fired),
  ]
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
