import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CONTENDERS, machineLine, tableOf, type Contender } from '../../test/bench/report.ts'
import { benchTransfer, TRANSFER_DEFAULTS, type TransferPlan } from '../../test/bench/transfer.ts'
import { buildAll } from './build.mjs'

const USAGE = `usage: npm run bench [-- transfer] [--json FILE] [--rounds N] [--rows N,N,…] [--only ${CONTENDERS.map((name) => name.replace(' ', '-')).join(',')}]`

type Command = Omit<TransferPlan, 'say'> & { readonly json: string | undefined }

/** Measures transfers in real browsers and prints one table; it stops by itself. */
async function main(args: string[]): Promise<number> {
  const command = readCommand(args)
  if (command === null) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  await buildAll()
  const report = await benchTransfer({ ...command, say: (line) => void process.stdout.write(`${line}\n`) })
  process.stdout.write(`\n${machineLine(report.machine)}\n\n${tableOf(report)}\n`)
  if (command.json !== undefined) writeFileSync(command.json, `${JSON.stringify(report, null, 2)}\n`)
  return report.outcomes.every((outcome) => 'run' in outcome) ? 0 : 1
}

function readCommand(args: string[]): Command | null {
  try {
    const text = { type: 'string' } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: text, rounds: text, rows: text, only: text } })
    if (positionals.some((name) => name !== 'transfer')) return null
    const rounds = values.rounds === undefined ? TRANSFER_DEFAULTS.rounds : wholeNumber(values.rounds, 100)
    const sizes = values.rows?.split(',').map((size) => wholeNumber(size, 10_000_000)) ?? TRANSFER_DEFAULTS.sizes
    return { json: values.json, rounds, sizes, contenders: values.only?.split(',').map(contender) ?? TRANSFER_DEFAULTS.contenders }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return null
  }
}

const wholeNumber = (text: string, max: number): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > max) throw new Error(`${text} is no whole number from 1 to ${max}`)
  return value
}

const contender = (text: string): Contender => {
  const found = CONTENDERS.find((name) => name.replace(' ', '-') === text)
  if (found === undefined) throw new Error(`there is no contender "${text}"`)
  return found
}

// Last, so that every constant above exists. An explicit end: PeerServer's timers never stop.
process.exit(await main(process.argv.slice(2)))
