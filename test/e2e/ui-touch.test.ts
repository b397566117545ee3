import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS, ensureChromium } from '../../signaling/launch/chromium.mjs'
import { fakeHash } from '../support/fake-streams.ts'
import { buildGallery } from '../support/gallery.ts'
import { until } from '../support/until.ts'

/** The window is built first, on a machine that may have other things to do. */
const PATIENT_MS = 180_000

/** Of a finger: shares of the plot's width and height. */
type Place = readonly [across: number, down: number]

// One story in steps: each goes on from where the one before it ended.
describe('fingers, and a mouse, on the plot', () => {
  let browser: Browser
  let page: Page
  let session: CDPSession
  let all: Seen

  interface Seen {
    readonly from: number
    readonly to: number
  }

  const pixels = async ([across, down]: Place): Promise<{ readonly x: number; readonly y: number }> => {
    const box = await page.locator('zazen-plot .u-over').boundingBox()
    if (box === null) throw new Error('the plot is not there')
    return { x: box.x + across * box.width, y: box.y + down * box.height }
  }
  /** `at`, seconds: when the finger did so, however late this machine comes to say it; left out: now. */
  const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', fingers: readonly Place[], at?: number): Promise<void> => {
    const touchPoints = await Promise.all(fingers.map(async (place, id) => ({ ...(await pixels(place)), id })))
    await session.send('Input.dispatchTouchEvent', { type, touchPoints, ...(at !== undefined && { timestamp: at }) })
  }
  /** From places to places in some steps, as fingers do. */
  const glide = async (from: readonly Place[], to: readonly Place[]): Promise<void> => {
    await touch('touchStart', from)
    for (const share of [0.25, 0.5, 0.75, 1])
      await touch('touchMove', from.map(([x, y], i): Place => [x + share * ((to[i]?.[0] ?? x) - x), y + share * ((to[i]?.[1] ?? y) - y)]))
    await touch('touchEnd', [])
  }
  /** The time that the legend tells under the pointer. */
  const timeAt = async (across: number): Promise<number> => {
    const { x, y } = await pixels([across, 0.5])
    await page.mouse.move(x, y)
    const told = await until('a time under the pointer', async () => /\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d)?/.exec(await page.locator('zazen-plot .legend span').last().innerText())?.[0])
    await page.mouse.move(0, 0)
    return Date.parse(`${told.replace(' ', 'T')}Z`)
  }
  const seen = async (): Promise<Seen> => ({ from: await timeAt(0.005), to: await timeAt(0.995) })
  const isAll = async (): Promise<boolean> => JSON.stringify(await seen()) === JSON.stringify(all)
  const widthOf = ({ from, to }: Seen): number => to - from

  beforeAll(async () => {
    const gallery = await buildGallery()
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_FLAGS })
    page = await browser.newPage({ viewport: { width: 360, height: 740 }, hasTouch: true, reducedMotion: 'reduce' })
    page.setDefaultTimeout(60_000)
    session = await page.context().newCDPSession(page)
    await gallery.open(page, 'full', `#/stream/${fakeHash(2)}`)
    await page.locator('zazen-plot canvas').waitFor()
    await page.locator('zazen-plot').scrollIntoViewIfNeeded()
    all = await seen()
  }, PATIENT_MS)

  afterAll(() => browser.close())

  it('two that part zoom: what was between them is still there', async () => {
    await glide([[0.4, 0.3], [0.6, 0.6]], [[0.2, 0.3], [0.8, 0.6]])
    const nearer = await until('the plot to be zoomed', async () => {
      const now = await seen()
      return widthOf(now) < 0.5 * widthOf(all) ? now : null
    })
    expect(widthOf(nearer) / widthOf(all)).toBeCloseTo(1 / 3, 1)
    expect(((nearer.from + nearer.to) / 2 - all.from) / widthOf(all)).toBeCloseTo(0.5, 1)
  })

  it('one moves what is seen, as wide as it was', async () => {
    const before = await seen()
    await glide([[0.2, 0.5]], [[0.7, 0.5]])
    const after = await until('the plot to be moved', async () => {
      const now = await seen()
      return now.from < before.from - 0.3 * widthOf(before) ? now : null
    })
    expect(widthOf(after) / widthOf(before)).toBeCloseTo(1, 1)
  })

  it('one that goes up scrolls the page, and the plot stays as it is', async () => {
    const before = await seen()
    const scrolled = await page.evaluate(() => scrollY)
    await glide([[0.5, 0.9]], [[0.5, 0.1]])
    await until('the page to scroll', async () => (await page.evaluate(() => scrollY)) > scrolled)
    await page.locator('zazen-plot').scrollIntoViewIfNeeded()
    expect(await seen()).toEqual(before)
  })

  it('a double click shows all again, and a mouse that is dragged zooms to what it was dragged over', async () => {
    const [from, to] = [await pixels([0.25, 0.5]), await pixels([0.5, 0.5])]
    await page.mouse.dblclick(to.x, to.y)
    await until('all of it', isAll)
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(to.x, to.y, { steps: 4 })
    await page.mouse.up()
    const nearer = await until('the plot to be zoomed', async () => {
      const now = await seen()
      return widthOf(now) < 0.5 * widthOf(all) ? now : null
    })
    expect(widthOf(nearer) / widthOf(all)).toBeCloseTo(0.25, 1)
    expect((nearer.from - all.from) / widthOf(all)).toBeCloseTo(0.25, 1)
  })

  it('two taps show all again', async () => {
    // This browser makes a double click of them, which shows all by itself; others do not.
    await page.evaluate(() => addEventListener('dblclick', (event) => event.stopImmediatePropagation(), { capture: true }))
    const now = Date.now() / 1000
    for (const at of [now, now + 0.1]) {
      await touch('touchStart', [[0.5, 0.5]], at)
      await touch('touchEnd', [], at + 0.05)
    }
    await until('all of it', isAll)
  })
})
