import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../../src/base/bytes.ts'
import type { Rest } from '../../../../src/consensus/agreement-events.ts'
import type { LooseRow } from '../../../../src/consensus/loose-row.ts'
import { createHistory } from '../../../../src/data/history/history.ts'
import { emptyRecord } from '../../../../src/data/history/kept-record.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { createPageClaims } from '../../../../src/data/history/page-claims.ts'
import { SOURCELESS_MS } from '../../../../src/data/loose/agreements.ts'
import { createHeadTrial } from '../../../../src/data/loose/head-trial.ts'
import { createLooseRows } from '../../../../src/data/loose/loose-rows.ts'
import { createSerial } from '../../../../src/data/pace/serial.ts'
import { peerCode, type PeerCode } from '../../../../src/data/peer-code.ts'
import type { Entry } from '../../../../src/data/streams/entry.ts'
import { headBytes, type Head, type SignedHead } from '../../../../src/domain/head.ts'
import type { Late } from '../../../../src/ports/late.ts'
import { decodeFrame, encodeFrame, type Frame } from '../../../../src/protocol/frame.ts'
import { createLate } from '../../../../src/runtime/late.ts'
import { digest, identityWith, joinNodes, must, startDataNode, verify } from '../../../support/data-node.ts'
import { historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, idOf, identityOf, sha256, type NodeKey } from '../../../support/node-key.ts'
import { settle } from '../../../support/pipes.ts'
import { createSmallWorld, rowOf, SMALL, textOf, type SmallNode, type SmallWorld } from '../../../support/small-world.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

/** What a walk that came to the beginning has kept: a row a letter, each known to follow the one before; `.` was passed over. */
const walked = (values: string): readonly LooseRow[] => {
  const rows = Array.from(values, (value, number) => ({ row: rowOf(value, number), number })).filter(({ row }) => row.value !== '.')
  return rows.map(({ row, number }, at) => ({ row, number, mark: 'provisional', own: false, before: rows[at - 1]?.row.time ?? 'beginning' }))
}

const headOver = (key: NodeKey, values: string, more: Partial<Head> = {}): SignedHead => {
  const head = { ...historyOf(identityOf(key), Array.from(values, rowOf), SMALL.pageRows).head, ...more }
  return { head, signature: key.sign(headBytes(head)) }
}

/** Bob follows the stream and has walked these rows in the life before; nobody is linked with him. */
const startBob = async (rows: readonly LooseRow[]): Promise<{ readonly world: SmallWorld; readonly bob: SmallNode }> => {
  const world = createSmallWorld()
  const { store } = await world.subscriber('bob')
  store.sync.changeLoose(world.stream, { put: rows, drop: [] })
  return { world, bob: await world.start('bob', store) }
}

const looseOf = async ({ client }: SmallNode, { stream }: SmallWorld): Promise<string> => textOf((await must(client.loose(stream, 0, 100))).rows.map(({ row }) => row))

const about = (node: SmallNode): readonly string[] => node.log().filter((line) => /publisher|complete/.test(line))

