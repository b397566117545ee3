import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { createHandle, streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

const CSV = '2024-05-01,1\n2024-05-02,2\n2024-05-03,3\n'
const WATCHES = 'This node runs in another tab.'

// One story in steps: each goes on from where the one before it ended.
describe('two tabs of one node', () => {
  let bench: Bench
  let browser: NodeBrowser
  let first: Page
  let second: Page
  let id = ''
  const errors: string[] = []

  /** A page in the background paints nothing, as a hidden tab should. */
  const lookAt = async (page: Page): Promise<Page> => {
    await page.bringToFront()
    return page
  }
  const open = async (): Promise<Page> => {
    const page = await browser.page.context().newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    await page.goto(bench.server.url)
    return page
  }
  const isWatching = async (page: Page): Promise<boolean> => (await page.getByText(WATCHES).count()) > 0
  const rowsShown = (page: Page, rows: number): Promise<void> => page.locator(`[data-rows="${rows}"]`).waitFor()

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('tabs')
    first = browser.page
    first.setDefaultTimeout(60_000)
    ;({ id } = await until('the handle', () => browser.zazen.publish({ name: 'Roof', csv: CSV })))
    await first.goto(`${bench.server.url}/#/stream/${id}`)
  })

  afterAll(() => bench.close())

  it('the second shows what the first is, live', async () => {
    second = await open()
    await second.getByText(WATCHES).waitFor()
    await second.goto(`${bench.server.url}/#/stream/${id}`)
    await rowsShown(second, 3)
    await second.locator('zazen-plot canvas').first().waitFor()
    await browser.zazen.append(id, { time: '2024-05-04', value: '4' })
    await rowsShown(second, 4)
    expect(await axeFindings(second)).toEqual([])
  })

  it('what is typed in the second is published by the first', async () => {
    const form = second.locator('zazen-observe-form')
    await form.getByLabel('Value').fill('5')
    await form.getByRole('button', { name: 'Add', exact: true }).click()
    await second.getByText('Row 4 is signed and published.').waitFor()
    await rowsShown(second, 5)
    await lookAt(first)
    await rowsShown(first, 5)
    expect(await isWatching(first)).toBe(false)
  })

  it('the one takes the node over when it is told to, and by itself when the other is closed', async () => {
    const [watcher, leader] = [second, first]
    await lookAt(watcher)
    await watcher.locator('zazen-observe-form').getByLabel('Value').fill('6')
    await watcher.getByRole('button', { name: 'Use it here' }).click()
    await watcher.getByText(WATCHES).waitFor({ state: 'detached' })
    // It is the same window: what was being typed is still there.
    expect(await watcher.locator('zazen-observe-form').getByLabel('Value').inputValue()).toBe('6')
    await lookAt(leader)
    await leader.getByText(WATCHES).waitFor()
    await watcher.close()
    await leader.getByText(WATCHES).waitFor({ state: 'detached' })
    await createHandle(leader).append(id, { time: '2024-05-07', value: '7' })
    await streamWhen({ zazen: createHandle(leader) }, id, 'the row', ({ rows }) => rows === 6)
    await rowsShown(leader, 6)
    expect([...browser.errors, ...errors]).toEqual([])
  })
})
