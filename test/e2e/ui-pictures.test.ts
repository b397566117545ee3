import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv } from '../support/decimal-csv.ts'
import { fakeHash } from '../support/fake-streams.ts'
import { buildGallery, type Gallery } from '../support/gallery.ts'
import { streamWhen } from '../support/handle.ts'
import { layoutFaults } from '../support/layout.ts'
import { differentLines } from '../support/picture.ts'
import { seenOn, watchPolicy } from '../support/policy-watch.ts'
import { turnTo } from '../support/turn-to.ts'
import { until } from '../support/until.ts'

const FOLDER = join(import.meta.dirname, '..', 'artifacts', 'pictures')
const SCHEMES = ['light', 'dark'] as const
const WIDTHS = [1280, 360] as const
/** The window is built first, on a machine that may have other things to do. */
const PATIENT_MS = 180_000
/** A page with nothing but its head has more. */
const LINES_OF_AN_EMPTY_PAGE = 25

/** `screen`: of a thousand streams what a screen shows is enough. `tall`: cards far below are laid out only when they are seen. */
type Look = 'page' | 'screen' | 'tall'

describe('how it looks', () => {
  let bench: Bench
  let browser: NodeBrowser

  const newPage = async (errors: string[]): Promise<Page> => {
    const page = await browser.page.context().newPage()
    await prepare(page)
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    return page
  }
  const prepare = async (page: Page): Promise<void> => {
    page.setDefaultTimeout(60_000)
    await watchPolicy(page)
    // A scroll bar would hide as many pixels as it is wide; what moves is never the same twice.
    await page.addInitScript(() => addEventListener('DOMContentLoaded', () => document.documentElement.style.setProperty('scrollbar-width', 'none')))
    await page.emulateMedia({ reducedMotion: 'reduce' })
  }
  /** In both schemes, on a desk and on a phone: fits, can be read by all, and there is something on it. */
  const looksRight = async (page: Page, name: string, look: Look = 'page'): Promise<void> => {
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: width === 360 ? 740 : 900 })
        await painted(page)
        if (look === 'tall') {
          await page.setViewportSize({ width, height: await page.evaluate(() => document.documentElement.scrollHeight) })
          await painted(page)
        }
        const what = `${name}, ${colorScheme}, ${width}`
        expect(await layoutFaults(page), what).toEqual([])
        const png = await page.screenshot({ fullPage: look !== 'screen' })
        await writeFile(join(FOLDER, `${name}-${colorScheme}-${width}.png`), png)
        expect(differentLines(png), `${what}: lines of pixels`).toBeGreaterThan(LINES_OF_AN_EMPTY_PAGE)
      }
      if (look !== 'screen') expect(await axeFindings(page, colorScheme === 'light' ? 'all' : 'color-contrast'), `${name}, ${colorScheme}`).toEqual([])
    }
    expect(await seenOn(page), name).toEqual({ refused: [], ran: 0 })
  }

  beforeAll(async () => {
    await mkdir(FOLDER, { recursive: true })
    bench = await openBench()
    browser = await bench.node('pictures')
  })

  afterAll(() => bench.close())

  // One story in steps: each goes on from where the one before it ended.
  describe('a real node', () => {
    let alice: Page
    let second: Page
    const errors: string[] = []
    let id = ''

    const goTo = async (page: Page, hash: string, shows: string): Promise<void> => {
      await page.bringToFront()
      await turnTo(page, hash)
      await page.locator(shows).first().waitFor()
    }

    beforeAll(async () => {
      alice = browser.page
      await prepare(alice)
      await alice.reload()
      await alice.getByText('checked in', { exact: true }).waitFor()
    })

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
      second = await newPage(errors)
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
      const third = await newPage(errors)
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

  describe('states that come rarely, or are soon over', () => {
    let gallery: Gallery
    let page: Page
    const errors: string[] = []

    beforeAll(async () => {
      gallery = await buildGallery()
      page = await newPage(errors)
      await page.bringToFront()
    }, PATIENT_MS)

    it.each<readonly [name: string, scene: string, hash: string, shows: string, look: Look]>([
      ['home-all-states', 'full', '#/', 'zazen-sparkline path', 'tall'],
      ['home-starting', 'starting', '#/', 'zazen-startup li', 'page'],
      ['home-failed', 'failed', '#/', 'zazen-startup [role=alert]', 'page'],
      ['home-disconnected', 'disconnected', '#/', 'zazen-stream-card', 'tall'],
      ['home-paused', 'paused', '#/', 'zazen-stream-card', 'tall'],
      ['home-thousand', 'thousand', '#/', 'zazen-stream-card', 'screen'],
      ['stream-fetching', 'full', stream(3), 'zazen-transfer progress', 'page'],
      ['stream-predicted', 'full', stream(2), 'zazen-plot canvas', 'page'],
      ['stream-forked', 'full', stream(5), 'zazen-stream-trouble', 'page'],
      ['stream-forked-own', 'full', stream(10), 'zazen-stream-trouble', 'page'],
      ['stream-lost-rows', 'full', stream(9), 'zazen-stream-trouble', 'page'],
      ['stream-damaged', 'full', stream(13), 'zazen-stream-trouble', 'page'],
      ['stream-unpredictable', 'full', stream(6), 'zazen-plot canvas', 'page'],
      ['stream-unsigned', 'full', stream(12), 'zazen-loose-rows tbody tr', 'page'],
      ['stream-loading', 'full&deaf', stream(1), 'zazen-next-value', 'page'],
      ['stream-looked-up', 'full&deaf', stream(21), 'main [role=status]', 'page'],
      ['publish-loading', 'full&deaf', '#/publish', 'zazen-samples', 'page'],
      ['directory-loading', 'full&deaf', '#/', 'zazen-directory [role=status]', 'page'],
      ['peers', 'full', '#/peers', 'zazen-peers-page tr', 'page'],
      ['log-full', 'full', '#/log', 'zazen-log-page li', 'page'],
      ['log-thousand', 'thousand', '#/log', 'zazen-log-page li', 'page'],
      ['settings-full', 'full', '#/settings', 'zazen-settings-page h1', 'page'],
      ['stopped', 'crashed', '', 'zazen-notice h1', 'page'],
    ])('shows %s', async (name, scene, hash, shows, look) => {
      await gallery.open(page, scene, hash)
      await page.locator(shows).first().waitFor()
      await looksRight(page, name, look)
      expect(errors).toEqual([])
    })
  })
})

/** As the seeded streams are numbered. */
function stream(seed: number): string {
  return `#/stream/${fakeHash(seed)}`
}

/** Sizes and colours settle in the frame after the one that learns of them. */
const painted = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise<void>((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))
  }))