describe('[C13] what a walk has found, held against the newest head of its publisher', () => {
  it('is the history when it has its root: nothing is fetched, and it is all there after a restart', async () => {
    const { world, bob } = await startBob(walked('abcdefghij'))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdefghij')))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(about(bob)).toEqual(['what was believed without a signature is what its publisher signed: 10 rows need not be fetched', 'history complete: 10 rows, verified and kept'])
    expect(bob.state(world.stream)).toMatchObject({ rows: 10, head: { head: { rows: 10 } }, loose: null, problem: null, phase: 'idle' })
    const again = await world.start('bob', bob.store)
    expect(await world.rows(again)).toBe('abcdefghij')
    expect(await must(again.client.recheck(world.stream))).toMatchObject({ good: 3, bad: 0 })
    expect(bob.store.sync.looseRows(world.stream)).toEqual([])
  })

  it('becomes it as soon as a head is known', async () => {
    const { world, bob } = await startBob(walked('abcdef'))
    const alice = await world.publisher('abcdef')
    await joinNodes(bob, alice, { distort: answering((frame) => (frame.type === 'status' ? { ...frame, head: null, serving: false } : frame.type === 'hashes' ? busy(frame) : frame)) })
    await world.wait(20_000)
    expect(await looseOf(bob, world)).toBe('abcdef')
    await must(bob.client.deliverHead(headOver(world.key, 'abcdef')))
    await world.wait(1_500)
    expect(await world.rows(bob)).toBe('abcdef')
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', loose: null })
    expect(world.trace.filter((line) => line.includes('packet'))).toEqual([])
  })

  it('begins with its first row where that has the number 0, though a restart has forgotten who said that nothing is earlier', async () => {
    const { world, bob } = await startBob(walked('abcdef').map((row, at) => (at === 0 ? { ...row, before: 'unknown' } : row)))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdef')))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(await world.rows(bob)).toBe('abcdef')
  })

  it('is cut off where the head ends: the rows beyond are said and dropped, and come as signed ones do', async () => {
    const { world, bob } = await startBob(walked('abcdefg'))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdef')))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(await world.rows(bob)).toBe('abcdef')
    expect(await looseOf(bob, world)).toBe('')
    expect(about(bob).at(-1)).toBe("1 of 7 rows believed without a signature are not its publisher's: dropped")
  })

  it('stays as it is where it is shorter, was passed over in a place, or its beginning is not known: nothing can be concluded', async () => {
    const unbegun = walked('abcdef').map((row) => ({ ...row, number: null, before: row.before === 'beginning' ? ('unknown' as const) : row.before }))
    const torn = walked('abcdef').map((row, at) => (at === 3 ? { ...row, before: 'unknown' as const } : row))
    for (const rows of [walked('abcde'), walked('ab.defg'), unbegun, torn]) {
      const { world, bob } = await startBob(rows)
      await must(bob.client.deliverHead(headOver(world.key, 'abXdef')))
      await world.wait(60_000)
      expect(await looseOf(bob, world)).toBe(textOf(rows.map(({ row }) => row)))
      expect(about(bob)).toEqual([])
    }
  })

  it('is dropped where it has another root, and not walked again before there is a newer head; what is true then is had', async () => {
    const world = createSmallWorld()
    const alice = await world.publisher('abcdef')
    const bob = await world.subscriber('bob')
    let lies = true
    const distort = answering((frame) => {
      if (frame.type === 'hashes') return busy(frame)
      if (frame.type !== 'row-before' || frame.found?.number !== 4 || !lies) return frame
      return { ...frame, found: { ...frame.found, row: rowOf('X', 4) } }
    })
    await joinNodes(bob, alice, { trace: world.trace, distort })
    await world.wait(25_000)
    expect(about(bob)).toEqual(['what was believed without a signature is not what its publisher signed: it is dropped, and the history fetched from a source'])
    expect(bob.state(world.stream)).toMatchObject({ rows: 0, head: null, loose: null, phase: 'fetching', targetRows: 6 })
    expect(bob.store.sync.looseRows(world.stream)).toEqual([])
    const askedOf = (): number => world.trace.filter((line) => line.startsWith('bob -> alice | row-before-request')).length
    const before = askedOf()
    await world.wait(120_000)
    expect(askedOf()).toBe(before)
    lies = false
    await world.say(alice, 'g')
    await world.wait(10_000)
    expect(askedOf()).toBe(before)
    await world.wait(10_000)
    expect(askedOf()).toBe(before + 8)
    expect(await world.rows(bob)).toBe('abcdefg')
    // What had been begun to be fetched is not needed any more.
    expect(bob.state(world.stream)).toMatchObject({ phase: 'idle', peers: 0, loose: null })
  })

  it('is denied again where it could not be dropped: it does not stay believed', async () => {
    const { world, bob } = await startBob(walked('abcdeX'))
    let failures = 1
    const drop = bob.store.dropLoose
    const store: MemoryStore = {
      ...bob.store,
      dropLoose: async (stream) => (failures-- > 0 ? { ok: false, error: { code: 'disk-full', message: 'The disk is full.' } } : drop(stream)),
    }
    const again = await world.start('bob', store)
    await must(again.client.deliverHead(headOver(world.key, 'abcdef')))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(again.log()).toContain('The disk is full.')
    expect(await looseOf(again, world)).toBe('abcdeX')
    await world.wait(SOURCELESS_MS + 3_000)
    expect(await looseOf(again, world)).toBe('')
  })

  it('is walked again where the head that denied it was itself found to lie', async () => {
    const { world, bob } = await startBob(walked('abcdeX'))
    const lie = headOver(world.key, 'abcdef', { origin: sha256(new Uint8Array(1)) })
    await must(bob.client.deliverHead(lie))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(await looseOf(bob, world)).toBe('')
    const alice = await world.publisher('abcdef')
    // She answers as if she had what that head says: its pages show that it is not that stream.
    const distort = answering((frame) => (frame.type === 'status' ? { ...frame, head: lie } : frame))
    await joinNodes(bob, alice, { trace: world.trace, distort })
    await world.wait(30_000)
    expect(bob.log().filter((line) => line.includes('this is not that stream'))).toHaveLength(1)
    expect(world.trace.filter((line) => line.startsWith('bob -> alice | row-before-request')).length).toBeGreaterThan(0)
  })

  it('is walked anew where the stream was forgotten, and is wanted again', async () => {
    const { world, bob } = await startBob(walked('abcdeX'))
    const head = headOver(world.key, 'abcdef')
    await must(bob.client.deliverHead(head))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(about(bob)).toHaveLength(1)
    await must(bob.client.forget(world.stream))
    await must(bob.client.subscribe(world.identity))
    await must(bob.client.deliverHead(head))
    await joinNodes(bob, await world.publisher('abcdef'), { distort: answering((frame) => (frame.type === 'hashes' ? busy(frame) : frame)) })
    await world.wait(20_000)
    expect(about(bob).at(1)).toContain('is what its publisher signed: 6 rows')
  })

  it('is on disk before it is named as the history: a process that dies in between loses neither, and the next one ends it', async () => {
    const { world, bob } = await startBob(walked('abcdefghij'))
    let isDead = false
    const store: MemoryStore = {
      ...bob.store,
      commit: (change) => {
        isDead ||= change.record.head !== null
        return isDead ? Promise.resolve({ ok: false, error: { code: 'store-lost', message: 'That process is dead.' } }) : bob.store.commit(change)
      },
    }
    const dying = await world.start('bob', store)
    await must(dying.client.deliverHead(headOver(world.key, 'abcdefghij')))
    await world.wait(SOURCELESS_MS + 3_000)
    expect(isDead).toBe(true)
    const [record] = bob.store.sync.records()
    expect(record).toMatchObject({ head: null, download: { head: { head: { rows: 10 } } } })
    expect(bob.store.sync.looseRows(world.stream)).toHaveLength(10)
    const again = await world.start('bob', bob.store)
    expect(again.log().filter((line) => line.includes('cleared away'))).toEqual([])
    await world.wait(SOURCELESS_MS + 3_000)
    expect(await world.rows(again)).toBe('abcdefghij')
  })

  it('waits for a disk that is full, and is tried again after half a minute', async () => {
    const { world, bob } = await startBob(walked('abcdefghij'))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdefghij')))
    bob.store.refuseWrites({ code: 'disk-full', message: 'The disk is full.' })
    await world.wait(25_000)
    expect(bob.log().filter((line) => line === 'The disk is full.')).toHaveLength(1)
    bob.store.refuseWrites(null)
    await world.wait(20_000)
    expect(await world.rows(bob)).toBe('abcdefghij')
  })

  it('does not become it under a head that lies about where it begins, and that is said once', async () => {
    const { world, bob } = await startBob(walked('abcdef'))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdef', { origin: sha256(new Uint8Array(1)) })))
    await world.wait(90_000)
    expect(bob.state(world.stream)).toMatchObject({ rows: 0, head: null })
    expect(bob.log().filter((line) => line.includes('as the beginning: this is not that stream'))).toHaveLength(1)
  })
})

