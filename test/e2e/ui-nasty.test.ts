import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { NASTY_NAMES, NASTY_VALUES } from '../support/nasty-texts.ts'
import { seenOn, watchPolicy } from '../support/policy-watch.ts'
import { until } from '../support/until.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')

/** What a busy machine may take for one step, milliseconds. */
const PATIENT_MS = 60_000

/** Pages that show all hundred. */
const LONG: readonly string[] = ['streams', 'log', 'directory', 'settings', 'reader-log']

/** Numbers at the ends of what a number can be; a plot, a scale and a forecast have to live with them. */
const EXTREMES = ['1e308', '-1e308', '9'.repeat(64), `-0.${'0'.repeat(60)}1`, '1e-320', '0', '-0', '5e-324', `${'1'.repeat(40)}.${'7'.repeat(23)}`, '-1.7976931348623157e308']
const EXTREME_ROWS = 120

// One story in steps: each goes on from where the one before it ended.
describe('names and values that were meant to harm', () => {
  let bench: Bench
  let browser: NodeBrowser
  let publisher: Page
  let reader: Page
  let ids: readonly string[]
  let extremes = ''
  const errors: string[] = []

  const goTo = async (page: Page, hash: string, element: string): Promise<void> => {
    await page.bringToFront()
    await page.evaluate((there) => void (location.hash = there), hash)
    await page.locator(element).waitFor()
  }
  /** Fits every width, nothing refused, nothing ran, nothing to stumble over: of a hundred alike that is looked for elsewhere. */
  const isHarmless = async (page: Page, name: string): Promise<void> => {
    // A scroll bar would hide as many pixels as it is wide.
    await page.evaluate(() => document.documentElement.style.setProperty('scrollbar-width', 'none'))
    for (const width of [320, 360, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `pixels of ${name} beyond ${width}`).toBeLessThanOrEqual(0)
    }
    expect(await seenOn(page), name).toEqual({ refused: [], ran: 0 })
    if (!LONG.includes(name)) expect(await axeFindings(page), name).toEqual([])
    await page.screenshot({ path: join(ARTIFACTS, `nasty-${name}.png`) })
  }

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('nasty')
    publisher = browser.page
    publisher.setDefaultTimeout(PATIENT_MS)
    await watchPolicy(publisher)
    await publisher.reload()
  })

  afterAll(() => bench.close())

  it('are a hundred names, kept as they were written', async () => {
    const rows = NASTY_VALUES.map((value, i) => `${1_700_000_000 + i * 60},"${value.replaceAll('"', '""')}"`).join('\n')
    await until('the handle', () => publisher.evaluate(() => 'zazen' in globalThis))
    ids = await publisher.evaluate(async ({ names, csv }) => {
      const { zazen } = globalThis as unknown as { readonly zazen: { publish(stream: { name: string; csv: string }): Promise<{ id: string }> } }
      const made: string[] = []
      // Not all at once: it takes sixteen.
      for (let from = 0; from < names.length; from += 12) {
        const some = names.slice(from, from + 12).map((name, i) => zazen.publish({ name, csv: from + i === 0 ? csv : `2024-05-01,${i}` }))
        for (const { id } of await Promise.all(some)) made.push(id)
      }
      return made
    }, { names: NASTY_NAMES, csv: rows })
    expect(new Set(ids).size).toBe(NASTY_NAMES.length)
    expect(NASTY_NAMES.length).toBeGreaterThanOrEqual(100)
    const kept = await browser.zazen.history(ids[0] ?? '', { last: NASTY_VALUES.length })
    expect(kept.map(({ value }) => value)).toEqual(NASTY_VALUES)
  })

  it('are numbers at the ends of what a number can be: plotted as far as they can be, and predicted on with finite numbers or not at all', async () => {
    const csv = Array.from({ length: EXTREME_ROWS }, (_, i) => `${1_700_000_000 + i * 60},${EXTREMES[i % EXTREMES.length] ?? ''}`).join('\n')
    ;({ id: extremes } = await browser.zazen.publish({ name: `<b>±1e308</b> ${'9'.repeat(64)}`, csv }))
    await goTo(publisher, `#/stream/${extremes}`, 'zazen-plot canvas')
    await until('the stream to be learnt', async () => {
      const stream = (await browser.zazen.streams()).find(({ id }) => id === extremes)
      return stream !== undefined && stream.behind === 0 && (stream.lastPrediction !== null || stream.notPredictable !== null)
    })
    for (const { value, lower, upper } of await browser.zazen.predictions(extremes))
      for (const text of [value, lower, upper]) expect(Number.isFinite(Number(text)), text).toBe(true)
    for (const range of ['Last 200', 'Last 2,000', 'All']) await publisher.getByRole('button', { name: range, exact: true }).click()
    expect(await hasInk(publisher.locator('zazen-plot canvas').first())).toBe(true)
    await isHarmless(publisher, 'extremes')
  })

  it.each([
    ['streams', '#/', 'zazen-stream-card'],
    ['stream', 'stream', 'zazen-rows-tables'],
    ['peers', '#/peers', 'zazen-peers-page'],
    ['publish', '#/publish', 'zazen-samples li'],
    ['log', '#/log', 'zazen-log-page'],
    ['settings', '#/settings', 'zazen-settings-page'],
    ['unknown', '#/<script>alert(1)</script>', 'main h1'],
  ])('are harmless to who publishes them: %s', async (name, hash, element) => {
    await goTo(publisher, hash === 'stream' ? `#/stream/${ids[0] ?? ''}` : hash, `${element} >> nth=0`)
    await isHarmless(publisher, name)
  })

  it('are harmless in the directory, in the dialogs, and to who subscribes', async () => {
    reader = await publisher.context().newPage()
    reader.setDefaultTimeout(PATIENT_MS)
    reader.on('pageerror', (error) => errors.push(error.message))
    await watchPolicy(reader)
    await reader.goto(`${bench.server.url}/?profile=reader`)
    await reader.bringToFront()
    await reader.locator('zazen-directory li').nth(59).waitFor()
    await reader.getByRole('button', { name: /^Show more/ }).click()
    await reader.locator('zazen-directory li').nth(NASTY_NAMES.length - 1).waitFor()
    await isHarmless(reader, 'directory')
    await reader.getByLabel('Search the directory').fill('<img')
    await reader.getByText(/\d of 1\d\d streams/).waitFor()
    await goTo(reader, `#/stream/${ids[0] ?? ''}`, 'zazen-stream-head')
    await reader.getByRole('button', { name: 'Subscribe' }).click()
    await reader.locator(`[data-rows="${NASTY_VALUES.length}"]`).waitFor()
    await reader.getByRole('button', { name: 'Unsubscribe' }).click()
    await reader.getByRole('dialog').getByRole('button', { name: 'Keep it' }).waitFor()
    await isHarmless(reader, 'dialog')
    await reader.keyboard.press('Escape')
  })

  it.each([
    ['reader-streams', '#/', 'zazen-stream-card'],
    ['reader-stream', 'stream', 'zazen-plot canvas'],
    ['reader-peers', '#/peers', '[data-state=ready]'],
    ['reader-log', '#/log', 'zazen-log-page li'],
  ])('are harmless to who follows them: %s', async (name, hash, element) => {
    await goTo(reader, hash === 'stream' ? `#/stream/${ids[0] ?? ''}` : hash, `${element} >> nth=0`)
    await isHarmless(reader, name)
  })

  it('have made nothing break', () => {
    expect([...browser.errors, ...errors]).toEqual([])
  })
})

/** The line of what was observed is drawn on it: the grid and its words have other colours. */
const hasInk = (canvas: Locator): Promise<boolean> =>
  canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return false
    const ink = (getComputedStyle(document.documentElement).color.match(/\d+/g) ?? []).map(Number)
    const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? { data: [] }
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255 && ink.every((byte, i) => data[at + i] === byte)) return true
    return false
  })
