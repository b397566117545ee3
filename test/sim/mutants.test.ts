import { toHex } from '../../src/base/bytes.ts'
import { HASH_BYTES } from '../../src/domain/hash.ts'
import { checkPage } from '../../src/domain/page.ts'
import { describe, expect, it } from 'vitest'
import { runCampaign } from './campaign.ts'
import { HONEST_DEPS, type Deps } from './receiver.ts'

/** Worlds that a mutant may survive; each dies within a fraction of them. */
const ENOUGH = 800

/** The same worlds with one check taken away: a simulator that does not notice would prove nothing. */
const MUTANTS: readonly { readonly name: string; readonly deps: Deps; readonly broken: RegExp }[] = [
  {
    name: '[T9] pages that are decoded but not hashed',
    deps: { ...HONEST_DEPS, judgePage: (bytes, _digest, expected) => checkPage(bytes, expected) },
    broken: /untrue/,
  },
  {
    name: '[T4] hashes that are believed without the proof',
    deps: { ...HONEST_DEPS, verifyRun: () => true },
    broken: /untrue page hashes|an honest sender was cut|not the publisher|differ/,
  },
  {
    name: '[T19] a promotion in two transactions',
    deps: {
      ...HONEST_DEPS,
      promote: (store, record) => {
        const [before] = store.records()
        store.commit({ record: { ...record, hashes: before?.hashes ?? new Uint8Array(0) } })
        store.commit({ record })
      },
    },
    broken: /differ/,
  },
  {
    name: '[T19] a store whose transaction can tear',
    deps: {
      ...HONEST_DEPS,
      isAtomic: false,
      promote: (store, record) => {
        // The old partial page, which the new record no longer names.
        const old = store.records()[0]?.hashes.slice(-HASH_BYTES) ?? new Uint8Array(0)
        const isNamed = toHex(record.hashes).includes(toHex(old))
        store.commit({ record, drop: isNamed ? [] : [old] })
      },
    },
    broken: /is not there|differ/,
  },
  {
    name: '[T12] missing packets that are never asked for',
    deps: { ...HONEST_DEPS, maySend: (effect) => effect.frame.type !== 'missing' },
    broken: /an honest sender was cut: silent|nothing was promoted/,
  },
]

describe('a simulator that can fail', () => {
  for (const { name, deps, broken } of MUTANTS)
    it(`${name}: caught`, () => {
      const { violation, worlds } = runCampaign({ from: 1, seeds: ENOUGH, deps })
      process.stdout.write(`${name}: ${violation === null ? 'NOT caught' : 'caught'} after ${worlds} worlds\n`)
      expect(violation?.message ?? 'no world broke a rule').toMatch(broken)
    })
})
