import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import { streamIdOf } from '../../../../src/domain/stream.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../../src/protocol/frame.ts'
import { ENCODING_CANONICAL, ENCODING_PACKED } from '../../../../src/protocol/transfer.ts'
import { joinNodes, must, pass, publish, startDataNode } from '../../../support/data-node.ts'
import { createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256 } from '../../../support/node-key.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

/** Says each frame of this end as `change` would have it. */
const saying = (change: (frame: Frame) => Frame) => (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (bytes) => {
    const frame = decodeFrame(bytes)
    pipe.send(frame.ok ? encodeFrame(change(frame.value)) : bytes)
  },
})

interface Distortion {
  readonly asking?: (frame: Frame) => Frame
  readonly answering?: (frame: Frame) => Frame
}

/** Alice publishes three pages, Bob fetches them; what either says may be changed on the way. */
const transfer = async ({ asking, answering = (frame) => frame }: Distortion = {}) => {
  const clock = createVirtualClock()
  const key = createNodeKey()
  const identity = identityOf(key)
  const history = historyOf(identity, createRows(createSeededRandom(4), 2 * PAGE_ROWS + 10), PAGE_ROWS)
  const own = createMemoryStore()
  const alice = await startDataNode({ name: 'alice', clock, key, store: own })
  await publish(alice, identity, history.rows)
  const store = createMemoryStore()
  const bob = await startDataNode({ name: 'bob', clock, store })
  await must(bob.client.subscribe(identity))
  const carried: Bytes[] = []
  const note = (frame: Frame): Frame => {
    const said = answering(frame)
    if (said.type === 'packet') carried.push(said.bytes)
    return said
  }
  if (asking === undefined) await joinNodes(bob, alice, { distort: saying(note) })
  else await joinNodes(alice, bob, { distort: saying(asking) })
  await pass(clock, 1_000)
  return { history, carried, bob, own, store, rows: bob.state(streamIdOf(identity, sha256))?.rows, onDisk: store.sync.has(history.pageHashes) }
}

describe('a page on its way', () => {
  it('[T22] [T48] is packed, and kept as it came', async () => {
    const { history, carried, rows, own, store } = await transfer()
    expect(carried.map((bytes) => bytes[0])).toEqual([ENCODING_PACKED, ENCODING_PACKED, ENCODING_PACKED])
    const travelled = carried.reduce((sum, { length }) => sum + length, 0)
    expect(travelled).toBeLessThan(history.pages.reduce((sum, { length }) => sum + length, 0) / 4)
    expect(rows).toBe(history.rows.length)
    // Nobody packs it again: behind its seal rests with both what Alice had sealed and sent. The last page is small.
    const restingIn = (disk: MemoryStore) => history.pageHashes.map((hash) => disk.sync.page(hash) ?? new Uint8Array(0))
    const resting = restingIn(store)
    expect(resting.map(([first]) => first)).toEqual([1, 1, history.pages[2]?.[0]])
    for (const [page, kept] of resting.slice(0, 2).entries()) expect(kept.slice(33)).toEqual(carried[page])
    expect(restingIn(own)).toEqual(resting)
  })

  it('[T22] is canonical for who asks for nothing else', async () => {
    const asking = (frame: Frame): Frame => (frame.type === 'pages-request' ? { ...frame, encodings: [] } : frame)
    const { history, rows, onDisk } = await transfer({ asking })
    expect(rows).toBe(history.rows.length)
    expect(onDisk).toEqual([true, true, true])
  })

  it('[T9] [T24] that does not open is a lie', async () => {
    const answering = (frame: Frame): Frame =>
      frame.type === 'packet' ? { ...frame, bytes: new Uint8Array([ENCODING_PACKED, 0xff, 0xff, 0xff, 1]) } : frame
    const { bob, rows, onDisk } = await transfer({ answering })
    expect(rows).toBe(0)
    expect(onDisk).toEqual([false, false, false])
    expect(bob.notices).toContainEqual(expect.objectContaining({ type: 'link-event', event: 'cut', code: 'bad-page' }))
  })

  it('[T9] that opens to another page is a lie', async () => {
    const answering = (frame: Frame): Frame =>
      frame.type === 'packet' ? { ...frame, bytes: new Uint8Array([ENCODING_CANONICAL, ...new Uint8Array(100)]) } : frame
    const { bob, rows } = await transfer({ answering })
    expect(rows).toBe(0)
    expect(bob.notices).toContainEqual(expect.objectContaining({ type: 'link-event', event: 'cut', code: 'bad-page' }))
  })

  it('[T25] is read from storage for the first who asks, and not for the next', async () => {
    const clock = createVirtualClock()
    const key = createNodeKey()
    const identity = identityOf(key)
    const history = historyOf(identity, createRows(createSeededRandom(4), 2 * PAGE_ROWS + 10), PAGE_ROWS)
    const store = createMemoryStore()
    const read: string[] = []
    const alice = await startDataNode({
      name: 'alice',
      clock,
      key,
      store: {
        ...store,
        page: (hash) => {
          read.push(Buffer.from(hash).toString('hex'))
          return store.page(hash)
        },
      },
    })
    await publish(alice, identity, history.rows)
    const fetches = async (name: string): Promise<number> => {
      const before = read.length
      const node = await startDataNode({ name, clock })
      await must(node.client.subscribe(identity))
      await joinNodes(node, alice)
      await pass(clock, 1_000)
      expect(node.state(streamIdOf(identity, sha256))?.rows).toBe(history.rows.length)
      return read.length - before
    }
    expect(await fetches('bob')).toBe(3)
    expect(await fetches('carol')).toBe(0)
  })
})
