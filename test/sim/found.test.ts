import { expect, it } from 'vitest'
import type { Bytes } from '../../src/base/bytes.ts'
import { createSeededRandom } from '../../src/base/random.ts'
import { looseRowBefore } from '../../src/data/reading/row-before.ts'
import { createLooseLedger } from '../../src/consensus/loose-ledger.ts'
import { NO_AUTHOR, streamIdOf } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../src/protocol/frame.ts'

import { joinNodes, must, publish } from '../support/data-node.ts'
import { sha256 } from '../support/node-key.ts'
import { backupOf, createSmallWorld, rowOf, startPair, textOf, type SmallNode } from '../support/small-world.ts'
import { createLife } from './whole/life.ts'
import type { Meetings } from './whole/meetings.ts'
import type { SimNode } from './whole/node.ts'
import { quietPlan } from './whole/quiet-plan.ts'
import { createSwarming } from './whole/swarming.ts'
import { playWhole } from './whole/world.ts'
import { createTimeline } from './timeline.ts'

// What the simulator found, each in the smallest world that has it. Three more are held where their machine is tested:
// pauses by a clock that was set back (test/unit/data/pace/steady-clock.test.ts), a peer that refuses everything ([T17]) and pages that
// a sender declined ([T16], both test/unit/transfer/download.test.ts).

it('who is linked again is asked also about streams that seem complete: no server told what was published meanwhile', async () => {
  const { world, alice, bob, unplug } = await startPair('abcde')
  expect(await world.rows(bob)).toBe('abcde')
  unplug()
  await world.wait(1_000)
  await world.say(alice, 'f')
  await world.meet(alice, bob)
  expect(await world.rows(bob)).toBe('abcdef')
})

it('whom a download has brought further tells those who follow it: they do not wait until they ask again', async () => {
  const { world, alice, bob, unplug } = await startPair('abcde')
  const carol = await world.subscriber('carol')
  await world.meet(bob, carol)
  unplug()
  await world.say(alice, 'fghij')
  // Carol has just asked in vain, and asks with growing pauses.
  await world.wait(20_000)
  await world.meet(alice, bob)
  await world.wait(1_000)
  expect([await world.rows(bob), await world.rows(carol)]).toEqual(['abcdefghij', 'abcdefghij'])
})

it('a peer that names the newest head and gives nothing of it keeps from nobody what others have', async () => {
  const { world, alice, bob, unplug } = await startPair('abcdef')
  unplug()
  await world.say(alice, 'ghij')
  const carol = await world.subscriber('carol')
  await joinNodes(carol, alice, { distort: declining })
  await world.meet(carol, bob)
  await world.wait(30_000)
  expect(await world.rows(carol)).toBe('abcdef')
})

it('of loose rows that share a time one is kept, and it is not passed off as the row before another', () => {
  const rows = createLooseLedger()
  const kept = { mark: 'quorum', own: false } as const
  // Row 4 has the time of row 3 and was passed over.
  rows.apply({ put: [{ ...kept, number: 3, row: rowOf('c', 3), before: 'beginning' }, { ...kept, number: 5, row: rowOf('e', 5), before: rowOf('c', 3).time }], drop: [] })
  const before = (row: number | null) => looseRowBefore(rows, { row, time: 5_000_000 as Micros }, { afford: () => true, isPeer: true })
  expect(before(null)).toMatchObject({ ok: true, value: { number: 3 } })
  expect(before(4)).toMatchObject({ ok: true, value: { number: 3 } })
  expect(before(5)).toMatchObject({ ok: false, error: { code: 'unknown-row' } })
})

it('[C6] [C14] whoever has fewer rows than are asked about does not pass off its last as the row before', () => {
  const rows = createLooseLedger()
  rows.apply({ put: [{ mark: 'quorum', own: false, number: 2, row: rowOf('b', 2), before: 'unknown' }], drop: [] })
  const before = (row: number | null) => looseRowBefore(rows, { row, time: 5_000_000 as Micros }, { afford: () => true, isPeer: true })
  expect(before(null)).toMatchObject({ ok: true, value: { number: 2 } })
  expect(before(3)).toMatchObject({ ok: true, value: { number: 2 } })
  expect(before(4)).toMatchObject({ ok: false, error: { code: 'unknown-row' } })
})

it('[D17] [D25] a publisher that lost rows hears of them also from whom it met before that one had them', async () => {
  const { world, bob, restored, carol } = await startRestored('def')
  expect(await world.rows(carol)).toBe('abc')
  await world.meet(bob, carol)
  await world.wait(1_000)
  await world.say(restored, 'g')
  expect([await world.rows(restored), await world.rows(carol)]).toEqual(['abcdefg', 'abcdefg'])
})

it('[D21] a publisher hears of its fork also from whom it met before that one knew', async () => {
  const { world, bob, restored, carol } = await startRestored('d')
  await world.say(restored, 'x')
  expect(restored.state(world.stream)?.forked).toBe(false)
  await world.meet(bob, carol)
  expect([carol.state(world.stream)?.forked, restored.state(world.stream)?.forked]).toEqual([true, true])
})

