import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

const ARTIFACTS = join(import.meta.dirname, '..', 'artifacts')
const PASSPHRASE = 'four small words here'
const CSV = '2024-05-01,1\n2024-05-02,2\n2024-05-03,3\n'

// One story in steps: each goes on from where the one before it ended.
describe('settings', () => {
  let bench: Bench
  let browser: NodeBrowser
  let page: Page
  let id = ''
  let publicKey = ''
  let backup: Buffer

  const open = async (address = '/'): Promise<void> => {
    await page.goto(`${bench.server.url}${address}#/settings`)
    await page.reload()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  }
  const keyOf = async (): Promise<string> => {
    const { node } = (await browser.zazen.status()) as { readonly node: { readonly id: string } }
    return node.id
  }
  const dialog = (name: string) => page.getByRole('dialog', { name })

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('settings')
    page = browser.page
    page.setDefaultTimeout(60_000)
    ;({ id } = await until('the handle', () => browser.zazen.publish({ name: 'Mine', csv: CSV })))
    publicKey = await keyOf()
    await open()
  })

  afterAll(() => bench.close())

  it('in both colours, on a phone and on a desk, fit and hold nothing to stumble over', async () => {
    // A whole page is taken without its scroll bar, and must be laid out so.
    await page.evaluate(() => document.documentElement.style.setProperty('scrollbar-width', 'none'))
    for (const scheme of ['light', 'dark'] as const) {
      await page.getByLabel(scheme === 'light' ? 'Light' : 'Dark').check()
      for (const width of [320, 360, 1280]) {
        await page.setViewportSize({ width, height: 900 })
        expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `pixels beyond ${width}`).toBeLessThanOrEqual(0)
        await page.screenshot({ path: join(ARTIFACTS, `settings-${scheme}-${width}.png`), fullPage: true })
      }
      expect(await axeFindings(page)).toEqual([])
    }
  })

  it('keep the theme over a reload', async () => {
    await page.reload()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
    expect(await page.getByLabel('Dark').isChecked()).toBe(true)
  })

  it('keep the language over a reload, and have its words without a network', async () => {
    await page.getByLabel('Deutsch').check()
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await page.context().setOffline(true)
    await page.reload()
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
    await page.context().setOffline(false)
    await page.getByLabel('English').check()
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
  })

  it('set how hard the engine works, and pause it, over a reload', async () => {
    await page.getByRole('slider').fill('20')
    await page.getByText('20 % of one processor core').waitFor()
    await page.getByRole('button', { name: 'Pause learning' }).click()
    await page.getByRole('button', { name: 'Resume learning' }).waitFor()
    await page.reload()
    await page.getByText('20 % of one processor core').waitFor()
    await page.getByRole('button', { name: 'Resume learning' }).click()
    await page.getByRole('button', { name: 'Pause learning' }).waitFor()
  })

  it('keep how much of the disk may be used over a reload', async () => {
    await page.getByLabel('Of the disk it may use').selectOption('at most 5 GB')
    await page.reload()
    await page.locator('select[name=budget]').waitFor()
    expect(await page.getByLabel('Of the disk it may use').inputValue()).toBe('5')
  })

  it('refuse an address that is none, keep one that is, and use it from the next start on', async () => {
    await page.getByLabel('Another server').fill('not an address')
    await page.getByRole('button', { name: 'Keep these addresses' }).click()
    await page.getByText('This is no address.').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    // The same machine by another name: it can be told from the one that comes with the app.
    const other = bench.server.url.replace('127.0.0.1', 'localhost')
    await page.getByLabel('Another server').fill(other)
    await page.getByLabel('Own helpers for connections').fill('stun:127.0.0.1:9')
    await page.getByRole('button', { name: 'Keep these addresses' }).click()
    await page.getByRole('button', { name: 'Start anew now' }).click()
    await page.getByText(`${other.replace('http', 'ws')}/signaling`).first().waitFor()
    expect(await page.getByLabel('Own helpers for connections').inputValue()).toBe('stun:127.0.0.1:9')
    for (const field of ['Another server', 'Own helpers for connections']) await page.getByLabel(field).fill('')
    await page.getByRole('button', { name: 'Keep these addresses' }).click()
    await page.getByRole('button', { name: 'Start anew now' }).click()
    await page.getByText(`${bench.server.url.replace('http', 'ws')}/signaling`).first().waitFor()
  })

  it('save a history as a CSV that can be imported again', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as CSV: Mine' }).click()])
    expect(download.suggestedFilename()).toBe('Mine.csv')
    expect(await page.getByRole('progressbar', { name: 'Export' }).count()).toBe(0)
  })

  it('save the identity as a file that holds no word of it', async () => {
    await page.getByLabel('Passphrase, twelve').fill(PASSPHRASE)
    await page.getByLabel('Once more').fill(`${PASSPHRASE}.`)
    await page.getByRole('button', { name: 'Save the backup' }).click()
    await page.getByText('The two passphrases differ.').waitFor()
    await page.getByLabel('Once more').fill(PASSPHRASE)
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save the backup' }).click()])
    const path = join(bench.folder, 'backup.zazen-key')
    await download.saveAs(path)
    backup = await readFile(path)
    expect(backup.subarray(0, 22).toString()).toBe('zazen identity backup\n')
    await page.getByText('Saved among your downloads').waitFor()
  })

  it('erase the node after a question: key, histories and settings are gone', async () => {
    await page.getByRole('button', { name: 'Erase this node…' }).click()
    await dialog('Erase this node?').getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('button', { name: 'Erase this node…' }).click()
    await dialog('Erase this node?').getByRole('button', { name: 'Erase everything' }).click()
    await page.getByRole('heading', { name: 'This node is erased' }).waitFor()
    await until('nothing to be left', () =>
      page.evaluate(async () => (await indexedDB.databases()).length + localStorage.length + (await caches.keys()).length + (await navigator.serviceWorker.getRegistrations()).length === 0))
    expect(await axeFindings(page)).toEqual([])
  })

  it('put the key of a backup in the place of a new one: it is the same node, and says what it waits for', async () => {
    await page.getByRole('button', { name: 'Begin a new node' }).click()
    await open()
    expect(await until('the handle', keyOf)).not.toBe(publicKey)
    await page.getByLabel('Backup file').setInputFiles({ name: 'backup.zazen-key', mimeType: 'application/octet-stream', buffer: backup })
    await page.getByLabel('Its passphrase').fill('not the passphrase')
    await page.getByRole('button', { name: 'Restore it…' }).click()
    await dialog('Put another key').getByRole('button', { name: 'Restore' }).click()
    await page.getByText('does not open this file').first().waitFor()
    await page.getByLabel('Its passphrase').fill(PASSPHRASE)
    await page.getByRole('button', { name: 'Restore it…' }).click()
    await dialog('Put another key').getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('button', { name: 'Start anew now' }).click()
    await until('the key of before', async () => (await keyOf()) === publicKey)
  })

  it('a restored publisher finds its stream at the server, and adds nothing while nobody serves its rows', async () => {
    const stream = await streamWhen(browser, id, 'the stream taken up', ({ own, knownRows }) => own && knownRows === 3)
    expect(stream.rows).toBe(0)
    await expect(browser.zazen.append(id, { time: '2024-05-04', value: '4' })).rejects.toThrow('recover-first')
    await page.goto(`${bench.server.url}/#/`)
    await page.locator('[data-attention=stream]').getByText('cannot be found here').waitFor()
    expect(browser.errors).toEqual([])
  })
})
