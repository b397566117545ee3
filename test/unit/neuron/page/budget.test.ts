import { describe, expect, it, vi } from 'vitest'
import { failureOf } from '../../../../src/base/result.ts'
import { BUDGETS_GB, keepBudget, keptBudget, withinBudget, type BudgetDeps } from '../../../../src/neuron/page/budget.ts'
import { createFakeNeuron } from '../../../support/fake-neuron.ts'

const NEW = ['subscribe', 'followUnsigned', 'publishCsv', 'publishSample', 'appendCsv'] as const

/** How each command ends; all that reach the node answer. */
const endsOf = async ({ budget, usedBytes }: { readonly budget: ReturnType<BudgetDeps['budget']>; readonly usedBytes: number | null }) => {
  const reached = vi.fn(() => Promise.resolve())
  const stubs = Object.fromEntries(NEW.map((name) => [name, reached]))
  const neuron = withinBudget({ ...createFakeNeuron('empty'), ...stubs }, { budget: () => budget, usedBytes: () => Promise.resolve(usedBytes) })
  const calls = [() => neuron.subscribe('a'), () => neuron.followUnsigned({ source: 'a', name: 'b' }), () => neuron.publishCsv({ name: 'a', csv: '' }), () => neuron.publishSample('a'), () => neuron.appendCsv({ id: 'a', csv: '' })]
  const ends = await Promise.all(calls.map((call) => call().then(() => 'done', (thrown: unknown) => failureOf(thrown).code)))
  return { ends: [...new Set(ends)], reached: reached.mock.calls.length }
}

describe('a budget for the disk', () => {
  it('refuses what is new once it is used up, and says so before the node is asked', async () => {
    expect(await endsOf({ budget: 5, usedBytes: 5_000_000_001 })).toEqual({ ends: ['over-budget'], reached: 0 })
  })

  it.each([
    ['it is not used up', 5, 5_000_000_000],
    ['there is none', null, 1e15],
    ['the browser does not tell what is used', 1, null],
  ] as const)('lets everything through while %s', async (_why, budget, usedBytes) => {
    expect(await endsOf({ budget, usedBytes })).toEqual({ ends: ['done'], reached: NEW.length })
  })

  it('lets rows and everything else of streams that are there go on', async () => {
    const neuron = createFakeNeuron()
    const [stream] = (await neuron.snapshot()).streams
    const { append, forget, history } = withinBudget(neuron, { budget: () => 1, usedBytes: () => Promise.resolve(2e9) })
    expect([append, forget, history]).toEqual([neuron.append, neuron.forget, neuron.history])
    expect(await append(stream?.id ?? '', { value: '1' })).toMatchObject({ row: stream?.rows })
  })

  it('is kept for its profile, and whatever else is kept there is none', () => {
    const kept = new Map<string, string>()
    const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key) }
    for (const budget of [...BUDGETS_GB, null]) {
      keepBudget('a', storage, budget)
      expect([keptBudget('a', storage), keptBudget('b', storage)]).toEqual([budget, null])
    }
    for (const text of ['', '0', '-5', '5.0', '1e3', 'null', '99999999999']) {
      kept.set('zazen:a:budget', text)
      expect(keptBudget('a', storage)).toBeNull()
    }
  })
})
