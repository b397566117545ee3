import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { evidenceOfHeads } from '../../../../src/domain/evidence.ts'
import { headBytes, type Head, type SignedHead } from '../../../../src/domain/head.ts'
import type { HistoryRecord } from '../../../../src/ports/history-store.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type FrameType } from '../../../../src/protocol/frame.ts'
import { joinNodes, must } from '../../../support/data-node.ts'
import { historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { settle } from '../../../support/pipes.ts'
import { createSmallWorld, rowOf, SMALL, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

// What is heard while something else is on its way to disk.

/** A disk whose next commit of such a record waits until it is let go. */
const holding = (isHeld: (record: HistoryRecord) => boolean) => {
  const store = createMemoryStore()
  let arrived = (): void => undefined
  let letGo = (): void => undefined
  const reached = new Promise<void>((resolve) => (arrived = resolve))
  const released = new Promise<void>((resolve) => (letGo = resolve))
  let isOver = false
  const commit: MemoryStore['commit'] = async (change) => {
    if (!isOver && isHeld(change.record)) {
      isOver = true
      arrived()
      await released
    }
    return store.commit(change)
  }
  return { store: { ...store, commit }, reached, letGo }
}

const signedOf = (world: SmallWorld, values: string, change: Partial<Head> = {}): SignedHead => {
  const { head: honest } = historyOf(world.identity, Array.from(values, rowOf), SMALL.pageRows)
  const head = { ...honest, ...change }
  return { head, signature: world.key.sign(headBytes(head)) }
}

const epochOf = (node: SmallNode, { stream }: SmallWorld): number | undefined => node.state(stream)?.head?.head.epoch

describe('while a commit is on its way', () => {
  it('[D20] evidence that comes as a history is promoted holds: the history is there, and it is forked', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const { store, reached, letGo } = holding(({ head }) => head !== null)
    const bob = await world.start('bob', store)
    await must(bob.client.subscribe(world.identity))
    await world.meet(bob, alice)
    await reached
    void bob.client.deliverHead(signedOf(world, 'abcdeX'))
    for (let turn = 0; turn < 5; turn++) await settle()
    letGo()
    await world.wait(2_000)
    expect(bob.state(world.stream)).toMatchObject({ forked: true, problem: { code: 'forked' } })
    const again = await world.start('bob again', store)
    expect(again.state(world.stream)).toMatchObject({ forked: true })
  })

  it('[D20] evidence that comes as a later epoch is promoted says nothing of that, and is not kept', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const { store, reached, letGo } = holding(({ head }) => head?.head.epoch === 1)
    const bob = await world.start('bob', store)
    await must(bob.client.subscribe(world.identity))
    await world.meet(bob, alice)
    await world.wait(1_000)
    await must(alice.client.beginEpoch(world.stream))
    await reached
    void bob.client.deliverHead(signedOf(world, 'abcdeX'))
    for (let turn = 0; turn < 5; turn++) await settle()
    letGo()
    await world.wait(2_000)
    expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null, head: { head: { epoch: 1 } } })
    expect(store.sync.records()).toMatchObject([{ fork: null, head: { head: { epoch: 1 } } }])
  })

  it('[D20] evidence on record of an epoch that is past is over: the history of a later one is believed', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const bob = await world.subscriber('bob')
    await world.meet(bob, alice)
    await world.wait(1_000)
    const stale = evidenceOfHeads(signedOf(world, 'abcdef'), signedOf(world, 'abcdeX'))
    await must(alice.client.beginEpoch(world.stream))
    await world.wait(1_000)
    const [record] = bob.store.sync.records()
    if (record?.head?.head.epoch !== 1) throw new Error('Bob did not follow the new epoch.')
    bob.store.sync.commit({ record: { ...record, fork: stale } })
    const again = await world.start('bob again', bob.store)
    expect(again.state(world.stream)).toMatchObject({ forked: false, problem: null })
  })

  it('[D20] but of a head that nobody signed it is not said that it ended an epoch', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const bob = await world.subscriber('bob')
    await world.meet(bob, alice)
    await world.wait(1_000)
    const proof = evidenceOfHeads(signedOf(world, 'abcdef'), signedOf(world, 'abcdeX'))
    const [record] = bob.store.sync.records()
    if (record === undefined || record.head === null) throw new Error('no record')
    const { head, signature } = record.head
    bob.store.sync.commit({ record: { ...record, head: { head: { ...head, epoch: 1 }, signature }, fork: proof } })
    const again = await world.start('bob again', bob.store)
    expect(again.state(world.stream)).toMatchObject({ forked: true })
  })

  it('[D22] an epoch that is begun is later than one that is heard of before its turn', async () => {
    const world = createSmallWorld()
    const { store, reached, letGo } = holding(({ head }) => head?.head.rows === 1)
    const alice = await world.start('alice', store)
    await must(alice.client.subscribe(world.identity))
    const begun = alice.client.beginEpoch(world.stream)
    void alice.client.append(world.stream, rowOf('a', 0).time, 'a')
    await reached
    const continues = { epoch: 0, rows: 0, root: new Uint8Array(32) }
    await must(alice.client.deliverHead(signedOf(world, 'abc', { epoch: 3, continues })))
    letGo()
    await must(begun)
    await world.wait(250)
    expect(epochOf(alice, world)).toBe(4)
  })

  it('[D22] and later than one that is forked, though nothing of it was ever here', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abc')
    const continues = { epoch: 0, rows: 3, root: signedOf(world, 'abc').head.root }
    for (const values of ['abcd', 'abcX']) await alice.client.deliverHead(signedOf(world, values, { epoch: 2, continues }))
    expect(alice.state(world.stream)).toMatchObject({ forked: true, rows: 3 })
    await must(alice.client.beginEpoch(world.stream))
    expect(epochOf(alice, world)).toBe(3)
  })
})

