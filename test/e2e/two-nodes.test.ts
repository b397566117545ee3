import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import type { Snapshot, StreamView } from '../../src/neuron/snapshot.ts'
import { axeFindings } from '../support/axe.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { createHandle, streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

const ROWS = 200
const SAMPLE = decimalCsv({ rows: ROWS, seed: 20_260 })
const NEXT = { time: timeOf(ROWS), value: '21.50' }

// One story in steps: each goes on from where the one before it ended.
describe('a history crosses from one browser to another and is predicted', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  let id = ''

  const has = (rows: number) => (stream: StreamView) => stream.rows === rows && stream.verified

  /** What Bob predicts, once his newest prediction follows the newest row. */
  const predicted = (row: number) =>
    until(`a prediction that follows row ${row}`, async () => {
      const last = (await bob.zazen.predictions(id)).at(-1)
      return last?.follows.row === row ? last : null
    })

  const hashOf = async (node: NodeBrowser, row: number) => {
    const [last] = await node.zazen.history(id, { last: 1 })
    expect(last?.row).toBe(row)
    return last?.hash
  }

  beforeAll(async () => {
    bench = await openBench()
    ;[alice, bob] = await Promise.all([bench.node('alice'), bench.node('bob')])
  })

  afterAll(() => bench.close())

  it('Alice publishes a CSV', async () => {
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Weather station', csv: SAMPLE.csv })))
    const own = await streamWhen(alice, id, 'own rows', has(ROWS))
    expect(own).toMatchObject({ own: true, rows: ROWS })
  })

  it('Bob sees it listed, subscribes, and has every row, verified, under the same head', async () => {
    await streamWhen(bob, id, 'listed', ({ listed }) => listed)
    await bob.zazen.subscribe(id)
    const received = await streamWhen(bob, id, 'all rows', has(ROWS))
    const published = await streamWhen(alice, id, 'own rows', has(ROWS))
    expect(received.head).toBe(published.head)
    const history = await bob.zazen.history(id, { last: ROWS })
    expect(history).toEqual(await alice.zazen.history(id, { last: ROWS }))
    expect(history.map(({ value }) => value)).toEqual(SAMPLE.values)
  })

  it('[D62] from then on Alice sees that a peer keeps it too', async () => {
    await alice.page.goto(`${bench.server.url}/#/stream/${id}`)
    await alice.page.locator('zazen-stream-head').getByRole('link', { name: '1 peer' }).waitFor()
    await alice.screenshot('alice-kept-by-a-peer')
  })

  it('Bob predicts, and the prediction carries the hash of the row it follows', async () => {
    const { follows, lower, value, upper } = await predicted(ROWS - 1)
    expect(follows.hash).toBe(await hashOf(bob, ROWS - 1))
    expect(Number(lower)).toBeLessThanOrEqual(Number(value))
    expect(Number(value)).toBeLessThanOrEqual(Number(upper))
  })

  it('a new row reaches Bob live and a new prediction follows it', async () => {
    await alice.zazen.append(id, NEXT)
    const received = await streamWhen(bob, id, 'the new row', has(ROWS + 1))
    expect(received.head).toBe((await streamWhen(alice, id, 'its own row', has(ROWS + 1))).head)
    const prediction = await predicted(ROWS)
    expect(prediction.kind).toBe('live')
    expect(prediction.follows.hash).toBe(await hashOf(alice, ROWS))
  })

  it.each(['alice', 'bob'] as const)('every page of %s shows', async (name) => {
    const node = name === 'alice' ? alice : bob
    for (const [picture, hash, element] of [
      ['home', '#/', 'zazen-streams-page'],
      ['stream', `#/stream/${id}`, 'zazen-stream-page'],
      ['publish', '#/publish', 'zazen-publish-page'],
      ['log', '#/log', 'zazen-log-page'],
    ] as const) {
      await node.page.goto(`${bench.server.url}/${hash}`)
      await node.page.locator(element).waitFor()
      if (picture === 'home' || picture === 'stream') await node.page.getByText('Weather station').first().waitFor()
      await node.screenshot(`${name}-${picture}`)
    }
  })

  it('after a reload of either, all is still there', async () => {
    const before = await streamWhen(bob, id, 'all rows', has(ROWS + 1))
    await Promise.all([alice.page.reload(), bob.page.reload()])
    for (const node of [alice, bob]) {
      const after = await streamWhen(node, id, 'all rows after the reload', has(ROWS + 1))
      expect(after.head).toBe(before.head)
    }
    expect((await predicted(ROWS)).follows.hash).toBe(await hashOf(bob, ROWS))
    expect((await bob.zazen.predictions(id)).length).toBeGreaterThanOrEqual(2)
  })

  it('[W23] [W27] Bob bans Alice in a second tab of his: the link ends and stays away, over a reload too, until he lifts it', async () => {
    const { node } = (await alice.zazen.status()) as Snapshot
    const row = `[data-peer="${node.id ?? ''}"]`
    const linkedTo = async () => (await bob.zazen.peers()).flatMap((peer) => (peer.state === 'ready' ? [peer.id] : []))
    const linked = async (): Promise<boolean> => (await linkedTo()).includes(node.id ?? '')
    await until('a link', linked)
    const second = await bob.page.context().newPage()
    second.setDefaultTimeout(60_000)
    await second.goto(`${bench.server.url}/#/peers`)
    await second.locator(row).getByRole('button', { name: /^Ban/ }).click()
    await second.getByRole('button', { name: 'Ban it' }).click()
    await second.locator('[data-banned]').waitFor()
    await until('no link', async () => !(await linked()))
    expect(await axeFindings(second)).toEqual([])
    await second.close()
    // Alice starts anew too: that she was not wanted would keep her away by itself for a while.
    await Promise.all([alice.page.reload(), bob.page.reload()])
    await streamWhen(alice, id, 'her rows', has(ROWS + 1))
    // What she signs reaches him by the server all the same.
    await alice.zazen.append(id, { time: timeOf(ROWS + 1), value: '21.60' })
    await streamWhen(bob, id, 'a row by the server', has(ROWS + 2))
    // Two who come one after the other are linked; she, who has been here all along, is not. Without a ban it is her turn between them (tried).
    const others: Page[] = []
    for (const name of ['carol', 'dora']) {
      const page = await alice.page.context().newPage()
      await page.goto(`${bench.server.url}/?profile=${name}`)
      const zazen = createHandle(page)
      await streamWhen({ zazen }, id, 'listed', ({ listed }) => listed)
      await zazen.subscribe(id)
      const other = ((await zazen.status()) as Snapshot).node.id ?? ''
      await until(`a link with ${name}`, async () => (await linkedTo()).includes(other))
      others.push(page)
    }
    expect(await linked()).toBe(false)
    for (const page of others) await page.close()
    await alice.page.bringToFront()
    await bob.page.goto(`${bench.server.url}/#/peers`)
    await bob.page.getByRole('button', { name: /^Lift the ban/ }).click()
    await until('the link again', linked, { timeoutMs: 60_000 })
    await bob.page.locator(row).getByRole('button', { name: /^Disconnect from/ }).click()
    await until('no link', async () => !(await linked()))
  })

  it('no page had an error to tell', () => {
    expect(alice.errors).toEqual([])
    expect(bob.errors).toEqual([])
  })
})
