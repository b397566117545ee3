import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { encode } from '../../../../src/base/codec.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { createSuccession } from '../../../../src/data/downloads/succession.ts'
import type { HistoryRecord } from '../../../../src/ports/history-store.ts'
import { evidenceOfHeads, evidenceOfPage } from '../../../../src/domain/evidence.ts'
import { headBytes, type Head, type SignedHead } from '../../../../src/domain/head.ts'
import { PAGE_ROWS } from '../../../../src/domain/page.ts'
import type { Pipe } from '../../../../src/ports/pipe.ts'
import { decodeFrame, encodeFrame, type FrameOf } from '../../../../src/protocol/frame.ts'
import { MAX_PACKET_BYTES } from '../../../../src/protocol/limits.ts'
import { liveCodec } from '../../../../src/protocol/live.ts'
import { digest, joinNodes, must, publish, startDataNode, verify, type DataNode } from '../../../support/data-node.ts'
import { historyOf } from '../../../support/history.ts'
import { sha256 } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { backupOf, createSmallWorld, rowOf, SMALL, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'

const sign = ({ key }: SmallWorld, head: Head): SignedHead => ({ head, signature: key.sign(headBytes(head)) })

const historyFor = ({ identity }: SmallWorld, values: string) => historyOf(identity, Array.from(values, rowOf), SMALL.pageRows)

/** Proof that Alice signed both. */
const evidenceOf = (world: SmallWorld, shorter: string, longer: string, more: Partial<Head> = {}): Bytes => {
  const [a, b] = [historyFor(world, shorter), historyFor(world, longer)]
  const page = Math.floor(Array.from(shorter).findIndex((value, at) => longer[at] !== value) / SMALL.pageRows)
  const isWithin = (page + 1) * SMALL.pageRows > shorter.length
  const side = ({ head, pageHashes }: typeof a) => ({ signed: sign(world, { ...head, ...more }), leaves: pageHashes })
  return evidenceOfPage(side(a), side(b), { page, bytes: isWithin ? (b.pages[page] ?? null) : null }, sha256)
}

const FORKED = { forked: true, phase: 'idle', peers: 0, problem: { code: 'forked' } }

/** Bob follows Alice, Carol follows Bob; Alice's cable is out. */
const threeNodes = async (values: string): Promise<{ readonly world: SmallWorld; readonly alice: SmallNode; readonly bob: SmallNode; readonly carol: SmallNode }> => {
  const world = createSmallWorld()
  const alice = await world.publisher(values)
  const [bob, carol] = [await world.subscriber('bob'), await world.subscriber('carol')]
  const unplug = await world.meet(bob, alice)
  await world.meet(carol, bob)
  unplug()
  world.trace.length = 0
  return { world, alice, bob, carol }
}

describe('a publisher whose restored backup signs other rows', () => {
  it('[D19] [D21] finds it out from the first subscriber it meets, and says so to everybody', async () => {
    const { world, alice, bob, carol } = await threeNodes('abcdef')
    const backup = backupOf(alice.store)
    const unplug = await world.meet(bob, alice)
    await world.say(alice, 'ghi')
    expect([await world.rows(bob), await world.rows(carol)]).toEqual(['abcdefghi', 'abcdefghi'])
    unplug()

    const again = await world.start('alice again', backup)
    await world.say(again, 'XY')
    world.trace.length = 0
    await world.meet(bob, again)
    expect(world.trace.filter((line) => !/follow|status|row-before|refused/.test(line)).join('\n')).toMatchInlineSnapshot(`
      "alice again -> bob | nodes-request#2 pages 0…2 of 9 rows
      bob -> alice again | nodes#2 3 hashes
      alice again -> bob | pages-request#3 1,2 of 9 rows
      alice again -> bob | cancel#3
      alice again -> bob | evidence#0
      bob -> carol | evidence#0"
    `)
    for (const node of [again, bob, carol]) expect(node.state(world.stream), node.name).toMatchObject(FORKED)
    expect(again.state(world.stream)?.problem?.message).toMatchInlineSnapshot(`"This node's key signed two different histories of epoch 0: a restored backup, or a copy of this node. Begin a new epoch to go on."`)
    expect(carol.state(world.stream)?.problem?.message).toMatchInlineSnapshot(`"Its publisher signed two different histories of epoch 0: nothing of it is believed until a new epoch begins."`)
  })

  it('[D20] signs nothing more before it begins an epoch, which everybody follows again', async () => {
    const { world, alice, bob, carol } = await threeNodes('abcdef')
    const backup = backupOf(alice.store)
    const unplug = await world.meet(bob, alice)
    await world.say(alice, 'ghi')
    unplug()
    const again = await world.start('alice again', backup)
    await world.say(again, 'XY')
    await world.meet(bob, again)
    expect(await again.client.append(world.stream, rowOf('Z', 8).time, 'Z')).toMatchObject({ ok: false, error: { code: 'forked' } })

    await must(again.client.beginEpoch(world.stream))
    await world.say(again, 'Z')
    for (const node of [again, bob]) {
      expect(await world.rows(node), node.name).toBe('abcdefXYZ')
      expect(node.state(world.stream), node.name).toMatchObject({ forked: false, problem: null })
      expect(node.store.sync.records()[0]?.fork, node.name).toBeNull()
    }
    // Carol has no link to Alice: she asks Bob now and then.
    await world.wait(60_000)
    expect(await world.rows(carol)).toBe('abcdefXYZ')
    expect(carol.state(world.stream)).toMatchObject({ forked: false, problem: null, archived: 1 })
    expect(again.state(world.stream)?.archived).toBe(0)
  })
})

describe('[D19] two heads of one epoch meet', () => {
  const meetings: Readonly<Record<string, (world: SmallWorld, bob: SmallNode) => Promise<unknown>>> = {
    'a longer history whose full page is another': async (world, bob) => world.meet(bob, await world.planted('dora', 'abXdefgh')),
    'a longer history that parts within our last page': async (world, bob) => world.meet(bob, await world.planted('dora', 'abcdeXgh')),
    'a longer history that parts within our last page, which is its last too': async (world, bob) => world.meet(bob, await world.planted('dora', 'abcdeXg')),
    'a history of the same length': async (world, bob) => world.meet(bob, await world.planted('dora', 'abcdeX')),
    'a head of the same count from the server': async (world, bob) => bob.client.deliverHead(sign(world, historyFor(world, 'abcdeX').head)),
    'a head with another beginning from the server': async (world, bob) => bob.client.deliverHead(sign(world, historyFor(world, 'Xbcdefg').head)),
    'a shorter head with another beginning': async (world, bob) => bob.client.deliverHead(sign(world, historyFor(world, 'Xbc').head)),
    'a live row of the same count': async (world, bob) => {
      const { head } = historyFor(world, 'abcdeX')
      return bob.client.deliver(world.stream, encode(liveCodec, { row: rowOf('X', 5), head: sign(world, head) }))
    },
    'two heads further on, of which nobody has the rows': async (world, bob) => {
      for (const values of ['abcdefgh', 'abcdefgX']) await bob.client.deliverHead(sign(world, historyFor(world, values).head))
    },
    'a head of our count, when one further on is known already': async (world, bob) => {
      for (const values of ['abcdefgh', 'abcdeX']) await bob.client.deliverHead(sign(world, historyFor(world, values).head))
    },
    'a live row, and a head further on of which nobody has the rows': async (world, bob) => {
      await must(bob.client.deliverHead(sign(world, historyFor(world, 'abcdefX').head)))
      const { head } = historyFor(world, 'abcdefg')
      return bob.client.deliver(world.stream, encode(liveCodec, { row: rowOf('g', 6), head: sign(world, head) }))
    },
  }
  for (const [what, meet] of Object.entries(meetings))
    it(`${what}: the stream is quarantined, at Carol's too`, async () => {
      const { world, bob, carol } = await threeNodes('abcdef')
      await meet(world, bob)
      await world.wait(1_000)
      expect(bob.state(world.stream)).toMatchObject(FORKED)
      expect(carol.state(world.stream)).toMatchObject(FORKED)
      expect(await world.rows(bob)).toMatch(/^abcdefg?$/)
    })

  const peaceful: Readonly<Record<string, (world: SmallWorld, bob: SmallNode) => Promise<unknown>>> = {
    'a longer history of which ours is the beginning': async (world, bob) => world.meet(bob, await world.planted('dora', 'abcdefghijk')),
    'a shorter head of ours': async (world, bob) => bob.client.deliverHead(sign(world, historyFor(world, 'abc').head)),
    'our own head, signed at another time': async (world, bob) => bob.client.deliverHead(sign(world, { ...historyFor(world, 'abcdef').head, time: 5 as Head['time'] })),
    'another history of the same length that somebody else signed': async (world, bob) =>
      bob.client.deliverHead({ head: historyFor(world, 'abcdeX').head, signature: new Uint8Array(64) }),
  }
  for (const [what, meet] of Object.entries(peaceful))
    it(`${what}: nothing is wrong`, async () => {
      const { world, bob } = await threeNodes('abcdef')
      await meet(world, bob)
      await world.wait(1_000)
      expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null })
    })

  it('finds it in the list of pages, before it fetches one', async () => {
    const { world, bob } = await threeNodes('abcdef')
    await world.meet(bob, await world.planted('dora', 'abXdefghijklmnop'))
    expect(bob.state(world.stream)).toMatchObject(FORKED)
    expect(world.trace.filter((line) => line.startsWith('dora') && line.includes('packet'))).toEqual([])
  })
})