/** A pipe over which frames of some types do not leave while it is shut. */
const shutting = (types: readonly FrameType[]) => {
  const valve = { isShut: false, pipe: null as Pipe | null }
  const distort = (pipe: Pipe): Pipe => {
    valve.pipe = pipe
    const send = (bytes: Bytes): void => {
      const frame = decodeFrame(bytes)
      if (!valve.isShut || (frame.ok && !types.includes(frame.value.type))) pipe.send(bytes)
    }
    return { ...pipe, send }
  }
  return { valve, distort }
}

it('[D20] a download that ends while evidence is on its way to disk is not the history, and nobody is told that it were', async () => {
  const world = createSmallWorld()
  const alice = await world.publisher('abcdef')
  const { store, reached, letGo } = holding(({ fork }) => fork !== null)
  const bob = await world.start('bob', store)
  await must(bob.client.subscribe(world.identity))
  const { valve, distort } = shutting(['packet'])
  valve.isShut = true
  await joinNodes(bob, alice, { distort })
  await world.wait(1_000)
  void bob.client.deliverHead(signedOf(world, 'abcdeX'))
  await reached
  valve.isShut = false
  await world.wait(30_000)
  letGo()
  await world.wait(2_000)
  expect(bob.state(world.stream)).toMatchObject({ forked: true, rows: 0 })
  expect(bob.log().filter((line) => line.includes('complete'))).toEqual([])
})

describe('[D32] a stream that was forgotten and is wanted again', () => {
  it('begins without the row that was its last: the same row is news', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcde')
    const bob = await world.subscriber('bob')
    const { valve, distort } = shutting(['status', 'live'])
    await joinNodes(bob, alice, { distort })
    await world.wait(1_000)
    const before = alice.notices.length
    await world.say(alice, 'f')
    expect(await world.rows(bob)).toBe('abcdef')
    const live = alice.notices.slice(before).find((notice) => notice.type === 'live-row')?.live ?? new Uint8Array()
    valve.isShut = true
    await must(bob.client.forget(world.stream))
    await must(bob.client.subscribe(world.identity))
    await world.wait(1_000)
    expect(bob.state(world.stream)).toMatchObject({ rows: 0, targetRows: 0 })
    valve.pipe?.send(encodeFrame({ type: 'live', request: 0, stream: world.stream, live }))
    await world.wait(1_000)
    expect(bob.state(world.stream)).toMatchObject({ targetRows: 6 })
  })
})
