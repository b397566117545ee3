import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObservationRow } from '../../src/domain/row.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import { microsOfMillis } from '../../src/domain/time.ts'
import type { StreamView } from '../../src/neuron/snapshot.ts'
import { openBench, type Bench } from '../support/bench.ts'
import type { NodeBrowser } from '../support/browser.ts'
import { decimalCsv, timeOf } from '../support/decimal-csv.ts'
import { streamWhen } from '../support/handle.ts'
import type { Mischief } from '../support/mischief.ts'
import { startNodePeer, type NodePeer } from '../support/node-peer.ts'
import { until } from '../support/until.ts'

/** Eight pages, the last one partial. */
const ROWS = 8_000

/** Every way to lie, and the code under which a subscriber cuts it off. */
const LIARS = [
  ['wrong-byte', 'bad-page'],
  ['wrong-page', 'bad-page'],
  ['oversized', 'oversized'],
  ['garbage', 'malformed'],
  ['mute', 'silent'],
  ['wrong-hashes', 'bad-hashes'],
  ['forged-head', 'forged-head'],
  ['impostor', 'impostor'],
  ['wrong-fingerprint', 'bad-transcript'],
  ['flood', 'flood'],
] as const satisfies readonly (readonly [Mischief, string])[]

// One story in steps: the publisher leaves; a liar for each stream is all that Bob finds; then the publisher comes back.
describe('hostile peers', () => {
  let bench: Bench
  let alice: NodeBrowser
  let bob: NodeBrowser
  const streams = new Map<Mischief, Published>()
  const liars = new Map<Mischief, NodePeer>()

  const published = (mischief: Mischief): Published => given(streams.get(mischief))
  const liar = (mischief: Mischief): NodePeer => given(liars.get(mischief))

  beforeAll(async () => {
    bench = await openBench()
    alice = await bench.node('alice')
    await until('the handle', () => alice.zazen.status())
    for (const [seed, [mischief]] of LIARS.entries()) streams.set(mischief, await publish(alice, mischief, seed))
    await Promise.all(LIARS.map(async ([mischief]) => {
      liars.set(mischief, await startNodePeer({ url: bench.server.url, ...published(mischief), mischief }))
    }))
    await alice.close()
    bob = await bench.node('bob')
    for (const [mischief] of LIARS) {
      const { stream } = published(mischief)
      await streamWhen(bob, stream, 'listed', ({ listed }) => listed)
      await bob.zazen.subscribe(stream)
    }
    await bob.page.goto(`${bench.server.url}/#/log`)
  }, 60_000)

  afterAll(async () => {
    for (const peer of liars.values()) peer.close()
    await bench.close()
  })

  it.each(LIARS)('%s: cut off as %s, and the log says so', async (mischief, code) => {
    const { ends, publicKey } = liar(mischief)
    // On a busy machine the word of the end may be lost with its channel: then the next link brings it.
    const told = await until('the end of its link', async () => ends.find((end) => end.code === code) ?? false)
    expect(told).toMatchObject({ code, cut: false })
    const line = bob.page
      .locator('zazen-log-page li.warn', { has: bob.page.locator(`code[title="${publicKey}"]`) })
      .filter({ hasText: `cut off (${code})` })
    await line.first().waitFor()
    expect((await streamWhen(bob, published(mischief).stream, 'the stream', () => true)).rows).toBe(0)
  })

  it('every history still comes from the publisher, verified, under the publisher’s head', async () => {
    await bob.screenshot('bob-hostile-log')
    alice = await bench.node('alice')
    for (const [mischief] of LIARS) {
      const { stream, rows } = published(mischief)
      const received = await streamWhen(bob, stream, `all rows in spite of ${mischief}`, isComplete)
      expect(received.head).toBe((await streamWhen(alice, stream, 'own rows', isComplete)).head)
      const last = await bob.zazen.history(stream, { last: 100 })
      expect(last.map(({ value }) => value)).toEqual(rows.slice(-100).map(({ value }) => value))
    }
  })

  it('[L18] [L21] a liar that offers again and again is met no sooner than 10 s, 20 s, 40 s … after it was cut, and never twice at once', () => {
    for (const [mischief, { ends }] of liars)
      for (const [index, { at }] of ends.slice(1).entries())
        // Its own clock and a busy machine may make it hear late of the end before.
        expect(at - (ends[index]?.at ?? 0), `${mischief}, link ${index + 2}`).toBeGreaterThan(10_000 * 2 ** index - 3_000)
  })

  it('no page had an error to tell', () => {
    expect(alice.errors).toEqual([])
    expect(bob.errors).toEqual([])
  })
})

interface Published {
  readonly stream: StreamId
  readonly rows: readonly ObservationRow[]
}

const isComplete = ({ rows, verified, transfer }: StreamView): boolean => rows === ROWS && verified && transfer === null

/** Every stream has values of its own: pages are kept under their hash, and no stream may find another's. */
const publish = async (node: NodeBrowser, name: string, seed: number): Promise<Published> => {
  const { csv, values } = decimalCsv({ rows: ROWS, seed })
  const { id } = await node.zazen.publish({ name, csv })
  await streamWhen(node, id, 'listed by the server', ({ listed }) => listed)
  const rows = values.map((value, row) => ({ form: 'observation' as const, time: microsOfMillis(Date.parse(timeOf(row))), value }))
  return { stream: id as StreamId, rows }
}

const given = <T>(thing: T | undefined): T => {
  if (thing === undefined) throw new Error('the step before has failed')
  return thing
}
