import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamView } from '../../src/neuron/snapshot.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { damage } from '../support/damage.ts'
import { decimalCsv } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

/** Ten pages, the last one partial. */
const ROWS = 10_000
const PAGES = 10
/** The page that is lost for good, in the end. */
const LOST = 4
const SAMPLE = decimalCsv({ rows: ROWS, seed: 44 })

// One story in steps: Bob's disk fails in one way after the other, each time while the publisher is away.
describe('a history that is damaged on disk', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  let id = ''
  let head = ''

  const isWhole = (stream: StreamView): boolean => stream.rows === ROWS && stream.verified && stream.transfer === null
  const isIn = (code: string) => (stream: StreamView) => !stream.verified && stream.problem?.code === code
  /** So many pages came over the link, and all were what they should be; one of them may have come twice, where a busy machine let a request be made anew. */
  const fetched = (node: NodeBrowser, pages: number) =>
    until(`${pages} pages over the link`, async () => {
      const told = (await node.zazen.peers()).map(({ link }) => link?.verifiedPages ?? 0)
      if (told.length !== 1 || ![pages, pages + 1].includes(told[0] ?? 0)) throw new Error(JSON.stringify(told))
      return true
    })
  const hasEveryRow = async (node: NodeBrowser): Promise<void> => {
    const mended = await streamWhen(node, id, 'the mended history', isWhole)
    expect(mended.head).toBe(head)
    expect((await node.zazen.history(id, { last: ROWS })).map(({ value }) => value)).toEqual(SAMPLE.values)
    expect(await node.zazen.recheck(id)).toEqual({ good: PAGES, bad: 0 })
  }
  /** The publisher comes; what the subscriber lacks, and no more, travels. */
  const isMended = async (pages: number): Promise<void> => {
    alice = await bench.node('alice')
    await streamWhen(bob, id, 'the mended history', isWhole)
    await fetched(bob, pages)
    await hasEveryRow(bob)
    await alice.close()
  }

  beforeAll(async () => {
    bench = await openBench()
    ;[alice, bob] = await Promise.all([bench.node('alice'), bench.node('bob')])
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Frail', csv: SAMPLE.csv })))
    await streamWhen(bob, id, 'listed', ({ listed }) => listed)
    await bob.zazen.subscribe(id)
    head = (await streamWhen(bob, id, 'all rows', isWhole)).head ?? ''
    await alice.close()
  })

  afterAll(() => bench.close())

  it('one page altered by a byte and another lost: no such row is shown, none is called verified', async () => {
    await damage(bob, bench.server.url, { stream: id, altered: [3], lost: [7] })
    await streamWhen(bob, id, 'the rows', ({ rows }) => rows === ROWS)
    await expect(bob.zazen.history(id, { last: ROWS })).rejects.toThrow('damaged-page')
    await streamWhen(bob, id, 'the damage', isIn('damaged-page'))
    expect(await bob.zazen.recheck(id)).toEqual({ good: PAGES - 2, bad: 2 })
    expect((await bob.zazen.history(id, { last: 1_000 })).map(({ value }) => value)).toEqual(SAMPLE.values.slice(-1_000))
  })

  it('they are mended from the publisher, and these two pages travel', () => isMended(2))

  it('a wrong hash in the page list: it is noticed at the start, and nothing is read from it', async () => {
    await damage(bob, bench.server.url, { stream: id, listed: [5], altered: [9] })
    await streamWhen(bob, id, 'the damage', isIn('damaged-list'))
    await expect(bob.zazen.history(id, { last: ROWS })).rejects.toThrow('damaged-list')
  })

  it('the list is compared and mended; of the pages only the altered one travels', () => isMended(1))

  it('a head that its publisher did not sign: nothing is here', async () => {
    await damage(bob, bench.server.url, { stream: id, hash: head, lost: [0] })
    const doubted = await streamWhen(bob, id, 'the damage', isIn('forged-head'))
    expect(doubted).toMatchObject({ rows: 0, head: null })
  })

  it('it comes back under the true head, and of the pages only the lost one travels', () => isMended(1))

  it('a publisher whose own page is lost gets it back from a subscriber', async () => {
    await bob.page.goto('about:blank')
    alice = await bench.node('alice')
    await damage(alice, bench.server.url, { stream: id, lost: [4] })
    expect(await until('the check', () => alice.zazen.recheck(id))).toEqual({ good: PAGES - 1, bad: 1 })
    await bob.page.goto(bench.server.url)
    await streamWhen(alice, id, 'the mended history', isWhole)
    await fetched(alice, 1)
    await hasEveryRow(alice)
  })

  it('what nobody has any more, its publisher goes on without: the rows before it are signed again, and its subscriber takes them', async () => {
    await bob.page.goto('about:blank')
    await damage(alice, bench.server.url, { stream: id, lost: [LOST] })
    await until('the check', () => alice.zazen.recheck(id))
    const { page } = alice
    await page.evaluate((stream) => { location.hash = `#/stream/${stream}` }, id)
    await page.getByRole('button', { name: 'Go on without what is damaged…' }).click()
    await page.getByRole('button', { name: 'Give up what is damaged' }).click()
    await page.getByText('The stream has begun anew. Rows can be added again.').waitFor()
    const isCut = (stream: StreamView): boolean => stream.rows === LOST * 1024 && stream.verified && stream.problem === null
    const anew = await streamWhen(alice, id, 'the rows before it', isCut)
    await bob.page.goto(bench.server.url)
    expect((await streamWhen(bob, id, 'the rows before it', isCut)).head).toBe(anew.head)
  })

  it('no page had an error to tell', () => {
    for (const node of [alice, bob]) expect(node.errors).toEqual([])
  })
})
