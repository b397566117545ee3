import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CDPSession, Page } from 'playwright-core'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { makeNextBuild, NEXT_VERSION } from '../support/next-build.ts'
import { until } from '../support/until.ts'

const ROWS = 60_000
const PAGES = Math.ceil(ROWS / 1024)
/** Some of the rows are there within seconds … */
const SLOW_BYTES_PER_SECOND = 20_000
/** … and the others are not for minutes: the transfer is still under way when the new version comes, however slow the machine. */
const CREEPING_BYTES_PER_SECOND = 1_000

const WATCHES = 'This node runs in another tab.'
const OFFER = 'A new version of Zazen is ready.'

// One story in steps: each goes on from where the one before it ended.
describe('a new version, while two tabs of one node are open', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  let second: Page
  let id = ''
  let head = ''
  /** One for all paces: how those of several would add up is written nowhere. */
  let line: CDPSession | undefined
  const errors: string[] = []

  const isControlled = (page: Page) => until('a service worker', () => page.evaluate(() => navigator.serviceWorker.controller !== null))
  const isNext = (page: Page): Promise<void> => page.getByText(`Zazen ${NEXT_VERSION}`).waitFor()
  const lineOf = async (bytesPerSecond: number): Promise<void> => {
    line ??= await alice.page.context().newCDPSession(alice.page)
    await line.send('Network.enable')
    await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond })
  }

  beforeAll(async () => {
    bench = await openBench()
    ;[alice, bob] = await Promise.all([bench.node('alice'), bench.node('bob')])
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Long', csv: decimalCsv({ rows: ROWS, seed: 8 }).csv })))
    head = (await streamWhen(alice, id, 'own rows', ({ rows }) => rows === ROWS)).head ?? ''
    second = await bob.page.context().newPage()
    for (const page of [bob.page, second]) page.setDefaultTimeout(60_000)
    second.on('pageerror', (error) => errors.push(error.stack ?? error.message))
    await second.goto(bench.server.url)
    await second.getByText(WATCHES).waitFor()
    for (const page of [bob.page, second]) await isControlled(page)
  }, 120_000)

  afterAll(() => bench.close())

  it('is offered to both, once', async () => {
    await makeNextBuild(join(bench.folder, 'next'))
    await bench.forgetfulServer({ APP_DIR: join(bench.folder, 'next') })
    await second.evaluate(async () => { await (await navigator.serviceWorker.ready).update() })
    for (const page of [bob.page, second]) {
      await page.getByText(OFFER).waitFor()
      expect(await page.getByRole('button', { name: 'Reload to use it' }).count()).toBe(1)
    }
  })

  it('accepted in one, it is in both: one of them is the node, the other watches', async () => {
    await lineOf(SLOW_BYTES_PER_SECOND)
    await streamWhen(bob, id, 'listed', ({ listed }) => listed)
    await bob.zazen.subscribe(id)
    await streamWhen(bob, id, 'some of the rows', ({ transfer }) => transfer !== null && transfer.share >= 0.2, { everyMs: 20 })
    await lineOf(CREEPING_BYTES_PER_SECOND)
    await second.bringToFront()
    await second.getByRole('button', { name: 'Reload to use it' }).click()
    for (const page of [bob.page, second]) {
      await page.bringToFront()
      await isNext(page)
      expect(await page.getByText(OFFER).count()).toBe(0)
    }
    const watching = await until('one to lead and one to watch', async () => {
      const told = await Promise.all([bob.page, second].map((page) => page.getByText(WATCHES).count()))
      return told[0] !== told[1] ? told : null
    })
    expect(watching.toSorted()).toEqual([0, 1])
  })

  it('the transfer that was under way goes on where it was', async () => {
    await lineOf(-1)
    const received = await streamWhen(bob, id, 'all rows', ({ rows, verified, transfer }) => rows === ROWS && verified && transfer === null)
    expect(received.head).toBe(head)
    await bob.page.evaluate(() => { location.hash = '#/log' })
    await bob.page.bringToFront()
    const told = await bob.page.getByText(/resumed: \d+ of \d+ pages were already here/).first().textContent()
    const [, resumed, of] = /resumed: (\d+) of (\d+) pages/.exec(told ?? '') ?? []
    expect(Number(of)).toBe(PAGES)
    expect(Number(resumed)).toBeGreaterThan(0)
    expect(Number(resumed)).toBeLessThan(PAGES)
    expect([...bob.errors, ...errors].filter((error) => !/ERR_CONNECTION_REFUSED|WebSocket/.test(error))).toEqual([])
  })
})
