import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import type { Snapshot } from '../../src/neuron/snapshot.ts'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { createHandle } from '../support/handle.ts'
import { until } from '../support/until.ts'

/** No name that the reader knows, and the time behind the value. */
const SENSORS = 'wo;grad;wann\nroof;1.5;1714521600000\nroof;2.5;1714608000000\nroof;soon;1714694400000\n'
/** Numbers that may all be times: which are, only a person can say. */
const MORE = 'hum;grad;wann\n9.5;3.5;1714953600000\n8.5;4.5;1715040000000\n'
const LONG_ROWS = 200_000

const csvFile = (name: string, csv: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(csv) })

// One story in steps: each goes on from where the one before it ended.
describe('what else a person does with a node', () => {
  let bench: Bench
  let browser: NodeBrowser
  let page: Page
  const goTo = (name: string): Promise<void> => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  /** Another node of this browser. */
  const profile = async (name: string, hash = ''): Promise<Page> => {
    const other = await page.context().newPage()
    other.setDefaultTimeout(60_000)
    await other.goto(`${bench.server.url}/?profile=${name}${hash}`)
    return other
  }
  const download = async (button: string): Promise<string> => {
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).first().click()])
    return readFile(await saved.path(), 'utf8')
  }

  /** Whether the directory counts one more predictor of `plain` than of any other: who predicts is listed a while after that began, and whoever has read the directory is told. */
  const predictsAsWell = async (reader: Page): Promise<boolean> => {
    const listed = await createHandle(reader).streams()
    const count = (name: string): number => listed.find(({ stream }) => stream === name)?.predictors ?? 0
    const others = ['original', 'Far', 'Roof'].map(count)
    if (others.some((other) => other !== others[0] || other >= count('plain'))) throw new Error(`plain: ${count('plain')}, others: ${others.join()}`)
    return true
  }

  /** What is guessed of its columns is shown: where the time is, and what is read of the first row. */
  const chooseFile = async (element: string, file: ReturnType<typeof csvFile>, time: string, read: string): Promise<void> => {
    const part = page.locator(element)
    await part.locator('input[type=file]').setInputFiles(file)
    await part.getByRole('cell', { name: read }).waitFor()
    expect(await part.getByLabel('Time is in').inputValue()).toBe(time)
    expect(await axeFindings(page)).toEqual([])
  }

  beforeAll(async () => {
    bench = await openBench()
    browser = await bench.node('actions')
    page = browser.page
    page.setDefaultTimeout(60_000)
    await page.context().grantPermissions(['notifications', 'clipboard-read', 'clipboard-write'], { origin: bench.server.url })
  })

  afterAll(() => bench.close())

  it('the columns of a CSV are guessed, shown, and chosen by keyboard', async () => {
    await goTo('Publish')
    await chooseFile('zazen-publish-page', csvFile('Roof.csv', SENSORS), '3', '2024-05-01T00:00:00Z → 1.5')
    expect(await page.getByLabel('Times are written as').locator('option:checked').innerText()).toBe('guessed: Unix time in milliseconds')
    // The first column as value: what is read of the lines says so at once.
    await page.getByLabel('Value is in').focus()
    await page.keyboard.press('ArrowUp')
    await page.getByRole('cell', { name: '2024-05-01T00:00:00Z → roof' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.getByLabel('Times are written as').selectOption('iso')
    await page.getByRole('cell', { name: '"1714521600000" is not a time' }).waitFor()
    await page.getByLabel('Times are written as').selectOption('milliseconds')
    await page.getByRole('cell', { name: '2024-05-01T00:00:00Z → 1.5' }).waitFor()
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await page.getByText('3 rows added, every line taken.').waitFor()
    await page.getByText('Time was read from “wann” (column 3), value from “grad” (column 2).').waitFor()
  })

  it('a CSV that is appended is previewed, and its columns chosen, in the same way', async () => {
    await page.goto(`${bench.server.url}/#/stream/${(await browser.zazen.streams())[0]?.id ?? ''}`)
    await chooseFile('zazen-observe-form', csvFile('more.csv', MORE), '1', '1970-01-01T00:00:09.5Z → 3.5')
    const form = page.locator('zazen-observe-form')
    await form.getByLabel('Time is in').selectOption({ label: '“wann” (column 3)' })
    await form.getByRole('cell', { name: '2024-05-06T00:00:00Z → 3.5' }).waitFor()
    await form.getByRole('button', { name: 'Append its rows' }).click()
    await form.getByText('2 rows added, every line taken.').waitFor()
    expect((await browser.zazen.history((await browser.zazen.streams())[0]?.id ?? '', { last: 2 })).map(({ time, value }) => [time, value]))
      .toEqual([['2024-05-06T00:00:00Z', '3.5'], ['2024-05-07T00:00:00Z', '4.5']])
    await chooseFile('zazen-observe-form', csvFile('more.csv', MORE), '1', '1970-01-01T00:00:09.5Z → 3.5')
    await form.getByRole('button', { name: 'Not this file' }).click()
    expect(await form.getByRole('button', { name: 'Append its rows' }).count()).toBe(0)
  })

  it('the link of a stream is copied, and leads whoever opens it to it', async () => {
    await page.getByRole('button', { name: 'Copy link' }).click()
    await page.getByText('The link is copied').waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    const other = await page.context().newPage()
    await other.goto(link.replace('/#', '/?profile=guest#'))
    await other.getByRole('heading', { name: 'Roof', level: 1 }).waitFor()
    await other.close()
  })

  it('what is kept of a stream is read and checked when its button is pressed', async () => {
    const care = page.locator('zazen-stream-care')
    await care.getByRole('button', { name: 'Check every row now' }).click()
    await care.getByText('The one page was read: it is as it was signed.').waitFor()
    await care.getByText('Every row was read and checked').waitFor()
  })

  it('an import is stopped, and nothing of it is kept', async () => {
    await goTo('Publish')
    const long = Array.from({ length: LONG_ROWS }, (_, i) => `${1_500_000_000 + i},${i % 89}`).join('\n')
    await page.getByLabel('Name of the stream').fill('Long')
    await page.locator('zazen-publish-page input[type=file]').setInputFiles(csvFile('Long.csv', long))
    await page.getByRole('cell', { name: '2017-07-14T02:40:00Z → 0' }).waitFor()
    // On the page itself, so that a quick import is not over before it is stopped.
    const pressed = page.evaluate(async () => {
      const within = (host: Document | Element | null | undefined, name: string) => (host instanceof Document ? host : host?.shadowRoot)?.querySelector<HTMLElement>(name)
      for (;;) {
        const stop = ['zazen-publish-page', 'zazen-import-report', '.stop'].reduce<Element | null | undefined>(within, within(document, 'zazen-app'))
        if (stop instanceof HTMLElement) return stop.click()
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })
    await page.getByRole('button', { name: 'Publish', exact: true }).click()
    await pressed
    await page.getByText('The import was stopped. Nothing of it was kept.').waitFor()
    expect((await browser.zazen.streams()).map(({ stream }) => stream)).toEqual(['Roof'])
  })

  it('a file that another app shares waits for the page, which takes it once', async () => {
    await page.evaluate(async () => { await navigator.serviceWorker.ready })
    // From a page that is not the app (whatever the server answers there): nobody is there to take it before the page that comes next.
    await page.goto(`${bench.server.url}/health`)
    await page.evaluate(async () => {
      const form = new FormData()
      form.set('csv', new File(['2024-05-01,7\n2024-05-02,8\n'], 'Größe.csv', { type: 'text/csv' }))
      await fetch('/share', { method: 'POST', body: form })
    })
    await page.goto(`${bench.server.url}/#/publish`)
    await page.locator('.drop').getByText('Größe.csv').waitFor()
    await page.getByRole('cell', { name: '2024-05-01T00:00:00Z → 7' }).waitFor()
    expect(await page.getByLabel('Name of the stream').inputValue()).toBe('Größe')
    await page.reload()
    await page.getByText('Drop a file here').waitFor()
  })

  it('a file that the system opens the app with is there to be published, and a shortcut leads to its page', async () => {
    const opened = await page.context().newPage()
    opened.setDefaultTimeout(60_000)
    // As a system hands it over that knows the app: at once, and whenever the person opens it with something more.
    await opened.addInitScript(() => {
      const file = { getFile: async () => new File(['2024-05-01,7\n2024-05-02,8\n'], 'Cellar.csv', { type: 'text/csv' }) }
      const open = (launch: (handed: { readonly targetURL: string; readonly files: readonly (typeof file)[] }) => void): void => {
        launch({ targetURL: `${location.origin}/#/publish`, files: [file] })
        Object.assign(globalThis, { openPeers: () => launch({ targetURL: `${location.origin}/#/peers`, files: [] }) })
      }
      Object.defineProperty(globalThis, 'launchQueue', { value: { setConsumer: open } })
    })
    await opened.goto(`${bench.server.url}/?profile=opened`)
    await opened.locator('.drop').getByText('Cellar.csv').waitFor()
    await opened.getByRole('cell', { name: '2024-05-01T00:00:00Z → 7' }).waitFor()
    await opened.evaluate(() => (globalThis as unknown as { openPeers: () => void }).openPeers())
    await opened.locator('zazen-peers-page').waitFor()
    await opened.close()
    await page.bringToFront()
  })

  it.each([
    ['nothing', [], 'No file came with it that can be read. Choose it on this page instead.'],
    ['a picture', ['roof.png', 'image/png'], 'By its name and its type it is no CSV.'],
  ] as const)('%s that another app shares is refused, with why and what to do', async (_, [name, type], why) => {
    await page.evaluate(async (file) => {
      const form = new FormData()
      if (file.name !== undefined) form.set('csv', new File(['1'], file.name, { type: file.type }))
      await fetch('/share', { method: 'POST', body: form })
    }, { name, type: type ?? '' })
    await page.reload()
    await page.getByRole('alert').filter({ hasText: 'Taking the shared file did not work.' }).getByText(why).waitFor()
    await page.getByText('Drop a file here').waitFor()
    expect(await axeFindings(page)).toEqual([])
  })

  it('the largest numbers and what is no number are plotted without harm, and saved in both forms to be imported again', async () => {
    const csv = '2024-05-01,1e308\n2024-05-02,-1e308\n2024-05-03,n/a\n2024-05-04,5\n'
    const { id } = await browser.zazen.publish({ name: 'Far', csv })
    await page.goto(`${bench.server.url}/#/stream/${id}`)
    const canvas = page.locator('zazen-plot canvas').first()
    await canvas.waitFor()
    const inked = await until('something drawn', () => canvas.evaluate((it) => {
      const { width, height } = it as HTMLCanvasElement
      const pixels = (it as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? []
      return pixels.some((level) => level > 0)
    }))
    expect(inked).toBe(true)
    const plain = await download('Save as CSV')
    expect(plain).toBe('time,value\r\n2024-05-01T00:00:00Z,1e308\r\n2024-05-02T00:00:00Z,-1e308\r\n2024-05-03T00:00:00Z,n/a\r\n2024-05-04T00:00:00Z,5\r\n')
    const original = await download('Save with hashes')
    expect(original).toMatch(/^2024-05-01 00:00:00,1e308,[0-9a-f]{16}\r\n2024-05-02 00:00:00,-1e308,[0-9a-f]{16}\r\n/)
    const rows = (await browser.zazen.history(id, { last: 9 })).map(({ time, value }) => ({ time, value }))
    for (const [name, saved] of [['plain', plain], ['original', original]] as const) {
      const again = await browser.zazen.publish({ name, csv: saved })
      expect((await browser.zazen.history(again.id, { last: 9 })).map(({ time, value }) => ({ time, value }))).toEqual(rows)
    }
  })

  it('a directory is sorted in every order', async () => {
    const plain = (await browser.zazen.streams()).find(({ stream }) => stream === 'plain')?.id ?? ''
    const follower = await profile('follower', `#/stream/${plain}`)
    await follower.getByRole('button', { name: 'Subscribe', exact: true }).click()
    const other = await profile('other')
    const isListed = async (order: string, names: string): Promise<void> => {
      await other.locator('zazen-directory select').selectOption({ label: order })
      await until(`${order}: ${names}`, async () => {
        const shown = (await other.locator('zazen-directory li a').allInnerTexts()).join()
        if (shown !== names) throw new Error(shown)
        return true
      })
    }
    await isListed('Name', 'Far,original,plain,Roof')
    await isListed('Newest rows first', 'original,plain,Far,Roof')
    await until('the one who follows among those who predict', () => predictsAsWell(other))
    await isListed('Needs predictors', 'original,Far,Roof,plain')
    const first = async (order: string, name: string): Promise<void> => {
      await other.locator('zazen-directory select').selectOption({ label: order })
      await until(`${name} first`, async () => (await other.locator('zazen-directory li a').first().innerText()) === name)
    }
    await first('Longest history', 'Roof')
    await first('Most subscribers', 'plain')
    await other.close()
    await follower.close()
    await page.bringToFront()
  })

  it('the log is held while it is read, filtered, saved and still there after a reload', async () => {
    await goTo('Log')
    const lines = page.locator('zazen-log-page li')
    const hold = page.getByRole('button', { name: 'Pause scrolling' })
    await lines.first().waitFor()
    await hold.click()
    const held = await lines.count()
    await browser.zazen.publish({ name: 'Told', csv: '2024-05-01,1\n' })
    await until('its line in the log of the node', async () => (await download('Export as text')).includes('Told'))
    expect(await lines.count()).toBe(held)
    await hold.click()
    await until('the lines that came meanwhile', async () => (await lines.count()) > held)
    expect(await download('Export as text')).toContain('checked in at the server')
    await until('the log kept', () => page.evaluate(() => Object.values(localStorage).some((text: string) => text.includes('checked in at the server'))))
    await page.reload()
    await page.getByLabel('Filter').fill('checked in')
    // Of this life and of the one before.
    await until('both lives', async () => (await page.locator('zazen-log-page li').filter({ hasText: 'checked in at the server' }).count()) >= 2)
  })

  it('the key of the node is copied whole, and the browser is asked to keep what is here', async () => {
    await goTo('Settings')
    const { node } = (await browser.zazen.status()) as Snapshot
    await page.getByRole('button', { name: /^Copy public key/ }).click()
    await page.getByText('copied ✓').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(node.id)
    const keep = page.getByRole('button', { name: 'Keep it for good' })
    await keep.click()
    await page.getByText(/^The browser (keeps it now|says no for now)\./).waitFor()
  })

  it('what needs attention is on the icon and told to who looks elsewhere, and the screen stays on when it shall', async () => {
    await page.evaluate(() => {
      const seen = { badges: [] as number[], told: [] as string[] }
      Object.assign(globalThis, { seen })
      Object.assign(navigator, { setAppBadge: async (count: number) => void seen.badges.push(count), clearAppBadge: async () => void seen.badges.push(0) })
      ServiceWorkerRegistration.prototype.showNotification = async (_title, options) => void seen.told.push(options?.body ?? '')
    })
    await goTo('Settings')
    await page.getByLabel('Tell me when something needs attention').check()
    await page.getByLabel('Keep the screen on').check()
    expect(await page.getByLabel('Tell me when something needs attention').isChecked()).toBe(true)
    // A browser that is driven shows every page as seen.
    await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }))
    await bench.server.stop()
    const seen = (): Promise<{ badges: number[]; told: string[] }> => page.evaluate(() => (globalThis as unknown as { seen: { badges: number[]; told: string[] } }).seen)
    await until('a notification', async () => (await seen()).told.length > 0)
    expect((await seen()).badges.at(-1)).toBeGreaterThan(0)
    expect(browser.errors.filter((error) => !/ERR_CONNECTION_REFUSED|\/(?:health|favicon\.ico)\)$|WebSocket/.test(error))).toEqual([])
  })
})
