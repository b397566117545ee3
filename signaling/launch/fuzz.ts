import { parseArgs } from 'node:util'
import { reportLines, runFuzz } from '../../test/fuzz/campaign.ts'

const USAGE = 'usage: npm run fuzz -- [--count N] [--from S]'
const PROGRESS_MS = 3_000

/** Spoils well-formed bytes of every kind; exit code 1, the seed and the bytes when a judge breaks a promise. */
function main(args: string[]): number {
  const command = readCommand(args)
  if (command === null) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const began = performance.now()
  let printedAt = 0
  const report = runFuzz({
    ...command,
    onRound: (tried) => {
      const elapsedMs = performance.now() - began
      if (elapsedMs - printedAt < PROGRESS_MS) return
      printedAt = elapsedMs
      const leftS = Math.ceil(((command.count - tried) * elapsedMs) / tried / 1_000)
      process.stdout.write(`${tried} of ${command.count} (${((tried / command.count) * 100).toFixed(0)} %), ${leftS} s left\n`)
    },
  })
  process.stdout.write(`${reportLines(report).join('\n')}\n`)
  if (report.violation === null) return 0
  const { seed, kind, hex, message } = report.violation
  process.stderr.write(`seed ${seed} broke a promise (npm run fuzz -- --from ${seed} --count 10000): ${kind} ${hex}\n${message}\n`)
  return 1
}

function readCommand(args: string[]): { readonly from: number; readonly count: number } | null {
  try {
    const { values } = parseArgs({ args, options: { count: { type: 'string' }, from: { type: 'string' } } })
    const [count, from] = [values.count ?? '10000000', values.from ?? '1']
    return /^\d{1,10}$/.test(count) && /^\d{1,9}$/.test(from) ? { count: Number(count), from: Number(from) } : null
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return null
  }
}

// Last, so that every constant above exists.
process.exitCode = main(process.argv.slice(2))
