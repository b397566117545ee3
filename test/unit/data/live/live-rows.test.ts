import { expect, it } from 'vitest'
import { encode } from '../../../../src/base/codec.ts'
import { ok } from '../../../../src/base/result.ts'
import type { Downloads } from '../../../../src/data/downloads/downloads.ts'
import { createLiveRows } from '../../../../src/data/live/live-rows.ts'
import type { Watchers } from '../../../../src/data/live/watchers.ts'
import type { Catalogue } from '../../../../src/data/streams/catalogue.ts'
import type { SignedHead } from '../../../../src/domain/head.ts'
import type { PeerFrame } from '../../../../src/protocol/frame.ts'
import { liveCodec } from '../../../../src/protocol/live.ts'
import { blankSignature, createHistory } from '../../../support/history.ts'

const HISTORY = createHistory({ seed: 7, rows: 8, pageRows: 8 })
const { stream } = HISTORY
const headOf = (rows: number): SignedHead => ({ head: { ...HISTORY.head, rows }, signature: blankSignature() })
const liveOf = (rows: number) => {
  const row = HISTORY.rows[rows - 1]
  if (row === undefined) throw new Error(`there are no ${rows} rows`)
  return encode(liveCodec, { row, head: headOf(rows) })
}

/** A history of seven rows, and one link to its publisher. `duringRead`: what happens while its last row is read. */
const start = (duringRead: (record: { head: SignedHead; isForgotten: boolean }) => void) => {
  const record = { head: headOf(7), identity: HISTORY.identity, isForgotten: false }
  const history = {
    record,
    rows: 7,
    read: async (from: number, count: number) => {
      await Promise.resolve()
      duringRead(record)
      return ok(HISTORY.rows.slice(from, from + count))
    },
  }
  const said: PeerFrame[] = []
  const live = createLiveRows({
    catalogue: { get: () => (record.isForgotten ? undefined : { history }), all: () => [] } as unknown as Catalogue,
    downloads: {} as Downloads,
    watchers: { changed: () => undefined, notify: () => undefined } as unknown as Watchers,
  })
  live.linkReady({ number: 1, peer: HISTORY.identity.author, send: (frame) => void said.push(frame) })
  return { live, said }
}

it('[D17] whoever has caught up says its last row; of one that came while it was read, that one', async () => {
  let reads = 0
  const { live, said } = start((record) => {
    if (++reads === 1) record.head = headOf(8)
  })
  await live.caughtUp(stream)
  expect(said).toEqual([{ type: 'live', request: 0, stream, live: liveOf(8) }])
})

it('[D32] a stream that is forgotten while its last row is read is not said', async () => {
  const { live, said } = start((record) => {
    record.isForgotten = true
  })
  await live.caughtUp(stream)
  expect(said).toEqual([])
  expect(live.isRepeat(stream, liveOf(7))).toBe(false)
})

it('[D12] what this node has said itself is nothing new when it comes back', async () => {
  const { live } = start(() => undefined)
  expect(live.isRepeat(stream, liveOf(7))).toBe(false)
  await live.caughtUp(stream)
  expect(live.isRepeat(stream, liveOf(7))).toBe(true)
  const row = HISTORY.rows[7]
  if (row !== undefined) live.announce(stream, { row, head: headOf(8) })
  expect(live.isRepeat(stream, liveOf(8))).toBe(true)
})
