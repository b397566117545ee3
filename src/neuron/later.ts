import { createLate } from '../runtime/late.ts'

// Code of the neuron that nobody needs before the window is there: a tenth of what its worker would otherwise fetch before it runs.

export const loadListing = () => import('./listing.ts')
export const loadPredictors = () => import('./predictors.ts')
export const loadSamples = () => import('./samples.ts')
export const loadNextRow = () => import('./next-row.ts')
export const loadPairing = () => import('./predicted-series.ts')

/** What the swarm does for streams that have lacked rows for minutes. */
export const remedies = createLate(async () => (await import('../swarm/remedies.ts')).remedies)

/** Called once the engine is there: whoever asks later finds it there, also without a server. What fails is told when it is asked for. */
export const loadAhead = (): void => {
  for (const load of [loadListing, loadPredictors, loadSamples, loadNextRow, loadPairing]) load().catch(() => undefined)
}
