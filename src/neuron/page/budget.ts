import { fail } from '../../base/result.ts'
import type { BudgetGb } from '../household.ts'
import type { NeuronCommands } from '../neuron-commands.ts'

// How much of the disk the app may take before it begins nothing new. What a browser tells is of all its profiles together, and an
// estimate: the budget keeps a person's disk free, and no promise.

export const BUDGETS_GB = [1, 5, 20, 100] as const satisfies readonly BudgetGb[]

/** A browser that does not tell what is used (null) is over no budget. */
export const isOverBudget = (usedBytes: number | null, budget: BudgetGb | null): boolean =>
  budget !== null && usedBytes !== null && usedBytes > budget * 1_000_000_000

const keyOf = (profile: string): string => `zazen:${profile}:budget`

/** Null: none. Total: whatever else is kept there is none. */
export const keptBudget = (profile: string, storage: Pick<Storage, 'getItem'>): BudgetGb | null => {
  const text = storage.getItem(keyOf(profile))
  return BUDGETS_GB.find((budget) => String(budget) === text) ?? null
}

export const keepBudget = (profile: string, storage: Pick<Storage, 'setItem' | 'removeItem'>, budget: BudgetGb | null): void => {
  if (budget === null) storage.removeItem(keyOf(profile))
  else storage.setItem(keyOf(profile), String(budget))
}

/** Null where the browser does not tell. */
export const usedBytes = async (): Promise<number | null> => {
  if (!('storage' in navigator) || !('estimate' in navigator.storage)) return null
  return (await navigator.storage.estimate()).usage ?? null
}

export interface BudgetDeps {
  readonly budget: () => BudgetGb | null
  readonly usedBytes: () => Promise<number | null>
}

/** The same commands; over the budget those that begin or fill a history are refused. Rows of streams whose download does not rest still come. */
export const withinBudget = (neuron: NeuronCommands, deps: BudgetDeps): NeuronCommands => {
  const judge = async (): Promise<void> => {
    const budget = deps.budget()
    if (budget === null || !isOverBudget(await deps.usedBytes(), budget)) return
    throw fail('over-budget', `More than ${budget} GB of the disk are used, as much as you allow. Forget streams that you no longer need, or allow more in the settings.`).error
  }
  const judged = <Given extends readonly unknown[], Answer>(command: (...given: Given) => Promise<Answer>) => async (...given: Given): Promise<Answer> => {
    await judge()
    return command(...given)
  }
  return {
    ...neuron,
    subscribe: judged(neuron.subscribe),
    followUnsigned: judged(neuron.followUnsigned),
    publishCsv: judged(neuron.publishCsv),
    publishSample: judged(neuron.publishSample),
    appendCsv: judged(neuron.appendCsv),
  }
}
