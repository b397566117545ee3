import { createHash } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { isMainThread, Worker } from 'node:worker_threads'
import { pairLine } from '../../test/sim/campaign.ts'
import { createRunState, KINDS, kindLines, playOn, type Broken, type Kind, type RunState } from '../../test/sim/run-state.ts'
import { traceHash, type TraceHash } from '../../test/sim/whole/world.ts'

const USAGE = `usage: npm run sim -- [--seeds N] [--from S] [--kind transfer|whole] [--resume FILE] [--trace] [--digest] | --mutants

  --seeds N      worlds of each kind (10000)
  --from S       the first seed (1)
  --kind K       only transfers (one receiver and its senders), or only whole worlds (many nodes)
  --resume FILE  keeps in FILE how far the run is, and goes on from there when it is started again
  --trace        prints what is said in whole worlds: for one seed
  --digest       prints a hash over every frame of every world with its time, and how each ended: the same before and after a change
                 that is none of behaviour (not with --resume)
  --mutants      makes each change of the product that no world can notice, and sees the test fail that does (npm test plays the others)`

const PROGRESS_MS = 3_000
/** Transfers between two nodes that are timed. */
const PAIRS = 2_000
/** Worlds between two looks at the clock. */
const CHUNK: Readonly<Record<Kind, number>> = { transfer: 200, whole: 20 }

interface Command {
  readonly from: number
  readonly seeds: number
  readonly kinds: readonly Kind[]
  readonly resume: string | null
  readonly trace: boolean
  readonly digest: boolean
}

/** Plays simulated worlds of consecutive seeds; exit code 1 and the seed when one breaks a rule. */
async function main(args: string[]): Promise<number> {
  const command = readCommand(args)
  if (command === null) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const state = openState(command)
  if (state === null) return 2
  for (const kind of command.kinds) {
    const heard = command.digest ? traceHash() : null
    const broken = await playKind(kind, state, command, heard)
    process.stdout.write(`${kindLines(state, kind).join('\n')}\n`)
    if (heard !== null) process.stdout.write(`${kind} digest of seeds ${state.from} … ${state.next[kind] - 1}: ${heard.digest()}\n`)
    if (broken !== null) return tell(broken)
    if (kind === 'transfer') process.stdout.write(`${pairLine(command.from, PAIRS)}\n`)
  }
  return 0
}

async function playKind(kind: Kind, state: RunState, { seeds, resume, trace }: Command, heard: TraceHash | null): Promise<Broken | null> {
  const ears = { ...(trace && { trace: (line: string) => void process.stdout.write(`${line}\n`) }), ...(heard && { hash: heard.add }) }
  const end = state.from + seeds
  const began = performance.now()
  const first = state.next[kind]
  let printedAt = began
  while (state.next[kind] < end) {
    const chunk = Math.min(CHUNK[kind], end - state.next[kind])
    const broken = await playOn(state, kind, chunk, ears)
    if (broken !== null) return broken
    if (performance.now() - printedAt < PROGRESS_MS && state.next[kind] < end) continue
    printedAt = performance.now()
    keep(resume, state)
    const perSecond = ((state.next[kind] - first) * 1_000) / (printedAt - began)
    const done = state.next[kind] - state.from
    process.stdout.write(`${kind}: ${done} of ${seeds} (${((done / seeds) * 100).toFixed(0)} %), ${perSecond.toFixed(0)} a second, ${Math.ceil((end - state.next[kind]) / perSecond)} s left\n`)
  }
  return null
}

const tell = ({ kind, seed, message }: Broken): number => {
  process.stderr.write(`${kind} seed ${seed} broke a rule: ${message}\nreplay: npm run sim -- --kind ${kind} --from ${seed} --seeds 1${kind === 'whole' ? ' --trace' : ''}\n`)
  return 1
}

/** A run goes on only with the code that it was begun with. */
function openState({ from, resume }: Command): RunState | null {
  const build = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url))).digest('hex')
  if (resume === null || !existsSync(resume)) return createRunState(build, from)
  const state = JSON.parse(readFileSync(resume, 'utf8')) as RunState
  if (state.build === build && state.from === from) return state
  process.stderr.write(`${resume} is of ${state.build === build ? 'a run from another seed' : 'other code'}: remove it or name another file.\n`)
  return null
}

/** Whole or not at all: a run is laid aside by ending it at any moment. */
function keep(file: string | null, state: RunState): void {
  if (file === null) return
  writeFileSync(`${file}.new`, JSON.stringify(state))
  renameSync(`${file}.new`, file)
}

function readCommand(args: string[]): Command | null {
  try {
    const { values } = parseArgs({
      args,
      options: { seeds: { type: 'string' }, from: { type: 'string' }, kind: { type: 'string' }, resume: { type: 'string' }, trace: { type: 'boolean' }, digest: { type: 'boolean' } },
    })
    const { seeds = '10000', from = '1', kind, resume = null, trace = false, digest = false } = values
    const kinds = KINDS.filter((one) => kind === undefined || one === kind)
    const isRight = /^\d{1,9}$/.test(seeds) && /^\d{1,9}$/.test(from) && kinds.length > 0 && !(digest && resume !== null)
    return isRight ? { seeds: Number(seeds), from: Number(from), kinds, resume, trace, digest } : null
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return null
  }
}

/**
 * Room for what a few worlds make and throw away, MiB: with the usual 48 a quarter of the time goes into clearing it up (measured). Only
 * a thread of its own can be given more.
 */
const YOUNG_MIB = 192

/**
 * V8 optimizes a function later, because optimizing all that a node is made of takes longer than to play some hundred worlds, and leaves the
 * old part of the heap alone while that is small: a third more worlds in a second (measured).
 */
const V8_FLAGS = ['--interrupt-budget=1000000', '--initial-old-space-size=400']

function playInThread(args: string[]): void {
  for (const flag of V8_FLAGS) setFlagsFromString(flag)
  const thread = new Worker(new URL(import.meta.url), { argv: args, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB } })
  thread.on('exit', (code) => {
    process.exitCode = code
  })
}

// Last, so that every constant above exists.
if (process.argv[2] === '--mutants' && isMainThread) {
  const { killHeld } = await import('../../test/sim/whole/held.ts')
  process.exitCode = await killHeld(fileURLToPath(new URL('../..', import.meta.url)))
} else if (isMainThread) playInThread(process.argv.slice(2))
else process.exitCode = await main(process.argv.slice(2))
