import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { evidenceOfHeads } from '../../../../src/domain/evidence.ts'
import { headBytes, type SignedHead } from '../../../../src/domain/head.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { must, newestHeadOf } from '../../../support/data-node.ts'
import { historyOf } from '../../../support/history.ts'
import type { MemoryStore } from '../../../support/memory-store.ts'
import { backupOf, createSmallWorld, rowOf, SMALL } from '../../../support/small-world.ts'

const ALL = 'abcdefghijk'

/** Alice has published eleven rows, three pages, and what is done to her disk is done while she is away. */
const afterDamage = async (spoil: (disk: MemoryStore, pages: readonly Bytes[]) => void) => {
  const world = createSmallWorld()
  const before = await world.publisher(ALL)
  const disk = backupOf(before.store)
  spoil(disk, splitPageList(recordOf(disk).hashes))
  return { world, disk, before, alice: await world.start('alice again', disk) }
}

const recordOf = (disk: MemoryStore) => {
  const [record] = disk.sync.records()
  if (record?.head === null || record === undefined) throw new Error('no record')
  return { ...record, head: record.head }
}

const spoilPage = (page: number) => (disk: MemoryStore, pages: readonly Bytes[]): void => {
  const hash = pages[page] ?? new Uint8Array(0)
  disk.sync.stage([{ hash, bytes: (disk.sync.page(hash) ?? new Uint8Array(0)).map((byte) => byte ^ 1) }])
}

describe('[D52] a publisher whose own page is damaged, and nobody has it', () => {
  it('serves nobody until it gives that page up; then it goes on with the rows before it, and what is behind is kept aside', async () => {
    const { world, alice } = await afterDamage(spoilPage(1))
    const bob = await world.subscriber('bob')
    await world.meet(bob, alice)
    expect(await must(alice.client.recheck(world.stream))).toMatchObject({ good: 2, bad: 1 })
    await world.wait(30_000)
    expect(await world.rows(bob)).toBe('')
    await must(alice.client.beginEpoch(world.stream))
    expect(alice.state(world.stream)).toMatchObject({ rows: 4, problem: null, archived: 1, head: { head: { epoch: 1, continues: { epoch: 0, rows: 4 } } } })
    expect(alice.log().at(-1)).toBe('epoch 1 begins with 4 rows; 7 that nobody has are given up')
    await world.say(alice, 'XYZ')
    await world.wait(5_000)
    expect([await world.rows(alice), await world.rows(bob)]).toEqual(['abcdXYZ', 'abcdXYZ'])
  })

  it('so it is after a restart, and pages of the rows given up stay on disk with the archive', async () => {
    const { world, disk, alice } = await afterDamage(spoilPage(1))
    const last = splitPageList(recordOf(disk).hashes)[2] ?? new Uint8Array(0)
    await must(alice.client.recheck(world.stream))
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'X')
    const third = await world.start('alice third', disk)
    expect(await world.rows(third)).toBe('abcdX')
    expect(disk.sync.page(last)).not.toBeNull()
    expect(third.state(world.stream)).toMatchObject({ archived: 1, problem: null })
  })

  it('[D26] while a peer has the page it is fetched, and nothing is given up', async () => {
    const { world, before, disk } = await afterDamage(() => undefined)
    const bob = await world.subscriber('bob')
    const unplug = await world.meet(bob, before)
    unplug()
    const pages = splitPageList(recordOf(disk).hashes)
    spoilPage(1)(disk, pages)
    const alice = await world.start('alice third', disk)
    await world.meet(alice, bob)
    spoilPage(0)(disk, pages)
    // Nobody has noticed yet.
    expect(await alice.client.beginEpoch(world.stream)).toMatchObject({ ok: false, error: { code: 'still-served' } })
    await world.wait(5_000)
    expect(await world.rows(alice)).toBe(ALL)
    expect(newestHeadOf(alice, world.stream).head.epoch).toBe(0)
  })

  it('when its first page is the damaged one nothing is left: the next row begins the epoch, and all is kept aside', async () => {
    const { world, disk, alice } = await afterDamage(spoilPage(0))
    await must(alice.client.recheck(world.stream))
    await must(alice.client.beginEpoch(world.stream))
    expect(alice.state(world.stream)).toMatchObject({ rows: 0, head: null })
    // Nothing is signed yet: a crash now forgets nothing.
    expect(recordOf(disk).head.head).toMatchObject({ epoch: 0, rows: 11 })
    disk.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await alice.client.append(world.stream, rowOf('X', 0).time, 'X')).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    disk.refuseWrites(null)
    await must(alice.client.pause(world.stream, true))
    expect(recordOf(disk).head.head).toMatchObject({ epoch: 0, rows: 11 })
    await world.say(alice, 'XY')
    expect(await world.rows(alice)).toBe('XY')
    expect(recordOf(disk)).toMatchObject({ head: { head: { epoch: 1, rows: 2, continues: { epoch: 0, rows: 0 } } }, archive: [{ head: { head: { rows: 11 } } }] })
  })

  it('when it is its page list, the pages before the first wrong name are there', async () => {
    const { world, alice } = await afterDamage((disk) => {
      const record = recordOf(disk)
      disk.sync.commit({ record: { ...record, hashes: record.hashes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) } })
    })
    expect(alice.state(world.stream)).toMatchObject({ problem: { code: 'damaged-list' } })
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'X')
    expect(await world.rows(alice)).toBe('abcdX')
    expect(alice.state(world.stream)).toMatchObject({ problem: null, archived: 0 })
  })

  it('when it is the signed head, its rows are signed anew', async () => {
    const { world, disk, alice } = await afterDamage((spoilt) => {
      const record = recordOf(spoilt)
      spoilt.sync.commit({ record: { ...record, head: { ...record.head, head: { ...record.head.head, origin: new Uint8Array(32) } } } })
    })
    expect(alice.state(world.stream)).toMatchObject({ rows: 0, problem: { code: 'forged-head' } })
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'X')
    expect(await world.rows(alice)).toBe(`${ALL}X`)
    expect(await world.rows(await world.start('alice third', disk))).toBe(`${ALL}X`)
    const bob = await world.subscriber('bob')
    await world.meet(bob, alice)
    expect(await world.rows(bob)).toBe(`${ALL}X`)
  })

  it('a disk that fails in the midst of it leaves everything as it was', async () => {
    const { world, disk, alice } = await afterDamage(spoilPage(1))
    await must(alice.client.recheck(world.stream))
    disk.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await alice.client.beginEpoch(world.stream)).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    disk.refuseWrites(null)
    expect(newestHeadOf(alice, world.stream).head).toMatchObject({ epoch: 0, rows: 11 })
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'X')
    expect(await world.rows(alice)).toBe('abcdX')
  })
})

