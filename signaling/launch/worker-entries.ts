import { dirname, resolve } from 'node:path'
import type { Plugin } from 'vite'

/** A worker as the sources name it. */
const WORKER = /(new Worker\()new URL\('([^']+)', import\.meta\.url\)/g

/** Vite puts it around every `import()`, to fetch style sheets. There are none, and a worker has no `document` to put them into. */
const PRELOAD_HELPER = /vite\/preload-helper\.js$/

/**
 * Builds the workers together with the page. By itself Vite builds each apart, with a copy of its own of everything that they share;
 * as entries of one build they fetch it once: 27 kB less of gzip before anything runs (measured).
 */
export const workerEntriesPlugin = (): Plugin => ({
  name: 'zazen:worker-entries',
  apply: 'build',
  enforce: 'pre',
  transform: {
    filter: { id: /[\\/]src[\\/]/, code: 'new Worker(' },
    handler(code, id) {
      return code.replace(WORKER, (_, before: string, path: string) =>
        `${before}import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'chunk', id: resolve(dirname(id), path) })}`)
    },
  },
  load: {
    filter: { id: PRELOAD_HELPER },
    handler: () => 'export const __vitePreload = (load) => load()',
  },
})
