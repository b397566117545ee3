import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StreamView } from '../../src/neuron/snapshot.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import { until } from '../support/until.ts'

const ROWS = 200

// One story in steps: Alice restores a backup of her browser's profile, twice; the second time both copies go on.
describe('a publisher whose profile was copied', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  let carol: NodeBrowser
  let id = ''
  let rows = ROWS

  const has = (stream: StreamView): boolean => stream.rows === rows && stream.verified
  const isForked = (stream: StreamView): boolean => stream.forked && !stream.verified && stream.problem?.code === 'forked'
  const predictedAfter = (node: NodeBrowser, row: number) =>
    until(`a prediction that follows row ${row}`, async () => {
      const made = await node.zazen.predictions(id)
      return made.at(-1)?.follows.row === row ? made : null
    })
  const sign = (node: NodeBrowser, value: string) => node.zazen.append(id, { time: timeOf(rows), value })
  /** The node signs one more row, and each of these has it under the same head. */
  const signFor = async (node: NodeBrowser, others: readonly NodeBrowser[]): Promise<void> => {
    await sign(node, (20 + rows / 100).toFixed(2))
    rows++
    const { head } = await streamWhen(node, id, 'its own row', has)
    for (const other of others) expect((await streamWhen(other, id, 'the new row', has)).head).toBe(head)
  }
  const openOwner = async (name: string): Promise<NodeBrowser> => {
    const node = await bench.node(name)
    await streamWhen(node, id, 'its stream', ({ own }) => own)
    await until('the server', async () => ((await node.zazen.status()) as { server: { state: string } }).server.state === 'checked-in')
    return node
  }
  const showTrouble = async ({ page }: NodeBrowser, code: string): Promise<void> => {
    await page.evaluate((stream) => { location.hash = `#/stream/${stream}` }, id)
    await page.locator(`[data-trouble="${code}"]`).waitFor()
  }

  beforeAll(async () => {
    bench = await openBench()
    ;[alice, bob, carol] = await Promise.all([bench.node('alice'), bench.node('bob'), bench.node('carol')])
    ;({ id } = await until('the handle', () => alice.zazen.publish({ name: 'Twice kept', csv: decimalCsv({ rows, seed: 3 }).csv })))
    for (const node of [bob, carol]) {
      await streamWhen(node, id, 'listed', ({ listed }) => listed)
      await node.zazen.subscribe(id)
      await streamWhen(node, id, 'all rows', has)
    }
  })

  afterAll(() => bench.close())

  it('a restored backup is told what it has signed since, and may add nothing', async () => {
    await alice.close()
    await bench.copyProfile('alice', 'backup')
    alice = await openOwner('alice')
    for (let more = 0; more < 3; more++) await signFor(alice, [bob, carol])
    await Promise.all([alice.close(), bob.close(), carol.close()])

    alice = await openOwner('backup')
    const behind = await streamWhen(alice, id, 'what the server knows', ({ knownRows }) => knownRows === rows)
    expect(behind.rows).toBe(rows - 3)
    await expect(sign(alice, '1.5')).rejects.toThrow('recover-first')
    await showTrouble(alice, 'recover-first')
  })

  it('it recovers them from a subscriber, and then goes on', async () => {
    bob = await bench.node('bob')
    const recovered = await streamWhen(alice, id, 'the lost rows', has)
    expect(recovered.head).toBe((await streamWhen(bob, id, 'all rows', has)).head)
    expect(await alice.zazen.history(id, { last: rows })).toEqual(await bob.zazen.history(id, { last: rows }))
    carol = await bench.node('carol')
    await signFor(alice, [bob, carol])
  })

  it('two copies sign different rows at one count: whoever has seen both believes neither', async () => {
    await alice.close()
    await bench.copyProfile('backup', 'twin')
    alice = await openOwner('backup')
    await signFor(alice, [bob, carol])
    for (const node of [bob, carol]) await predictedAfter(node, rows - 1)
    await Promise.all([alice.close(), bob.close(), carol.close()])
    // Nobody is there to tell the twin that the row is signed.
    await bench.forgetfulServer()
    const twin = await openOwner('twin')
    rows--
    await sign(twin, '99.5')
    rows++
    await streamWhen(twin, id, 'listed', ({ listed }) => listed)
    await twin.close()

    bob = await bench.node('bob')
    await streamWhen(bob, id, 'the fork', isForked)
    await showTrouble(bob, 'forked')
  })

  it('a subscriber that has seen only one is given the proof by the other', async () => {
    await bench.forgetfulServer()
    carol = await bench.node('carol')
    const told = await streamWhen(carol, id, 'the fork', isForked)
    expect(told.listed).toBe(false)
  })

  it('the publisher is given it too, and may sign nothing; nothing more is predicted', async () => {
    alice = await openOwner('backup')
    await streamWhen(alice, id, 'the fork', isForked)
    await expect(sign(alice, '1.5')).rejects.toThrow('forked')
    for (const node of [bob, carol]) {
      expect((await node.zazen.predictions(id)).at(-1)?.follows.row).toBe(rows - 1)
      expect(isForked(await streamWhen(node, id, 'the stream', () => true))).toBe(true)
    }
  })

  it('in a new epoch all go on with the history that it keeps', async () => {
    await showTrouble(alice, 'forked')
    await alice.page.getByRole('button', { name: 'Begin it anew…' }).click()
    await alice.page.getByRole('button', { name: 'Give up the other history' }).click()
    for (const node of [alice, bob, carol]) expect((await streamWhen(node, id, 'the new epoch', has)).forked).toBe(false)
    await signFor(alice, [bob, carol])
    for (const node of [bob, carol]) await predictedAfter(node, rows - 1)
    expect(await carol.zazen.history(id, { last: rows })).toEqual(await alice.zazen.history(id, { last: rows }))
  })

  it('the twin sets its own row aside and takes the new epoch', async () => {
    await alice.close()
    const twin = await openOwner('twin')
    const taken = await streamWhen(twin, id, 'the new epoch', has)
    expect(taken).toMatchObject({ own: true, forked: false, archived: 1 })
    await signFor(twin, [bob, carol])
  })

  it('no page had an error to tell', () => {
    for (const node of [alice, bob, carol]) expect(node.errors).toEqual([])
  })
})
