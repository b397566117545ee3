import { describe, expect, it } from 'vitest'
import { runWholeCampaign } from './whole/campaign.ts'
import { buildMutant } from './whole/mutant.ts'
import { MUTANTS } from './whole/mutants.ts'

/** Worlds that a mutant may survive; most die within a fraction of them. */
const ENOUGH = 600

describe('a simulator of whole nodes that can fail', () => {
  for (const { broken, seed, ...mutant } of MUTANTS)
    it(`${mutant.name}: caught`, async () => {
      const { runWholeCampaign: run } = await buildMutant(mutant)
      const known = seed === undefined ? null : (await run({ from: seed, seeds: 1 })).violation
      const { violation } = known === null ? await run({ from: 1, seeds: ENOUGH }) : { violation: known }
      process.stdout.write(`${mutant.name}: ${violation === null ? 'NOT caught' : `caught in world ${violation.seed}: ${violation.message}`}\n`)
      expect(violation?.message ?? 'no world broke a rule').toMatch(broken)
    })

  it('[T19] a store whose transaction can tear: caught', async () => {
    const { violation } = await runWholeCampaign({ from: 1, seeds: ENOUGH, world: { isAtomic: false } })
    process.stdout.write(`a store that can tear: caught in world ${violation?.seed}: ${violation?.message}\n`)
    expect(violation?.message ?? 'no world broke a rule').toMatch(/not there or untrue/)
  })
})
