import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, type Browser, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS, ensureChromium } from '../../signaling/launch/chromium.mjs'
import { axeFindings } from '../support/axe.ts'
import { createFakeNeuron } from '../support/fake-neuron.ts'
import { fakeStreams } from '../support/fake-streams.ts'
import { buildGallery, type Gallery } from '../support/gallery.ts'
import { layoutFaults } from '../support/layout.ts'
import { textsOn } from '../support/page-texts.ts'
import { turnTo } from '../support/turn-to.ts'
import { plainText, unitsOf } from '../support/translations.ts'
import { until } from '../support/until.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')
/** Of the streams that the window is shown with: one kept, one that arrives, one forked, one's own that is, one without rows. */
const STREAMS = fakeStreams().map(({ id }) => `#/stream/${id}`)
const PAGES = ['#/', '#/peers', '#/publish', '#/log', '#/settings', '#/nowhere', ...STREAMS]
const LANGUAGES = [
  { name: 'Deutsch', tag: 'de', settings: 'Einstellungen' },
  { name: 'Español', tag: 'es', settings: 'Ajustes' },
] as const
/** The window is built first, on a machine that may have other things to do. */
const PATIENT_MS = 180_000
const TYPED = 'https://half.typed.exam'
/** The same in all languages: names, and what is typed as it stands. */
const NAMES = /^(?:Zazen\b.*|.*\bUTC|\S+:\S+(?: turn:.*)?|Esc|Tab|nowhere|[\da-f]+…[\da-f]+|[A-Z]{2,5}|[\d.,:…%·()–+\s-]*(?:[kMG]?B|kB\/s|h|d|ms|s|min)?)$/
/** What a page shows until the node has answered, in every language. */
const READING = new Set(LANGUAGES.flatMap(({ tag }) =>
  unitsOf(tag).flatMap(({ source, target }) => (/^Reading.*…$/.test(source) ? [source, plainText(target ?? '')] : []))))

describe('the window in another language', () => {
  let browser: Browser
  let page: Page
  let gallery: Gallery
  /** What streams and peers are called, in any language. */
  let data = ''
  const english = new Map<string, readonly string[]>()

  const look = async (hash: string): Promise<readonly string[]> => {
    await turnTo(page, hash)
    await page.locator('main h1').first().waitFor()
    await page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
    })
    return until(`${hash} to be read`, async () => {
      const texts = await textsOn(page)
      return texts.some((text) => READING.has(text)) ? null : texts
    })
  }
  /** What reads as it did in English, and is neither a name nor alike in both languages. */
  const leftOf = (before: readonly string[], now: readonly string[], alike: RegExp): readonly string[] =>
    before.filter((text) => now.includes(text) && /\p{L}{2}/u.test(text) && !NAMES.test(text) && !alike.test(text) && !data.includes(text))

  beforeAll(async () => {
    gallery = await buildGallery()
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_FLAGS })
    page = await browser.newPage({ viewport: { width: 320, height: 800 }, reducedMotion: 'reduce' })
    page.setDefaultTimeout(60_000)
    const neuron = createFakeNeuron('full')
    data = JSON.stringify([await neuron.snapshot(), await neuron.listing({ search: '', order: 'name', from: 0, count: 1000 }), await neuron.samples()])
    await gallery.open(page, 'full', '#/')
    for (const hash of PAGES) english.set(hash, await look(hash))
  }, PATIENT_MS)

  afterAll(() => browser.close())

  it.each(LANGUAGES)('is $name at once: what is being typed stays', async ({ name, tag, settings }) => {
    await look('#/settings')
    const field = page.locator('input[name=server]')
    await field.fill(TYPED)
    await page.getByLabel(name).check()
    await page.getByRole('heading', { name: settings, level: 1 }).waitFor()
    expect(await field.inputValue()).toBe(TYPED)
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(tag)
  })

  it.each(LANGUAGES)('is $name on every page, fits a narrow phone, and holds nothing to stumble over', async ({ name, tag }) => {
    await look('#/settings')
    await page.getByLabel(name).check()
    const alike = alikeIn(tag)
    for (const hash of PAGES) {
      const now = await look(hash)
      expect.soft(leftOf(english.get(hash) ?? [], now, alike), `left in English on ${hash}`).toEqual([])
      expect.soft(await layoutFaults(page), `${tag} ${hash}`).toEqual([])
    }
    for (const [i, hash] of PAGES.slice(0, 7).entries()) {
      await look(hash)
      await page.screenshot({ path: join(ARTIFACTS, `words-${tag}-${String(i)}.png`), fullPage: true })
      expect.soft(await axeFindings(page), `${tag} ${hash}`).toEqual([])
    }
  })

  it('stays so over a reload', async () => {
    await look('#/settings')
    await page.getByLabel('Deutsch').check()
    await page.reload()
    await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor()
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
    expect(await page.getByLabel('Deutsch').isChecked()).toBe(true)
  })

  it('and English again', async () => {
    await page.getByLabel('English').check()
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor()
    for (const hash of PAGES) await expect.poll(() => look(hash), { timeout: 60_000 }).toEqual(english.get(hash))
  })
})

/** What is written as in English, each fact as anything. */
const alikeIn = (locale: string): RegExp => {
  const same = unitsOf(locale).filter(({ source, target }) => source === target)
  const patterns = same.map(({ source }) => plainText(source.replace(/<x [^>]*>/g, '\0')).replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\0', '.+'))
  return new RegExp(`^(?:${patterns.join('|')})$`)
}
