import { constants, brotliCompressSync, gzipSync } from 'node:zlib'
import type { NodeBrowser } from '../../support/browser.ts'
import { until } from '../../support/until.ts'
import { nodeReady } from '../zazen.ts'
import { scriptsOf } from './cold-open.ts'

export interface ScriptFile {
  readonly name: string
  readonly plainBytes: number
  readonly gzipBytes: number
  readonly brotliBytes: number
  /** Before the first byte of the engine is asked for. */
  readonly isBeforeEngine: boolean
}

/** JavaScript that somebody fetches who opens the address for the first time and does nothing, in the order in which it is asked for. */
export const measureInitialLoad = async ({ page }: NodeBrowser, url: string): Promise<readonly ScriptFile[]> => {
  const urls = scriptsOf(page)
  await page.goto(url)
  await nodeReady(page)
  await until('the engine to be fetched', async () => urls.some(isEngine))
  const before = urls.slice(0, urls.findIndex(isEngine))
  // The service worker fetches everything once more, to keep it: that is not what the page waits for.
  return Promise.all([...new Set(urls)].map(async (one) => sizesOf(one, Buffer.from(await (await fetch(one)).arrayBuffer()), before.includes(one))))
}

const isEngine = (url: string): boolean => url.includes('/engine.worker')

const sizesOf = (url: string, bytes: Buffer, isBeforeEngine: boolean): ScriptFile => ({
  name: new URL(url).pathname.replace(/^\/assets\//, '').replace(/-[\w-]{8}\.js$/, ''),
  plainBytes: bytes.length,
  gzipBytes: gzipSync(bytes, { level: 9 }).length,
  brotliBytes: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  isBeforeEngine,
})
