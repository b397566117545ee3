import { describe, expect, it } from 'vitest'
import { createLiveBuffer, MAX_WAITING_IN_ALL, MAX_WAITING_ROWS } from '../../../../src/data/live/live-buffer.ts'
import { decode, encode } from '../../../../src/base/codec.ts'
import { liveCodec } from '../../../../src/protocol/live.ts'
import type { Bytes } from '../../../../src/base/bytes.ts'
import type { StreamId } from '../../../../src/domain/stream.ts'
import { joinNodes, must, publish } from '../../../support/data-node.ts'
import { settle } from '../../../support/pipes.ts'
import { slowly } from '../../../support/slow-line.ts'
import { createSmallWorld, rowOf, startPair, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

const streamNo = (n: number): StreamId => String(n).padStart(64, '0') as StreamId
const rowNo = (n: number): { readonly live: Bytes; readonly from: null } => ({ live: new Uint8Array([n >> 8, n & 255]), from: null })

describe('[D50] rows that came too soon', () => {
  it('are given back by the rows that they make, and forgotten when the history is past them', () => {
    const buffer = createLiveBuffer()
    for (const rows of [7, 5, 6]) buffer.keep(streamNo(1), rows, rowNo(rows))
    expect(buffer.take(streamNo(1), 4)).toEqual([])
    expect(buffer.take(streamNo(1), 6)).toEqual([rowNo(6)])
    expect(buffer.take(streamNo(1), 5)).toEqual([])
    expect(buffer.take(streamNo(1), 7)).toEqual([rowNo(7)])
  })

  it('are at most 512 of a stream, the newest, and three different ones under one number', () => {
    const buffer = createLiveBuffer()
    for (let rows = 1; rows <= MAX_WAITING_ROWS + 3; rows++) buffer.keep(streamNo(1), rows, rowNo(rows))
    expect(buffer.take(streamNo(1), 3)).toEqual([])
    expect(buffer.take(streamNo(1), 4)).toEqual([rowNo(4)])
    for (const n of [1, 1, 2, 3, 4]) buffer.keep(streamNo(2), 9, rowNo(n))
    expect(buffer.take(streamNo(2), 9)).toEqual([rowNo(1), rowNo(2), rowNo(3)])
  })

  it('are at most 4,096 of all streams: the stream that heard nothing for longest gives way', () => {
    const buffer = createLiveBuffer()
    const streams = MAX_WAITING_IN_ALL / MAX_WAITING_ROWS
    for (let n = 0; n <= streams; n++) for (let rows = 1; rows <= MAX_WAITING_ROWS; rows++) buffer.keep(streamNo(n), rows, rowNo(rows))
    expect(buffer.take(streamNo(0), MAX_WAITING_ROWS)).toEqual([])
    for (let n = 1; n <= streams; n++) expect(buffer.take(streamNo(n), 1)).toHaveLength(1)
    buffer.forget(streamNo(1))
    expect(buffer.take(streamNo(1), 2)).toEqual([])
  })

  it('are at most 512 of a stream also where three different ones stand under each number', () => {
    const buffer = createLiveBuffer()
    for (let rows = 1; rows <= MAX_WAITING_ROWS; rows++) for (let other = 0; other < 3; other++) buffer.keep(streamNo(1), rows, rowNo(rows * 3 + other))
    expect(buffer.size).toBeLessThanOrEqual(MAX_WAITING_ROWS)
    expect(buffer.take(streamNo(1), MAX_WAITING_ROWS)).toHaveLength(3)
  })

  it('cost nothing when they are gone', () => {
    const buffer = createLiveBuffer()
    for (let n = 0; n < 3 * MAX_WAITING_IN_ALL; n++) buffer.keep(streamNo(n % 20), n >> 2, rowNo(n))
    for (let n = 0; n < 20; n += 2) buffer.take(streamNo(n), Infinity)
    for (let n = 1; n < 20; n += 2) buffer.forget(streamNo(n))
    expect(buffer.size).toBe(0)
  })
})

/** A publisher that says twenty rows a second, and one that follows it from far behind over a line with a round trip of 600 ms. */
const startRun = async (before: number) => {
  const world = createSmallWorld()
  const alice = await world.start('alice')
  await publish(alice, world.identity, Array.from({ length: before }, (_, n) => rowOf(String(n), n)))
  const bob = await world.subscriber('bob')
  await joinNodes(bob, alice, { trace: world.trace, distort: slowly(world.clock, 300) })
  let said = before
  const run = async (seconds: number): Promise<void> => {
    for (let step = 0; step < seconds * 20; step++) {
      void must(alice.client.append(world.stream, rowOf('', said).time, String(said)))
      said++
      await settle()
      world.clock.advance(50)
      await settle()
    }
  }
  return { world, alice, bob, run, said: () => said }
}

const lagOf = ({ stream }: SmallWorld, from: SmallNode, to: SmallNode): number => (from.state(stream)?.rows ?? 0) - (to.state(stream)?.rows ?? 0)

describe('[D50] subscribing to a publisher that goes on', () => {
  it('rows that come during a download follow it: no gap, none twice, and soon nothing is fetched any more', async () => {
    const { world, alice, bob, run, said } = await startRun(150)
    await run(13)
    world.trace.length = 0
    await run(3)
    // What is on the line: 0.3 s.
    expect(lagOf(world, alice, bob)).toBeLessThanOrEqual(7)
    expect(world.trace.filter((line) => line.includes('request'))).toEqual([])
    await world.wait(2_000)
    const { rows } = await must(bob.client.rows(world.stream, 0, 800))
    expect(rows.map(({ value }) => Number(value))).toEqual(Array.from({ length: said() }, (_, n) => n))
    const kept = bob.log().flatMap((line) => /^observation (\d+) verified/.exec(line)?.[1] ?? [])
    expect(new Set(kept).size).toBe(kept.length)
  })

  it('rows that arrive out of order need no download', async () => {
    const { world, alice, bob, unplug } = await startPair('abcd')
    unplug()
    const lives = await livesOf(world, alice, 'efgh')
    world.trace.length = 0
    for (const at of [2, 1, 3, 0]) await bob.client.deliver(world.stream, lives[at] ?? new Uint8Array())
    expect(await world.rows(bob)).toBe('abcdefgh')
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', problem: null })
  })

  it('a wrong row under a true head keeps the right one out of nowhere', async () => {
    const { world, alice, bob, unplug } = await startPair('abcd')
    unplug()
    const [first, second] = await livesOf(world, alice, 'ef')
    const live = decode(liveCodec, second ?? new Uint8Array(), 'live message')
    if (first === undefined || second === undefined || !live.ok) throw new Error('no rows')
    await bob.client.deliver(world.stream, encode(liveCodec, { ...live.value, row: rowOf('X', 5) }))
    await bob.client.deliver(world.stream, second)
    await bob.client.deliver(world.stream, first)
    expect(await world.rows(bob)).toBe('abcdef')
  })

  it('who subscribes no more keeps none of them', async () => {
    const { world, alice, bob, unplug } = await startPair('abcd')
    unplug()
    const [first, second] = await livesOf(world, alice, 'ef')
    if (first === undefined || second === undefined) throw new Error('no rows')
    await bob.client.deliver(world.stream, second)
    await must(bob.client.unsubscribe(world.stream))
    await bob.client.deliver(world.stream, first)
    expect(await world.rows(bob)).toBe('abcde')
  })
})

/** Rows that a node says, as they travel. */
const livesOf = async (world: SmallWorld, node: SmallNode, values: string): Promise<readonly Bytes[]> => {
  const before = node.notices.length
  await world.say(node, values)
  return node.notices.slice(before).flatMap((notice) => (notice.type === 'live-row' ? [notice.live] : []))
}
