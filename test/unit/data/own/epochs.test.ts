import { describe, expect, it } from 'vitest'
import { createDataClient } from '../../../../src/data/data-client.ts'
import type { DataClient } from '../../../../src/ports/data-client.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { evidenceOfHeads } from '../../../../src/domain/evidence.ts'
import { headBytes, type Head, type SignedHead } from '../../../../src/domain/head.ts'
import { merkleRoot } from '../../../../src/domain/merkle.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { decodeFrame, encodeFrame } from '../../../../src/protocol/frame.ts'
import { createHistory, type History } from '../../../../src/data/history/history.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { createPageClaims } from '../../../../src/data/history/page-claims.ts'
import type { HistoryRecord } from '../../../../src/ports/history-store.ts'
import { MAX_ARCHIVED } from '../../../../src/protocol/limits.ts'
import { attachLocal, digest, identityWith, joinNodes, must, newestHeadOf, publish, verify } from '../../../support/data-node.ts'
import { historyOf, type TestHistory } from '../../../support/history.ts'
import { sha256 } from '../../../support/node-key.ts'
import { dyingAfter } from '../../../support/cables.ts'
import { backupOf, createSmallWorld, rowOf, SMALL, textOf, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

/** The head that these rows have. */
const headOfRows = (world: SmallWorld, values: string): Head => historyOf(world.identity, Array.from(values, rowOf), SMALL.pageRows).head

const pagesAsked = (trace: readonly string[], who: string): string =>
  trace.flatMap((line) => (line.startsWith(who) ? [/pages-request#\d+ ([\d,]+)/.exec(line)?.[1] ?? []].flat() : [])).join()

/** Alice has published six rows and Bob has them; then three more. Her backup has the six, her cable is out. */
const afterCrash = async (): Promise<{ readonly world: SmallWorld; readonly bob: SmallNode; readonly alice: SmallNode; readonly longest: SignedHead }> => {
  const world = createSmallWorld()
  const before = await world.publisher('abcdef')
  const bob = await world.subscriber('bob')
  const unplug = await world.meet(bob, before)
  const backup = backupOf(before.store)
  await world.say(before, 'ghi')
  unplug()
  const alice = await world.start('alice again', backup)
  world.trace.length = 0
  return { world, bob, alice, longest: newestHeadOf(bob, world.stream) }
}

describe('a publisher whose backup is behind what it signed', () => {
  it('[D25] signs nothing when it knows, is told what to do, and goes on when a peer has given it its rows', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    const { draft } = await must(alice.client.openDraft(world.identity))
    expect(await must(alice.client.deliverHead(longest))).toBe('behind')
    expect(await alice.client.append(world.stream, rowOf('X', 6).time, 'X')).toMatchInlineSnapshot(`
      {
        "error": {
          "code": "recover-first",
          "message": "This node has signed 9 rows of this stream (epoch 0) and has 6: the rest is fetched from peers first. If nobody has it any more, begin a new epoch.",
        },
        "ok": false,
      }
    `)
    expect(await alice.client.openDraft(world.identity)).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    await must(alice.client.addToDraft(draft, [rowOf('Y', 6)]))
    expect(await alice.client.commitDraft(draft)).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    expect(await world.rows(alice)).toBe('abcdef')

    await world.meet(alice, bob)
    expect(await world.rows(alice)).toBe('abcdefghi')
    await world.say(alice, 'jk')
    expect([await world.rows(alice), await world.rows(bob)]).toEqual(['abcdefghijk', 'abcdefghijk'])
    expect(newestHeadOf(alice, world.stream).head.epoch).toBe(0)
  })

  it('[D25] asks whom it meets, and gets its rows back though no server told it', async () => {
    const { world, bob, alice } = await afterCrash()
    await world.meet(bob, alice)
    expect(await world.rows(alice)).toBe('abcdefghi')
    expect(alice.state(world.stream)).toMatchObject({ phase: 'idle', problem: null, forked: false })
  })

  it('[D25] predicts nothing either while rows of its prediction stream are missing', async () => {
    const { world, alice } = await afterCrash()
    const followsHash = new Uint8Array(32)
    const made = { follows: world.stream, followsHash, value: '1', lower: '0', upper: '2', kind: 'live' } as const
    const once = await world.start('alice once', backupOf(alice.store))
    const engineOf = ({ server }: SmallNode): DataClient => createDataClient(attachLocal(server, 'engine'), { clock: world.clock })
    for (const followsRow of [4, 5]) await must(engineOf(once).predict({ ...made, followsRow }))
    const lost = once.store.sync.records().find(({ stream }) => stream !== world.stream)?.head
    if (lost === null || lost === undefined) throw new Error('nothing was predicted')
    await must(engineOf(alice).predict({ ...made, followsRow: 4 }))
    await must(alice.client.deliverHead(lost))
    expect(await engineOf(alice).predict({ ...made, followsRow: 5 })).toMatchObject({ ok: false, error: { code: 'recover-first' } })
  })

  it('[D25] recovers just the same when its process dies in the middle of it', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await joinNodes(alice, bob, { distort: dyingAfter(1, 'packet') })
    await world.wait(1_000)
    expect(await world.rows(alice)).toBe('abcdef')
    const third = await world.start('alice third', backupOf(alice.store))
    expect(await third.client.append(world.stream, rowOf('X', 6).time, 'X')).toMatchObject({ ok: false, error: { code: 'recover-first' } })
    await world.meet(bob, third)
    await world.say(third, 'j')
    expect([await world.rows(third), await world.rows(bob)]).toEqual(['abcdefghij', 'abcdefghij'])
  })

  it('[D25] signs nothing over a restart either, when what somebody has was fetched and the rest is nowhere', async () => {
    const { world, alice, longest } = await afterCrash()
    const carol = await world.planted('carol', 'abcdefgh')
    await must(alice.client.deliverHead(longest))
    await world.meet(alice, carol)
    expect(await world.rows(alice)).toBe('abcdefgh')
    const third = await world.start('alice third', backupOf(alice.store))
    expect(await third.client.append(world.stream, rowOf('X', 8).time, 'X')).toMatchObject({ ok: false, error: { code: 'recover-first' } })

    await must(third.client.beginEpoch(world.stream))
    const fourth = await world.start('alice fourth', backupOf(third.store))
    await world.say(fourth, 'X')
    expect(newestHeadOf(fourth, world.stream).head).toMatchObject({ epoch: 1, rows: 9 })
  })

  it('[D25] signs nothing over a restart though its disk was full when it was told: it is told again', async () => {
    const { world, alice, longest } = await afterCrash()
    alice.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await must(alice.client.deliverHead(longest))
    alice.store.refuseWrites(null)
    expect(await alice.client.deliverHead(longest)).toMatchObject({ ok: true })
    await world.wait(250)
    const third = await world.start('alice third', backupOf(alice.store))
    expect(await third.client.append(world.stream, rowOf('X', 6).time, 'X')).toMatchObject({ ok: false, error: { code: 'recover-first' } })
  })

  it('[D25] signs nothing over a restart before it has met anybody, and when nothing is left of it', async () => {
    const { world, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    const third = await world.start('alice third', backupOf(alice.store))
    expect(await third.client.append(world.stream, rowOf('X', 6).time, 'X')).toMatchObject({ ok: false, error: { code: 'recover-first' } })

    const bare = await world.start('alice without a disk')
    await must(bare.client.subscribe(world.identity))
    await must(bare.client.deliverHead(longest))
    await must(bare.client.beginEpoch(world.stream))
    const again = await world.start('alice without a disk again', backupOf(bare.store))
    await expect(publish(again, world.identity, [rowOf('X', 0)])).rejects.toThrow('recover-first')
  })

  it('[D26] takes what somebody has, gives up what nobody has, and who has it keeps it aside', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    const carol = await world.planted('carol', 'abcdefgh')
    await must(carol.client.subscribe(world.identity))
    await must(alice.client.deliverHead(longest))
    await world.meet(alice, carol)
    expect(await world.rows(alice)).toBe('abcdefgh')
    expect(alice.state(world.stream)).toMatchObject({ phase: 'wanted', targetRows: 9 })
    expect(await alice.client.append(world.stream, rowOf('X', 8).time, 'X')).toMatchObject({ ok: false, error: { code: 'recover-first' } })

    await must(alice.client.beginEpoch(world.stream))
    expect(alice.log().at(-1)).toBe('epoch 1 begins with 8 rows; 1 that nobody has are given up')
    await world.say(alice, 'X')
    expect(await world.rows(carol)).toBe('abcdefghX')
    expect(carol.state(world.stream)).toMatchObject({ archived: 0 })

    await world.meet(bob, alice)
    expect(await world.rows(bob)).toBe('abcdefghX')
    expect(bob.state(world.stream)).toMatchObject({ archived: 1, problem: null })
    expect(bob.store.sync.records()[0]?.archive).toMatchObject([{ head: longest }])
  })

  it('[D26] a subscriber too takes what somebody has when nobody serves the longest', async () => {
    const { world, longest } = await afterCrash()
    const [carol, dora] = [await world.planted('carol', 'abcdefg'), await world.subscriber('dora')]
    await must(dora.client.deliverHead(longest))
    await world.meet(dora, carol)
    expect(await world.rows(dora)).toBe('abcdefg')
    expect(dora.state(world.stream)).toMatchObject({ phase: 'wanted', targetRows: 9 })
  })

  it('[D26] what a peer says it serves is fetched only under a signature, and a forger is cut', async () => {
    const { world, longest } = await afterCrash()
    const dora = await world.subscriber('dora')
    await must(dora.client.deliverHead(longest))
    const mallory = await world.planted('mallory', 'abcdefg')
    await joinNodes(dora, mallory, { distort: forging })
    await world.wait(1_000)
    expect(await world.rows(dora)).toBe('')
    expect(dora.log().at(-1)).toMatch(/cut off \(forged-head\)/)
  })

  it('[D26] goes from a source that is gone to one that serves something else', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    const carol = await world.planted('carol', 'abcdefgh')
    await must(alice.client.deliverHead(longest))
    await joinNodes(alice, carol, { distort: dyingAfter(0, 'packet') })
    await world.wait(500)
    expect(await world.rows(alice)).toBe('abcdef')
    await world.meet(alice, bob)
    expect(await world.rows(alice)).toBe('abcdefghi')
  })

  it('[D26] may not give up what a linked peer still serves', async () => {
    const { world, bob, alice } = await afterCrash()
    alice.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await world.meet(bob, alice)
    expect(alice.state(world.stream)).toMatchObject({ rows: 6, targetRows: 9 })
    alice.store.refuseWrites(null)
    expect(await alice.client.beginEpoch(world.stream)).toMatchObject({ ok: false, error: { code: 'still-served' } })
    await world.wait(40_000)
    expect(await world.rows(alice)).toBe('abcdefghi')
  })

  it('[D26] may give up what a linked peer served and has lost since', async () => {
    const { world, bob, alice } = await afterCrash()
    alice.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await world.meet(bob, alice)
    const [hash = new Uint8Array(0)] = splitPageList(bob.store.sync.records()[0]?.hashes ?? new Uint8Array(0)).slice(1)
    bob.store.sync.stage([{ hash, bytes: new Uint8Array(10) }])
    expect(await must(bob.client.recheck(world.stream))).toMatchObject({ good: 2, bad: 1 })
    expect(await alice.client.beginEpoch(world.stream)).toMatchObject({ ok: false, error: { code: 'still-served' } })
    // By then she has asked him again.
    await world.wait(60_000)
    alice.store.refuseWrites(null)
    await must(alice.client.beginEpoch(world.stream))
    expect(alice.log().at(-1)).toBe('epoch 1 begins with 6 rows; 3 that nobody has are given up')
    await world.wait(5_000)
    expect([await world.rows(alice), await world.rows(bob)]).toEqual(['abcdef', 'abcdef'])
  })
})

describe('a new epoch', () => {
  it('[D22] says in every head of it what it continues', async () => {
    const { world, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await must(alice.client.beginEpoch(world.stream))
    const first = newestHeadOf(alice, world.stream).head
    const six = headOfRows(world, 'abcdef')
    expect(first).toMatchObject({ epoch: 1, rows: 6, root: six.root, origin: six.origin, continues: { epoch: 0, rows: 6, root: six.root } })
    await world.say(alice, 'XYZ')
    expect(newestHeadOf(alice, world.stream).head).toMatchObject({ epoch: 1, rows: 9, continues: first.continues })
    const again = await world.start('alice third', backupOf(alice.store))
    await world.say(again, 'W')
    expect(newestHeadOf(again, world.stream).head).toMatchObject({ epoch: 1, rows: 10, continues: first.continues })
  })

  it('[D22] is later than every epoch known, so that it is not one that was begun before', async () => {
    const { world, alice } = await afterCrash()
    const later = await world.planted('carol', 'abcdefg', (head) => ({ ...head, epoch: 4, continues: { epoch: 0, rows: 6, root: headOfRows(world, 'abcdef').root } }))
    await must(alice.client.deliverHead(newestHeadOf(later, world.stream)))
    await must(alice.client.beginEpoch(world.stream))
    expect(newestHeadOf(alice, world.stream).head).toMatchObject({ epoch: 5, rows: 6, continues: { epoch: 0, rows: 6 } })
  })

  it('[D22] is the publisher’s alone to begin, of a stream it keeps', async () => {
    const { world, bob, alice } = await afterCrash()
    expect(await bob.client.beginEpoch(world.stream)).toMatchObject({ ok: false, error: { code: 'not-own' } })
    expect(await alice.client.beginEpoch('f'.repeat(64) as typeof world.stream)).toMatchObject({ ok: false, error: { code: 'unknown-stream' } })
    expect(newestHeadOf(bob, world.stream).head.epoch).toBe(0)
  })

  it('[D22] begins anew when every row is lost, and says so', async () => {
    const { world, bob, longest } = await afterCrash()
    const bare = await world.start('alice bare')
    await must(bare.client.subscribe(world.identity))
    await must(bare.client.deliverHead(longest))
    await expect(publish(bare, world.identity, [rowOf('X', 0)])).rejects.toThrow('recover-first')
    await must(bare.client.beginEpoch(world.stream))
    await publish(bare, world.identity, Array.from('XY', rowOf))
    expect(newestHeadOf(bare, world.stream).head).toMatchObject({ epoch: 1, rows: 2, continues: { epoch: 0, rows: 0, root: merkleRoot([], sha256) } })
    await world.meet(bob, bare)
    expect(await world.rows(bob)).toBe('XY')
    expect(bob.state(world.stream)).toMatchObject({ archived: 1, problem: null })
  })

  it('[D23] reaches those who follow over the link, who fetch no page again that is the same', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'XYZ')
    await world.meet(bob, alice)
    expect(await world.rows(bob)).toBe('abcdefXYZ')
    expect(pagesAsked(world.trace, 'bob')).toBe('1,2')
    await must(alice.client.beginEpoch(world.stream))
    world.trace.length = 0
    await world.wait(1_000)
    expect(newestHeadOf(bob, world.stream).head).toMatchObject({ epoch: 2, rows: 9 })
    expect(pagesAsked(world.trace, 'bob')).toBe('')
    // Nothing was lost between the two.
    expect(bob.state(world.stream)?.archived).toBe(1)
  })

  it('[D23] keeps the rows that were given up, over restarts and when the store clears away what nobody names', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'X')
    await world.meet(bob, alice)
    const [before] = bob.store.sync.records()
    expect(before?.archive).toMatchObject([{ head: longest }])
    const again = await world.start('bob again', bob.store)
    const kept = historyOf(world.identity, Array.from('abcdefghi', rowOf), SMALL.pageRows)
    expect(again.store.sync.has(kept.pageHashes)).toEqual([true, true, true])
    expect(again.state(world.stream)).toMatchObject({ archived: 1, rows: 7 })
  })

  it('[D23] gives the rows that were given up to whoever asks for them here', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'XY')
    await world.meet(bob, alice)
    const [record] = bob.store.sync.records()
    if (record === undefined) throw new Error('no record')
    const history = reload(world, bob, record)
    expect(textOf(await must(history.readArchived(0, 0, 100)))).toBe('abcdefghi')
    expect(textOf(await must(history.readArchived(0, 3, 3)))).toBe('def')
    expect(await must(history.readArchived(1, 0, 9))).toEqual([])
    expect(textOf(await must(history.read(0, 100)))).toBe('abcdefXY')
  })

  it('[D23] keeps a last page that both histories end with when the new one grows', async () => {
    const { world, bob } = await afterCrash()
    const [record] = bob.store.sync.records()
    if (record === undefined) throw new Error('no record')
    const history = reload(world, bob, record)
    const next = (values: string): TestHistory => historyOf(world.identity, Array.from(values, rowOf), SMALL.pageRows)
    const signed = ({ head }: TestHistory): SignedHead => {
      const later = { ...head, epoch: 1, continues: { epoch: 0, rows: 2, root: headOfRows(world, 'ab').root } }
      return { head: later, signature: world.key.sign(headBytes(later)) }
    }
    const adopted = next('abXdefghi')
    bob.store.sync.stage(adopted.pages.map((bytes, page) => ({ bytes, hash: adopted.pageHashes[page] ?? new Uint8Array(0) })))
    await must(history.adopt(signed(adopted), adopted.hashes, () => Promise.resolve({ ok: true, value: { archive: true } })))
    expect(await must(history.receive({ row: rowOf('j', 9), head: signed(next('abXdefghij')) }))).toBe('appended')
    // From the disk, not from what is still in memory.
    const again = reload(world, bob, history.record)
    expect(textOf(await must(again.read(0, 100)))).toBe('abXdefghij')
    expect(textOf(await must(again.readArchived(0, 0, 100)))).toBe('abcdefghi')
  })

  it('[D22] an epoch that is heard of while the rows are read is past, too', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const [record] = alice.store.sync.records()
    if (record === undefined) throw new Error('no record')
    let heard = 0
    const page: SmallNode['store']['page'] = (hash) => {
      heard = 3
      return alice.store.page(hash)
    }
    const history = reload(world, { ...alice, store: { ...alice.store, page } }, record)
    await must(history.beginEpoch(() => heard, 6))
    expect(history.record.head?.head.epoch).toBe(4)
  })

  it('[D20] what was fetched of an epoch while it was found to be forked is not adopted', async () => {
    const { world, bob, longest } = await afterCrash()
    const [record] = bob.store.sync.records()
    if (record === undefined) throw new Error('no record')
    const history = reload(world, bob, record)
    const head = headOfRows(world, 'abcdefghij')
    await must(history.condemn(evidenceOfHeads(longest, { head: { ...longest.head, root: head.root }, signature: longest.signature }), 0))
    await must(history.adopt({ head, signature: world.key.sign(headBytes(head)) }, record.hashes))
    expect(history.record).toMatchObject({ head: longest })
    expect(history.record.fork).not.toBeNull()
  })

  it('[D23] goes on after a restart in the middle of being fetched, and keeps the old rows aside once', async () => {
    const { world, bob, alice, longest } = await afterCrash()
    await must(alice.client.deliverHead(longest))
    await must(alice.client.beginEpoch(world.stream))
    await world.say(alice, 'XYZVW')
    await joinNodes(bob, alice, { distort: dyingAfter(1, 'packet') })
    await world.wait(1_000)
    expect(await world.rows(bob)).toBe('abcdefghi')
    const again = await world.start('bob again', backupOf(bob.store))
    await world.meet(again, alice)
    expect(await world.rows(again)).toBe('abcdefXYZVW')
    expect(again.state(world.stream)).toMatchObject({ archived: 1, problem: null })
  })

  it('[D23] keeps at most MAX_ARCHIVED histories aside, the oldest goes first', async () => {
    const world = createSmallWorld()
    const bob = await world.subscriber('bob')
    const heads: SignedHead[] = []
    for (let epoch = 0; epoch <= MAX_ARCHIVED + 1; epoch++) {
      const empty = { epoch: epoch - 1, rows: 0, root: merkleRoot([], sha256) }
      const publisher = await world.planted(`carol ${epoch}`, 'abcdefghij'[epoch] ?? '', (head) => ({ ...head, epoch, continues: epoch === 0 ? null : empty }))
      const unplug = await world.meet(bob, publisher)
      heads.unshift(newestHeadOf(bob, world.stream))
      unplug()
    }
    expect(await world.rows(bob)).toBe('f')
    expect(bob.store.sync.records()[0]?.archive.map(({ head }) => head)).toEqual(heads.slice(1, 1 + MAX_ARCHIVED))
  })

  it('[D23] that continues other rows than were signed is taken, the old ones are kept, and the log says so', async () => {
    const { world, bob } = await afterCrash()
    const six = headOfRows(world, 'abXdef')
    const rewriting = await world.planted('carol', 'abXdefY', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 6, root: six.root } }))
    await world.meet(bob, rewriting)
    expect(await world.rows(bob)).toBe('abXdefY')
    expect(bob.state(world.stream)).toMatchObject({ archived: 1, problem: null })
    expect(bob.log()).toContain('The new epoch continues rows that are not those signed in epoch 0: its publisher rewrote its history. The old one is kept aside.')
  })

  it('[D23] that continues what was signed is no rewriting', async () => {
    const { world, bob } = await afterCrash()
    for (const [kept, rows] of [['abcde', 5], ['abcdefghi', 9]] as const) {
      const root = headOfRows(world, kept).root
      const honest = await world.planted('carol', `${kept}Y`, (head) => ({ ...head, epoch: rows, continues: { epoch: 0, rows, root } }))
      await world.meet(bob, honest)
    }
    expect(await world.rows(bob)).toBe('abcdefghiY')
    expect(bob.log().filter((message) => message.includes('rewrote'))).toEqual([])
  })

  it('[D23] whose own first rows are not those that it says it continues is believed by nobody', async () => {
    const { world, bob } = await afterCrash()
    for (const rows of [0, 4, 5, 7]) {
      const lying = await world.planted(`carol ${rows}`, 'abcdefY', (head) => ({ ...head, epoch: rows + 1, continues: { epoch: 0, rows, root: headOfRows(world, 'abXXXXX').root.map((byte) => byte ^ rows) } }))
      const unplug = await world.meet(bob, lying)
      expect(bob.state(world.stream), `${rows}`).toMatchObject({ rows: 9, archived: 0, phase: 'idle', problem: { code: 'wrong-continuation' } })
      unplug()
    }
  })
})

