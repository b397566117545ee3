import { expect, type TestContext } from 'vitest'
import { createTally, runWholeCampaign, wholeLines, type WholeTally } from './campaign.ts'
import { ALL_FAULTS, KINDS_OF_FAULT } from './shares.ts'

/** `SIM_SEED=n` replays one world, `SIM_SEEDS=n` plays more or fewer of each share. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 2_500)
const ONE = process.env['SIM_SEED']

/** On a busy machine as many worlds as fit into this are played, milliseconds; the command plays any number. */
const MOST_MS = process.env['SIM_SEEDS'] === undefined ? 180_000 : Infinity

/** Each is at 1 % or more of these; half of that is left for the chance of other code, and fewer worlds tell nothing. */
const ENOUGH_FOR_SHARES = 1_000
const LEAST_SHARE = 0.005

/** Among so many each fault happens once at least: each step before which a node can die, each lie. */
const ENOUGH_FOR_EACH = 2_500

/** Worlds between two looks at the clock. */
const CHUNK = 50

/**
 * Plays a share of the worlds of `npm test`: shares are files, because files are what a test runner spreads over cores. Where not all of
 * them fitted into the time, the test counts as skipped and says so: it is no proof, and a slow machine is no fault, as long as it played enough to tell something.
 */
export const playShare = async (share: number, { skip }: TestContext): Promise<void> => {
  const tally = createTally()
  const first = share * SEEDS + 1
  const [from, end] = ONE === undefined ? [first, first + SEEDS] : [Number(ONE), Number(ONE) + 1]
  const began = performance.now()
  for (let seed = from; seed < end && performance.now() - began < MOST_MS; seed += CHUNK) {
    const { violation } = await runWholeCampaign({ from: seed, seeds: Math.min(CHUNK, end - seed), tally })
    expect(violation === null ? null : `SIM_SEED=${violation.seed} replays it: ${violation.message}`).toBeNull()
  }
  process.stdout.write(`${wholeLines(tally).join('\n')}\n`)
  if (ONE === undefined && SEEDS >= ENOUGH_FOR_SHARES) {
    expect(tally.worlds, 'worlds').toBeGreaterThanOrEqual(ENOUGH_FOR_SHARES)
    expect(rareFaults(tally)).toEqual([])
    if (tally.worlds >= ENOUGH_FOR_EACH) expect(ALL_FAULTS.filter((name) => tally.fired[name] === undefined)).toEqual([])
  }
  if (tally.worlds === end - from) return
  const note = `CUT SHORT: ${tally.worlds} of ${end - from} worlds fitted into ${MOST_MS / 1000} s.`
  process.stdout.write(`${note}\n`)
  skip(note)
}

/** A fault that hardly ever happens tests nothing. */
const rareFaults = ({ worlds, faults }: WholeTally): readonly string[] =>
  Object.keys(KINDS_OF_FAULT).filter((kind) => (faults[kind] ?? 0) < worlds * LEAST_SHARE)
