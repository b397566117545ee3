import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS, ensureChromium } from '../../signaling/launch/chromium.mjs'
import { createHandle, type Handle } from './handle.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')

/** A Chromium of its own with one page: a node as a person has it. */
export interface NodeBrowser {
  readonly page: Page
  /** Its first process; all others come from it. */
  readonly pid: number
  /** Where its debugging protocol listens, for tools that bring their own client. */
  readonly devToolsPort: number
  readonly zazen: Handle
  /** Uncaught errors and console errors of the page and its workers so far. */
  readonly errors: readonly string[]
  /** Keeps a picture of the page as test/artifacts/NAME.png. */
  screenshot(name: string): Promise<void>
  /** Ends the browser in an orderly way. May be called twice. */
  close(): Promise<void>
  /** SIGKILL: nothing is said, nothing is flushed. */
  kill(): Promise<void>
}

/** Starts Chromium as a process of ours, so that it can be killed by its id, and opens the address. */
export const launchNode = async ({ userDataDir, url }: { readonly userDataDir: string; readonly url: string }): Promise<NodeBrowser> => {
  const args = [...CHROMIUM_FLAGS, '--remote-debugging-port=0', `--user-data-dir=${userDataDir}`, '--window-size=1200,900', 'about:blank']
  const child = spawn(await ensureChromium(), args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  try {
    const devTools = await devToolsAddress(child)
    const browser = await chromium.connectOverCDP(devTools)
    const page = await openPage(browser)
    const errors = collectErrors(page)
    await page.goto(url)
    return {
      page,
      pid: child.pid ?? 0,
      devToolsPort: Number(new URL(devTools).port),
      errors,
      zazen: createHandle(page),
      screenshot: async (name) => {
        await page.screenshot({ path: join(ARTIFACTS, `${name}.png`), fullPage: true })
      },
      close: () => closeBrowser(browser, child, ended),
      kill: async () => {
        child.kill('SIGKILL')
        await ended
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Chromium tells on its error output where it listens. */
const devToolsAddress = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000)
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (address !== undefined) resolve(address)
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`Chromium ended before it listened:\n${said}`)))
  })

const openPage = async (browser: Browser): Promise<Page> => {
  const context = browser.contexts()[0]
  if (context === undefined) throw new Error('Chromium has no default context')
  return context.pages()[0] ?? (await context.newPage())
}

const collectErrors = (page: Page): readonly string[] => {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
  page.on('crash', () => errors.push('the page crashed'))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`)
  })
  return errors
}

const closeBrowser = async (browser: Browser, child: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const session = await browser.newBrowserCDPSession()
  // The connection may end before the answer comes; that it ends is what was asked for.
  await session.send('Browser.close').catch(() => undefined)
  await ended
}