describe('[D53] an epoch that begins without rows', () => {
  /** Alice's key has signed two histories, of neither of which she has a row. */
  const afterFork = async () => {
    const world = createSmallWorld()
    const signed = (values: string): SignedHead => {
      const { head } = historyOf(world.identity, Array.from(values, rowOf), SMALL.pageRows)
      return { head, signature: world.key.sign(headBytes(head)) }
    }
    const bob = await world.planted('bob', 'abc')
    await must(bob.client.subscribe(world.identity))
    const alice = await world.start('alice')
    await must(alice.client.subscribe(world.identity))
    const [one, other] = [signed('abc'), signed('abX')]
    for (const node of [bob, alice]) for (const head of [one, other]) await node.client.deliverHead(head)
    return { world, alice, bob, one, evidence: evidenceOfHeads(one, other) }
  }

  it('is not taken back by the old evidence or the old heads before its first row', async () => {
    const { world, alice, bob, one, evidence } = await afterFork()
    expect(evidence.length).toBeGreaterThan(0)
    expect(alice.state(world.stream)).toMatchObject({ forked: true, rows: 0 })
    await must(alice.client.beginEpoch(world.stream))
    expect(alice.state(world.stream)).toMatchObject({ forked: false, problem: null, rows: 0 })
    // Bob tells it again, and so does a server.
    await world.meet(bob, alice)
    expect(world.trace.some((line) => line.startsWith('bob -> alice | evidence'))).toBe(true)
    expect(await must(alice.client.deliverHead(one))).toBe('known')
    expect(alice.state(world.stream)).toMatchObject({ forked: false, phase: 'idle' })
    await world.say(alice, 'Y')
    expect(newestHeadOf(alice, world.stream).head).toMatchObject({ epoch: 1, rows: 1, continues: { epoch: 0, rows: 0 } })
    await world.wait(5_000)
    expect(await world.rows(bob)).toBe('Y')
    expect(bob.state(world.stream)).toMatchObject({ forked: false })
  })

  it('is still to be begun after a crash before its first row', async () => {
    const { world, alice } = await afterFork()
    await must(alice.client.beginEpoch(world.stream))
    const again = await world.start('alice again', alice.store)
    expect(again.state(world.stream)).toMatchObject({ forked: true })
  })
})