describe('[D24] where a history begins', () => {
  it('is part of what its head proves: another first row, and no peer has that stream', async () => {
    const world = createSmallWorld()
    const bob = await world.subscriber('bob')
    const lying = await world.planted('carol', 'abcdef', (head) => ({ ...head, origin: head.root }))
    await world.meet(bob, lying)
    expect(bob.state(world.stream)).toMatchObject({ rows: 0, head: null, targetRows: 0, problem: { code: 'wrong-origin' } })
    expect(bob.store.sync.records()).toMatchObject([{ head: null, download: null }])
    const said = world.trace.filter((line) => /(hashes|nodes|pages)-request/.test(line)).length
    await world.wait(120_000)
    expect(world.trace.filter((line) => /(hashes|nodes|pages)-request/.test(line))).toHaveLength(said)
  })

  it('is judged again in a later epoch, and that is believed when it is true', async () => {
    const world = createSmallWorld()
    const bob = await world.subscriber('bob')
    await world.meet(bob, await world.planted('carol', 'abcdef', (head) => ({ ...head, origin: head.root })))
    const root = headOfRows(world, 'abc').root
    await world.meet(bob, await world.planted('dora', 'abcX', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 3, root } })))
    expect(await world.rows(bob)).toBe('abcX')
    expect(bob.state(world.stream)).toMatchObject({ problem: null })
  })

  it('does not move in an epoch that keeps rows', async () => {
    const { world, bob } = await afterCrash()
    const moved = await world.planted('carol', 'Xbcdef', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 3, root: headOfRows(world, 'Xbc').root } }))
    await world.meet(bob, moved)
    expect(bob.state(world.stream)).toMatchObject({ rows: 9, problem: { code: 'wrong-origin' }, phase: 'idle' })
    expect(await bob.client.deliverHead(newestHeadOf(moved, world.stream))).toMatchObject({ ok: true, value: 'known' })
    expect(pagesAsked(world.trace, 'bob')).toBe('')
  })
})

/** A node's history as it is on its disk. */
const reload = (world: SmallWorld, node: SmallNode, record: HistoryRecord): History => {
  const { clock } = world
  return createHistory(record, {
    clock, store: node.store, claims: createPageClaims(), pages: createPageCache(node.store, digest), identity: identityWith(node.key), verify, sha256, digest, shape: SMALL,
  })
}

/** Whoever sends through this serves heads that nobody signed. */
const forging = (pipe: Pipe): Pipe => ({
  ...pipe,
  send: (bytes) => {
    const frame = decodeFrame(bytes)
    const isStatus = frame.ok && frame.value.type === 'status' && frame.value.head !== null
    pipe.send(isStatus ? encodeFrame({ ...frame.value, head: { ...frame.value.head, signature: new Uint8Array(64) } }) : bytes)
  },
})
