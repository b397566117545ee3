import { availableParallelism } from 'node:os'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { CHROMIUM_FLAGS, findChromium } from './signaling/launch/chromium.mjs'

const executablePath = findChromium() ?? undefined

/** Projects of a later group wait for the earlier ones: browsers that share two cores with other tests miss deadlines. */
const after = (groupOrder: number) => ({ sequence: { groupOrder } })

/** What computes takes every core. Left to itself the runner keeps one free: of two it would use one. */
const everyCore = { maxWorkers: availableParallelism() }

/** The longest of their projects, as the end of `npm test` tells: one of these begun last would have a core idle while it is finished. */
const LONG = [
  'unit/protocol/fuzz.test.ts',
  'contract/signaling-process.test.ts',
  'sim/whole-more.test.ts',
  'sim/whole.test.ts',
  'e2e/ui-scenes.test.ts',
  'e2e/hostile-peers.test.ts',
  'e2e/mend.test.ts',
  'e2e/fork.test.ts',
  'e2e/ui-nasty.test.ts',
  'e2e/ui-pictures.test.ts',
]

/** A fresh clone does not know yet how long each file takes. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((name) => moduleId.endsWith(name))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** Files of end-to-end tests at once: each has up to four browsers, and of those a machine has memory for so many. */
const MOST_AT_ONCE = 6

/** How long a test may take on a machine that has other things to do: a quick test is no quicker for a tight limit, only less sure. */
const PATIENT_MS = 60_000

/** Room for what worlds throw away, and functions optimized later: a third more worlds in a second (measured; see launch/sim.ts). */
const SIM_FLAGS = ['--max-semi-space-size=64', '--initial-old-space-size=400', '--interrupt-budget=1000000']

export default defineConfig({
  test: {
    reporters: ['default'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: PATIENT_MS, ...everyCore } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: PATIENT_MS, ...everyCore } },
      { test: { name: 'sim', include: ['test/sim/**/*.test.ts'], testTimeout: 240_000, execArgv: SIM_FLAGS, ...everyCore, ...after(1) } },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: PATIENT_MS,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { ...(executablePath && { executablePath }), args: CHROMIUM_FLAGS } }),
            instances: [{ browser: 'chromium' }],
          },
          ...after(2),
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/support/built.ts',
          testTimeout: 180_000,
          hookTimeout: 60_000,
          maxWorkers: Math.min(availableParallelism() + 1, MOST_AT_ONCE), // each file waits for a third of its time
          ...after(3),
        },
      },
    ],
  },
})
