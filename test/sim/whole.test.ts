import { expect, it } from 'vitest'
import { createTally, runWholeCampaign, wholeLines } from './whole/campaign.ts'
import { KINDS_OF_FAULT } from './whole/shares.ts'
import { playWhole, traceHash } from './whole/world.ts'

/** `SIM_SEED=n` replays one world, `SIM_SEEDS=n` plays more or fewer than these. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 1_000)
const ONE = process.env['SIM_SEED']

/** On a busy machine as many worlds as fit into this are played, milliseconds; the command plays any number. */
const MOST_MS = process.env['SIM_SEEDS'] === undefined ? 60_000 : Infinity

/** Each is at 1 % or more of these; half of that is left for the chance of other code, and fewer worlds tell nothing. */
const ENOUGH_FOR_SHARES = 1_000
const LEAST_SHARE = 0.005

it('whole worlds of nodes end with the newest history everywhere, and never with anything that its publisher did not sign', async () => {
  const tally = createTally()
  const end = ONE === undefined ? SEEDS : Number(ONE)
  const began = performance.now()
  for (let from = ONE === undefined ? 1 : end; from <= end && performance.now() - began < MOST_MS; from += 50) {
    const { violation } = await runWholeCampaign({ from, seeds: Math.min(50, end - from + 1), tally })
    expect(violation === null ? null : `SIM_SEED=${violation.seed} replays it: ${violation.message}`).toBeNull()
  }
  process.stdout.write(`${wholeLines(tally).join('\n')}\n`)
  if (tally.worlds < ENOUGH_FOR_SHARES) return
  // A fault that hardly ever happens tests nothing.
  const rare = Object.keys(KINDS_OF_FAULT).filter((kind) => (tally.faults[kind] ?? 0) < tally.worlds * LEAST_SHARE)
  expect(rare).toEqual([])
})

it('the same seed plays the same world, frame by frame', async () => {
  for (const seed of [3, 17, 100]) {
    const hashes = []
    for (let time = 0; time < 2; time++) {
      const trace = traceHash()
      await playWhole(seed, { hash: trace.add })
      hashes.push(trace.digest())
    }
    expect(hashes[1]).toBe(hashes[0])
  }
})
