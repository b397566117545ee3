import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')
const SAMPLE = 'Seattle, warmest of the day'
const BAD_LINES = ['date,station,temp', '2024-05-01,roof,1.5', 'soon,roof,2', '2024-05-02,roof,', '2024-05-03,roof,3,4', '2024-05-04,roof,"12,5"'].join('\n')
const MORE_ROWS = 'time,value\n2015-01-01,9.9\n2016-01-02,7.5\n2016-01-03,8.25\n'
/** What a slow machine may take for one step of a person, milliseconds. */
const STEP_MS = 20_000

const csvFile = (name: string, csv: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(csv) })

/** A newcomer's first quarter of an hour, with nothing but clicks and keys: the console handle is not touched. */
// One story in steps: each goes on from where the one before it ended.
describe('by hand', { timeout: 60_000 }, () => {
  let bench: Bench
  let browser: NodeBrowser
  let alice: Page
  let second: Page
  const errors: string[] = []

  const watched = (page: Page): Page => {
    page.setDefaultTimeout(STEP_MS)
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    return page
  }
  const openSecond = async (): Promise<Page> => {
    const page = watched(await alice.context().newPage())
    await page.goto(`${bench.server.url}/?profile=second`)
    return page
  }
  /** A page in the background paints nothing, as a hidden tab should. */
  const lookAt = async (page: Page): Promise<Page> => {
    await page.bringToFront()
    return page
  }
  const goTo = (page: Page, name: string): Promise<void> => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  const rowsShown = (page: Page, rows: number): Promise<void> => page.locator(`[data-rows="${rows}"]`).waitFor()
  const isPlotted = (page: Page): Promise<void> => page.locator('zazen-plot canvas').first().waitFor()
  /** Pictures of a page in the dark, on a phone and on a desk. */
  const keepDark = async (page: Page, name: string): Promise<void> => {
    await page.emulateMedia({ colorScheme: 'dark' })
    // A whole page is taken without its scroll bar, and must be laid out so.
    await page.evaluate(() => document.documentElement.style.setProperty('scrollbar-width', 'none'))
    for (const [width, height] of [[360, 740], [1280, 900]] as const) {
      await page.setViewportSize({ width, height })
      await isPlotted(page)
      const beyond = await page.evaluate(() => {
        scrollTo(0, 0)
        return document.documentElement.scrollWidth - innerWidth
      })
      expect(beyond, `pixels of ${name} beyond a screen of ${width}`).toBeLessThanOrEqual(0)
      await page.screenshot({ path: join(ARTIFACTS, `${name}-dark-${width}.png`), fullPage: true })
    }
  }
  const section = (page: Page, name: string): Locator => page.locator('section').filter({ has: page.getByRole('heading', { name }) })

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('by-hand')
    alice = watched(browser.page)
  })

  afterAll(() => bench.close())

  it('publishes a sample by its button, once', async () => {
    await goTo(alice, 'Publish')
    const publish = alice.getByRole('button', { name: `Publish this sample: ${SAMPLE}` })
    await publish.click()
    await alice.getByText('1,461 rows added, every line taken.').waitFor()
    await alice.reload()
    await publish.click()
    await alice.getByText('You publish it already.').waitFor()
    await alice.getByRole('link', { name: 'Open the stream' }).click()
    await rowsShown(alice, 1461)
    await isPlotted(alice)
  })

  it('imports a CSV with bad lines, and every one of them is reported', async () => {
    await goTo(alice, 'Publish')
    await alice.locator('zazen-publish-page input[type=file]').setInputFiles(csvFile('Roof.csv', BAD_LINES))
    await alice.getByRole('button', { name: 'Publish', exact: true }).click()
    const report = section(alice, 'Import a CSV').locator('zazen-import-report')
    await report.getByText('2 rows added; 3 lines not taken.').waitFor()
    expect(await report.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('line 3: "soon" is not a time'),
      expect.stringContaining('line 4: The value is empty.'),
      expect.stringContaining('line 5: The line has 4 fields where the first one has 3'),
    ])
    await report.getByText('Time was read from “date” (column 1), value from “temp” (column 3).').waitFor()
    await report.getByText('1 of 2 values is not a number, e.g. “12,5”: it is kept but cannot be learnt from.').waitFor()
  })

  it('publishes a file that was dropped', async () => {
    const dropped = await alice.evaluateHandle(() => {
      const files = new DataTransfer()
      files.items.add(new File(['2024-05-01,1\n2024-05-02,2\n'], 'Dropped.csv', { type: 'text/csv' }))
      return files
    })
    await alice.getByLabel('Name of the stream').fill('')
    await alice.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped })
    await alice.locator('.drop').getByText('Dropped.csv').waitFor()
    await alice.getByRole('button', { name: 'Publish', exact: true }).click()
    await section(alice, 'Import a CSV').getByText('2 rows added, every line taken.').waitFor()
  })

  it('a second node in the same browser subscribes by its button and has it all: verified, plotted, predicted', async () => {
    second = await openSecond()
    const listed = second.locator('zazen-directory li').filter({ hasText: '1,461 rows' })
    const subscribe = listed.getByRole('button', { name: /^Subscribe to/ })
    await subscribe.waitFor()
    await second.getByText('profile second').waitFor()
    // While nobody serves the history, the wait for it can be seen however fast the machine is.
    await alice.goto('about:blank')
    await subscribe.click()
    const transfer = second.locator('zazen-transfer')
    await transfer.getByText('Looking for a peer that has these 1,461 rows.').waitFor()
    await transfer.getByRole('progressbar').waitFor()
    await alice.goto(bench.server.url)
    await second.locator('zazen-stream-card a.name').first().click()
    await rowsShown(second, 1461)
    await second.getByRole('note').filter({ hasText: 'verified' }).first().waitFor()
    await isPlotted(second)
    await second.locator('[data-prediction]').waitFor()
  })

  it('an observation is added by typing: a decimal comma is asked about, an empty time is the next day', async () => {
    await lookAt(alice)
    await goTo(alice, 'Streams')
    await alice.locator('zazen-stream-card').filter({ hasText: '1,461 rows' }).locator('a.name').click()
    const form = alice.locator('zazen-observe-form')
    await form.getByText('an empty time means 2016-01-01, not now.').waitFor()
    await form.getByLabel('Value').fill('12,5')
    await form.getByRole('button', { name: 'Add', exact: true }).click()
    await form.getByRole('alert').getByText('A decimal point makes it one: 12.5.').waitFor()
    await form.getByLabel('Value').fill('12.5')
    await form.getByRole('button', { name: 'Add', exact: true }).click()
    await rowsShown(alice, 1462)
    await section(alice, 'Last rows').getByRole('cell', { name: '2016-01-01' }).waitFor()
  })

  it('a CSV is appended, and all of it reaches the second node and is predicted on', async () => {
    const form = alice.locator('zazen-observe-form')
    await form.locator('input[type=file]').setInputFiles(csvFile('more.csv', MORE_ROWS))
    await form.getByRole('button', { name: 'Append its rows' }).click()
    await form.getByText('2 rows added; 1 line not taken.').waitFor()
    await rowsShown(alice, 1464)
    await lookAt(second)
    await rowsShown(second, 1464)
    await second.locator('zazen-next-value').getByText('follows row 1463').waitFor()
  })

  it('shows in the dark, on a phone and on a desk', async () => {
    await keepDark(second, 'by-hand-second')
    await keepDark(await lookAt(alice), 'by-hand-alice')
  })

  it('is taken over by a tab that opens the same node', async () => {
    const third = await openSecond()
    await third.getByRole('button', { name: 'Use it here' }).click()
    await third.locator('zazen-stream-card').first().waitFor()
    await lookAt(second)
    await second.getByText('This node runs in another tab.').waitFor()
    await second.close()
    second = await lookAt(third)
  })

  it('after a reload all is still there', async () => {
    await second.reload()
    await second.locator('zazen-stream-card a.name').first().click()
    await rowsShown(second, 1464)
    await isPlotted(second)
    await second.locator('zazen-next-value').getByText('follows row 1463').waitFor()
    await lookAt(alice)
    await alice.reload()
    await rowsShown(alice, 1464)
    expect([...browser.errors, ...errors]).toEqual([])
  })
})