describe('[D19] a damaged disk accuses nobody', () => {
  /** Bob's disk, spoilt; then Alice publishes on. */
  const afterDamage = async (spoil: (bob: SmallNode) => void): Promise<{ readonly world: SmallWorld; readonly bob: SmallNode }> => {
    const { world, alice, bob } = await threeNodes('abcdefghij')
    await world.say(alice, 'kl')
    spoil(bob)
    const again = await world.start('bob again', bob.store)
    await world.meet(again, alice)
    await world.wait(120_000)
    return { world, bob: again }
  }
  const damages: Readonly<Record<string, (bob: SmallNode) => void>> = {
    'a full page with another row': ({ store }) => {
      const { hashes } = store.sync.records()[0] ?? {}
      const other = historyOf({ source: 's', author: 'a'.repeat(64), stream: 'x', target: '' } as never, Array.from('XXXX', rowOf), 4)
      if (hashes !== undefined && other.pages[0] !== undefined) store.sync.stage([{ hash: hashes.slice(0, 32), bytes: other.pages[0] }])
    },
    'a last page that is gone': ({ store }) => {
      const [record] = store.sync.records()
      if (record !== undefined) store.sync.commit({ record, drop: [record.hashes.slice(64, 96)] })
    },
    'a page list that is not the head’s': ({ store }) => {
      const [record] = store.sync.records()
      if (record !== undefined) store.sync.commit({ record: { ...record, hashes: record.hashes.map((byte, at) => (at === 3 || at === 70 ? byte ^ 1 : byte)) } })
    },
    'a head that is not what was signed': ({ store }) => {
      const [record] = store.sync.records()
      if (record?.head) store.sync.commit({ record: { ...record, head: { ...record.head, head: { ...record.head.head, root: record.head.head.origin } } } })
    },
  }
  for (const [what, spoil] of Object.entries(damages))
    it(`${what}: it is mended`, async () => {
      const { world, bob } = await afterDamage(spoil)
      expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null, rows: 12 })
      expect(await world.rows(bob)).toBe('abcdefghijkl')
    })
})

