import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createDataClient } from '../../../../src/data/data-client.ts'
import { evidenceOfHeads } from '../../../../src/domain/evidence.ts'
import { headBytes, type Head, type SignedHead } from '../../../../src/domain/head.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import type { StreamIdentity } from '../../../../src/domain/stream.ts'
import { attachLocal, must } from '../../../support/data-node.ts'
import { historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { idOf, identityOf } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { backupOf, createSmallWorld, rowOf, SMALL, startPair, textOf, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

const sign = ({ key }: SmallWorld, head: Head): SignedHead => ({ head, signature: key.sign(headBytes(head)) })
const headOfRows = (world: SmallWorld, values: string): SignedHead => sign(world, historyOf(world.identity, Array.from(values, rowOf), SMALL.pageRows).head)

/** Two heads of one count: what Alice cannot explain. */
const proofOf = (world: SmallWorld): Bytes => evidenceOfHeads(headOfRows(world, 'abcdeX'), headOfRows(world, 'abcdeY'))

const damage = ({ store }: SmallNode, page: number): void => {
  const [record] = store.sync.records()
  const hash = splitPageList(record?.hashes ?? new Uint8Array(0))[page]
  if (hash === undefined) throw new Error(`no page ${page}`)
  store.sync.stage([{ hash, bytes: new Uint8Array(3) }])
}

describe('[D32] a stream is forgotten', () => {
  it('while an import of another is committed: the pages that this one is about to name stay', async () => {
    const world = createSmallWorld()
    const disk = slowDisk(createMemoryStore())
    const alice = await world.start('alice', disk.store)
    const other: StreamIdentity = { ...identityOf(world.key), stream: 'other' }
    const bobs = await world.start('bob')
    const followed = { ...identityOf(world.key), author: bobs.server.publicKey }
    await must(alice.client.subscribe(followed))
    const { draft } = await must(alice.client.openDraft(other))
    await must(alice.client.addToDraft(draft, Array.from('abcdefghij', rowOf)))
    // Its pages are on disk, and the record that names them is on its way there.
    disk.hold()
    const committed = alice.client.commitDraft(draft)
    await settle()
    await must(alice.client.forget(idOf(followed)))
    disk.release()
    await must(committed)
    const [again, stream] = [await world.start('alice again', backupOf(alice.store)), idOf(other)]
    expect(textOf((await must(again.client.rows(stream, 0, 100))).rows)).toBe('abcdefghij')
  })
})

describe('[D8] a publisher whose page is damaged', () => {
  it('gets it back from who has fewer rows, and then serves them the rest', async () => {
    const { world, alice, bob, unplug } = await startPair('abcdefghi')
    unplug()
    await world.say(alice, 'jkl')
    damage(alice, 1)
    expect(await must(alice.client.recheck(world.stream))).toMatchObject({ good: 2, bad: 1 })
    expect(alice.state(world.stream)?.problem?.code).toBe('damaged-page')
    await world.meet(bob, alice)
    await world.wait(10_000)
    expect([await world.rows(alice), await world.rows(bob)]).toEqual(['abcdefghijkl', 'abcdefghijkl'])
    expect(alice.state(world.stream)).toMatchObject({ problem: null, phase: 'idle' })
  })

  it('says so still when the page that is left is beyond what they have, and does not go round in circles', async () => {
    const { world, alice, bob, unplug } = await startPair('abcdefghi')
    unplug()
    await world.say(alice, 'jkl')
    for (const page of [1, 2]) damage(alice, page)
    expect(await must(alice.client.recheck(world.stream))).toMatchObject({ good: 1, bad: 2 })
    await world.meet(bob, alice)
    await world.wait(20_000)
    expect(textOf((await must(alice.client.rows(world.stream, 0, 8))).rows)).toBe('abcdefgh')
    expect(alice.state(world.stream)?.problem?.code).toBe('damaged-page')
    expect(alice.log().filter((line) => line.startsWith('fetching')).length).toBeLessThan(4)
  })
})

describe('[D20] a stream that is forked', () => {
  const forked = async (): Promise<{ readonly world: SmallWorld; readonly bob: SmallNode; readonly store: MemoryStore }> => {
    const world = createSmallWorld()
    const store = createMemoryStore()
    const planted = await world.planted('bob', 'abcdef')
    const [record] = planted.store.sync.records()
    if (record === undefined) throw new Error('nothing planted')
    planted.store.sync.commit({ record: { ...record, subscribed: true, fork: proofOf(world) } })
    const bob = await world.start('bob again', planted.store)
    return { world, bob, store }
  }

  it('is called so whatever else is wrong with it', async () => {
    const { world, bob } = await forked()
    damage(bob, 0)
    expect(await must(bob.client.recheck(world.stream))).toMatchObject({ good: 1, bad: 1 })
    expect(bob.state(world.stream)).toMatchObject({ forked: true, problem: { code: 'forked' } })
  })

  it('is followed by no prediction, whatever an engine has not heard yet', async () => {
    const { world, bob } = await forked()
    const engine = createDataClient(attachLocal(bob.server, 'engine'), { clock: world.clock })
    const made = { follows: world.stream, followsRow: 5, followsHash: new Uint8Array(32), value: '1', lower: '0', upper: '2', kind: 'live' } as const
    expect(await engine.predict(made)).toMatchObject({ ok: false, error: { code: 'forked' } })
  })

  it('[D21] is so still when its evidence was damaged on disk, and tells that to nobody: it would be a lie', async () => {
    const { world, bob } = await forked()
    const [record] = bob.store.sync.records()
    if (record?.fork === null || record === undefined) throw new Error('no evidence')
    const spoiled = record.fork.slice()
    spoiled[spoiled.length - 2] = (spoiled[spoiled.length - 2] ?? 0) ^ 1
    bob.store.sync.commit({ record: { ...record, fork: spoiled } })
    const again = await world.start('bob third', bob.store)
    const carol = await world.subscriber('carol')
    await world.meet(carol, again)
    await world.wait(5_000)
    expect(again.state(world.stream)).toMatchObject({ forked: true })
    expect(world.trace.join()).not.toContain('evidence')
    expect(carol.state(world.stream)).toMatchObject({ forked: false })
  })
})

describe('[D22] an epoch that begins without any row', () => {
  it('forgets nothing before its first row is signed: a crash in between leaves the fork on record', async () => {
    const world = createSmallWorld()
    const store = createMemoryStore()
    const alice = await world.start('alice', store)
    await must(alice.client.subscribe(world.identity))
    const [record] = store.sync.records()
    if (record === undefined) throw new Error('no record')
    store.sync.commit({ record: { ...record, fork: proofOf(world) } })
    const second = await world.start('alice second', store)
    await must(second.client.beginEpoch(world.stream))
    const third = await world.start('alice third', backupOf(store))
    expect(await third.client.append(world.stream, rowOf('a', 0).time, 'a')).toMatchObject({ ok: false, error: { code: 'forked' } })
    await must(second.client.append(world.stream, rowOf('a', 0).time, 'a'))
    expect(store.sync.records()[0]).toMatchObject({ fork: null, head: { head: { epoch: 1, rows: 1 } } })
  })
})

describe('[D16] disk full', () => {
  it('follows nothing that it could not put on record', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abc')
    const bob = await world.subscriber('bob')
    await must(bob.client.unsubscribe(world.stream))
    await world.meet(bob, alice)
    bob.store.refuseWrites({ code: 'disk-full', message: 'full' })
    world.trace.length = 0
    expect(await bob.client.subscribe(world.identity)).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    await settle()
    expect(world.trace).toEqual([])
  })
})

/** A disk that writes the next record that is asked for only when it is told to. */
const slowDisk = (disk: MemoryStore): { readonly store: MemoryStore; hold(): void; release(): void } => {
  let held: Promise<void> | null = null
  let release = (): void => undefined
  const commit: MemoryStore['commit'] = async (change) => {
    await held
    return disk.commit(change)
  }
  return {
    store: { ...disk, commit },
    hold: () => {
      held = new Promise((resolve) => (release = resolve))
    },
    release: () => {
      release()
    },
  }
}

describe('[D25] a head by our own key, further than what is here, is heard of', () => {
  /** Alice has three rows and signs the fourth; her disk takes its time. */
  const signing = async () => {
    const world = createSmallWorld()
    const disk = slowDisk(backupOf((await world.publisher('abc')).store))
    const alice = await world.start('alice again', disk.store)
    disk.hold()
    const appended = alice.client.append(world.stream, rowOf('d', 3).time, 'd')
    await settle()
    return { world, disk, alice, appended }
  }

  it('while a row is signed: the next one is not', async () => {
    const { world, disk, alice, appended } = await signing()
    await must(alice.client.deliverHead(headOfRows(world, 'abcdefghi')))
    disk.release()
    await must(appended)
    expect(alice.state(world.stream)).toMatchObject({ rows: 4, targetRows: 9 })
    expect(await alice.client.append(world.stream, rowOf('e', 4).time, 'e')).toMatchObject({ ok: false, error: { code: 'recover-first' } })
  })

  it('[D22] before an epoch has its turn: no epoch of ours has the number of that one', async () => {
    const { world, disk, alice, appended } = await signing()
    const begun = alice.client.beginEpoch(world.stream)
    const { head } = headOfRows(world, 'abcX')
    const continues = { epoch: 0, rows: 3, root: headOfRows(world, 'abc').head.root }
    await must(alice.client.deliverHead(sign(world, { ...head, epoch: 1, continues })))
    disk.release()
    expect([(await appended).ok, (await begun).ok]).toEqual([true, true])
    expect(alice.state(world.stream)?.head?.head.epoch).toBe(2)
  })
})

describe('[D20] evidence comes', () => {
  it('while the last page of a longer history of that epoch is made its own: it is forked all the same', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdefgh')
    const bobs = createMemoryStore()
    let isHeld = false
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const commit: MemoryStore['commit'] = async (change) => {
      if (change.record.head !== null && !isHeld) {
        isHeld = true
        await held
      }
      return bobs.commit(change)
    }
    const bob = await world.start('bob', { ...bobs, commit })
    await must(bob.client.subscribe(world.identity))
    await world.meet(bob, alice)
    expect(isHeld).toBe(true)
    const [a, b] = [headOfRows(world, 'abcdefgX'), headOfRows(world, 'abcdefgY')]
    for (const head of [a, b]) void bob.client.deliverHead(head)
    await world.wait(500)
    release()
    await world.wait(1_000)
    expect(bob.state(world.stream)).toMatchObject({ forked: true, problem: { code: 'forked' } })
  })
})

describe('[D32] [D16] a stream forgotten and wanted again', () => {
  it('takes the row that it had heard last as news', async () => {
    const { world, alice, bob, unplug } = await startPair('abc')
    await world.say(alice, 'd')
    unplug()
    await must(bob.client.forget(world.stream))
    await must(bob.client.subscribe(world.identity))
    const lives = alice.notices.flatMap((notice) => (notice.type === 'live-row' ? [notice.live] : []))
    const mallory = await world.start('mallory', backupOf(alice.store))
    await world.meet(bob, mallory)
    expect(await must(bob.client.deliver(world.stream, lives.at(-1) ?? new Uint8Array(0)))).toBe('known')
  })
})
