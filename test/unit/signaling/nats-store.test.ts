import { describe, expect, it } from 'vitest'
import { KEEP_MS, MARKERS_KEPT_MS, STORE_CLOSE_MS, STORE_LOAD_MS, STORE_LOOK_MS, STORE_PAUSE_MS, STORE_SILENT_MS } from '../../../signaling/limits.ts'
import { createLog } from '../../../signaling/log.ts'
import { openNatsStore } from '../../../signaling/registry-store/nats.ts'
import type { StoredListing } from '../../../signaling/registry-store/registry-store.ts'
import { createFakeBucket, type FakeBucket } from '../../support/fake-bucket.ts'
import { createNodeKey, headHex, headOf, identityOf, idOf } from '../../support/node-key.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const log = createLog('silent', false, { write: () => undefined })
const key = createNodeKey()
const identity = identityOf(key)
const id = idOf(identity)
const listingOf = (rows: number, name?: string): StoredListing => {
  const own = name === undefined ? identity : identityOf(key, name)
  const of = idOf(own)
  return { id: of, identity: own, head: headHex(headOf(key, of, rows)), recent: [], seenAt: rows }
}

/** Everything that can happen without time passing has happened. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

/** Two servers with one bucket; what the second hears of the first. */
const setUp = async (bucket: FakeBucket = createFakeBucket()) => {
  const clock = createVirtualClock()
  let reconnected = (): void => undefined
  const writer = await openNatsStore(bucket, { clock, log })
  const reader = await openNatsStore(bucket, { clock, log, onReconnect: (run) => (reconnected = run) })
  const heard: number[] = []
  reader.follow((_, listing) => heard.push(listing?.seenAt ?? 0))
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STORE_PAUSE_MS) {
      clock.advance(Math.min(left, STORE_PAUSE_MS))
      await settled()
    }
  }
  return { bucket, clock, writer, reader, heard, pass, reconnected: () => reconnected() }
}

