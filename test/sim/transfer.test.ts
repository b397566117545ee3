import { expect, it } from 'vitest'
import { FAILINGS, LIES } from './faults.ts'
import { reportLines, runCampaign } from './campaign.ts'

/** Named in SPEC, section T: `SIM_SEED=n` replays one world, `SIM_SEEDS=n` plays more or fewer than these. */
const SEEDS = Number(process.env['SIM_SEEDS'] ?? 2_000)
const ONE = process.env['SIM_SEED']

it('[T1] every world with one honest sender ends with the publisher’s history, whatever the others and the network do', () => {
  const report = ONE === undefined ? runCampaign({ from: 1, seeds: SEEDS }) : runCampaign({ from: Number(ONE), seeds: 1 })
  process.stdout.write(`${reportLines(report).join('\n')}\n`)
  const found = report.violation === null ? null : `SIM_SEED=${report.violation.seed} replays it: ${report.violation.message}`
  expect(found).toBeNull()
  if (report.worlds < 1_000) return
  // A fault that never fires tests nothing.
  const fired = new Set(report.shares.map(({ name }) => name))
  for (const name of [...LIES, ...FAILINGS, 'lost', 'repeated', 'reordered', 'crash', 'missing', 'cancel']) expect(fired).toContain(name)
})

it('the same seeds play the same transfers, frame by frame, and other seeds play others', () => {
  const saidFrom = (from: number): readonly string[] => {
    const said: string[] = []
    const { framesPerWorld } = runCampaign({ from, seeds: 5, hash: (text) => void said.push(text) })
    expect(said.length).toBeGreaterThan(framesPerWorld)
    return said
  }
  const first = saidFrom(1)
  expect(saidFrom(1)).toEqual(first)
  expect(saidFrom(6)).not.toEqual(first)
})
