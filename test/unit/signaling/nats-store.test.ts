import { describe, expect, it } from 'vitest'
import { KEEP_MS, STORE_CLOSE_MS, STORE_LOOK_MS, STORE_PAUSE_MS, STORE_SILENT_MS } from '../../../signaling/limits.ts'
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
const listingOf = (rows: number): StoredListing => ({ id, identity, head: headHex(headOf(key, id, rows)), recent: [], seenAt: rows })

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
