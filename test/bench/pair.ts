import type { Page } from 'playwright-core'
import type { NodeBrowser } from '../support/browser.ts'

/** Two browsers, each a process of its own. */
export interface Pair {
  readonly sender: NodeBrowser
  readonly receiver: NodeBrowser
}

/** Nothing that is measured here takes longer, milliseconds. */
export const RUN_LIMIT_MS = 240_000

/** A fresh page in each browser, gone afterwards whatever happened. */
export const onFreshPages = async <T>(pair: Pair, url: string, work: (sender: Page, receiver: Page) => Promise<T>): Promise<T> => {
  const [sender, receiver] = await Promise.all([openPage(pair.sender, url), openPage(pair.receiver, url)])
  try {
    return await within(work(sender, receiver))
  } finally {
    await Promise.all([sender.close(), receiver.close()])
  }
}

export const openPage = async (browser: NodeBrowser, url: string): Promise<Page> => {
  const page = await browser.page.context().newPage()
  await page.goto(url)
  return page
}

/** Calls one of the functions that a contender's page offers. */
export const callOn = async <T>(page: Page, name: string, given: object): Promise<T> => {
  const ask = ({ name, given }: { readonly name: string; readonly given: object }): Promise<unknown> => {
    const { contender } = globalThis as unknown as { readonly contender: Readonly<Record<string, (given: object) => Promise<unknown>>> }
    const run = contender[name]
    if (run === undefined) throw new Error(`the page offers no ${name}`)
    return run(given)
  }
  await page.waitForFunction('globalThis.contender !== undefined')
  return (await page.evaluate(ask, { name, given })) as T
}

export const within = async <T>(work: Promise<T>, limitMs = RUN_LIMIT_MS): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`a run took longer than ${limitMs / 1000} s`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
