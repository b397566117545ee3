import { describe, expect, it } from 'vitest'
import { emptyRecord } from '../../../../src/data/history/kept-record.ts'
import { MAX_FOLLOWED_PER_LINK } from '../../../../src/protocol/limits.ts'
import { joinNodes, must, startDataNode } from '../../../support/data-node.ts'
import { createMemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, idOf } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const theirs = createNodeKey()
const streamNo = (n: number) => identityOf(theirs, `stream ${n}`)

/** Bob follows so many streams of another's since his last life. */
const startBob = async (count: number) => {
  const clock = createVirtualClock()
  const store = createMemoryStore()
  for (let n = 0; n < count; n++) await must(store.commit({ record: { ...emptyRecord(idOf(streamNo(n)), streamNo(n)), subscribed: true } }))
  const bob = await startDataNode({ name: 'bob', clock, store })
  return { clock, store, bob }
}

describe('[D16] a node that follows as many streams as a peer lets it', () => {
  it('is refused one more, and nothing of that is kept; what it follows, or is its own, it may subscribe to again', async () => {
    const { bob, store } = await startBob(MAX_FOLLOWED_PER_LINK)
    const oneMore = streamNo(MAX_FOLLOWED_PER_LINK)
    expect(await bob.client.subscribe(oneMore)).toMatchObject({ ok: false, error: { code: 'too-many-streams' } })
    expect(store.sync.records()).toHaveLength(MAX_FOLLOWED_PER_LINK)
    await must(bob.client.subscribe(streamNo(0)))
    await must(bob.client.subscribe(identityOf(bob.key)))
    await must(bob.client.unsubscribe(idOf(streamNo(0))))
    const both = await Promise.all([oneMore, streamNo(MAX_FOLLOWED_PER_LINK + 1)].map((stream) => bob.client.subscribe(stream)))
    expect(both.map(({ ok }) => ok)).toEqual([true, false])
    expect(await bob.client.subscribe(streamNo(0))).toMatchObject({ ok: false, error: { code: 'too-many-streams' } })
  })

  it('keeps the last word: what is followed and no longer followed at once is not', async () => {
    const { bob, store } = await startBob(0)
    const [one, other] = [streamNo(0), streamNo(1)]
    await must(bob.client.subscribe(other))
    await Promise.all([bob.client.subscribe(one), bob.client.subscribe(other), bob.client.unsubscribe(idOf(other))])
    expect(store.sync.records().filter(({ subscribed }) => subscribed).map(({ stream }) => stream)).toEqual([idOf(one)])
    await Promise.all([bob.client.subscribe(one), bob.client.subscribe(other), bob.client.forget(idOf(other))])
    expect(store.sync.records().map(({ stream }) => stream)).toEqual([idOf(one)])
  })

  it('keeps its links though an earlier version let it follow more, and gives a place that becomes free to one that had none', async () => {
    const { bob, clock } = await startBob(MAX_FOLLOWED_PER_LINK + 1)
    const alice = await startDataNode({ name: 'alice', clock })
    const trace: string[] = []
    await joinNodes(bob, alice, { trace })
    const said = (): readonly string[] => trace.splice(0).filter((line) => /\| (follow|unfollow|bye)/.test(line))
    expect(said()).toEqual(['bob -> alice | follow 1000', 'bob -> alice | follow 1000'])
    // It has no place for what it is followed already, and none for what it is not.
    for (const n of [0, MAX_FOLLOWED_PER_LINK]) await must(bob.client.subscribe(streamNo(n)))
    expect(said()).toEqual(['bob -> alice | follow 1'])
    await must(bob.client.unsubscribe(idOf(streamNo(0))))
    expect(said()).toEqual(['bob -> alice | unfollow 1', 'bob -> alice | follow 1'])
    await must(bob.client.unsubscribe(idOf(streamNo(1))))
    expect(said()).toEqual(['bob -> alice | unfollow 1'])
    for (const node of [alice, bob]) expect(node.log().filter((line) => line.includes('cut off'))).toEqual([])
  })
})
