import { msg, str } from '@lit/localize'
import { createInterpreter } from './said.ts'

// What the engine says of its work, for people. It names things in English; here is what each is called.

/** What a forecasting method is called: its name is of parts, "autoregression, long memory". */
export const methodWords = (name: string): string => name.split(', ').map(part).join(', ')

/** A cycle: "hour of day", "12 rows". */
export const cycleWords = createInterpreter([
  () => msg('hour of day'),
  () => msg('hour of week'),
  () => msg('day of week'),
  (rows) => msg(str`${rows} rows`),
])

/** Why nothing is predicted. */
export const silenceWords = createInterpreter([
  () => msg('not predictable, because no row has been seen yet'),
  () => msg('not predictable, because no row so far holds a number'),
  (rows) => msg(str`not predictable, because the last ${rows} rows hold no number`),
])

/** What the search for better methods is at. */
export const searchingWords = createInterpreter([
  {
    heard: 'heat {} of {}: {} candidates for {}',
    say: (heat, heats, runners, field) => msg(str`round ${heat} of ${heats}, ${runners} candidates for ${methodWords(field)}`),
  },
  { heard: 'resting until {} rows', say: (rows) => msg(str`rest until there are ${rows} rows`) },
])

const part = createInterpreter([
  () => msg('naive'),
  () => msg('common sense'),
  () => msg('seasonal naive'),
  () => msg('Holt-Winters'),
  () => msg('exponential smoothing'),
  () => msg('damped trend'),
  () => msg('theta'),
  () => msg('rolling median'),
  () => msg('log autoregression'),
  () => msg('autoregression'),
  () => msg('very long memory'),
  () => msg('long memory'),
  () => msg('short memory'),
  () => msg('least squares'),
  () => msg('robust'),
  (number) => msg(str`challenger ${number}`),
  () => msg('analogues by level'),
  () => msg('analogues'),
  () => msg('log analogues by level'),
  () => msg('log analogues'),
])