describe('[C13] loose rows that a process left beside the history in its last moment', () => {
  const startAgain = async (code: Late<PeerCode>) => {
    const { world, bob } = await startBob(walked('abcdef'))
    await must(bob.client.deliverHead(headOver(world.key, 'abcdef')))
    await world.wait(SOURCELESS_MS + 3_000)
    bob.store.sync.changeLoose(world.stream, { put: walked('abXdef'), drop: [] })
    const again = await startDataNode({ name: 'bob', clock: world.clock, store: bob.store, shape: SMALL, code })
    expect(bob.store.sync.looseRows(world.stream)).toEqual([])
    return { rows: await world.rows(again), log: again.log().filter((line) => line.includes('without a signature')) }
  }

  it('are held against it when the next one starts, with code that is fetched for it', async () => {
    const { rows, log } = await startAgain(createLate(() => Promise.resolve(peerCode)))
    expect(rows).toBe('abcdef')
    expect(log).toEqual(["1 of 6 rows believed without a signature are not its publisher's: dropped"])
  })

  it('are dropped though that code never comes: nobody waits for it', async () => {
    const { rows, log } = await startAgain(createLate<PeerCode>(() => new Promise(() => undefined)))
    expect(rows).toBe('abcdef')
    expect(log).toEqual([])
  })

  it('are dropped though that code cannot be had', async () => {
    const { rows, log } = await startAgain(createLate<PeerCode>(() => Promise.reject(new Error('offline'))))
    expect(rows).toBe('abcdef')
    expect(log).toEqual([expect.stringContaining('What finds rows without a signature could not be loaded')])
  })
})

