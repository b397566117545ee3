import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamView } from '../../src/neuron/snapshot.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

const ROWS = 300

// One story in steps: each goes on from where the one before it ended.
describe('what a node survives', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  let id = ''
  let rows = ROWS

  const has = (wanted: number) => (stream: StreamView) => stream.rows === wanted && stream.verified
  const predictedAfter = (node: NodeBrowser, row: number) =>
    until(`a prediction that follows row ${row}`, async () => {
      const last = (await node.zazen.predictions(id)).at(-1)
      return last?.follows.row === row ? last : null
    })
  const alicePublishes = async (): Promise<void> => {
    await until('the row to be taken', () => alice.zazen.append(id, { time: timeOf(rows), value: (20 + rows / 100).toFixed(2) }))
    rows++
  }
  /** What an exception nobody caught does to a worker. */
  const crash = async (node: NodeBrowser, name: 'data' | 'engine'): Promise<void> => {
    const worker = node.page.workers().find((one) => one.url().includes(`/${name}.worker`))
    if (worker === undefined) throw new Error(`there is no ${name} worker`)
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('a fault that a test made')
      })
    })
    await until(`the ${name} worker to be another one`, async () => !node.page.workers().includes(worker))
  }

  beforeAll(async () => {
    bench = await openBench()
    ;[alice, bob] = await Promise.all([bench.node('alice'), bench.node('bob')])
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Survivor', csv: decimalCsv({ rows: ROWS, seed: 7 }).csv })))
    await streamWhen(bob, id, 'listed', ({ listed }) => listed)
    await bob.zazen.subscribe(id)
    await streamWhen(bob, id, 'all rows', has(ROWS))
    await predictedAfter(bob, ROWS - 1)
  })

  afterAll(() => bench.close())

  it('an engine worker that dies is started again, learns again, and predicts the next row', async () => {
    await crash(bob, 'engine')
    await alicePublishes()
    await predictedAfter(bob, rows - 1)
    const predictions = await bob.zazen.predictions(id)
    expect(new Set(predictions.map(({ follows }) => follows.row)).size).toBe(predictions.length)
  })

  it('a data worker that dies is started again, and nothing is lost', async () => {
    const before = await bob.zazen.history(id, { last: rows })
    await crash(bob, 'data')
    await streamWhen(bob, id, 'the rows from before', has(rows))
    const after = await until('the node to answer again', () => bob.zazen.history(id, { last: rows }))
    expect(after).toEqual(before)
    await alicePublishes()
    await streamWhen(bob, id, 'the next row', has(rows))
    await predictedAfter(bob, rows - 1)
  })

  it('a publisher whose data worker dies goes on where it was', async () => {
    await crash(alice, 'data')
    await streamWhen(alice, id, 'its rows', has(rows))
    await alicePublishes()
    const published = await streamWhen(alice, id, 'the next row', has(rows))
    const received = await streamWhen(bob, id, 'the next row', has(rows))
    expect(received.head).toBe(published.head)
  })

  it('paused means no prediction, and resumed that the newest row is predicted', async () => {
    // The row that came last: who pauses before it is predicted has no prediction of it.
    await predictedAfter(bob, rows - 1)
    await bob.zazen.pause()
    await alicePublishes()
    await streamWhen(bob, id, 'the next row', has(rows))
    await predictedAfter(alice, rows - 1)
    expect((await bob.zazen.predictions(id)).at(-1)?.follows.row).toBe(rows - 2)
    await bob.page.reload()
    await streamWhen(bob, id, 'the rows after a reload', has(rows))
    expect(await bob.zazen.status()).toMatchObject({ paused: true })
    await bob.zazen.resume()
    await predictedAfter(bob, rows - 1)
  })
})
