import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, type Browser, type Page, type Route } from 'playwright-core'
import { CHROMIUM_FLAGS, ensureChromium } from '../../signaling/launch/chromium.mjs'
import { axeFindings } from '../support/axe.ts'
import { startServer, type TestServer } from '../support/server.ts'

const TITLE = 'A part of this page could not be loaded'

/** Whatever the server has by now under this name, and where the network is gone. */
const gone = (route: Route): Promise<void> => route.fulfill({ status: 404, contentType: 'text/plain', body: 'Not found' })
const away = (route: Route): Promise<void> => route.abort()

describe('a part of the window whose file does not come', () => {
  let server: TestServer
  let browser: Browser
  const errors: string[] = []

  /** Whoever has been here for a while has every file. */
  const keepNothing = (): void => {
    ServiceWorkerContainer.prototype.register = () => new Promise(() => undefined)
  }

  const open = async (hash: string, file: string, answer: (route: Route) => Promise<void>, before = keepNothing): Promise<Page> => {
    const page = await browser.newPage({ reducedMotion: 'reduce' })
    await page.addInitScript(before)
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => errors.push(error.message))
    await page.route(new RegExp(`/assets/${file}-[^/]*\\.js$`), answer)
    await page.goto(`${server.url}/${hash}`)
    return page
  }

  beforeAll(async () => {
    server = await startServer()
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_FLAGS })
  })

  afterAll(async () => {
    await browser.close()
    await server.stop()
  })

  it.each([
    ['gone from the server', 'settings-page', '#/settings', gone, 'How hard it works'],
    ['not reached', 'directory', '#/', away, 'No other streams are listed at the server now.'],
  ] as const)('that is %s is told in words of the app, with a way on, and the rest stays usable', async (_why, file, hash, answer, after) => {
    const page = await open(hash, file, answer)
    await page.getByRole('alert').filter({ hasText: TITLE }).waitFor()
    expect(await page.locator('body').innerText()).not.toMatch(/dynamically imported|TypeError|assets/)
    await page.getByText('checked in', { exact: true }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Peers', exact: true }).click()
    await page.getByRole('heading', { name: 'Peers', level: 1 }).waitFor()
    expect(await page.getByText(TITLE).count()).toBe(0)
    await page.goBack()
    await page.getByText(TITLE).waitFor()
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Reload the page' }).click()
    await page.getByText(after).first().waitFor()
    expect(await page.getByText(TITLE).count()).toBe(0)
    await page.close()
    expect(errors).toEqual([])
  })

  it.each([
    ['gone from the server', gone],
    ['not reached', away],
  ] as const)('the window itself that is %s is told by what stands there before it, and the new version is fetched all the same', async (_why, answer) => {
    const page = await open('', 'open-window', answer, () => {
      ServiceWorkerContainer.prototype.register = () => new Promise(() => Object.assign(globalThis, { hasRegistered: true }))
    })
    await page.getByRole('alert').filter({ hasText: TITLE }).waitFor()
    expect(await page.locator('body').innerText()).toContain('Reload the page.')
    expect(await axeFindings(page)).toEqual([])
    await page.waitForFunction(() => 'hasRegistered' in globalThis)
    await page.unrouteAll()
    await page.reload()
    await page.getByText('checked in', { exact: true }).waitFor()
    expect(await page.getByText(TITLE).count()).toBe(0)
    await page.close()
    expect(errors).toEqual([])
  })
})