it('[D24] who follows a publisher that began a stream twice follows it into the epoch that ends the quarrel, wherever that begins', async () => {
  const { world, bob, unplug } = await startPair('abcdef')
  unplug()
  const anew = await world.start('alice, on an empty disk')
  await publish(anew, world.identity, Array.from('xy', rowOf))
  await world.meet(anew, bob)
  expect([bob.state(world.stream)?.forked, anew.state(world.stream)?.forked]).toEqual([true, true])
  expect(await anew.client.beginEpoch(world.stream)).toMatchObject({ ok: true })
  await world.wait(2_000)
  expect(await world.rows(bob)).toBe('xy')
  expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null, archived: 1 })
})

it('[C17] who is linked with nobody but a node that one alone has told has nothing of a stream that nobody signs, and all of it from that one', async () => {
  const world = createSmallWorld()
  const keyless = { ...world.identity, author: NO_AUTHOR }
  const stream = streamIdOf(keyless, sha256)
  const [ann, bob, cid] = [await world.start('ann'), await world.start('bob'), await world.start('cid')]
  await must(ann.client.addLoose(keyless, Array.from('abc', rowOf)))
  for (const { client } of [bob, cid]) await must(client.subscribe(keyless))
  await world.meet(ann, bob)
  await world.meet(bob, cid)
  await world.wait(60_000)
  const looseOf = async ({ client }: SmallNode): Promise<string> => textOf((await must(client.loose(stream, 0, 10))).rows.map(({ row }) => row))
  expect([await looseOf(bob), await looseOf(cid)]).toEqual(['abc', ''])
  await world.meet(ann, cid)
  await world.wait(10_000)
  expect(await looseOf(cid)).toBe('abc')
})

// Two in which the simulator itself was wrong.

it('nobody is introduced to whom rows that nobody signs are not told: else who has no other link would wait for ever', async () => {
  // Node 1 has all from one alone and does not pass it on; node 3 stands behind it.
  const subscribers = [{ node: 1, parent: 0 }, { node: 2, parent: 0 }, { node: 3, parent: 1 }]
  const { settledMs } = await playWhole(1, { plan: quietPlan(4, { isKeyless: true, subscribers }) })
  expect(settledMs).toBeLessThan(SOON_MS)
})

it('what a server and those who are dialled take their time for is no timer of the node, which has few when all its links are gone', async () => {
  const timeline = createTimeline()
  const life = createLife({ timeline, skew: () => 0, steps: Infinity, isSafe: () => true, onDeath: () => undefined })
  const { identity, stream } = createSmallWorld()
  const node = { index: 0, key: { publicKey: 'b'.repeat(64) }, life, server: {} } as unknown as SimNode
  const publisher = { index: 1, key: { publicKey: identity.author }, life: null, server: null } as unknown as SimNode
  const swarming = createSwarming({
    ...{ timeline, random: createSeededRandom(1), nodes: [node, publisher], meetings: {} as Meetings },
    ...{ wants: () => [stream], publisherOf: () => publisher, isCutOff: () => false, fired: () => undefined, violated: expect.fail },
  })
  swarming.up(node)
  while (timeline.pending() < 2 && timeline.next(10_000));
  // Its own tick, and beside that the server, which was asked who has the stream.
  expect([life.timers, timeline.pending()]).toEqual([1, 2])
})

it.each(['hello', 'follow'] as const)('a link that its first words (%s) end is not begun afterwards: nothing of it is left', async (word) => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const bob = await world.subscriber('bob')
  await joinNodes(alice, bob, { distort: endedBy(word) })
  await world.wait(1_000)
  expect(bob.server.held()).toEqual({ links: 0, questions: 0, requests: 0, rowsWaiting: 0 })
})

/** In worlds without a fault everyone has everything by then, milliseconds after the weather calmed. */
const SOON_MS = 20_000

/** Alice is restored from a backup and knows nothing of the rows that Bob has from her since; Carol has met her alone. */
const startRestored = async (lost: string) => {
  const { world, alice, bob, unplug } = await startPair('abc')
  const backup = backupOf(alice.store)
  await world.say(alice, lost)
  unplug()
  const restored = await world.start('alice, restored', backup)
  const carol = await world.subscriber('carol')
  await world.meet(restored, carol)
  return { world, bob, restored, carol }
}

/** Of every page it says that it has not got it. */
const declining = (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.ok && frame.value.type === 'packet') pipe.send(encodeFrame({ type: 'unavailable', request: frame.value.request, pages: [frame.value.page] }))
    else pipe.send(bytes)
  },
})

/** A cable that breaks while a frame of this type is sent. */
const endedBy = (type: Frame['type']) => (pipe: Pipe): Pipe => {
  let close = (): void => undefined
  const isIt = (bytes: Bytes): boolean => {
    const frame = decodeFrame(bytes)
    return frame.ok && frame.value.type === type
  }
  return {
    ...pipe,
    onClose: (handle) => void (close = handle),
    send: (bytes) => {
      if (isIt(bytes)) close()
      else pipe.send(bytes)
    },
  }
}