const busy = ({ request }: Frame): Frame => ({ type: 'refused', request, code: 'busy', message: '' })

/** The far end says something else. */
const answering = (change: (frame: Frame) => Frame): NonNullable<NonNullable<Parameters<typeof joinNodes>[2]>['distort']> => (pipe) => ({
  ...pipe,
  send: (bytes) => {
    const judged = decodeFrame(bytes)
    pipe.send(judged.ok ? encodeFrame(change(judged.value)) : bytes)
  },
})

describe('[C13] what happens while it is being hashed', () => {
  /** Six rows of the stream, its head, and hashes that take as long as they are held. */
  const startTrial = async (inTurn = createSerial()) => {
    const key = createNodeKey()
    const identity = identityOf(key)
    const stream = idOf(identity)
    const store = createMemoryStore()
    const clock = createVirtualClock()
    const held: (() => void)[] = []
    let isHeld = true
    let digested = 0
    const slow = (bytes: Bytes): Promise<Bytes> => {
      digested++
      return isHeld ? new Promise((resolve) => held.push(() => resolve(sha256(bytes)))) : digest(bytes)
    }
    const deps = { store, clock, verify, sha256, digest: slow, shape: SMALL, pages: createPageCache(store, digest), log: () => undefined }
    const history = createHistory({ ...emptyRecord(stream, identity), subscribed: true }, { ...deps, claims: createPageClaims(), identity: identityWith(createNodeKey()) })
    const entry: Entry = { history, own: false, target: headOver(key, 'abcdef'), damaged: false, damages: 0, problem: null, fork: null, falseEpoch: -1, givenUp: -1 }
    const loose = createLooseRows(store)
    await loose.change(stream, { put: walked('abcdef'), drop: [] })
    const said: string[] = []
    const told = { reached: () => void said.push('reached'), denied: async () => void said.push('denied') }
    let isOver = false
    const trial = createHeadTrial(entry, { ...deps, loose, inTurn, ...told }, () => isOver)
    return {
      ...{ key, store, clock, entry, loose, stream, trial, said, held },
      digests: () => digested,
      end: () => void (isOver = true),
      finish: async (): Promise<void> => {
        isHeld = false
        for (const release of held.splice(0)) release()
        await settle()
      },
      rows: async () => textOf(await must(history.read(0, 100))),
    }
  }
  type Trial = Awaited<ReturnType<typeof startTrial>>

  it.each<readonly [string, (trial: Trial) => unknown]>([
    ['other rows come', ({ loose, stream }) => loose.add(stream, [rowOf('Z', 2)])],
    ['a newer head is heard of', ({ entry, key }) => (entry.target = headOver(key, 'abcdefg'))],
    ['nobody wants the stream any more', ({ entry }) => entry.history.change({ subscribed: false })],
    ['its publisher is found to have forked', ({ entry }) => (entry.fork = { epoch: 0, evidence: null })],
    ['the walk ends', ({ end }) => end()],
  ])('%s: it is void', async (_, happens) => {
    const trial = await startTrial()
    const held = trial.trial.hold('beginning')
    await settle()
    expect(trial.held.length).toBeGreaterThan(0)
    await happens(trial)
    await trial.finish()
    await held
    expect(trial.said).toEqual([])
    expect(trial.entry.history.record).toMatchObject({ head: null, download: null })
  })

  it('nobody wants the stream any more while the pages are written: it is void', async () => {
    const trial = await startTrial()
    await trial.finish()
    const { stage } = trial.store
    trial.store.stage = async (pages) => {
      await must(trial.entry.history.change({ subscribed: false }))
      return stage(pages)
    }
    await trial.trial.hold('beginning')
    expect(trial.said).toEqual([])
    expect(trial.entry.history.record.head).toBeNull()
  })

  it('what proved nothing is tried again with other rows', async () => {
    const { trial, loose, stream, finish, said } = await startTrial()
    await finish()
    const rows = walked('abcdef')
    await loose.change(stream, { put: rows.map((row, at) => (at === 3 ? { ...row, before: 'unknown' } : row)), drop: [] })
    await trial.hold('word')
    expect(said).toEqual([])
    await loose.change(stream, { put: rows, drop: [] })
    await trial.hold('word')
    expect(said).toEqual(['reached'])
  })

  it('rows without numbers have another root: that proves nothing, and is looked at again with other rows only, half a minute later', async () => {
    const { trial, loose, stream, finish, said, entry, key, clock, digests } = await startTrial()
    await finish()
    entry.target = headOver(key, 'abcdeX')
    const put = walked('abcdef').map((row) => ({ ...row, number: null }))
    await loose.change(stream, { put, drop: [] })
    await trial.hold('beginning')
    expect([said, loose.count(stream)?.rows]).toEqual([[], 6])
    const before = digests()
    await loose.change(stream, { put: put.slice(5), drop: [] })
    await trial.hold('beginning')
    await trial.hold('word')
    expect(digests()).toBe(before)
    clock.advance(30_000)
    await trial.hold('word')
    expect(digests()).toBeGreaterThan(before)
    const twice = digests()
    clock.advance(30_000)
    await trial.hold('beginning')
    expect(digests()).toBe(twice)
  })

  it('the stream is wanted again before it has ended: what was void is tried anew', async () => {
    const trial = await startTrial()
    const held = trial.trial.hold('beginning')
    await settle()
    await must(trial.entry.history.change({ subscribed: false }))
    await trial.finish()
    await held
    await must(trial.entry.history.change({ subscribed: true }))
    await trial.trial.hold('beginning')
    expect(trial.said).toEqual(['reached'])
  })

  it('a download names its pages on record meanwhile: it is void, and what the download named stays', async () => {
    const { trial, finish, said, entry, key, store } = await startTrial()
    await finish()
    const shorter = { head: headOver(key, 'abcd'), hashes: historyOf(identityOf(key), Array.from('abcd', rowOf), SMALL.pageRows).hashes }
    const { stage } = store
    store.stage = async (pages) => {
      await must(entry.history.change({ download: shorter }))
      return stage(pages)
    }
    await trial.hold('beginning')
    expect([said, entry.history.record.head, entry.history.record.download]).toEqual([[], null, shorter])
  })

  it('it comes to nothing: what a download had named before stays named', async () => {
    const { trial, finish, said, entry, key, store } = await startTrial()
    await finish()
    const shorter = { head: headOver(key, 'abcd'), hashes: historyOf(identityOf(key), Array.from('abcd', rowOf), SMALL.pageRows).hashes }
    await must(entry.history.change({ download: shorter }))
    const { stage } = store
    store.stage = async (pages) => {
      const staged = await stage(pages)
      entry.target = headOver(key, 'abcdefg')
      return staged
    }
    await trial.hold('beginning')
    expect([said, entry.history.record.head, entry.history.record.download]).toEqual([[], null, shorter])
  })

  it('two streams are held against their heads one after the other', async () => {
    const inTurn = createSerial()
    const [one, other] = [await startTrial(inTurn), await startTrial(inTurn)]
    const first = one.trial.hold('beginning')
    const second = other.trial.hold('beginning')
    await settle()
    expect([one.held.length > 0, other.held.length]).toEqual([true, 0])
    await one.finish()
    await first
    await other.finish()
    await second
    expect([one.said, other.said]).toEqual([['reached'], ['reached']])
  })

  it('a download becomes the history: it stays that', async () => {
    const trial = await startTrial()
    const held = trial.trial.hold('beginning')
    await settle()
    const { entry, key } = trial
    const signed = headOver(key, 'abcdefg')
    const { hashes } = historyOf(identityOf(key), Array.from('abcdefg', rowOf), SMALL.pageRows)
    entry.target = signed
    await must(entry.history.adopt(signed, hashes))
    await trial.finish()
    await held
    expect(trial.said).toEqual([])
    expect(entry.history.record.head).toBe(signed)
  })

  it('nothing happens: it is the history, page by page what was hashed', async () => {
    const trial = await startTrial()
    const held = trial.trial.hold('beginning')
    await trial.finish()
    await held
    expect(trial.said).toEqual(['reached'])
    expect(await trial.rows()).toBe('abcdef')
  })

  it.each<readonly [Rest, readonly string[]]>([['beginning', ['reached']], ['word', ['reached']], ['silence', []], ['split', []]])(
    'rows without numbers, of a walk that rests with "%s": its beginning is one, or is none',
    async (rest, said) => {
      const { trial, loose, stream, finish, ...town } = await startTrial()
      const put = walked('abcdef').map((row) => ({ ...row, number: null, before: row.before === 'beginning' ? ('unknown' as const) : row.before }))
      await loose.change(stream, { put, drop: [] })
      await finish()
      await trial.hold(rest)
      expect(town.said).toEqual(said)
      // Somebody comes who says that nothing is earlier.
      await trial.hold('word')
      expect(town.said).toEqual(['reached'])
    },
  )

  it('is hashed once for each head and edition of the rows, though the walk rests for long', async () => {
    const trial = await startTrial()
    const hold = (rest: Rest): Promise<void> => trial.trial.hold(rest)
    trial.entry.target = headOver(trial.key, 'abcdeX')
    void hold('word')
    await settle()
    // Again while it is under way, also for another reason, and afterwards.
    await hold('beginning')
    expect(trial.held).toHaveLength(1)
    await trial.finish()
    for (let i = 0; i < 5; i++) await hold('word')
    expect(trial.said).toEqual(['denied'])
    trial.entry.target = headOver(trial.key, 'abcdef')
    await hold('word')
    expect(trial.said).toEqual(['denied', 'reached'])
  })
})