describe('the directory that servers share', () => {
  it('[S88] is heard again when a watch has gone deaf without a word', async () => {
    const { bucket, writer, heard, pass } = await setUp()
    await writer.put(listingOf(1))
    await settled()
    bucket.deafen()
    await writer.put(listingOf(2))
    await settled()
    expect(heard).toEqual([1])
    await pass(2 * STORE_LOOK_MS)
    expect(heard).toEqual([1, 2])
    // From where the old one ended, not from the beginning.
    expect(bucket.watchedFrom).toEqual([1, 1, 2, 2])
  })

  it('[S88] is read at the start though the first watch brings nothing', async () => {
    const { bucket, clock, writer, pass } = await setUp()
    await writer.put(listingOf(1))
    bucket.stallsWatches = true
    const late = openNatsStore(bucket, { clock, log })
    await settled()
    bucket.stallsWatches = false
    await pass(2 * STORE_LOOK_MS)
    expect(await (await late).load()).toEqual([listingOf(1)])
  })

  it('[S88] leaves a watch alone that brings everything', async () => {
    const { bucket, writer, pass } = await setUp()
    await writer.put(listingOf(1))
    await pass(10 * STORE_LOOK_MS)
    expect(bucket.watchedFrom).toEqual([1, 1])
  })

  it('[S88] is heard again when a watch ends, and at once when the connection is back', async () => {
    const { bucket, writer, heard, pass, reconnected } = await setUp()
    bucket.endWatches()
    await writer.put(listingOf(1))
    await pass(STORE_LOOK_MS)
    expect(heard).toEqual([1])
    bucket.deafen()
    await writer.put(listingOf(2))
    reconnected()
    await settled()
    expect(heard).toEqual([1, 2])
  })

  it('[S27] refuses a change that nobody answers for', async () => {
    const { bucket, writer, pass } = await setUp()
    bucket.isAway = true
    const kept = writer.put(listingOf(1))
    await pass(KEEP_MS + STORE_PAUSE_MS)
    expect(await kept).toMatchObject({ ok: false, error: { code: 'not-kept' } })
  })

  it('[S88] tries again while the cluster chooses a leader, and then says done', async () => {
    const { bucket, writer, pass } = await setUp()
    bucket.isAway = true
    const kept = writer.put(listingOf(1))
    await pass(KEEP_MS / 2)
    bucket.isAway = false
    await pass(STORE_PAUSE_MS)
    expect(await kept).toMatchObject({ ok: true })
  })

  it('of many changes of a stream meanwhile only the newest is kept, and all are answered', async () => {
    const { bucket, writer, heard, pass } = await setUp()
    bucket.isAway = true
    const kept = Promise.all([1, 2, 3, 4].map((rows) => writer.put(listingOf(rows))))
    await pass(STORE_PAUSE_MS)
    bucket.isAway = false
    await pass(STORE_PAUSE_MS)
    expect((await kept).every(({ ok }) => ok)).toBe(true)
    expect(heard).toEqual([1, 4])
  })

  it('[S88] room is not made of what another server has kept meanwhile', async () => {
    const { bucket, writer, reader } = await setUp()
    await writer.put(listingOf(1))
    await settled()
    bucket.deafen()
    await writer.put(listingOf(2))
    expect(await reader.remove(id)).toMatchObject({ ok: true })
    expect(bucket.texts.get(id)).toBe(JSON.stringify(listingOf(2)))
    expect(await writer.remove(id)).toMatchObject({ ok: true })
    expect(bucket.texts.has(id)).toBe(false)
  })

  it('[S27] who waits behind another change is answered as soon as if it had not', async () => {
    const { bucket, writer, pass } = await setUp()
    bucket.isAway = true
    const answers: boolean[] = []
    for (const rows of [1, 2]) void writer.put(listingOf(rows)).then(({ ok }) => answers.push(ok))
    await pass(KEEP_MS + 2 * STORE_PAUSE_MS)
    expect(answers).toEqual([false, false])
  })

  it('a change whose answer was lost is kept once more, and is no quarrel', async () => {
    const { bucket, writer, pass } = await setUp()
    bucket.losesAnswers = true
    const kept = writer.put(listingOf(1))
    await settled()
    bucket.losesAnswers = false
    await pass(STORE_PAUSE_MS)
    expect(await kept).toMatchObject({ ok: true })
    expect([...bucket.texts.keys()]).toEqual([id])
  })

  it('[S87] is not reachable when it has not answered for STORE_SILENT_MS, until it does', async () => {
    const { bucket, writer, pass } = await setUp()
    bucket.isAway = true
    await pass(STORE_SILENT_MS - STORE_LOOK_MS)
    expect(writer.isReachable).toBe(true)
    await pass(STORE_LOOK_MS)
    expect(writer.isReachable).toBe(false)
    bucket.isAway = false
    await pass(STORE_LOOK_MS)
    expect(writer.isReachable).toBe(true)
  })

  it('[S88] an answer that comes after what another server has kept since sets nothing back', async () => {
    const { bucket, writer, reader } = await setUp()
    bucket.holdsAnswers = true
    const kept = writer.put(listingOf(1))
    await settled()
    bucket.holdsAnswers = false
    await reader.put(listingOf(2))
    await settled()
    bucket.release()
    expect(await kept).toMatchObject({ ok: true })
    expect(await writer.load()).toEqual([listingOf(2)])
  })

  it('[S88] a connection that comes back once more while the watch is being opened has it opened once more', async () => {
    const { bucket, writer, heard, reconnected } = await setUp()
    bucket.deafen()
    bucket.holdsAnswers = true
    reconnected()
    await settled()
    // The new one is as deaf already.
    bucket.deafen()
    reconnected()
    bucket.release()
    await settled()
    await writer.put(listingOf(1))
    await settled()
    expect(heard).toEqual([1])
  })

  it('[S91] remembers for a while that a stream made room, and then forgets it, and so does every server', async () => {
    const { bucket, writer, reader, heard, pass } = await setUp()
    const another = listingOf(1, 'another')
    await writer.put(listingOf(1))
    await writer.remove(id)
    await writer.put(another)
    await pass(MARKERS_KEPT_MS - STORE_LOOK_MS)
    expect(bucket.keys).toEqual([id, another.id])
    await pass(3 * STORE_LOOK_MS)
    expect(bucket.keys).toEqual([another.id])
    // Neither remembers a revision, so that neither is refused at first.
    expect(await reader.put(listingOf(3))).toMatchObject({ ok: true })
    expect(await writer.put(listingOf(4))).toMatchObject({ ok: true })
    await settled()
    expect(heard.slice(0, 2)).toEqual([1, 0])
    expect(heard.at(-1)).toBe(4)
    expect(bucket.refused).toBe(0)
  })

  it('[S91] the newest entry stays, whatever it is: by it is known how far the store is', async () => {
    const { bucket, writer, pass } = await setUp()
    await writer.put(listingOf(1))
    await writer.remove(id)
    await pass(MARKERS_KEPT_MS + 3 * STORE_LOOK_MS)
    expect(bucket.keys).toEqual([id])
    await writer.put(listingOf(1, 'another'))
    await pass(2 * STORE_LOOK_MS)
    expect(bucket.keys).toEqual([listingOf(1, 'another').id])
  })

  it('[S91] a stream that is listed again meanwhile is not forgotten', async () => {
    const { bucket, writer, pass } = await setUp()
    await writer.put(listingOf(1))
    await writer.remove(id)
    await settled()
    await pass(MARKERS_KEPT_MS / 2)
    await writer.put(listingOf(2))
    await writer.put(listingOf(1, 'another'))
    await pass(MARKERS_KEPT_MS)
    expect([...bucket.texts.keys()]).toContain(id)
  })

  it('[S91] one that made room twice is remembered from the second time, and holds up no other', async () => {
    const { bucket, writer, pass } = await setUp()
    const another = listingOf(1, 'another')
    for (const listing of [listingOf(1), another]) await writer.put(listing)
    for (const listing of [id, another.id]) await writer.remove(listing)
    await pass(MARKERS_KEPT_MS / 2)
    await writer.put(listingOf(2))
    await writer.remove(id)
    await writer.put(listingOf(1, 'a third'))
    await pass(MARKERS_KEPT_MS / 2 + 2 * STORE_LOOK_MS)
    expect(bucket.keys).not.toContain(another.id)
    expect(bucket.keys).toContain(id)
  })

  it('[S91] who was out of hearing for longer than that finds out all the same what is gone', async () => {
    const { bucket, writer, reader, heard, pass } = await setUp()
    await writer.put(listingOf(1))
    await writer.put(listingOf(2, 'another'))
    await settled()
    bucket.deafen()
    bucket.isAway = true
    await pass(MARKERS_KEPT_MS + STORE_LOOK_MS)
    bucket.isAway = false
    const last = bucket.keys.length
    const late = await openNatsStore(bucket, { clock: createVirtualClock(), log })
    await late.remove(id)
    await bucket.forget(last + 1)
    await late.put(listingOf(3, 'another'))
    await pass(2 * STORE_LOOK_MS)
    expect(heard).toEqual([1, 2, 3, 0])
    expect(await reader.load()).toEqual([listingOf(3, 'another')])
  })

  it('[S92] a bucket that was made anew gets what the servers have listed, and nobody takes it for gone', async () => {
    const { bucket, writer, reader, heard, pass } = await setUp()
    for (const rows of [1, 2, 3]) await writer.put(listingOf(rows))
    await writer.put(listingOf(1, 'another'))
    await settled()
    bucket.renew()
    await pass(2 * STORE_LOOK_MS)
    expect([...bucket.texts.keys()].sort()).toEqual([id, listingOf(1, 'another').id].sort())
    expect(heard).not.toContain(0)
    await writer.put(listingOf(4))
    await settled()
    expect(heard.at(-1)).toBe(4)
    expect((await reader.load()).map(({ seenAt }) => seenAt)).toEqual([1, 4])
  })

  it('[S92] a bucket that was set back to a backup gets what the servers have listed since', async () => {
    const { bucket, writer, reader, heard, pass } = await setUp()
    const another = listingOf(1, 'another')
    for (const rows of [1, 2]) await writer.put(listingOf(rows))
    await writer.put(another)
    await writer.remove(another.id)
    await settled()
    // The backup was made here, after four changes.
    await writer.put(another)
    await writer.put(listingOf(3))
    await settled()
    heard.length = 0
    bucket.restore(4)
    await pass(2 * STORE_LOOK_MS)
    const texts = [...bucket.texts.values()].map((text) => (JSON.parse(text) as StoredListing).seenAt)
    expect(texts.sort()).toEqual([1, 3])
    expect(heard.filter((rows) => rows === 0 || rows === 2)).toEqual([])
    await writer.put(listingOf(4))
    await settled()
    expect(heard.at(-1)).toBe(4)
    expect((await reader.load()).map(({ seenAt }) => seenAt)).toEqual([1, 4])
  })

  it('[S87] is not reachable while a bucket that was set back has not been heard', async () => {
    const { bucket, writer, reader, pass } = await setUp()
    for (const rows of [1, 2]) await writer.put(listingOf(rows))
    await settled()
    expect(reader.isReachable).toBe(true)
    bucket.restore(1)
    bucket.stallsWatches = true
    await pass(STORE_LOOK_MS)
    expect(reader.isReachable).toBe(false)
    bucket.stallsWatches = false
    await pass(2 * STORE_LOOK_MS)
    expect(reader.isReachable).toBe(true)
  })

  it('[S92] a change that the bucket before answers for is kept in the one that there is now', async () => {
    const { bucket, writer, reader, pass } = await setUp()
    // Nobody else has heard of it.
    await reader.close()
    bucket.holdsAnswers = true
    const kept = writer.put(listingOf(1))
    await settled()
    bucket.holdsAnswers = false
    bucket.renew()
    await pass(2 * STORE_LOOK_MS)
    expect(bucket.texts.size).toBe(0)
    bucket.release()
    expect(await kept).toMatchObject({ ok: true })
    expect([...bucket.texts.keys()]).toEqual([id])
  })

  it('[S93] that brings nothing of what it holds is given up at the start', async () => {
    const { bucket, clock, writer, pass } = await setUp()
    await writer.put(listingOf(1))
    bucket.stallsWatches = true
    const late = openNatsStore(bucket, { clock, log }).then(
      () => 'open',
      (thrown: unknown) => String(thrown),
    )
    await pass(STORE_LOAD_MS + STORE_LOOK_MS)
    expect(await late).toContain('does not tell what it holds')
  })

  it('[S17] is let go of in time, whatever is under way', async () => {
    const { bucket, clock, writer } = await setUp()
    bucket.isAway = true
    void writer.put(listingOf(1))
    await settled()
    let isClosed = false
    void writer.close().then(() => (isClosed = true))
    clock.advance(STORE_CLOSE_MS)
    await settled()
    expect(isClosed).toBe(true)
  })
})
