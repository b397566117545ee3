import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runWholeCampaign } from './whole/campaign.ts'
import { hasLine } from './whole/change.ts'
import { buildMutant } from './whole/mutant.ts'
import { HELD, MUTANTS, type Caught } from './whole/mutants.ts'

/** Where its own world does not catch a mutant any more, because the product has changed, so many are searched. */
const ENOUGH = 400
/** Where a world was made for it, chance decides little. */
const ENOUGH_OF_ONE_PLAN = 5

type Run = typeof runWholeCampaign

/** The first world that the mutant does not survive. It counts only where the product as it is does. */
const expectCaught = async (name: string, run: Run, { seed, plan }: Pick<Caught, 'seed' | 'plan'>, isAtomic = true): Promise<void> => {
  const made = plan === undefined ? {} : { plan: plan() }
  const known = (await run({ from: seed ?? 1, seeds: 1, world: { ...made, isAtomic } })).violation
  const violation = known ?? (await run({ from: seed === undefined ? 1 : seed + 1, seeds: plan === undefined ? ENOUGH : ENOUGH_OF_ONE_PLAN, world: { ...made, isAtomic } })).violation
  process.stdout.write(`${name}: ${violation === null ? 'NOT caught' : `caught in world ${violation.seed}: ${violation.message}`}\n`)
  if (violation === null) expect.fail('no rule was broken')
  // A mutant that cannot run breaks no rule.
  expect(violation.message).not.toMatch(/ReferenceError|TypeError|is not defined|is not a function|Cannot read/)
  expect((await runWholeCampaign({ from: violation.seed, seeds: 1, world: made })).violation).toBeNull()
}

describe('a simulator of whole nodes that can fail', () => {
  for (const mutant of MUTANTS)
    it(`${mutant.name}: caught`, async () => {
      await expectCaught(mutant.name, (await buildMutant(mutant)).runWholeCampaign, mutant)
    })

  it('[T19] a store whose transaction can tear: caught', async () => {
    await expectCaught('a store that can tear', runWholeCampaign, { seed: 21 }, false)
  })
})

it('every mutant that no world can notice can still be made, and the test that it does not survive is there', () => {
  const titles = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  expect(HELD.filter((mutant) => !hasLine(mutant) || !titles(mutant.test).includes(mutant.title))).toEqual([])
})
