import type { StreamView } from '../neuron/snapshot.ts'
import { formatCount, plural } from './format.ts'

type Account = NonNullable<StreamView['account']>

/** What was found in the stream itself: its cycles, and how often it changed its ways. */
export const findingsWords = ({ periods, driftEvents }: Pick<Account, 'periods' | 'driftEvents'>): string => {
  const cycles = periods.length === 0 ? 'No cycle has been found' : `Cycles found: ${periods.join(', ')}`
  const changes = driftEvents === 0 ? 'its ways have not changed' : `its ways have changed ${times(driftEvents)}`
  return `${cycles}; ${changes}.`
}

/** How the search for better experts stands. */
export const searchWords = ({ tried, entered, now }: Account['search']): string => {
  if (tried === 0) return 'No other settings have been tried yet.'
  const found = entered === 0 ? 'none did better than what there is' : `${times(entered)} one did better and was taken in`
  return `${plural(tried, 'other setting')} ${tried === 1 ? 'has' : 'have'} been tried; ${found}. Now: ${now}.`
}

const times = (count: number): string => (count === 1 ? 'once' : `${formatCount(count)} times`)
