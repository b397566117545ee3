import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CONTENDERS, machineLine, tableOf, type Contender } from '../../test/bench/report.ts'
import { benchEngine } from '../../test/bench/engine/engine.ts'
import { engineTables } from '../../test/bench/engine/tables.ts'
import { describeMachine } from '../../test/bench/machine.ts'
import { benchGrowth, GROWTH_DEFAULTS, growthTable } from '../../test/bench/growth.ts'
import { benchMending, MEND_DEFAULTS, mendingTable } from '../../test/bench/mend.ts'
import { benchTransfer, TRANSFER_DEFAULTS, type TransferPlan } from '../../test/bench/transfer.ts'
import { benchSignaling, SIGNALING_DEFAULTS, signalingTable } from '../../test/bench/signaling/signaling.ts'
import { benchPacking, packingTable } from '../../test/bench/packing.ts'
import { benchStartup, STARTUP_DEFAULTS, STARTUP_PARTS, type StartupPart } from '../../test/bench/startup/startup.ts'
import { startupTables } from '../../test/bench/startup/tables.ts'
import { benchSteps, STEPS_DEFAULTS, stepsTable } from '../../test/bench/steps.ts'
import { benchWideArea, wideAreaTable, type CleanLine } from '../../test/bench/wide-area.ts'
import { buildAll } from './build.mjs'
import { printFailure } from './stage.mjs'

const USAGE = `usage: npm run bench [-- transfer|growth|mend|steps|wide-area|signaling] [--json FILE] [--rounds N] [--rows N,N,…] [--only ${CONTENDERS.map((name) => name.replace(' ', '-')).join(',')}]
       npm run bench -- engine [FOLDER] [--json FILE] [--quick]   (some 4 minutes on a quiet machine, 10 s more for each series of the folder; --quick: a third)
       npm run bench -- packing [FOLDER] [--json FILE]   (seconds: how small the pages of the bundled samples travel, or those of all CSV files of a folder)
       npm run bench -- startup [--json FILE] [--rounds N] [--only ${STARTUP_PARTS.join(',')}] [--hour]   (some 10 minutes, and Lighthouse from npm; --hour: memory for a whole hour)`

const MORE = `More of transfers, each with --rounds N and --json FILE:
  npm run bench -- growth      10 k to 1 M rows: time, processor, memory; the longest from three senders too (four browsers)
  npm run bench -- mend        one altered row in 1 M
  npm run bench -- steps       where the processor time goes: each step of a page, each thread of both browsers
  npm run bench -- wide-area   emulated lines, clean and lossy, from one, two and four senders (--lines 20:4,40:3: clean ones of these milliseconds and MiB/s alone)`

type Command = Omit<TransferPlan, 'say'> & { readonly kind: Kind; readonly isSized: boolean; readonly isRounded: boolean; readonly json: string | undefined; readonly folder: string | null; readonly quick: boolean; readonly hour: boolean; readonly parts: readonly StartupPart[]; readonly lines: readonly CleanLine[] | null }

const KINDS = ['transfer', 'growth', 'mend', 'steps', 'wide-area', 'signaling', 'engine', 'packing', 'startup'] as const

type Kind = (typeof KINDS)[number]

