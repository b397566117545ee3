import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { looksRight, prepareLooks } from '../support/looks.ts'
import { turnTo } from '../support/turn-to.ts'
import { until } from '../support/until.ts'

// One story in steps: each goes on from where the one before it ended.
describe('how a real node looks', () => {
  let bench: Bench
  let browser: NodeBrowser
  let alice: Page
  let second: Page
  const errors: string[] = []
  let id = ''

  const newPage = async (): Promise<Page> => {
    const page = await browser.page.context().newPage()
    await prepareLooks(page)
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    return page
  }
  const goTo = async (page: Page, hash: string, shows: string): Promise<void> => {
    await page.bringToFront()
    await turnTo(page, hash)
    await page.locator(shows).first().waitFor()
  }

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('pictures')
    alice = browser.page
    await prepareLooks(alice)
    await alice.reload()
    await alice.getByText('checked in', { exact: true }).waitFor()
  })

  afterAll(() => bench.close())

  it.each([
    ['first-run', '#/', 'zazen-streams-page h1'],
    ['publish', '#/publish', 'zazen-samples li'],
    ['peers-none', '#/peers', 'zazen-peers-page h1'],
    ['log', '#/log', 'zazen-log-page li'],
    ['settings', '#/settings', 'zazen-settings-page h1'],
    ['not-found', '#/nowhere', 'main h1'],
  ])('shows %s', async (name, hash, shows) => {
    await goTo(alice, hash, shows)
    await looksRight(alice, name)
  })

  it('shows a stream that it publishes and predicts, and its home', async () => {
    ;({ id } = await browser.zazen.publish({ name: 'Temperature on the roof', csv: decimalCsv({ rows: 2000, seed: 3 }).csv }))
    await goTo(alice, `#/stream/${id}`, '[data-prediction]')
    await until('the stream to be learnt', async () => (await streamWhen(browser, id, 'kept', ({ own }) => own)).behind === 0)
    await alice.locator('zazen-plot canvas').waitFor()
    await looksRight(alice, 'stream-own')
    await goTo(alice, '#/', 'zazen-sparkline path')
    await looksRight(alice, 'home')
  })

  it('shows a directory, a listed stream, and one whose history nobody serves', async () => {
    second = await newPage()
    await second.goto(`${bench.server.url}/?profile=second`)
    await second.bringToFront()
    await second.locator('zazen-directory li').waitFor()
    await looksRight(second, 'directory')
    await goTo(second, `#/stream/${id}`, 'zazen-stream-head')
    await looksRight(second, 'stream-listed')
    await alice.goto('about:blank')
    await second.bringToFront()
    await second.getByRole('button', { name: 'Subscribe', exact: true }).click()
    await second.locator('zazen-transfer progress').waitFor()
    await looksRight(second, 'stream-wanted')
  })

  it('shows that another tab leads', async () => {
    const third = await newPage()
    await third.goto(`${bench.server.url}/?profile=second`)
    await third.getByRole('button', { name: 'Use it here' }).waitFor()
    await looksRight(third, 'another-tab')
    await third.close()
    expect([...browser.errors, ...errors]).toEqual([])
  })

  it('shows that the server is away', async () => {
    await bench.server.stop()
    await second.bringToFront()
    await second.getByText('server not reached').first().waitFor()
    await goTo(second, '#/', 'zazen-stream-card')
    await looksRight(second, 'home-offline')
    await second.close()
  })
})
