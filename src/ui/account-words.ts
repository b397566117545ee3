import { msg, str } from '@lit/localize'
import type { StreamView } from '../neuron/snapshot.ts'
import { formatCount, isOne } from './format.ts'
import { cycleWords, searchingWords } from './words/engine.ts'

type Account = NonNullable<StreamView['account']>

/** What was found in the stream itself: its cycles, and how often it changed its ways. */
export const findingsWords = ({ periods, driftEvents }: Pick<Account, 'periods' | 'driftEvents'>): string => {
  const cycles = periods.length === 0 ? msg('No cycle has been found') : msg(str`Cycles found: ${periods.map(cycleWords).join(', ')}`)
  const changes = driftEvents === 0 ? msg('its ways have not changed') : msg(str`its ways have changed ${times(driftEvents)}`)
  return `${cycles}; ${changes}.`
}

/** How the search for better methods stands. */
export const searchWords = ({ tried, entered, now }: Account['search']): string => {
  if (tried === 0) return msg('No other settings have been tried yet.')
  const found = entered === 0 ? msg('none did better than what there is') : msg(str`${times(entered)} one did better and was taken in`)
  const many = isOne(tried) ? msg('1 other setting has been tried') : msg(str`${formatCount(tried)} other settings have been tried`)
  return `${many}; ${found}. ${msg(str`Now: ${written(searchingWords(now))}.`)}`
}

/** The engine writes its numbers without a sign for thousands. */
const written = (text: string): string => text.replace(/\d{4,}/g, (digits) => formatCount(Number(digits)))

const times = (count: number): string => (isOne(count) ? msg('once') : msg(str`${formatCount(count)} times`))