/** Measures transfers in real browsers, the server or the engine, and prints what it found; it stops by itself. */
async function main(args: string[]): Promise<number> {
  const command = readCommand(args)
  if (command === null) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  await buildAll()
  const measure = { transfer, growth, mend, steps, 'wide-area': wideArea, signaling, engine, packing, startup }[command.kind]
  const { report, table, failures } = await measure(command)
  process.stdout.write(`\n${machineLine(report.machine)}\n\n${table}\n`)
  if (command.json !== undefined) writeFileSync(command.json, `${JSON.stringify(report, null, 2)}\n`)
  return failures === 0 ? 0 : 1
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function transfer(command: Command) {
  const report = await benchTransfer({ ...command, say })
  return { report, table: `${tableOf(report)}\n\n${MORE}`, failures: report.outcomes.filter((outcome) => 'failure' in outcome).length }
}

async function growth({ sizes, rounds, isSized }: Command) {
  const report = await benchGrowth({ sizes: isSized ? sizes : GROWTH_DEFAULTS.sizes, rounds, say })
  return { report, table: growthTable(report), failures: report.steps.filter((step) => 'failure' in step).length }
}

async function mend({ sizes, rounds, isSized }: Command) {
  const report = await benchMending({ rows: (isSized ? sizes.at(-1) : undefined) ?? MEND_DEFAULTS.rows, rounds, say })
  return { report, table: mendingTable(report), failures: 0 }
}

async function steps({ sizes, rounds, isSized }: Command) {
  const report = await benchSteps({ rows: (isSized ? sizes.at(-1) : undefined) ?? STEPS_DEFAULTS.rows, rounds, say })
  return { report, table: stepsTable(report), failures: 0 }
}

async function wideArea({ rounds, lines }: Command) {
  const report = await benchWideArea({ rounds, lines, say })
  return { report, table: wideAreaTable(report), failures: report.crossings.filter((crossing) => 'failure' in crossing).length }
}

async function signaling({ rounds }: Command) {
  const report = { machine: await describeMachine(), ...(await benchSignaling({ ...SIGNALING_DEFAULTS, rounds, say })) }
  return { report, table: signalingTable(report), failures: 0 }
}

async function engine({ folder, quick }: Command) {
  const report = await benchEngine({ folder, quick, say: (line) => void process.stderr.write(`${line}\n`) })
  return { report, table: engineTables(report), failures: 0 }
}

async function packing({ folder }: Command) {
  const report = await benchPacking({ folder })
  return { report, table: packingTable(report), failures: 0 }
}

async function startup({ rounds, isRounded, parts, hour }: Command) {
  const report = await benchStartup({ rounds: isRounded ? rounds : STARTUP_DEFAULTS.rounds, parts, hour, say })
  return { report, table: startupTables(report), failures: 0 }
}

function readCommand(args: string[]): Command | null {
  try {
    const text = { type: 'string' } as const
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: text, rounds: text, rows: text, only: text, lines: text, quick: { type: 'boolean' }, hour: { type: 'boolean' } } })
    const [kind = 'transfer', ...rest] = positionals
    const known = KINDS.find((one) => one === kind)
    if (known === undefined || rest.length > (known === 'engine' || known === 'packing' ? 1 : 0)) return null
    const rounds = values.rounds === undefined ? TRANSFER_DEFAULTS.rounds : wholeNumber(values.rounds, 100)
    const sizes = values.rows?.split(',').map((size) => wholeNumber(size, 10_000_000)) ?? TRANSFER_DEFAULTS.sizes
    const [folder = null] = rest
    const only = values.only?.split(',')
    const contenders = known === 'startup' ? TRANSFER_DEFAULTS.contenders : (only?.map(contender) ?? TRANSFER_DEFAULTS.contenders)
    const parts = known === 'startup' ? (only?.map(startupPart) ?? STARTUP_PARTS) : []
    const lines = values.lines?.split(',').map(cleanLine) ?? null
    const told = { isSized: values.rows !== undefined, isRounded: values.rounds !== undefined, quick: values.quick === true, hour: values.hour === true }
    return { kind: known, json: values.json, folder, rounds, sizes, contenders, parts, lines, ...told }
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

const cleanLine = (text: string): CleanLine => {
  const [, rtt = '', rate = ''] = /^(\d{1,4}):(\d{1,3}(?:\.\d+)?)$/.exec(text) ?? []
  if (Number(rate) === 0) throw new Error(`"${text}" is no line: say the round trip in milliseconds and what it carries in MiB a second, as in 20:4`)
  return { rttMs: Number(rtt), mibPerSecond: Number(rate) }
}

const contender = (text: string): Contender => {
  const found = CONTENDERS.find((name) => name.replace(' ', '-') === text)
  if (found === undefined) throw new Error(`there is no contender "${text}"`)
  return found
}

const startupPart = (text: string): StartupPart => {
  const found = STARTUP_PARTS.find((part) => part === text)
  if (found === undefined) throw new Error(`startup has no part "${text}"`)
  return found
}

// Last, so that every constant above exists. An explicit end: PeerServer's timers never stop.
process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => {
    printFailure(error)
    return 1
  }),
)
