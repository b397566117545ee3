import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runWholeCampaign } from './whole/campaign.ts'
import { buildMutant, hasLine } from './whole/mutant.ts'
import { HELD, MUTANTS } from './whole/mutants.ts'

/** Where its own world does not catch a mutant any more, because the product has changed, so many are searched. */
const ENOUGH = 400

type Run = typeof runWholeCampaign

/** The first world that the mutant does not survive. It counts only where the product as it is does. */
const expectCaught = async (name: string, run: Run, seed: number | undefined, options: Omit<Parameters<Run>[0], 'from' | 'seeds'> = {}): Promise<void> => {
  const known = seed === undefined ? null : (await run({ ...options, from: seed, seeds: 1 })).violation
  const violation = known ?? (await run({ ...options, from: 1, seeds: ENOUGH })).violation
  process.stdout.write(`${name}: ${violation === null ? 'NOT caught' : `caught in world ${violation.seed}: ${violation.message}`}\n`)
  if (violation === null) expect.fail(`no rule was broken in ${ENOUGH} worlds`)
  expect((await runWholeCampaign({ from: violation.seed, seeds: 1 })).violation).toBeNull()
}

describe('a simulator of whole nodes that can fail', () => {
  for (const { seed, ...mutant } of MUTANTS)
    it(`${mutant.name}: caught`, async () => {
      await expectCaught(mutant.name, (await buildMutant(mutant)).runWholeCampaign, seed)
    })

  it('[T19] a store whose transaction can tear: caught', async () => {
    await expectCaught('a store that can tear', runWholeCampaign, 21, { world: { isAtomic: false } })
  })
})

it('every mutant that few worlds notice can still be made, and the test that it does not survive is there', () => {
  const titles = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  expect(HELD.filter((mutant) => !hasLine(mutant) || !titles(mutant.test).includes(mutant.title))).toEqual([])
})
