import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { NO_AUTHOR } from '../../../../src/domain/stream.ts'
import type { DataNotice } from '../../../../src/ports/data-client.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import { joinNodes, must, pass, publish, startDataNode, type DataNode } from '../../../support/data-node.ts'
import { createRows } from '../../../support/history.ts'
import { createNodeKey, idOf, identityOf } from '../../../support/node-key.ts'
import { slowly } from '../../../support/slow-line.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

type Told<T extends DataNotice['type']> = Extract<DataNotice, { type: T }>

const told = <T extends DataNotice['type']>(node: DataNode, type: T): readonly Told<T>[] =>
  node.notices.filter((notice): notice is Told<T> => notice.type === type)

/** Alice has published 3,000 rows; Bob subscribes and has none of them yet. */
const begin = async () => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const stream = idOf(identity)
  const alice = await startDataNode({ name: 'alice', clock, key })
  const bob = await startDataNode({ name: 'bob', clock })
  await publish(alice, identity, createRows(createSeededRandom(3), 3_000))
  await must(bob.client.subscribe(identity))
  return { clock, alice, bob, identity, stream }
}

describe('what the neuron is told of links', () => {
  it('[W19] a peer that confirms a stream, and one that denies it, when the link is made', async () => {
    const { clock, alice, bob, stream } = await begin()
    const carol = await startDataNode({ name: 'carol', clock })
    await joinNodes(alice, bob)
    await joinNodes(carol, bob)
    await pass(clock, 500)
    expect(told(bob, 'link-serves').map(({ link, peer, stream: of, serving }) => [link, peer, of, serving])).toEqual(
      expect.arrayContaining([
        [1, alice.key.publicKey, stream, true],
        [2, carol.key.publicKey, stream, false],
      ]),
    )
  })

  it('[W19] also of a stream that lacks nothing, and again whenever it is asked for', async () => {
    const { clock, alice, bob, stream } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 5_000)
    const dave = await startDataNode({ name: 'dave', clock })
    await joinNodes(bob, dave)
    await pass(clock, 500)
    const denials = () => told(bob, 'link-serves').filter(({ peer }) => peer === dave.key.publicKey)
    expect(denials()).toMatchObject([{ link: 2, stream, serving: false }])
    await must(bob.client.askServes(2, stream))
    await pass(clock, 250)
    expect(denials()).toHaveLength(2)
    await must(bob.client.askServes(99, stream))
  })

  it('[D62] whoever has fetched a history serves it from then on: its publisher and all who follow it hear so', async () => {
    const { clock, alice, bob, identity } = await begin()
    const carol = await startDataNode({ name: 'carol', clock })
    await must(carol.client.subscribe(identity))
    await joinNodes(bob, carol)
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    await joinNodes(alice, carol)
    await pass(clock, 10_000)
    const keepers = (node: DataNode) => new Map(told(node, 'link-serves').map(({ peer, serving }) => [peer, serving]))
    expect(keepers(alice)).toEqual(new Map([[bob.key.publicKey, true], [carol.key.publicKey, true]]))
    expect(keepers(bob)).toEqual(new Map([[alice.key.publicKey, true], [carol.key.publicKey, true]]))
    expect(keepers(carol)).toEqual(new Map([[alice.key.publicKey, true], [bob.key.publicKey, true]]))
  })

  it('[D62] also whoever says the very row that came last from elsewhere', async () => {
    const { clock, alice, bob, stream, identity } = await begin()
    const carol = await startDataNode({ name: 'carol', clock })
    await joinNodes(alice, bob)
    await joinNodes(bob, carol)
    await pass(clock, 10_000)
    await must(alice.client.append(stream, 1 as Micros, '9'))
    await must(carol.client.subscribe(identity))
    await pass(clock, 10_000)
    expect(told(bob, 'link-serves').at(-1)).toMatchObject({ peer: carol.key.publicKey, stream, serving: true })
  })

  it('[D62] also whoever brings a row that is new here', async () => {
    const { clock, alice, bob, stream, identity } = await begin()
    const carol = await startDataNode({ name: 'carol', clock })
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    await must(bob.client.dropLink(1, 'idle', 'Not needed.'))
    await joinNodes(bob, carol)
    await joinNodes(alice, carol)
    await pass(clock, 10_000)
    await must(alice.client.append(stream, 1 as Micros, '9'))
    await must(carol.client.subscribe(identity))
    await pass(clock, 10_000)
    expect(bob.state(stream)?.rows).toBe(3_001)
    expect(told(bob, 'link-serves').at(-1)).toMatchObject({ peer: carol.key.publicKey, serving: true })
  })

  it('[D62] also whoever says a row that was published before this node was started', async () => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const identity = identityOf(key)
    const store = createMemoryStore()
    await publish(await startDataNode({ name: 'alice', clock, key, store }), identity, createRows(createSeededRandom(3), 2_000))
    const alice = await startDataNode({ name: 'alice, again', clock, key, store })
    const bob = await startDataNode({ name: 'bob', clock })
    await must(bob.client.subscribe(identity))
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    expect(told(alice, 'link-serves').at(-1)).toMatchObject({ peer: bob.key.publicKey, serving: true })
  })

  it.each([500, 1_000, 1_500])('[D62] two who fetch a history at once hear of each other, also in a row for which it is too soon, %i ms apart', async (apart) => {
    const { clock, alice, bob, identity } = await begin()
    const carol = await startDataNode({ name: 'carol', clock })
    await must(carol.client.subscribe(identity))
    await joinNodes(bob, carol, { distort: slowly(clock, 150) })
    await joinNodes(alice, bob, { distort: slowly(clock, 300) })
    await pass(clock, apart)
    await joinNodes(alice, carol, { distort: slowly(clock, 300) })
    await pass(clock, 20_000)
    const serving = (node: DataNode, peer: DataNode) => told(node, 'link-serves').findLast((notice) => notice.peer === peer.key.publicKey)?.serving
    expect([serving(bob, carol), serving(carol, bob), serving(alice, bob), serving(alice, carol)]).toEqual([true, true, true, true])
  })

  it('[D62] whoever has unsubscribed from a history and forgets it later serves it no more', async () => {
    const { clock, alice, bob, stream } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    await must(bob.client.unsubscribe(stream))
    await pass(clock, 60_000)
    await must(bob.client.forget(stream))
    await pass(clock, 1_000)
    expect(told(alice, 'link-serves').at(-1)?.serving).toBe(false)
  })

  it('[D62] streams that a peer has never served are not asked for when it follows them no more', async () => {
    const { clock, alice, bob } = await begin()
    const trace: string[] = []
    await joinNodes(alice, bob, { trace })
    await pass(clock, 10_000)
    trace.length = 0
    const other = identityOf(alice.key, 'another')
    await must(bob.client.subscribe(other))
    await must(bob.client.unsubscribe(idOf(other)))
    await pass(clock, 10_000)
    expect(trace.filter((line) => line.startsWith('bob -> alice | unfollow'))).toHaveLength(1)
    expect(trace.filter((line) => line.startsWith('alice -> bob | status-request'))).toEqual([])
  })

  it('[D62] whoever forgets a history serves it no more, whoever only follows it no more does', async () => {
    const { clock, alice, bob, stream } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    const last = () => told(alice, 'link-serves').at(-1)?.serving
    await must(bob.client.unsubscribe(stream))
    await pass(clock, 10_000)
    expect(last()).toBe(true)
    await must(bob.client.subscribe(identityOf(alice.key)))
    await pass(clock, 60_000)
    await must(bob.client.forget(stream))
    await pass(clock, 1_000)
    expect(last()).toBe(false)
  })

  it('[D62] who serves a stream is not asked for it at every row', async () => {
    const { clock, alice, bob, stream } = await begin()
    const trace: string[] = []
    await joinNodes(alice, bob, { trace })
    const carol = await startDataNode({ name: 'carol', clock })
    await must(carol.client.subscribe(identityOf(alice.key)))
    await joinNodes(bob, carol, { trace })
    await joinNodes(alice, carol, { trace })
    await pass(clock, 10_000)
    trace.length = 0
    for (let row = 0; row < 5; row++) {
      await must(alice.client.append(stream, row as Micros, '9'))
      await pass(clock, 5_000)
    }
    expect(trace.filter((line) => line.includes('live')).length).toBeGreaterThanOrEqual(10)
    expect(trace.filter((line) => line.includes('status'))).toEqual([])
  })

  it('[W19] whoever has rows of a stream that nobody signs serves it', async () => {
    const clock = createVirtualClock()
    const keyless = { source: 'legacy', author: NO_AUTHOR, stream: 'temperature', target: '' }
    const alice = await startDataNode({ name: 'alice', clock })
    const bob = await startDataNode({ name: 'bob', clock })
    const carol = await startDataNode({ name: 'carol', clock })
    for (const node of [alice, bob, carol]) await must(node.client.subscribe(keyless))
    await must(alice.client.addLoose(keyless, [{ form: 'observation', time: 1_000_000 as Micros, value: '1' }]))
    await joinNodes(alice, bob)
    await joinNodes(carol, bob)
    const said = told(bob, 'link-serves').map(({ peer, serving }) => [peer, serving])
    expect(said).toEqual(expect.arrayContaining([[alice.key.publicKey, true], [carol.key.publicKey, false]]))
    expect(said).not.toContainEqual([carol.key.publicKey, true])
  })

  it('[W20] what a link has carried, at most every two seconds and only when it changed', async () => {
    const { clock, alice, bob } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    const reports = told(bob, 'link-traffic')
    expect(reports.length).toBeLessThanOrEqual(5)
    expect(reports.at(-1)).toMatchObject({ link: 1, peer: alice.key.publicKey, pagesGood: 3, pagesBad: 0, follows: 0 })
    expect(reports.at(-1)?.bytesIn).toBeGreaterThan(500)
    expect(reports.at(-1)?.bytesOut).toBeLessThan(1_000)
    // Bob follows the stream over the link: it is of use to him, Alice knows.
    expect(told(alice, 'link-traffic').at(-1)).toMatchObject({ follows: 1, bytesOut: reports.at(-1)?.bytesIn, pagesGood: 0 })
    await pass(clock, 60_000)
    const all = told(bob, 'link-traffic').map((report) => JSON.stringify(report))
    expect(all.filter((report, index) => report === all[index - 1])).toEqual([])
    expect(all.length).toBeLessThan(35)
  })

  it('[W20] the delay of a line is known at both ends, however little one of them sends', async () => {
    const { clock, alice, bob } = await begin()
    await joinNodes(alice, bob, { distort: slowly(clock, 250) })
    await pass(clock, 10_000)
    for (const node of [alice, bob]) expect(told(node, 'link-traffic').at(-1)?.rttMs).toBe(500)
  })

  it('[W20] a row that is no longer followed is of no use to the peer', async () => {
    const { clock, alice, bob, stream } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 4_000)
    await must(bob.client.unsubscribe(stream))
    await pass(clock, 4_000)
    expect(told(alice, 'link-traffic').at(-1)).toMatchObject({ follows: 0 })
  })

  it('[W20] a live row is traffic; a link that has ended is told of no more', async () => {
    const { clock, alice, bob, stream } = await begin()
    await joinNodes(alice, bob)
    await pass(clock, 10_000)
    const before = told(bob, 'link-traffic').at(-1)?.bytesIn ?? 0
    await must(alice.client.append(stream, 4e15 as Micros, '1'))
    await pass(clock, 3_000)
    expect(told(bob, 'link-traffic').at(-1)?.bytesIn).toBeGreaterThan(before)
    await must(bob.client.dropLink(1, 'idle', 'Not needed.'))
    await pass(clock, 500)
    expect(told(bob, 'link-event').at(-1)).toMatchObject({ event: 'closed', code: 'idle' })
    expect(told(alice, 'link-event').at(-1)).toMatchObject({ event: 'closed', code: 'idle' })
    const reports = told(bob, 'link-traffic').length
    await pass(clock, 10_000)
    expect(told(bob, 'link-traffic').length).toBe(reports)
  })
})
