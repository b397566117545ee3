import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../src/base/random.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

/** More than a first forecast is made from, and enough to be kept: a restart goes on from what was learnt. */
const ROWS = 700
const KILLS = 4
const TIMES = { timeoutMs: 60_000 }

// Workers end as the browser ends them, at moments that nobody chose. A worker that dies more than five times a minute stops the node.
describe('a node whose workers are killed at random', () => {
  let bench: Bench
  let node: NodeBrowser
  let id = ''
  let rows = ROWS
  const random = createSeededRandom(2_026)

  const kill = async (name: 'data' | 'engine'): Promise<void> => {
    const worker = node.page.workers().find((one) => one.url().includes(`/${name}.worker`))
    // Just being started anew: it is as dead as can be.
    if (worker === undefined) return
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('a fault that a test made')
      })
    })
  }
  const isThere = async (): Promise<boolean> => ((await node.zazen.streams()).find((stream) => stream.id === id)?.rows ?? 0) > rows
  /** A person who is told that a row was not taken looks whether it is there after all, and gives it again if not. */
  const append = (): Promise<unknown> =>
    until('the row to be taken', async () => {
      if (await isThere()) return true
      try {
        await node.zazen.append(id, { time: timeOf(rows), value: (20 + (rows % 7)).toFixed(2) })
      } catch {
        // What is answered after this was asked is of the process that was started anew, and its states came before.
        await node.zazen.recheck(id)
        return isThere()
      }
      return true
    }, TIMES)
  const predictedRows = async (): Promise<number[]> => (await node.zazen.predictions(id)).map(({ follows }) => follows.row)
  const predicted = (row: number): Promise<unknown> =>
    until(`a prediction that follows row ${row}`, async () => (await predictedRows()).includes(row), TIMES)

  beforeAll(async () => {
    bench = await openBench()
    node = await bench.node('alice')
    ;({ id } = await until('the handle', () => node.zazen.publish({ name: 'Fragile', csv: decimalCsv({ rows: ROWS, seed: 9 }).csv })))
    await predicted(ROWS - 1)
  })

  afterAll(() => bench.close())

  it('[D47] predicts every row once, and goes on', async () => {
    for (let kills = 0; kills < KILLS; kills++) {
      const dying = random.below(12)
      await Promise.all([append(), new Promise((resolve) => setTimeout(resolve, dying)).then(() => kill(kills % 2 === 0 ? 'engine' : 'data'))])
      await streamWhen(node, id, 'the new row', (stream) => stream.rows === rows + 1, TIMES)
      await predicted(rows)
      rows++
    }
    const made = await predictedRows()
    expect(made).toEqual(Array.from({ length: KILLS + 1 }, (_, i) => ROWS - 1 + i))
  })

  it('[D46] has learnt every row once over all that', async () => {
    await append()
    await predicted(rows)
    rows++
    await until('all rows to be learnt', async () => {
      const stream = (await node.zazen.streams()).find((one) => one.id === id)
      return stream?.account?.rowsSeen === rows
    }, TIMES)
  })

  it('[D45] paused over a reload does nothing, and goes on when it is resumed', async () => {
    await node.zazen.pause()
    await append()
    await node.page.reload()
    await streamWhen(node, id, 'the row after a reload', (stream) => stream.rows === rows + 1, TIMES)
    expect(await predictedRows()).not.toContain(rows)
    await node.zazen.resume()
    await predicted(rows)
  })
})
