import { Writable } from 'node:stream'
import { startVitest } from 'vitest/node'
import { changing, hasLine, type Mutant } from './change.ts'
import { HELD, type Held } from './mutants.ts'

/** Worlds of the simulator of transfers, where that is the test: a mutant dies within a fraction of them. */
const SIM_SEEDS = '300'

/** What tests print is not of this command. */
const SILENCE = new Writable({ write: (_chunk, _encoding, done) => done() })

type Fate = 'killed' | 'SURVIVED' | 'NOT MADE: the line is not there' | 'NOT TESTED: without the change the test fails or is not there'

/** Plays each mutant that no world can notice against the one test that does; exit code 1 when one is not seen to die. */
export const killHeld = async (root: string): Promise<number> => {
  let left = 0
  for (const held of HELD) {
    const fate = await fateOf(held, root)
    if (fate !== 'killed') left++
    process.stdout.write(`${fate}\n  ${held.name}: src/${held.file}\n  by test/${held.test}: ${held.title}\n`)
  }
  process.stdout.write(`${HELD.length - left} of ${HELD.length} mutants that no world can notice: killed\n`)
  return left === 0 ? 0 : 1
}

/** A test that fails anyway kills nothing: it counts only when the product as it is passes it. */
const fateOf = async (held: Held, root: string): Promise<Fate> => {
  if (!hasLine(held, root)) return 'NOT MADE: the line is not there'
  if ((await play(held, root, null)) !== 'passed') return 'NOT TESTED: without the change the test fails or is not there'
  return (await play(held, root, held)) === 'failed' ? 'killed' : 'SURVIVED'
}

const play = async ({ test, title }: Held, root: string, mutant: Mutant | null): Promise<'passed' | 'failed' | 'none'> => {
  const plugins = mutant === null ? [] : [changing(mutant, root)]
  const vitest = await startVitest(
    'test',
    [`test/${test}`],
    { root, config: false, watch: false, include: [`test/${test}`], testNamePattern: patternOf(title), testTimeout: 240_000, reporters: [{}], env: { SIM_SEEDS } },
    { plugins },
    { stdout: SILENCE },
  )
  const results = vitest.state.getTestModules().flatMap(({ children }) => [...children.allTests()].map((one) => one.result().state))
  await vitest.close()
  // The runner's word on a failed test is not this command's.
  process.exitCode = 0
  if (results.includes('failed')) return 'failed'
  return results.includes('passed') ? 'passed' : 'none'
}

/** In the title of a test for many cases stand holes. */
const patternOf = (title: string): RegExp => new RegExp(title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('%s', '.*'))
