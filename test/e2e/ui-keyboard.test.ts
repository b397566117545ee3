import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { seenOn, watchPolicy } from '../support/policy-watch.ts'

/** More stops than any page has: whoever has not met it by then never will. */
const MAX_STOPS = 150

/** Role-less but sure: what is focused, through all shadow roots, by the name it has for people. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    let at = document.activeElement
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
    if (at === null) return ''
    const labelled = at.getAttribute('aria-label') ?? (at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0]?.textContent : null) ?? at.textContent
    return labelled.replace(/\s+/g, ' ').trim()
  })

const tabTo = async (page: Page, name: string | RegExp): Promise<void> => {
  const met: string[] = []
  for (let stop = 0; stop < MAX_STOPS; stop++) {
    await page.keyboard.press('Tab')
    const here = await focused(page)
    met.push(here.slice(0, 30))
    if (typeof name === 'string' ? here === name : name.test(here)) return
  }
  throw new Error(`no stop is called ${String(name)}: ${met.join(' | ')}`)
}

// One story in steps: each goes on from where the one before it ended. The mouse is never touched.
describe('by keyboard alone', () => {
  let bench: Bench
  let browser: NodeBrowser
  let page: Page
  let second: Page

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('keyboard')
    page = browser.page
    page.setDefaultTimeout(60_000)
    await watchPolicy(page)
    await page.reload()
    await page.locator('zazen-streams-page h1').waitFor()
  })

  afterAll(() => bench.close())

  it('the first stop leads past the navigation', async () => {
    await page.keyboard.press('Tab')
    expect(await focused(page)).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    await tabTo(page, 'See the directory')
  })

  it('? lists the shortcuts, Esc closes the list, and behind it nothing moves', async () => {
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.keyboard.press('l')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(new URL(page.url()).hash).toBe('')
    expect(await focused(page)).toBe('See the directory')
  })

  it('publishes a sample, opens it and pauses it', async () => {
    await page.keyboard.press('n')
    await page.locator('zazen-samples li').first().waitFor()
    await tabTo(page, /^Publish this sample: Seattle, warmest/)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Open the stream' }).waitFor()
    await page.keyboard.press('n')
    await tabTo(page, 'Open the stream')
    await page.keyboard.press('Enter')
    await page.locator('[data-rows="1461"]').waitFor()
    await tabTo(page, 'Pause')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor()
    expect(await focused(page)).toBe('Resume')
  })

  it('adds a row: what is typed is typed, and leads nowhere', async () => {
    await tabTo(page, /^Value/)
    await page.keyboard.type('12.5')
    await tabTo(page, 'Add')
    await page.keyboard.press('Enter')
    await page.locator('[data-rows="1462"]').waitFor()
    expect(await focused(page)).toMatch(/^Value/)
    await page.keyboard.type('stl')
    expect(new URL(page.url()).hash).toMatch(/^#\/stream\//)
  })

  it('chooses colours and intensity in the settings', async () => {
    await tabTo(page, /^Time, UTC/)
    await tabTo(page, 'Add')
    await page.keyboard.press('t')
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await tabTo(page, /^Learning and predicting/)
    await page.keyboard.press('Home')
    await page.getByText('5 % of one processor core', { exact: true }).waitFor()
    await tabTo(page, 'As the system')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
  })

  it('another node finds the stream, subscribes, thinks of leaving, and stays', async () => {
    second = await page.context().newPage()
    second.setDefaultTimeout(60_000)
    await watchPolicy(second)
    await second.bringToFront()
    await second.goto(`${bench.server.url}/?profile=second`)
    await second.locator('zazen-directory li').first().waitFor()
    expect(await axeFindings(second)).toEqual([])
    await tabTo(second, /^Subscribe to/)
    await second.keyboard.press('Enter')
    await second.locator('zazen-stream-card a.name').first().waitFor()
    await tabTo(second, /^Pause seattle/)
    await second.keyboard.press('Enter')
    await second.getByRole('button', { name: /^Resume seattle/ }).waitFor()
    await second.keyboard.press('Enter')
    await second.getByRole('button', { name: /^Pause seattle/ }).waitFor()
    await second.keyboard.press('l')
    await second.locator('zazen-log-page li').first().waitFor()
    expect(await axeFindings(second)).toEqual([])
    await second.keyboard.press('s')
    await second.locator('zazen-stream-card a.name').first().waitFor()
    expect(await axeFindings(second)).toEqual([])
    await tabTo(second, /^seattle/)
    await second.keyboard.press('Enter')
    await second.locator('[data-rows="1462"]').waitFor()
    await second.locator('[data-prediction]').waitFor()
    await tabTo(second, 'Unsubscribe')
    await second.keyboard.press('Enter')
    await second.getByRole('dialog').waitFor()
    expect(await focused(second)).toBe('Keep it')
    await second.keyboard.press('Escape')
    expect(await focused(second)).toBe('Unsubscribe')
    expect(browser.errors).toEqual([])
  })

  it('and nowhere on the way was the page’s policy broken', async () => {
    const untouched = { refused: [], ran: 0 }
    expect([await seenOn(page), await seenOn(second)]).toEqual([untouched, untouched])
  })

  it('a stream’s page stays the same one when what is listed becomes kept: focus has somewhere to be', async () => {
    const third = await page.context().newPage()
    third.setDefaultTimeout(60_000)
    await third.goto(`${bench.server.url}/?profile=third${new URL(second.url()).hash}`)
    const streamPage = third.locator('zazen-stream-page')
    await third.getByRole('button', { name: 'Subscribe', exact: true }).waitFor()
    await streamPage.evaluate((element) => { element.setAttribute('data-same', '') })
    await third.getByRole('button', { name: 'Subscribe', exact: true }).focus()
    await third.keyboard.press('Enter')
    await third.locator('[data-rows="1462"]').waitFor()
    expect(await streamPage.getAttribute('data-same')).toBe('')
    await third.close()
  })

  it('single keys can be switched off: then only ? is left', async () => {
    await second.keyboard.press('?')
    await tabTo(second, 'Single keys lead to pages')
    await second.keyboard.press('Space')
    await second.keyboard.press('Escape')
    const before = second.url()
    await second.keyboard.press('s')
    expect(second.url()).toBe(before)
    await second.keyboard.press('?')
    await second.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  })
})
