import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')

/** Makes the browser one that lacks this, before the page's first line. */
const LACKS: readonly (readonly [string, () => void, readonly RegExp[]])[] = [
  ['WebRTC', () => void Reflect.deleteProperty(globalThis, 'RTCPeerConnection'), [/allow WebRTC/]],
  ['IndexedDB', () => void Reflect.deleteProperty(globalThis, 'indexedDB'), [/ordinary window.*IndexedDB/s]],
  ['a secure address', () => void Object.defineProperty(globalThis, 'isSecureContext', { get: () => false }), [/secure address.*https/]],
  ['locks and Ed25519', () => {
    Reflect.deleteProperty(Navigator.prototype, 'locks')
    Object.assign(crypto.subtle, { generateKey: () => Promise.reject(new DOMException('no', 'NotSupportedError')) })
  }, [/Update.*Web Locks/s, /Update.*Ed25519/s]],
]

describe('a browser that cannot run a node', () => {
  let bench: Bench
  let browser: NodeBrowser

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('unsupported')
  })

  afterAll(() => bench.close())

  const openWithout = async (take: () => void): Promise<{ readonly page: Page; readonly errors: readonly string[] }> => {
    const page = await browser.page.context().newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.addInitScript(take)
    await page.goto(`${bench.server.url}/?profile=unsupported`)
    return { page, errors }
  }

  it.each(LACKS)('without %s is told so, and what to do, and nothing breaks', async (name, take, words) => {
    const { page, errors } = await openWithout(take)
    await page.getByRole('heading', { name: 'This browser cannot run a node' }).waitFor()
    const items = await page.getByRole('listitem').allInnerTexts()
    expect(items).toHaveLength(words.length)
    for (const [i, word] of words.entries()) expect(items[i]).toMatch(word)
    expect(await page.title()).toBe('Not supported here · Zazen')
    expect(await axeFindings(page)).toEqual([])
    expect(errors).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    await page.screenshot({ path: join(ARTIFACTS, `unsupported-${name.replaceAll(' ', '-')}.png`) })
    await page.close()
  })
})
