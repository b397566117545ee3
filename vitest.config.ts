import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_FLAGS, findChromium } from './signaling/launch/chromium.mjs'

const executablePath = findChromium() ?? undefined

/** Projects of a later group wait for the earlier ones: browsers that share two cores with other tests miss deadlines. */
const after = (groupOrder: number) => ({ sequence: { groupOrder } })

/** How long a test may take on a machine that has other things to do: a quick test is no quicker for a tight limit, only less sure. */
const PATIENT_MS = 60_000

/** Room for what worlds throw away, and functions optimized later: a third more worlds in a second (measured; see launch/sim.ts). */
const SIM_FLAGS = ['--max-semi-space-size=64', '--initial-old-space-size=400', '--interrupt-budget=1000000']

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: PATIENT_MS } },
      { test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: PATIENT_MS } },
      { test: { name: 'sim', include: ['test/sim/**/*.test.ts'], testTimeout: 240_000, execArgv: SIM_FLAGS, ...after(1) } },
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
          maxWorkers: 2, // each file has browsers and servers of its own, and waits more than it works
          ...after(3),
        },
      },
    ],
  },
})