describe('[D19] what is to take the place of a history', () => {
  /** What is said of `next` by a node whose record, of `mine`, is spoilt. */
  const judged = async (mine: string, next: string, spoil: (record: HistoryRecord) => HistoryRecord = (record) => record) => {
    const world = createSmallWorld()
    const [bob, dora] = [await world.planted('bob', mine), await world.planted('dora', next)]
    const [[record], [target]] = [bob.store.sync.records(), dora.store.sync.records()]
    if (record === undefined || !target?.head) throw new Error('no record')
    const pages = createPageCache(dora.store, digest)
    const succession = createSuccession({ pages, digest, sha256, verify, shape: SMALL, log: () => undefined })
    const successor = { target: target.head, hashes: target.hashes }
    const foreseen = await succession.foresee(spoil(record), successor)
    const result = await succession.judge(spoil(record), successor)
    return [foreseen === null ? 'nothing' : foreseen.code, result.ok ? 'succeeds' : result.error.code]
  }
  const other = (bytes: Bytes): Bytes => bytes.map((byte, at) => (at === 3 ? byte ^ 1 : byte))

  it('is a fork when it is not the same as far as the old one goes, and that was signed', async () => {
    expect(await judged('abcdef', 'abcdefg')).toEqual(['nothing', 'succeeds'])
    expect(await judged('abcd', 'abcdefg')).toEqual(['nothing', 'succeeds'])
    expect(await judged('abcdef', 'abXdefg')).toEqual(['forked', 'forked'])
    expect(await judged('abcdef', 'abcdXfg')).toEqual(['forked', 'forked'])
    expect(await judged('abcdef', 'abcdXf')).toEqual(['forked', 'forked'])
  })

  const damages: Readonly<Record<string, (record: HistoryRecord) => HistoryRecord>> = {
    'a page list with another page': (record) => ({ ...record, hashes: other(record.hashes) }),
    'a page list that ends early': (record) => ({ ...record, hashes: record.hashes.slice(0, 32) }),
    'no page list': (record) => ({ ...record, hashes: new Uint8Array(0) }),
    'a head with another root': (record) => ({ ...record, head: record.head && { ...record.head, head: { ...record.head.head, root: other(record.head.head.root) } } }),
    'another signature': (record) => ({ ...record, head: record.head && { ...record.head, signature: other(record.head.signature) }, hashes: other(record.hashes) }),
    'another beginning': (record) => ({ ...record, head: record.head && { ...record.head, head: { ...record.head.head, origin: other(record.head.head.origin) } }, hashes: other(record.hashes) }),
  }
  for (const [what, spoil] of Object.entries(damages))
    it(`is none when the record has ${what}`, async () => {
      expect(await judged('abcdef', 'abcdefghij', spoil)).toEqual(['nothing', 'succeeds'])
    })
})

