import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const USAGE = 'usage: npm run backtest -- FILE.csv|FOLDER [--json] [--predictions OUT] [--last N] [--history N] [--first]'

export const HELP = `${USAGE}

Shows the rows to the engine one by one and scores, on the last of them, the forecast it had made before it saw each.
A folder is read with its subfolders: each is a group, each .csv file in it a stream.

  --json             the results as JSON instead of a table
  --predictions OUT  writes the scored forecasts: ts,actual,prediction,lower,upper. For a FILE, OUT is a file; for a FOLDER
                     it is a folder that gets one file per stream, under the stream's own name
  --last N           scores the last N rows (default: 40 % of the rows read, at most 1,000)
  --history N        reads at most the last N rows of a file (default: 5,000; with --predictions all). What is forecast
                     depends on where reading begins: a file and a shorter copy of it, read from their first rows, have
                     the same forecasts as far as the copy goes
  --first            scores forecasts made after 5 to 9 and after 10 to 29 rows, too, in 60 windows per stream
  --help             this text

Columns: relMAE is the mean |error| by that of naive (the value stays), coverage the share of rows inside the 90 % interval,
width the mean interval by naive's mean |error|, µs/row processor time per row read, champion the expert with most weight.
Means over streams and groups are geometric; a group with fewer than 100 scored rows is left out of the overall one.

Lines are ts,value with or without a header, the time in ISO 8601 or as a Unix time; further columns are left aside, so that
the original network's ts,value,hash reads too. A value that is no number makes a row that is not scored. A line that cannot be
read is named on the error output and left out.

Exit code: 0 all was read; 1 something could not be read or written, or no row was found; 2 the command was not understood.
`

export interface Command {
  /** The file or folder, absolute. */
  readonly target: string
  readonly json: boolean
  /** Where the forecasts go, absolute; null: nowhere. */
  readonly predictions: string | null
  readonly last: number | null
  /** Reads at most so many of the last rows. Where forecasts are written it is all of them: one row less at the end must change none before. */
  readonly history: number
  readonly first: boolean
}

const HISTORY = 5000

/** What was asked for, or what was not understood. */
export const readCommand = (args: readonly string[]): Command | 'help' | { readonly wrong: string } => {
  try {
    const flag = { type: 'boolean' } as const
    const text = { type: 'string' } as const
    const options = { json: flag, first: flag, help: { ...flag, short: 'h' }, predictions: text, last: text, history: text } as const
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
    if (values.help === true) return 'help'
    const [target, ...rest] = positionals
    if (target === undefined || rest.length > 0) return { wrong: 'One file or folder is needed.' }
    const { json = false, first = false, predictions } = values
    return {
      target: resolve(target), json, first, predictions: predictions === undefined ? null : resolve(predictions),
      last: values.last === undefined ? null : count('--last', values.last),
      history: values.history === undefined ? (predictions === undefined ? HISTORY : Infinity) : count('--history', values.history),
    }
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) }
  }
}

const count = (option: string, text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${option} wants a whole number from 1 on, not "${text}".`)
  return Number(text)
}
