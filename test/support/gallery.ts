import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { build } from 'vite'
import { CONTENT_SECURITY_POLICY } from '../../signaling/http.ts'
import { root } from '../../signaling/launch/project.mjs'

/** Answered by the test itself. Names under `localhost` are as safe to a browser as https is. */
const ORIGIN = 'http://gallery.localhost'

/** The window in states that a real node is in rarely, or not for long. */
export interface Gallery {
  /** Shows it in the scene of this name (`test/support/pictured-app.ts`), under the policy that the server gives the app. */
  open(page: Page, scene: string, hash?: string): Promise<void>
}

export const buildGallery = async (): Promise<Gallery> => {
  const files = await bundle()
  const index = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Zazen</title><div id="app"></div><script type="module" src="/page.js"></script></html>'
  const headers = { 'Content-Security-Policy': CONTENT_SECURITY_POLICY }
  const html = { status: 200, headers, contentType: 'text/html', body: index }
  const fetch = async (page: Page, address: string): Promise<void> => {
    await page.route(`${ORIGIN}/**`, (route) => {
      const { pathname } = new URL(route.request().url())
      const body = files.get(pathname)
      return route.fulfill(pathname === '/' ? html : body === undefined ? { status: 404 } : { status: 200, headers, contentType: 'text/javascript', body })
    })
    await page.goto(address)
    await page.waitForFunction(() => 'showScene' in globalThis)
  }
  return {
    open: async (page, scene, hash = '') => {
      const address = `${ORIGIN}/?scene=${scene}${hash}`
      // Another scene is another window, in the page that has its files already.
      if (page.url().startsWith(ORIGIN)) await page.evaluate(showAt, address)
      else await fetch(page, address)
    },
  }
}

/** Runs on the page; it may use nothing from here. */
const showAt = (address: string): void => {
  history.replaceState(null, '', address)
  scrollTo(0, 0)
  const { showScene } = globalThis as unknown as { readonly showScene: () => void }
  showScene()
}

/** Files by path. */
const bundle = async (): Promise<ReadonlyMap<string, string>> => {
  const entry = join(import.meta.dirname, 'pictured-app.ts')
  const built = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { __APP_VERSION__: '"0.1.0"' },
    build: { write: false, target: 'es2023', lib: { entry, formats: ['es'], fileName: 'page' }, minify: true },
  })
  const outputs = Array.isArray(built) ? built : 'output' in built ? [built] : []
  return new Map(outputs.flatMap(({ output }) => output.flatMap((one) => (one.type === 'chunk' ? [[`/${one.fileName}`, one.code] as const] : []))))
}
