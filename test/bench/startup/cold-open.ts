import type { Page } from 'playwright-core'
import type { NodeBrowser } from '../../support/browser.ts'
import { within } from '../pair.ts'
import type { Published } from '../zazen.ts'

/** One opening of the address by somebody who has never been there, milliseconds since the browser began to fetch it. */
export interface ColdOpen {
  /** The window is painted and its controls answer. */
  readonly interactiveMs: number
  readonly checkedInMs: number
  /** All rows are here, from a peer, each of them verified. */
  readonly verifiedMs: number
  /** A signed prediction that follows the last row is kept, and served to whoever asks. */
  readonly predictedMs: number
}

/** Opens the app in a browser that has never seen it and, at the first moment that is possible, subscribes. */
export const openCold = async (browser: NodeBrowser, url: string, { id, rows }: Published): Promise<ColdOpen> => {
  const { page } = browser
  await page.addInitScript(watchOpening, { id, rows })
  await page.bringToFront()
  await page.goto(url)
  await within(page.waitForFunction(() => 'predictedMs' in (globalThis as unknown as { readonly opening: object }).opening))
  return page.evaluate(() => (globalThis as unknown as { readonly opening: ColdOpen }).opening)
}

interface Console {
  status(): Promise<{ readonly server: { readonly state: string } }>
  streams(): Promise<readonly { readonly id: string; readonly listed: boolean; readonly rows: number; readonly verified: boolean; readonly transfer: object | null }[]>
  subscribe(id: string): Promise<void>
  predictions(id: string): Promise<readonly { readonly follows: { readonly row: number } }[]>
}

/** Runs on the page from its first moment, and may use nothing from here. */
const watchOpening = ({ id, rows }: { readonly id: string; readonly rows: number }): void => {
  const opening: { -readonly [K in keyof ColdOpen]?: number } = {}
  Object.assign(globalThis, { opening })
  // Node, which compiles this, has no frames.
  interface Part { readonly shadowRoot: Pick<Part, 'querySelector'> | null; querySelector(selector: string): Part | null }
  const { requestAnimationFrame: nextFrame, document } = globalThis as unknown as { readonly requestAnimationFrame: (run: () => void) => void; readonly document: Part }
  const isDrawn = (): boolean => (document.querySelector('zazen-app')?.shadowRoot?.querySelector('main') ?? null) !== null
  const when = async (isSo: () => Promise<boolean | undefined>): Promise<number> => {
    while ((await isSo()) !== true) await new Promise((resolve) => setTimeout(resolve, 10))
    return performance.now()
  }
  const follow = async (zazen: Console): Promise<void> => {
    const stream = async () => (await zazen.streams()).find((one) => one.id === id)
    opening.checkedInMs = await when(async () => (await zazen.status()).server.state === 'checked-in')
    await when(async () => (await stream())?.listed)
    await zazen.subscribe(id)
    opening.verifiedMs = await when(async () => {
      const one = await stream()
      return one?.rows === rows && one.verified && one.transfer === null
    })
    opening.predictedMs = await when(async () => (await zazen.predictions(id)).at(-1)?.follows.row === rows - 1)
  }
  Object.defineProperty(globalThis, 'zazen', {
    configurable: true,
    set: (zazen: Console) => {
      Object.defineProperty(globalThis, 'zazen', { value: zazen, writable: true, configurable: true })
      // The frame after the one in which it is there is the first that shows it.
      void when(async () => isDrawn()).then(() => nextFrame(() => setTimeout(() => (opening.interactiveMs = performance.now()))))
      void follow(zazen)
    },
  })
}

/** The scripts that a page and its workers fetch, in order. */
export const scriptsOf = (page: Page): readonly string[] => {
  const urls: string[] = []
  page.on('request', (request) => {
    if (/\.m?js$/.test(new URL(request.url()).pathname)) urls.push(request.url())
  })
  return urls
}
