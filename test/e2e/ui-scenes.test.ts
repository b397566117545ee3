import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromium, type Browser, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS, ensureChromium } from '../../signaling/launch/chromium.mjs'
import { fakeHash } from '../support/fake-streams.ts'
import { buildGallery, type Gallery } from '../support/gallery.ts'
import { looksRight, prepareLooks, type Look } from '../support/looks.ts'

/** The window is built first, on a machine that may have other things to do. */
const PATIENT_MS = 180_000

/** As the seeded streams are numbered. */
const stream = (seed: number): string => `#/stream/${fakeHash(seed)}`

const csvFile = (csv: string) => ({ name: 'Roof.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })

/** What is seen only after a person has done something, or only as far as the screen reaches. */
const ACTS: readonly (readonly [name: string, scene: string, hash: string, look: Look, act: (page: Page) => Promise<unknown>])[] = [
  ['home-thousand', 'thousand', '#/', 'screen', (page) => page.locator('zazen-stream-card').first().waitFor()],
  ['updating', 'empty&deaf&update', '#/', 'page', async (page) => {
    await page.getByRole('button', { name: 'Reload to use it' }).click()
    await page.getByText('The new version starts as soon as').waitFor()
  }],
  ['dialog-shortcuts', 'full', '#/peers', 'screen', async (page) => {
    await page.locator('zazen-peers-page tr').first().waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  }],
  ['dialog-ban', 'full', '#/peers', 'screen', async (page) => {
    await page.getByRole('button', { name: /^Ban/ }).first().click()
    await page.getByRole('dialog', { name: 'Ban this peer?' }).waitFor()
  }],
  ['dialog-erase', 'full', '#/settings', 'screen', async (page) => {
    await page.getByRole('button', { name: 'Erase this node…' }).click()
    await page.getByRole('dialog', { name: 'Erase this node?' }).waitFor()
  }],
  ['dialog-restore', 'full', '#/settings', 'screen', async (page) => {
    await page.getByLabel('Backup file').setInputFiles({ name: 'mine.zazen-key', mimeType: 'application/octet-stream', buffer: Buffer.from('key') })
    await page.getByLabel('Its passphrase').fill('four small words here')
    await page.getByRole('button', { name: 'Restore it…' }).click()
    await page.getByRole('dialog', { name: 'Put another key' }).waitFor()
  }],
  ['backup-refused', 'empty', '#/settings', 'page', async (page) => {
    await page.getByLabel('Passphrase, twelve').fill('four small words here')
    await page.getByLabel('Once more').fill('four other words here')
    await page.getByRole('button', { name: 'Save the backup' }).click()
    await page.getByText('The two passphrases differ.').waitFor()
  }],
  ['dialog-unsubscribe', 'full', stream(2), 'screen', async (page) => {
    await page.getByRole('button', { name: 'Unsubscribe' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).waitFor()
  }],
  ['dialog-new-epoch', 'full', stream(10), 'screen', async (page) => {
    await page.getByRole('button', { name: 'Begin it anew…' }).click()
    await page.getByRole('dialog').waitFor()
  }],
  ['import-preview', 'full', '#/publish', 'page', async (page) => {
    await page.locator('zazen-publish-page input[type=file]').setInputFiles(csvFile('date,station,temp\n2024-05-01,roof,1.5\nsoon,roof,2\n'))
    await page.getByRole('cell', { name: '"soon" is not a time' }).waitFor()
  }],
  ['import-problems', 'full', '#/publish', 'page', async (page) => {
    await page.locator('zazen-publish-page input[type=file]').setInputFiles(csvFile('2024-05-01,1.5\n'))
    await page.getByLabel('Name of the stream').fill('Roof')
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.getByText('37 lines').first().waitFor()
  }],
  ['row-refused', 'full', stream(1), 'screen', async (page) => {
    await page.locator('zazen-plot canvas').first().waitFor()
    await page.locator('zazen-observe-form').getByLabel('Value').fill('bad')
    for (const name of ['Add', 'Add it all the same']) await page.getByRole('button', { name, exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'Adding the observation' }).waitFor()
  }],
]

describe('states that come rarely, or are soon over', () => {
  let browser: Browser
  let gallery: Gallery
  let page: Page
  const errors: string[] = []

  /** On a desk, whatever the scene before has left: what is not seen is not fetched. */
  const open = async (scene: string, hash: string): Promise<void> => {
    await page.setViewportSize({ width: 1280, height: 900 })
    await gallery.open(page, scene, hash)
  }

  beforeAll(async () => {
    gallery = await buildGallery()
    browser = await chromium.launch({ executablePath: await ensureChromium(), args: CHROMIUM_FLAGS })
    page = await browser.newPage()
    await prepareLooks(page)
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
  }, PATIENT_MS)

  afterAll(() => browser.close())

  it.each<readonly [name: string, scene: string, hash: string, shows: string]>([
    ['home-all-states', 'full', '#/', 'zazen-sparkline path'],
    ['home-starting', 'starting', '#/', 'zazen-startup li'],
    ['home-failed', 'failed', '#/', 'zazen-startup [role=alert]'],
    ['home-disconnected', 'disconnected', '#/', 'zazen-stream-card'],
    ['home-paused', 'paused', '#/', 'zazen-stream-card'],
    ['home-update', 'empty&update', '#/', 'zazen-app .bar'],
    ['home-watching', 'empty&watching', '#/', 'zazen-app .bar'],
    ['stream-fetching', 'full', stream(3), 'zazen-transfer progress'],
    ['stream-predicted', 'full', stream(2), 'zazen-plot canvas'],
    ['stream-forked', 'full', stream(5), 'zazen-stream-trouble'],
    ['stream-forked-own', 'full', stream(10), 'zazen-stream-trouble'],
    ['stream-lost-rows', 'full', stream(9), 'zazen-stream-trouble'],
    ['stream-damaged', 'full', stream(13), 'zazen-stream-trouble'],
    ['stream-unpredictable', 'full', stream(6), 'zazen-plot canvas'],
    ['stream-unsigned', 'full', stream(12), 'zazen-loose-rows tbody tr'],
    ['stream-loading', 'full&deaf', stream(1), 'zazen-next-value'],
    ['stream-looked-up', 'full&deaf', stream(21), 'main [role=status]'],
    ['publish-loading', 'full&deaf', '#/publish', 'zazen-samples'],
    ['directory-loading', 'full&deaf', '#/', 'zazen-directory [role=status]'],
    ['peers', 'full', '#/peers', 'zazen-peers-page tr'],
    ['log-full', 'full', '#/log', 'zazen-log-page li'],
    ['log-thousand', 'thousand', '#/log', 'zazen-log-page li'],
    ['settings-full', 'full', '#/settings', 'zazen-settings-page h1'],
    ['settings-restored', 'restored', '#/settings', 'zazen-settings-page h1'],
    ['home-recovering', 'recovering', '#/', 'zazen-stream-card'],
    ['home-over-budget', 'over-budget', '#/', 'zazen-stream-card'],
    ['stream-over-budget', 'over-budget', stream(3), 'zazen-stream-trouble'],
    ['stopped', 'crashed', '', 'zazen-notice h1'],
    ['elsewhere', 'elsewhere', '', 'zazen-notice h1'],
    ['other-version', 'other-version', '', 'zazen-notice h1'],
    ['erased', 'erased', '', 'zazen-notice h1'],
    ['unsupported', 'unsupported', '', 'zazen-notice h1'],
  ])('shows %s', async (name, scene, hash, shows) => {
    await open(scene, hash)
    await page.locator(shows).first().waitFor()
    await looksRight(page, name)
    expect(errors).toEqual([])
  })

  it.each(ACTS)('shows %s', async (name, scene, hash, look, act) => {
    await open(scene, hash)
    await act(page)
    await page.mouse.move(0, 0)
    await looksRight(page, name, look)
    expect(errors).toEqual([])
  })
  it.each<readonly [button: string, scene: string, hash: string, yes: string | RegExp, told: string]>([
    ['No other copy runs…', 'restored', '#/settings', 'Sign', 'Nothing is signed before the server is reached'],
    ['Go on without the lost rows…', 'full', stream(9), /^Give up/, 'Rows of yours are missing here'],
  ])('%s asks, and what was told is over once it is done', async (button, scene, hash, yes, told) => {
    await open(scene, hash)
    await page.getByText(told).waitFor()
    await page.getByRole('button', { name: button }).click()
    await page.getByRole('dialog').getByRole('button', { name: yes }).click()
    await page.getByText(told).waitFor({ state: 'detached' })
    expect(errors).toEqual([])
  })
})
