import { expect, it } from 'vitest'
import type { Bytes } from '../../src/base/bytes.ts'
import { looseRowBefore } from '../../src/data/row-before.ts'
import { createLooseLedger } from '../../src/consensus/loose-ledger.ts'
import type { Micros } from '../../src/domain/time.ts'
import type { Pipe } from '../../src/ports/pipe.ts'
import { decodeFrame, type Frame } from '../../src/protocol/frame.ts'
import { joinNodes, publish } from '../support/data-node.ts'
import { backupOf, createSmallWorld, rowOf } from '../support/small-world.ts'

// What the simulator found, each in the smallest world that has it. Three more are held where their machine is tested:
// pauses by a clock that was set back (test/unit/data/steady-clock.test.ts), a peer that refuses everything ([T17]) and pages that
// a sender declined ([T16], both test/unit/transfer/download.test.ts).

it('who is linked again is asked also about streams that seem complete: no server told what was published meanwhile', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abcde')
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(alice, bob)
  expect(await world.rows(bob)).toBe('abcde')
  unplug()
  await world.wait(1_000)
  await world.say(alice, 'f')
  await world.meet(alice, bob)
  expect(await world.rows(bob)).toBe('abcdef')
})

it('whom a download has brought further tells those who follow it: they do not wait until they ask again', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abcde')
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(alice, bob)
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

it('[D17] [D25] a publisher that lost rows hears of them also from whom it met before that one had them', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const backup = backupOf(alice.store)
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(alice, bob)
  await world.say(alice, 'def')
  unplug()
  const restored = await world.start('alice, restored', backup)
  const carol = await world.subscriber('carol')
  await world.meet(restored, carol)
  expect(await world.rows(carol)).toBe('abc')
  await world.meet(bob, carol)
  await world.wait(1_000)
  await world.say(restored, 'g')
  expect([await world.rows(restored), await world.rows(carol)]).toEqual(['abcdefg', 'abcdefg'])
})

it('[D21] a publisher hears of its fork also from whom it met before that one knew', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const backup = backupOf(alice.store)
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(alice, bob)
  await world.say(alice, 'd')
  unplug()
  const restored = await world.start('alice, restored', backup)
  const carol = await world.subscriber('carol')
  await world.meet(restored, carol)
  await world.say(restored, 'x')
  expect(restored.state(world.stream)?.forked).toBe(false)
  await world.meet(bob, carol)
  expect([carol.state(world.stream)?.forked, restored.state(world.stream)?.forked]).toEqual([true, true])
})

it('[D24] who follows a publisher that began a stream twice follows it into the epoch that ends the quarrel, wherever that begins', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abcdef')
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(alice, bob)
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

it.each(['hello', 'follow'] as const)('a link that its first words (%s) end is not begun afterwards: nothing of it is left', async (word) => {
  const world = createSmallWorld()
  const alice = await world.publisher('abc')
  const bob = await world.subscriber('bob')
  await joinNodes(alice, bob, { distort: endedBy(word) })
  await world.wait(1_000)
  expect(bob.server.held()).toEqual({ links: 0, questions: 0, requests: 0, rowsWaiting: 0 })
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
