import { describe, expect, it } from 'vitest'
import { fail } from '../../../../src/base/result.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { createNewestHeads, NEWEST_WAIT_MS } from '../../../../src/data/own/newest-heads.ts'
import { predictionStreamOf } from '../../../../src/domain/stream.ts'
import type { NewestWanted } from '../../../../src/ports/data-client.ts'
import { attachLocal, must, newestHeadOf, publish } from '../../../support/data-node.ts'
import { idOf, sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { backupOf, createSmallWorld, rowOf, type SmallNode } from '../../../support/small-world.ts'

/** Alice has signed nine rows; what she is started from has the first six. Whoever she asks is the test. */
const afterRestore = async () => {
  const world = createSmallWorld()
  const before = await world.publisher('abcdef')
  const backup = backupOf(before.store)
  await world.say(before, 'ghi')
  const alice = await world.start('alice again', backup)
  const asked: NewestWanted[] = []
  alice.client.onNewestWanted((wanted) => void asked.push(wanted))
  const append = (value: string) => alice.client.append(world.stream, rowOf(value, 6).time, value)
  return { world, before, alice, asked, append, longest: newestHeadOf(before, world.stream) }
}

/** What has become of a promise by now. */
const told = async <T>(promise: Promise<T>): Promise<T | 'waits'> => {
  await settle()
  return Promise.race([promise, Promise.resolve('waits' as const)])
}

describe('[D51] before the first signature of a session', () => {
  it('others are asked what they know, and a restored backup signs no second history', async () => {
    const { world, alice, asked, append, longest } = await afterRestore()
    const appended = append('X')
    expect(await told(appended)).toBe('waits')
    expect(asked).toMatchObject([{ stream: world.stream, identity: world.identity, head: { head: { rows: 6 } } }])
    await must(alice.client.newest(world.stream, longest))
    expect(await appended).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    expect(await world.rows(alice)).toBe('abcdef')
    expect(alice.state(world.stream)).toMatchObject({ phase: 'wanted', targetRows: 9 })
  })

  it('who knows nothing newer lets it go on at once, and is asked once a session', async () => {
    const { world, alice, asked, append } = await afterRestore()
    const appended = append('X')
    await settle()
    await must(alice.client.newest(world.stream, null))
    expect(await appended).toMatchObject({ ok: true, value: { row: 6 } })
    expect(await append('Y')).toMatchObject({ ok: true })
    expect(asked).toHaveLength(1)
  })

  it('nobody waits longer than 5 s, and after one silence for no other stream', async () => {
    const { world, alice, asked, append } = await afterRestore()
    const appended = append('X')
    await settle()
    await world.wait(NEWEST_WAIT_MS - 500)
    expect(await told(appended)).toBe('waits')
    await world.wait(500)
    expect(await told(appended)).toMatchObject({ ok: true })
    await must(alice.client.openDraft({ ...world.identity, stream: 'another' }))
    expect(asked).toHaveLength(2)
    await must(alice.client.newest(idOf({ ...world.identity, stream: 'another' }), null))
    expect(await told(alice.client.openDraft({ ...world.identity, stream: 'a third' }))).toBe('waits')
  })

  it('what nobody answered because the last port went is asked of the next one', async () => {
    const { world } = await afterRestore()
    const { publicKey: self } = world.key
    const newest = createNewestHeads({
      self,
      clock: world.clock,
      sha256,
      catalogue: {
        get: () => undefined,
        open: () => Promise.resolve(fail('store-lost', 'Nothing is here.')),
        learn: () => Promise.resolve(fail('unknown-stream', 'Nothing is here.')),
      },
      consider: () => undefined,
      verify: () => Promise.resolve(false),
    })
    const heard: string[] = []
    const leave = newest.offer(() => void heard.push('first'))
    const waiting = newest.asked(world.identity)
    leave()
    expect(await told(waiting)).not.toBe('waits')
    newest.offer(() => void heard.push('second'))
    const again = newest.asked(world.identity)
    expect(await told(again)).toBe('waits')
    await must(newest.answered(world.stream, null))
    expect(await told(again)).not.toBe('waits')
    await newest.asked(world.identity)
    expect(heard).toEqual(['first', 'second'])
  })

  it('a head that the publisher did not sign is not believed', async () => {
    const { world, alice, append, longest } = await afterRestore()
    const appended = append('X')
    await settle()
    const forged = { ...longest, signature: longest.signature.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) }
    expect(await alice.client.newest(world.stream, forged)).toMatchObject({ ok: false, error: { code: 'forged-head' } })
    expect(await appended).toMatchObject({ ok: true })
    // Nor does it make this node keep a stream of which nothing is here.
    const other = { ...world.identity, stream: 'another' }
    const opened = alice.client.openDraft(other)
    await settle()
    const stream = idOf(other)
    expect(await alice.client.newest(stream, { ...forged, head: { ...forged.head, stream } })).toMatchObject({ ok: false, error: { code: 'forged-head' } })
    await must(opened)
    expect(alice.store.sync.records().map((record) => record.stream)).toEqual([world.stream])
  })

  it('an import under a name that is listed already is refused before a row is read; what was published comes back', async () => {
    const { world, longest, before } = await afterRestore()
    const fresh = await world.start('alice on another disk')
    fresh.client.onNewestWanted(({ stream, head }) => {
      expect(head).toBeNull()
      void fresh.client.newest(stream, longest)
    })
    expect(await fresh.client.openDraft(world.identity)).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    const bob = await world.subscriber('bob')
    await world.meet(bob, before)
    await world.meet(fresh, bob)
    expect(await world.rows(fresh)).toBe('abcdefghi')
    await world.say(fresh, 'j')
    expect(await world.rows(bob)).toBe('abcdefghij')
  })

  it('so it is for predictions: a prediction stream of which nothing is here is not begun a second time', async () => {
    const { world, before, alice } = await afterRestore()
    const own = predictionStreamOf(world.key.publicKey, world.stream)
    const predict = ({ server }: SmallNode) =>
      createDataClient(attachLocal(server, 'engine'), { clock: world.clock }).predict({ follows: world.stream, followsRow: 5, followsHash: new Uint8Array(32), value: '1', lower: '0', upper: '2', kind: 'live' })
    const old = await world.start('alice before', backupOf(before.store))
    await must(predict(old))
    const predicted = predict(alice)
    expect(await told(predicted)).toBe('waits')
    await must(alice.client.newest(idOf(own), newestHeadOf(old, idOf(own))))
    expect(await predicted).toMatchObject({ ok: false, error: { code: 'recover-first' } })
  })

  it('an epoch is begun only after the question, so that its number is new', async () => {
    const { world, before, alice } = await afterRestore()
    await must(before.client.beginEpoch(world.stream))
    const begun = alice.client.beginEpoch(world.stream)
    expect(await told(begun)).toBe('waits')
    await must(alice.client.newest(world.stream, newestHeadOf(before, world.stream)))
    await must(begun)
    expect(newestHeadOf(alice, world.stream).head.epoch).toBe(2)
  })

  it('where nobody asks, and for streams of others, nothing waits', async () => {
    const { world, before } = await afterRestore()
    await publish(before, { ...world.identity, stream: 'another' }, [rowOf('a', 0)])
    const reader = await world.subscriber('bob')
    const asked: NewestWanted[] = []
    reader.client.onNewestWanted((wanted) => void asked.push(wanted))
    expect(await reader.client.append(world.stream, rowOf('X', 6).time, 'X')).toMatchObject({ ok: false, error: { code: 'not-own' } })
    expect(asked).toEqual([])
  })
})
