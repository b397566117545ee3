import { expect, it } from 'vitest'
import { createTally, runWholeCampaign, wholeLines } from './whole/campaign.ts'
import { LIE_NAMES } from './whole/lies.ts'
import { playWhole, traceHash } from './whole/world.ts'

/** `SIM_SEED=n` replays one world, `SIM_SEEDS=n` plays more or fewer than these. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 1_000)
const ONE = process.env['SIM_SEED']

/** On a busy machine as many worlds as fit into this are played, milliseconds; the command plays any number. */
const MOST_MS = process.env['SIM_SEEDS'] === undefined ? 65_000 : Infinity

/** Of a kind that every hundredth world has: fewer worlds may lack it by chance. */
const ENOUGH_FOR_SHARES = 1_000

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
  for (const name of FAULTS) expect(Object.keys(tally.fired)).toContain(name)
})

/** A fault that never happens tests nothing; the shares are in the report. */
const FAULTS: readonly string[] = [
  ...LIE_NAMES,
  'lost',
  'repeated',
  'reordered',
  'link broken by loss',
  'a dial failed',
  'a dead end',
  'cut off for a while',
  'crash a frame',
  'crash before commit',
  'crash after commit',
  'crash before stage',
  'crash after stage',
  'disk full',
  'a page was damaged',
  'a clock was set',
  'left for good',
  'unsubscribed for a while',
  'the server is away',
  'the server alters a row',
  'a publisher was restored from a backup',
  'a publisher was copied',
  'a fork was found',
  'an epoch began over a fork',
  'lost rows were recovered',
  'rows were agreed upon',
]

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
