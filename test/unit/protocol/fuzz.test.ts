import { expect, it } from 'vitest'
import { runFuzz, reportLines } from '../../fuzz/campaign.ts'

/** `npm run fuzz -- --count 10000000` tries more; FUZZ_COUNT here too. */
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 1_000_000)

/** Some ten seconds of work alone; a machine that others use too may take long. */
const SLOW_MS = 300_000

it('[D1] a million spoiled frames, messages and records of every kind: never a throw, bounded, and written back to the same bytes', { timeout: SLOW_MS }, () => {
  const report = runFuzz({ from: 1, count: COUNT })
  const { violation } = report
  expect(violation && `npm run fuzz -- --from ${violation.seed} --count 10000 finds it again: ${violation.kind} ${violation.hex}\n${violation.message}`).toBeNull()
  process.stdout.write(`${reportLines(report).join('\n')}\n`)
  expect(report.tried).toBe(COUNT)
  // Neither blind nor all at the door: of each kind many are tried, some accepted and most refused.
  for (const { kind, tried, accepted } of report.kinds) {
    expect(tried, kind).toBeGreaterThanOrEqual(Math.floor(COUNT / report.kinds.length / 1.1))
    expect(accepted, kind).toBeGreaterThan(tried / 100)
  }
  for (const [mutation, times] of report.mutations) expect(times, mutation).toBeGreaterThan(COUNT / 20)
})
