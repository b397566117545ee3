import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { CDPSession, Page } from 'playwright-core'
import { axeFindings } from './axe.ts'
import { layoutFaults } from './layout.ts'
import { differentLines } from './picture.ts'
import { seenOn, watchPolicy } from './policy-watch.ts'

const FOLDER = join(import.meta.dirname, '..', 'artifacts', 'pictures')
/** Each of both sizes begins with the colours that the one before ends with. */
const SIZES = [
  { width: 1280, height: 900, schemes: ['light', 'dark'] },
  { width: 360, height: 740, schemes: ['dark', 'light'] },
] as const
/** The narrowest phones: all must fit, and nobody looks at pictures of it. So high that every card of a long page is laid out. */
const NARROWEST = { width: 320, height: 8_000 }
/** A page with nothing but its head has more. */
const LINES_OF_AN_EMPTY_PAGE = 25

/** `screen`: of a thousand streams, or of what a dialog has dimmed, what a screen shows is enough. */
export type Look = 'page' | 'screen'

/** Before the page is opened: from its first line on it is watched, holds still, and has no scroll bar that would hide as many pixels as it is wide. */
export const prepareLooks = async (page: Page): Promise<void> => {
  page.setDefaultTimeout(60_000)
  await mkdir(FOLDER, { recursive: true })
  await watchPolicy(page)
  await page.addInitScript(() => addEventListener('DOMContentLoaded', () => document.documentElement.style.setProperty('scrollbar-width', 'none')))
  await page.emulateMedia({ reducedMotion: 'reduce' })
}

/** In both schemes, on a desk and on a phone: fits, can be read by all, and there is something on it. Pictures of it lie in test/artifacts/pictures. */
export const looksRight = async (page: Page, name: string, look: Look = 'page'): Promise<void> => {
  const session = await page.context().newCDPSession(page)
  await fits(page, NARROWEST, `${name}, ${String(NARROWEST.width)}`)
  for (const { schemes, ...size } of SIZES) {
    await page.setViewportSize(size)
    await painted(page)
    // What is far below is laid out when it is seen.
    const height = look === 'screen' ? size.height : await heightOf(page)
    await fits(page, { width: size.width, height }, `${name}, ${String(size.width)}`)
    for (const scheme of schemes) {
      await paint(page, scheme)
      const png = await pictureOf(page, session, look)
      await writeFile(join(FOLDER, `${name}-${scheme}-${String(size.width)}.png`), png)
      expect(differentLines(png), `${name}, ${scheme}, ${String(size.width)}: lines of pixels`).toBeGreaterThan(LINES_OF_AN_EMPTY_PAGE)
    }
  }
  await session.detach()
  await isReadable(page, name, look)
  expect(await seenOn(page), name).toEqual({ refused: [], ran: 0 })
}

const fits = async (page: Page, size: { readonly width: number; readonly height: number }, what: string): Promise<void> => {
  await page.setViewportSize(size)
  await painted(page)
  expect(await layoutFaults(page), what).toEqual([])
}

/** The colours differ between the schemes, and nothing else does. */
const isReadable = async (page: Page, name: string, look: Look): Promise<void> => {
  if (look === 'screen') await dropUnseen(page)
  expect(await axeFindings(page), `${name}, light`).toEqual([])
  await paint(page, 'dark')
  expect(await axeFindings(page, 'color-contrast'), `${name}, dark`).toEqual([])
}

/** A thousand cards take it a minute; what is seen of them are as many as any page has. */
const dropUnseen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const within = (host: Element | null | undefined, name: string): Element | null => host?.shadowRoot?.querySelector(name) ?? null
    const cards = within(within(within(document.querySelector('zazen-app'), 'zazen-streams-page'), 'zazen-stream-cards'), 'zazen-stream-card')?.closest('ul')?.children ?? []
    // Looked at first: each that goes would have all the others laid out again.
    const unseen = [...cards].filter((card) => card.getBoundingClientRect().top > innerHeight)
    for (const card of unseen) card.remove()
  })

/** By the debugger itself, which can be told not to spend its time on a smaller file. What is as high as a part of the screen has grown with it. */
const pictureOf = async (page: Page, session: CDPSession, look: Look): Promise<Buffer> => {
  const whole = async () => ({ captureBeyondViewport: true, clip: { x: 0, y: 0, width: page.viewportSize()?.width ?? 0, height: await heightOf(page), scale: 1 } })
  const { data } = await session.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true, ...(look === 'page' && (await whole())) })
  return Buffer.from(data, 'base64')
}

const heightOf = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight)

const paint = async (page: Page, colorScheme: 'light' | 'dark'): Promise<void> => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await painted(page)
}

/** Sizes and colours settle in the frame after the one that learns of them. */
const painted = (page: Page): Promise<void> =>
  page.evaluate(() => new Promise<void>((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve())))
  }))