describe('[D20] a stream in quarantine', () => {
  const quarantined = async (): Promise<{ readonly world: SmallWorld; readonly alice: SmallNode; readonly bob: SmallNode; readonly carol: SmallNode }> => {
    const three = await threeNodes('abcdef')
    await must(three.bob.client.deliverHead(sign(three.world, historyFor(three.world, 'abcdefg').head)))
    expect(await three.bob.client.deliverHead(sign(three.world, historyFor(three.world, 'abcdeXX').head))).toMatchObject({ ok: false, error: { code: 'forked' } })
    await three.world.wait(500)
    return three
  }

  it('is served to nobody, and can still be read here', async () => {
    const { world, bob } = await quarantined()
    world.trace.length = 0
    const dora = await world.subscriber('dora')
    await world.meet(dora, bob)
    expect(world.trace.filter((line) => /^bob -> dora . (status#|evidence)/.test(line)).join('\n')).toMatchInlineSnapshot(`
      "bob -> dora | evidence#0
      bob -> dora | status#1 nothing"
    `)
    expect(await world.rows(dora)).toBe('')
    expect(dora.state(world.stream)).toMatchObject(FORKED)
    expect(await world.rows(bob)).toBe('abcdef')
  })

  it('takes no row and no head of that epoch', async () => {
    const { world, alice, bob } = await quarantined()
    const { head } = historyFor(world, 'abcdefg')
    expect(await bob.client.deliver(world.stream, encode(liveCodec, { row: rowOf('g', 6), head: sign(world, head) }))).toMatchObject({ ok: false, error: { code: 'forked' } })
    expect(await bob.client.deliverHead(sign(world, historyFor(world, 'abcdefgh').head))).toMatchObject({ ok: true, value: 'known' })
    await world.meet(bob, alice)
    await world.wait(5_000)
    expect(bob.state(world.stream)).toMatchObject({ ...FORKED, rows: 6, targetRows: 6 })
    expect(world.trace.filter((line) => line.includes('pages-request'))).toEqual([])
  })

  it('is not fetched again either when a page of it turns out damaged', async () => {
    const { world, bob } = await quarantined()
    const [record] = bob.store.sync.records()
    if (record === undefined) throw new Error('no record')
    const again = await world.start('bob again', backupOf(bob.store))
    again.store.sync.commit({ record, drop: [record.hashes.slice(0, 32)] })
    expect(await again.client.rows(world.stream, 0, 4)).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
    expect(again.state(world.stream)).toMatchObject({ forked: true, phase: 'idle' })
  })

  it('stays so over a restart, and tells newcomers why', async () => {
    const { world, bob } = await quarantined()
    const again = await world.start('bob again', backupOf(bob.store))
    expect(again.state(world.stream)).toMatchObject({ ...FORKED, rows: 6 })
    const dora = await world.subscriber('dora')
    await world.meet(dora, again)
    expect(dora.state(world.stream)).toMatchObject(FORKED)
  })

  it('is over when a later epoch is here, not before', async () => {
    const { world, bob } = await quarantined()
    const root = historyFor(world, 'abcd').root
    const next = await world.planted('dora', 'abcdYZ', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 4, root } }))
    const head = next.state(world.stream)?.head
    if (head === null || head === undefined) throw new Error('no head')
    await must(bob.client.deliverHead(head))
    expect(bob.state(world.stream)).toMatchObject({ forked: true, phase: 'wanted', targetRows: 6 })
    await world.meet(bob, next)
    expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null, archived: 1 })
    expect(await world.rows(bob)).toBe('abcdYZ')
    const again = await world.start('bob again', backupOf(bob.store))
    expect(again.state(world.stream)).toMatchObject({ forked: false, problem: null })
  })

  it('also when the disk does not take the evidence', async () => {
    const { world, bob } = await threeNodes('abcdef')
    bob.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await bob.client.deliverHead(sign(world, historyFor(world, 'abcdeX').head))
    await world.wait(500)
    expect(bob.state(world.stream)).toMatchObject(FORKED)
    const dora = await world.subscriber('dora')
    await world.meet(dora, bob)
    expect(await world.rows(dora)).toBe('')
  })

  it('is not begun by evidence about an epoch that is past', async () => {
    const { world, bob } = await threeNodes('abcdef')
    const root = historyFor(world, 'abcdef').root
    await world.meet(bob, await world.planted('dora', 'abcdefg', (head) => ({ ...head, epoch: 1, continues: { epoch: 0, rows: 6, root } })))
    expect(await world.rows(bob)).toBe('abcdefg')
    const mallory = await rawPeer(world, bob)
    mallory.tell(evidenceOf(world, 'abcdef', 'abXdefgh'))
    await world.wait(500)
    expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null })
    expect(mallory.end()).toBeNull()
  })
})

describe('[D21] evidence gets about', () => {
  it('quarantines a stream of which this node has nothing yet', async () => {
    const { world, bob } = await emptyBob()
    const mallory = await rawPeer(world, bob)
    mallory.tell(evidenceOf(world, 'abcdef', 'abXdefgh'))
    await world.wait(500)
    expect(bob.state(world.stream)).toMatchObject({ ...FORKED, rows: 0 })
  })

  it('once over each link, and not back to where it came from', async () => {
    const { world, bob, carol } = await threeNodes('abcdef')
    await bob.client.deliverHead(sign(world, historyFor(world, 'abcdeX').head))
    await world.wait(200_000)
    expect(world.trace.filter((line) => line.includes('evidence'))).toEqual(['bob -> carol | evidence#0'])
    expect(carol.state(world.stream)).toMatchObject(FORKED)
  })

  it('anew to who has forgotten the stream and follows it again', async () => {
    const { world, bob, carol } = await threeNodes('abcdef')
    await bob.client.deliverHead(sign(world, historyFor(world, 'abcdeX').head))
    await world.wait(500)
    await must(carol.client.forget(world.stream))
    world.trace.length = 0
    await must(carol.client.subscribe(world.identity))
    await world.wait(500)
    expect(world.trace.filter((line) => line.includes('evidence'))).toEqual(['bob -> carol | evidence#0'])
    expect(carol.state(world.stream)).toMatchObject({ ...FORKED, rows: 0 })
  })

  it('to who asks for the status of the stream, though it does not follow it', async () => {
    const { world, bob } = await threeNodes('abcdef')
    await bob.client.deliverHead(sign(world, historyFor(world, 'abcdeX').head))
    const mallory = await rawPeer(world, bob)
    world.trace.length = 0
    for (const request of [1, 2]) mallory.send({ type: 'status-request', request, stream: world.stream })
    await world.wait(500)
    expect(world.trace.filter((line) => /^bob -> mallory . (status#|evidence)/.test(line)).join('\n')).toMatchInlineSnapshot(`
      "bob -> mallory | status#1 nothing
      bob -> mallory | evidence#0
      bob -> mallory | status#2 nothing"
    `)
  })

  it('in parts, when the page in which the histories part is large', async () => {
    const world = createSmallWorld()
    const wide = (mark: string, count: number) => Array.from({ length: count }, (_, number) => ({ ...rowOf('', number), value: `${mark}${'w'.repeat(60)}` }))
    const start = (name: string, own: boolean): Promise<DataNode> => startDataNode({ name, clock: world.clock, ...(own ? { key: world.key } : {}) })
    const [alice, copy] = [await start('alice', true), await start('copy', true)]
    await publish(alice, world.identity, wide('a', 1_000))
    await publish(copy, world.identity, [...wide('a', 999), ...wide('b', PAGE_ROWS - 999)])
    const [bob, carol] = [await start('bob', false), await start('carol', false)]
    for (const node of [bob, carol]) await must(node.client.subscribe(world.identity))
    await world.meet(bob, alice)
    await world.meet(carol, bob)
    world.trace.length = 0
    await world.meet(bob, copy)
    expect(world.trace.filter((line) => line.startsWith('bob -> carol | evidence'))).toHaveLength(2)
    expect(carol.state(world.stream)).toMatchObject(FORKED)
  })

  const liars: Readonly<Record<string, (world: SmallWorld, evidence: Bytes) => readonly Partial<FrameOf<'evidence'>>[]>> = {
    'that is none': (world) => [{ bytes: evidenceOfHeads(sign(world, historyFor(world, 'abc').head), sign(world, historyFor(world, 'abcdef').head)) }],
    'that is nonsense': () => [{ bytes: new Uint8Array(100) }],
    'under a signature that is nobody’s': (_, evidence) => [{ bytes: evidence.map((byte, at) => (at === 200 ? byte ^ 1 : byte)) }],
    'that begins in the middle': (_, evidence) => [{ part: 1, parts: 2, bytes: evidence }],
    'with a part twice': (_, evidence) => [{ parts: 3, bytes: evidence.slice(0, 50) }, { parts: 3, bytes: evidence.slice(0, 50) }],
    'with a part left out': (_, evidence) => [{ parts: 3, bytes: evidence.slice(0, 50) }, { part: 2, parts: 3, bytes: evidence.slice(50) }],
    'of two streams at once': (_, evidence) => [{ parts: 2, bytes: evidence.slice(0, 50) }, { part: 1, parts: 2, bytes: evidence.slice(50), stream: 'f'.repeat(64) as never }],
    'with another number of parts': (_, evidence) => [{ parts: 2, bytes: evidence.slice(0, 50) }, { part: 1, parts: 3, bytes: evidence.slice(50) }],
    'with an empty part': () => [{ parts: 2, bytes: new Uint8Array(0) }],
    'of more parts than there can be': (_, evidence) => [{ parts: 7, bytes: evidence }],
    'of no parts': (_, evidence) => [{ parts: 0, bytes: evidence }],
  }
  for (const [what, frames] of Object.entries(liars))
    it(`evidence ${what} is a lie of the peer that brings it`, async () => {
      const { world, bob } = await threeNodes('abcdef')
      const mallory = await rawPeer(world, bob)
      for (const part of frames(world, evidenceOf(world, 'abcdef', 'abXdefgh')))
        mallory.send({ type: 'evidence', request: 0, stream: world.stream, part: 0, parts: 1, bytes: new Uint8Array(0), ...part })
      await world.wait(500)
      expect(mallory.end()).toBe('cut bad-evidence')
      expect(bob.state(world.stream)).toMatchObject({ forked: false, problem: null })
    })

  it('evidence in parts is put together', async () => {
    const { world, bob } = await threeNodes('abcdef')
    const mallory = await rawPeer(world, bob)
    mallory.tell(evidenceOf(world, 'abcdef', 'abXdefgh'), 100)
    await world.wait(500)
    expect(bob.state(world.stream)).toMatchObject(FORKED)
    expect(mallory.end()).toBeNull()
  })

  it('[T27] costs its bringer what it costs to judge: who brings it on and on is cut', async () => {
    const { world, bob } = await threeNodes('abcdef')
    const mallory = await rawPeer(world, bob)
    const evidence = evidenceOf(world, 'abcdef', 'abXdefgh')
    // Each is taken before the next is said: it is not the link that has enough.
    for (let round = 0; round < 3_000 && mallory.end() === null; round++) {
      mallory.tell(evidence)
      if (round % 10 === 0) await settle()
    }
    expect(mallory.end()).toBe('cut flood')
    expect(bob.log().at(-1)).toContain('far more than its share')
  })

  it('[D21] is judged though its bringer has had its share of answers: it is told only once', async () => {
    const { world, bob } = await threeNodes('abcdef')
    const mallory = await rawPeer(world, bob)
    for (let request = 1; request <= 120; request++) mallory.send({ type: 'rows-request', request, stream: world.stream, from: 0, count: 6 })
    mallory.tell(evidenceOf(world, 'abcdef', 'abXdefgh'))
    await world.wait(500)
    expect(world.trace.filter((line) => /refused#\d+ busy/.test(line)).length).toBeGreaterThan(20)
    expect(bob.state(world.stream)).toMatchObject(FORKED)
    expect(mallory.end()).toBeNull()
  })

  it('evidence about a stream that this node does not keep is nobody’s business', async () => {
    const { world, bob } = await threeNodes('abcdef')
    const mallory = await rawPeer(world, bob)
    mallory.send({ type: 'evidence', request: 0, stream: 'f'.repeat(64) as never, part: 0, parts: 1, bytes: new Uint8Array(9) })
    await world.wait(500)
    expect(mallory.end()).toBeNull()
  })
})

const emptyBob = async (): Promise<{ readonly world: SmallWorld; readonly bob: SmallNode }> => {
  const world = createSmallWorld()
  return { world, bob: await world.subscriber('bob') }
}

/** A proved peer of Bob's that says what it likes. */
const rawPeer = async (world: SmallWorld, bob: SmallNode) => {
  const mallory = await world.start('mallory')
  let cable: Pipe | null = null
  const known = bob.notices.length
  // Her own link sees nothing of what she slips in: neither the credit for it nor the answers.
  const deaf = (pipe: Pipe): Pipe => ({ ...pipe, onFrame: (handle) => pipe.onFrame((bytes) => (isProof(bytes) ? handle(bytes) : undefined)) })
  await joinNodes(bob, mallory, { trace: world.trace, distort: (pipe) => deaf((cable = pipe)) })
  const send = (frame: FrameOf<'evidence' | 'status-request' | 'rows-request'>): void => cable?.send(encodeFrame(frame))
  return {
    send,
    /** As an honest peer would tell it. */
    tell: (evidence: Bytes, partBytes = MAX_PACKET_BYTES): void => {
      const parts = Math.ceil(evidence.length / partBytes)
      for (let part = 0; part < parts; part++)
        send({ type: 'evidence', request: 0, stream: world.stream, part, parts, bytes: evidence.slice(part * partBytes, (part + 1) * partBytes) })
    },
    /** How Bob ended the link. */
    end: (): string | null =>
      bob.notices.slice(known).flatMap((notice) => (notice.type === 'link-event' && notice.event !== 'ready' ? [`${notice.event} ${notice.code}`] : []))[0] ?? null,
  }
}

const isProof = (bytes: Bytes): boolean => {
  const frame = decodeFrame(bytes)
  return frame.ok && (frame.value.type === 'hello' || frame.value.type === 'auth')
}
