import { parseArgs } from 'node:util'
import { reportLines, runCampaign } from '../../test/sim/campaign.ts'

const USAGE = 'usage: npm run sim -- [--seeds N] [--from S]'
const PROGRESS_MS = 3_000

/** Plays simulated transfers of consecutive seeds; exit code 1 and the seed when one breaks a rule. */
function main(args: string[]): number {
  const command = readCommand(args)
  if (command === null) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { from, seeds } = command
  let printedAt = 0
  const report = runCampaign({
    from,
    seeds,
    onWorld: (done, elapsedMs) => {
      if (elapsedMs - printedAt < PROGRESS_MS) return
      printedAt = elapsedMs
      process.stdout.write(`${progressLine(done, seeds, elapsedMs)}\n`)
    },
  })
  process.stdout.write(`${reportLines(report).join('\n')}\n`)
  if (report.violation === null) return 0
  const { seed, message } = report.violation
  process.stderr.write(`seed ${seed} broke a rule (npm run sim -- --from ${seed} --seeds 1): ${message}\n`)
  return 1
}

const progressLine = (done: number, seeds: number, elapsedMs: number): string => {
  const perSecond = (done * 1_000) / elapsedMs
  const left = Math.ceil((seeds - done) / perSecond)
  return `${done} of ${seeds} (${((done / seeds) * 100).toFixed(0)} %), ${perSecond.toFixed(0)} a second, ${left} s left`
}

function readCommand(args: string[]): { readonly from: number; readonly seeds: number } | null {
  try {
    const { values } = parseArgs({ args, options: { seeds: { type: 'string' }, from: { type: 'string' } } })
    const [seeds, from] = [values.seeds ?? '10000', values.from ?? '1']
    return /^\d{1,9}$/.test(seeds) && /^\d{1,9}$/.test(from) ? { seeds: Number(seeds), from: Number(from) } : null
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return null
  }
}

// Last, so that every constant above exists.
process.exitCode = main(process.argv.slice(2))
