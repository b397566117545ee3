import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import type { StreamIdentity } from '../../../../src/domain/stream.ts'
import type { StoredPage } from '../../../../src/ports/history-store.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, type FrameType } from '../../../../src/protocol/frame.ts'
import { joinNodes, must, publish } from '../../../support/data-node.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { idOf } from '../../../support/node-key.ts'
import { backupOf, createSmallWorld, rowOf, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

/** More pages than are on their way to disk at a time. */
const MANY = 80

const letters = (rows: number) => Array.from('a'.repeat(rows), rowOf)

/** A disk that writes no page for twelve seconds, from the first on; how many writes it was asked for meanwhile. */
const stuck = (world: SmallWorld, disk: MemoryStore = createMemoryStore()) => {
  const { stage } = disk
  const asked: number[] = []
  let until: number | null = null
  disk.stage = (pages: readonly StoredPage[]) =>
    new Promise((resolve) => {
      until ??= world.clock.now() + 12_000
      asked.push(pages.length)
      world.clock.after(Math.max(0, until - world.clock.now()), () => resolve(stage(pages)))
    })
  return { disk, asked }
}

const otherStreams = (world: SmallWorld, ...names: readonly string[]): readonly StreamIdentity[] => names.map((stream) => ({ ...world.identity, stream }))

const endsOf = (node: SmallNode): readonly string[] => node.notices.flatMap((notice) => (notice.type === 'link-event' && notice.event !== 'ready' ? [notice.code] : []))

/** Frames of a type come half a second later. */
const late = (world: SmallWorld, type: FrameType) => (pipe: Pipe): Pipe => {
  const isLate = (bytes: Bytes): boolean => {
    const frame = decodeFrame(bytes)
    return frame.ok && frame.value.type === type
  }
  return { ...pipe, onFrame: (handle) => pipe.onFrame((bytes) => (isLate(bytes) ? void world.clock.after(500, () => handle(bytes)) : handle(bytes))) }
}

describe('[T18] a disk of ours that stands still', () => {
  it('is nobody’s silence: what the peer says of other streams waits with us', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcd')
    const wanted = otherStreams(world, 'A', 'B')
    for (const identity of wanted) await publish(alice, identity, letters(MANY * 4))
    const { disk, asked } = stuck(world)
    const bob = await world.start('bob', disk)
    for (const identity of wanted) await must(bob.client.subscribe(identity))
    await joinNodes(alice, bob)
    await world.wait(30_000)
    expect(asked.length).toBeGreaterThan(0)
    expect(endsOf(bob)).toEqual([])
    for (const identity of wanted) expect(bob.state(idOf(identity))).toMatchObject({ rows: MANY * 4, problem: null })
  })

  it('is none in a search for what differs either', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcd')
    const [fetched, mended] = otherStreams(world, 'A', 'B') as [StreamIdentity, StreamIdentity]
    await publish(alice, mended, letters(40))
    const before = await world.start('bob')
    await must(before.client.subscribe(mended))
    const unplug = await world.meet(alice, before)
    unplug()
    await publish(alice, mended, letters(8))
    await publish(alice, fetched, letters(MANY * 4))
    const bob = await world.start('bob', stuck(world, backupOf(before.store)).disk)
    await must(bob.client.subscribe(fetched))
    world.trace.length = 0
    await joinNodes(alice, bob, { trace: world.trace, distort: late(world, 'nodes') })
    await world.wait(11_000)
    expect(world.trace.filter((line) => line.includes('nodes-request'))).toHaveLength(1)
    expect(bob.state(idOf(mended))).toMatchObject({ rows: 40 })
    await world.wait(10_000)
    expect(endsOf(bob)).toEqual([])
    expect(bob.state(idOf(mended))).toMatchObject({ rows: 48, problem: null })
    expect(bob.state(idOf(fetched))).toMatchObject({ rows: MANY * 4, problem: null })
  })
})
