import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { root } from '../../../signaling/launch/project.mjs'
import type { EngineRow } from '../../../src/engine/forecaster.ts'
import type { NodeBrowser } from '../../support/browser.ts'
import { callOn, within } from '../pair.ts'
import { withCost } from '../processor.ts'

/** What the worker is handed. */
export interface WorkerStreams {
  readonly streams: readonly { readonly times: readonly number[]; readonly values: readonly (number | null)[] }[]
  /** Whether better regressions are looked for. */
  readonly search: boolean
}

export interface WorkerAnswer {
  readonly rows: number
  /** After the last row of the last stream. */
  readonly forecast: number | null
  /** From having the rows to that forecast. */
  readonly elapsedMs: number
}

export interface WorkerCost extends WorkerAnswer {
  /** Of the whole browser, while the worker learnt: handing over the rows is in it. Null where the system does not tell. */
  readonly processorMs: number | null
}

export interface EngineWorker {
  /** The worker learns the streams, each from nothing. */
  learn(streams: readonly (readonly EngineRow[])[], options?: { readonly search: boolean }): Promise<WorkerCost>
  /** The next streams get a fresh worker. */
  end(): Promise<void>
}

/** The engine, built as the app's workers are, on a blank page of the browser. */
export const openEngineWorker = async ({ page, pid }: NodeBrowser): Promise<EngineWorker> => {
  const code = await workerCode()
  await page.addScriptTag({ content: await readFile(join(root, 'test/bench/pages/engine.mjs'), 'utf8'), type: 'module' })
  return {
    learn: async (streams, { search } = { search: true }) => {
      const given: WorkerStreams = { search, streams: streams.map((rows) => ({ times: rows.map(({ time }) => time), values: rows.map(({ value }) => value) })) }
      const { value, costsMs } = await withCost([pid], () => within(callOn<WorkerAnswer>(page, 'learn', { code, given })))
      return { ...value, processorMs: costsMs[0] ?? null }
    },
    end: () => callOn(page, 'end', {}),
  }
}

const workerCode = async (): Promise<string> => {
  const lib = { entry: join(root, 'test/bench/pages/engine-worker.ts'), formats: ['es' as const] }
  const built = await build({ root, configFile: false, logLevel: 'warn', publicDir: false, build: { lib, write: false, target: 'es2023', minify: true } })
  for (const { output } of Array.isArray(built) ? built : 'output' in built ? [built] : [])
    for (const piece of output) if (piece.type === 'chunk') return piece.code
  throw new Error('vite built no worker')
}
