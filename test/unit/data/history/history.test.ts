import { describe, expect, it, vi } from 'vitest'
import { equalBytes, type Bytes } from '../../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../../src/base/random.ts'
import { createHistory, type History } from '../../../../src/data/history/history.ts'
import { emptyRecord } from '../../../../src/data/history/kept-record.ts'
import { createPageClaims } from '../../../../src/data/history/page-claims.ts'
import { createPageCache } from '../../../../src/data/history/page-cache.ts'
import { evidenceOfHeads } from '../../../../src/domain/evidence.ts'
import { headBytes, type Head } from '../../../../src/domain/head.ts'
import { merkleRoot } from '../../../../src/domain/merkle.ts'
import { encodePage, PAGE_ROWS } from '../../../../src/domain/page.ts'
import { splitPageList } from '../../../../src/domain/page-list.ts'
import { rowBytes, type ObservationRow, type Row } from '../../../../src/domain/row.ts'
import { streamIdOf, type StreamIdentity } from '../../../../src/domain/stream.ts'
import type { Micros } from '../../../../src/domain/time.ts'
import type { HistoryStore } from '../../../../src/ports/history-store.ts'
import type { LiveMessage } from '../../../../src/protocol/live.ts'
import { digest, identityWith, must, verify } from '../../../support/data-node.ts'
import { createRows, historyOf } from '../../../support/history.ts'
import { createMemoryStore, type MemoryStore } from '../../../support/memory-store.ts'
import { createNodeKey, identityOf, sha256, type NodeKey } from '../../../support/node-key.ts'
import { NETWORK_SHAPE } from '../../../../src/domain/shape.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const alice = createNodeKey()
const identity = identityOf(alice)
const stream = streamIdOf(identity, sha256)

const recordOf = (of: StreamIdentity = identity) => ({ ...emptyRecord(streamIdOf(of, sha256), of), subscribed: true })

/** The history as the node of `key` has it on `store`: read back when there is one. */
const openHistory = (store: HistoryStore, key: NodeKey, records: ReturnType<MemoryStore['sync']['records']> = []): History => {
  const pages = createPageCache(store, digest)
  return createHistory(records[0] ?? recordOf(), { store, claims: createPageClaims(), pages, identity: identityWith(key), verify, sha256, digest, clock: createVirtualClock(), shape: NETWORK_SHAPE })
}

const reload = (store: MemoryStore, key: NodeKey): History => openHistory(store, key, store.sync.records())

const rowsOf = (count: number): ObservationRow[] => createRows(createSeededRandom(3), count)

/** A history of Alice's with these rows, made at one go. */
const withRows = async (count: number): Promise<{ readonly store: MemoryStore; readonly history: History; readonly rows: readonly Row[] }> => {
  const store = createMemoryStore()
  const history = openHistory(store, alice)
  const rows = rowsOf(count)
  const builder = await must(history.builder())
  await must(store.stage(await builder.push(rows)))
  await must(history.extend(builder, 0))
  return { store, history, rows }
}

/** Bob's copy of the first `count` of Alice's rows. */
const copyOf = async (rows: readonly ObservationRow[], count: number): Promise<{ readonly store: MemoryStore; readonly history: History }> => {
  const store = createMemoryStore()
  const truth = historyOf(identity, rows, PAGE_ROWS, count)
  const pages = truth.pages.map((bytes, page) => ({ bytes, hash: truth.pageHashes[page] ?? new Uint8Array(0) }))
  const head = { head: truth.head, signature: alice.sign(headBytes(truth.head)) }
  await must(store.commit({ record: { ...recordOf(), head, hashes: truth.hashes }, pages }))
  return { store, history: reload(store, createNodeKey()) }
}

/** Row `count − 1` with the head that Alice signed over the first `count` rows. */
const liveOf = (rows: readonly ObservationRow[], count: number, change: Partial<Head> = {}, key = alice): LiveMessage => {
  const row = rows[count - 1]
  if (row === undefined) throw new RangeError(`no row ${count - 1}`)
  const head = { ...historyOf(identity, rows, PAGE_ROWS, count).head, ...change }
  return { row, head: { head, signature: key.sign(headBytes(head)) } }
}

const altered = (bytes: Bytes): Bytes => bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte))

/** Everything that a reader or a peer can see of it. */
const pictureOf = async (history: History) => ({
  record: history.record,
  rows: await must(history.read(0, history.rows)),
  leaves: await must(history.leavesAt(history.rows)),
})

describe('the publisher adds rows', () => {
  it('[D9] a row that is appended is signed, covered by the root and on disk', async () => {
    const { store, history, rows } = await withRows(3)
    const row: Row = { form: 'observation', time: 5 as Micros, value: '7.25' }
    const before = await must(history.leavesAt(3))
    const { head } = await must(history.append(row))
    expect(await verify(alice.publicKey, headBytes(head.head), head.signature)).toBe(true)
    const expected = historyOf(identity, [...rows, row] as ObservationRow[], PAGE_ROWS)
    // What was given out stays what it was; who asks now gets what is there now.
    expect([before, await must(history.leavesAt(4))]).toEqual([historyOf(identity, rows as ObservationRow[], PAGE_ROWS).pageHashes, expected.pageHashes])
    expect(head.head).toMatchObject({ stream, epoch: 0, rows: 4, root: expected.root, origin: expected.head.origin })
    expect(store.sync.records()).toMatchObject([{ head, hashes: expected.hashes }])
    expect(await must(reload(store, alice).read(0, 10))).toEqual([...rows, row])
  })

  it('the last rows of a stream that grows are at hand, its first ones read when they are wanted', async () => {
    const { store, rows } = await withRows(3)
    const reads: Bytes[] = []
    const history = openHistory({ ...store, page: (hash) => (reads.push(hash), store.page(hash)) }, alice, store.sync.records())
    const more = rowsOf(40).slice(3)
    for (const row of more) {
      await must(history.append(row))
      expect(await must(history.read(history.rows - 1, 1))).toEqual([row])
    }
    expect(reads).toHaveLength(1)
    expect(await must(reload(store, alice).read(0, 50))).toEqual([...rows, ...more])
  })

  it('[D9] only the publisher can', async () => {
    const { history } = await copyOf(rowsOf(3), 3)
    const before = await pictureOf(history)
    expect(await history.append({ form: 'observation', time: 0 as Micros, value: '1' })).toMatchObject({ ok: false, error: { code: 'not-own' } })
    expect(await pictureOf(history)).toEqual(before)
  })

  it('the first row is the origin, and a history without a row is not signed', async () => {
    const history = openHistory(createMemoryStore(), alice)
    expect(await history.extend(await must(history.builder()), 0)).toMatchObject({ ok: false, error: { code: 'no-rows' } })
    const [row] = rowsOf(1)
    if (row === undefined) throw new Error('no row')
    const { head } = await must(history.append(row))
    expect(equalBytes(head.head.origin, sha256(rowBytes(0, row)))).toBe(true)
  })

  it('many rows appended at once come one after the other, none lost', async () => {
    const { store, history } = await withRows(1)
    const lives = await Promise.all(
      Array.from({ length: 20 }, (_, index) => must(history.append({ form: 'observation', time: index as Micros, value: String(index) }))),
    )
    expect(lives.map(({ head }) => head.head.rows)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2))
    expect((await must(reload(store, alice).read(1, 20))).map((row) => row.value)).toEqual(lives.map(({ row }) => row.value))
  })

  it('[D10] a builder whose stream got other rows meanwhile changes nothing', async () => {
    const { store, history } = await withRows(5)
    const builder = await must(history.builder())
    await builder.push(rowsOf(3))
    await must(history.append({ form: 'observation', time: 0 as Micros, value: '1' }))
    const before = await pictureOf(history)
    expect(await history.extend(builder, 5)).toMatchObject({ ok: false, error: { code: 'changed-meanwhile' } })
    expect(await pictureOf(history)).toEqual(before)
    expect(await pictureOf(reload(store, alice))).toEqual(before)
  })

  it('[D9] a commit that fails leaves the old history, and the next row follows that', async () => {
    const { store, history, rows } = await withRows(PAGE_ROWS - 1)
    const before = await pictureOf(history)
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    for (let tries = 0; tries < 3; tries++)
      expect(await history.append({ form: 'observation', time: 0 as Micros, value: '1' })).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    expect(await pictureOf(history)).toEqual(before)
    store.refuseWrites(null)
    const row: ObservationRow = { form: 'observation', time: 0 as Micros, value: '2' }
    const { head } = await must(history.append(row))
    expect(head.head.root).toEqual(historyOf(identity, [...rows, row] as ObservationRow[], PAGE_ROWS).root)
    expect(await must(reload(store, alice).read(PAGE_ROWS - 1, 2))).toEqual([row])
  })
})

describe('[D15] page boundaries', () => {
  const counts = [1, PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS, 3 * PAGE_ROWS + 1]
  for (const count of counts)
    it(`${count} rows have the root of all their pages, and go on with it after a restart`, async () => {
      const { store, history, rows } = await withRows(count)
      const more = rowsOf(count + 2).slice(count)
      const truth = historyOf(identity, rows as ObservationRow[], PAGE_ROWS)
      expect(await must(reload(store, alice).read(0, count))).toEqual(rows)
      expect(history.record.head?.head.root).toEqual(truth.root)
      expect(merkleRoot(splitPageList(history.record.hashes), sha256)).toEqual(truth.root)
      const all: ObservationRow[] = [...(rows as ObservationRow[])]
      for (const [index, row] of more.entries()) {
        all.push(row)
        // One row from the history that lived on, one from the one that was read back.
        const grown = index === 0 ? history : reload(store, alice)
        const { head } = await must(grown.append(row))
        expect(head.head.root).toEqual(historyOf(identity, all, PAGE_ROWS).root)
      }
    })

  it('no page is left behind by rows that came one by one over a boundary', async () => {
    const { store, history } = await withRows(PAGE_ROWS - 2)
    for (const row of rowsOf(5)) await must(history.append(row))
    expect(await must(store.collect())).toBe(0)
    expect(await must(store.has(splitPageList(history.record.hashes)))).toEqual([true, true])
  })

  it('a partial page that a download may name is not deleted', async () => {
    const { store, history } = await withRows(10)
    const [partial] = splitPageList(history.record.hashes)
    const { head, hashes } = history.record
    if (head === null || partial === undefined) throw new Error('no head')
    await must(history.change({ download: { head, hashes } }))
    await must(history.append({ form: 'observation', time: 0 as Micros, value: '1' }))
    expect(await must(store.has([partial]))).toEqual([true])
  })
})

describe('[D7] reading', () => {
  it('gives rows over page boundaries, and only those there are', async () => {
    const { history, rows } = await withRows(2 * PAGE_ROWS + 7)
    for (const [from, count] of [[0, 1], [PAGE_ROWS - 1, 2], [PAGE_ROWS, PAGE_ROWS], [2 * PAGE_ROWS, 100], [2 * PAGE_ROWS + 6, 1], [5_000, 10], [0, 0]] as const)
      expect(await must(history.read(from, count))).toEqual(rows.slice(from, from + count))
  })

  it('is never told of damage when the last page grew while it was being looked for', async () => {
    const { store, rows } = await withRows(5)
    let release = (): void => undefined
    const waiting = new Promise<void>((resolve) => (release = resolve))
    // A browser reads after every write that was asked for before.
    const slow: HistoryStore = { ...store, page: async (hash) => (await waiting, store.page(hash)) }
    const history = openHistory(slow, alice, store.sync.records())
    const [read, leaves, bytes] = [history.read(0, 5), history.leavesAt(4), history.pageBytes(0, 5)]
    // The tail is read from the disk as it is, so that the row can be added while the others wait.
    const writer = openHistory(store, alice, store.sync.records())
    const appended = await must(writer.append({ form: 'observation', time: 0 as Micros, value: '1' }))
    await must(history.adopt(appended.head, writer.record.hashes))
    release()
    expect(await must(read)).toEqual(rows)
    expect(await must(leaves)).toEqual(historyOf(identity, rows as ObservationRow[], PAGE_ROWS, 4).pageHashes)
    expect(await must(bytes)).toEqual(historyOf(identity, rows as ObservationRow[], PAGE_ROWS).pages[0])
  })
})

describe('[D12] a row from elsewhere', () => {
  const rows = rowsOf(PAGE_ROWS + 10)

  for (const count of [2, PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, PAGE_ROWS + 2])
    it(`is appended as row ${count - 1} when its head covers exactly one more and the root agrees`, async () => {
      const { store, history } = await copyOf(rows, count - 1)
      const live = liveOf(rows, count)
      expect(await history.receive(live)).toEqual({ ok: true, value: 'appended' })
      const again = reload(store, createNodeKey())
      expect(again.record.head).toEqual(live.head)
      expect(await must(again.read(0, count))).toEqual(rows.slice(0, count))
    })

  const untouched: Readonly<Record<string, readonly [() => LiveMessage, unknown]>> = {
    'is known when it is the one we have': [() => liveOf(rows, 10), { ok: true, value: 'known' }],
    'is known when it is older': [() => liveOf(rows, 7), { ok: true, value: 'known' }],
    'is behind when a row between is missing': [() => liveOf(rows, 12), { ok: true, value: 'behind' }],
    'is behind when it begins another epoch': [() => liveOf(rows, 11, { epoch: 1 }), { ok: true, value: 'behind' }],
    'is behind when the root is not the one our rows lead to': [() => liveOf(rows, 11, { root: altered(new Uint8Array(32)) }), { ok: true, value: 'behind' }],
    'is behind when the row is another than the one signed': [
      () => ({ ...liveOf(rows, 11), row: { form: 'observation', time: 0 as Micros, value: '999' } }),
      { ok: true, value: 'behind' },
    ],
    'is behind when it is a row of another form': [
      () => ({ ...liveOf(rows, 11), row: prediction }),
      { ok: true, value: 'behind' },
    ],
    'is forged when somebody else signed it': [() => liveOf(rows, 11, {}, createNodeKey()), { ok: false, error: { code: 'forged-head' } }],
    'is forged when its head was altered after it was signed': [
      () => {
        const { row, head } = liveOf(rows, 11)
        return { row, head: { ...head, head: { ...head.head, time: (head.head.time + 1) as Micros } } }
      },
      { ok: false, error: { code: 'forged-head' } },
    ],
    'is forged when it is of another stream': [() => liveOf(rows, 11, { stream: 'c'.repeat(64) as typeof stream }), { ok: false, error: { code: 'forged-head' } }],
    'is diverged when the publisher signed another beginning of the same epoch': [
      () => liveOf(rows, 11, { origin: altered(new Uint8Array(32)) }),
      { ok: false, error: { code: 'diverged' } },
    ],
    'is diverged when the publisher signed another root for the same count': [
      () => liveOf(rows, 10, { root: altered(new Uint8Array(32)) }),
      { ok: false, error: { code: 'diverged' } },
    ],
  }
  for (const [rule, [live, outcome]] of Object.entries(untouched))
    it(`${rule}, and nothing changes`, async () => {
      const { store, history } = await copyOf(rows, 10)
      const before = await pictureOf(history)
      expect(await history.receive(live())).toMatchObject(outcome as object)
      expect(await pictureOf(history)).toEqual(before)
      expect(await pictureOf(reload(store, createNodeKey()))).toEqual(before)
    })

  const prediction: Row = {
    form: 'prediction',
    time: 0 as Micros,
    value: '1',
    lower: '0',
    upper: '2',
    kind: 'live',
    follows: stream,
    followsRow: 1,
    followsHash: new Uint8Array(32),
  }

  it('is behind when we have no row at all: where a history begins is learnt by a download', async () => {
    const history = openHistory(createMemoryStore(), createNodeKey())
    expect(await history.receive(liveOf(rows, 1))).toEqual({ ok: true, value: 'behind' })
  })

  it('that cannot be kept is not known', async () => {
    const { store, history } = await copyOf(rows, 10)
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await history.receive(liveOf(rows, 11))).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    store.refuseWrites(null)
    expect(await history.receive(liveOf(rows, 11))).toEqual({ ok: true, value: 'appended' })
    expect(await history.receive(liveOf(rows, 12))).toEqual({ ok: true, value: 'appended' })
    expect(await must(history.read(0, 20))).toEqual(rows.slice(0, 12))
  })
})

describe('a history as it was', () => {
  const counts = [1, 5, PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS - 1, 2 * PAGE_ROWS, 2 * PAGE_ROWS + 9]
  it('has the page hashes and pages that it had at every older row count', async () => {
    const { history, rows } = await withRows(2 * PAGE_ROWS + 10)
    for (const count of counts) {
      const truth = historyOf(identity, rows as ObservationRow[], PAGE_ROWS, count)
      expect(await must(history.leavesAt(count))).toEqual(truth.pageHashes)
      for (const [number, page] of truth.pages.entries()) expect(await must(history.pageBytes(number, count))).toEqual(page)
    }
  })

  it('has no page hashes of rows that are still to come', async () => {
    const { history } = await withRows(5)
    expect(await must(history.leavesAt(6))).toBeNull()
    expect(await must(history.leavesAt(Number.MAX_SAFE_INTEGER))).toBeNull()
  })
})

describe('[T19] a finished download', () => {
  /** Bob has 10 rows of a history, and all pages of it are staged. */
  const finished = async () => {
    const rows = rowsOf(PAGE_ROWS + 5)
    const { store, history } = await copyOf(rows, 10)
    const truth = historyOf(identity, rows, PAGE_ROWS)
    const head = { head: truth.head, signature: alice.sign(headBytes(truth.head)) }
    await must(history.change({ download: { head, hashes: truth.hashes } }))
    await must(store.stage(truth.pages.map((bytes, page) => ({ bytes, hash: truth.pageHashes[page] ?? new Uint8Array(0) }))))
    return { store, history, rows, truth, head }
  }

  it('becomes the history in one commit, which puts its head and page list and nothing else, and ends the download', async () => {
    const { store, history, rows, truth, head } = await finished()
    expect(await must(history.leavesAt(10))).toHaveLength(1)
    const commit = vi.spyOn(store, 'commit')
    await must(history.adopt(head, truth.hashes))
    expect(commit.mock.calls).toEqual([[{ record: { ...history.record, head, hashes: truth.hashes, download: null } }]])
    expect(history.record).toMatchObject({ head, download: null })
    expect(await must(history.leavesAt(rows.length))).toEqual(truth.pageHashes)
    expect(await must(history.read(0, rows.length))).toEqual(rows)
    expect(await history.receive(liveOf([...rows, ...rowsOf(1)], rows.length + 1))).toEqual({ ok: true, value: 'appended' })
  })

  it('leaves the old one in its place when that commit fails, in memory and on disk, and is there for the next try', async () => {
    const { store, history, rows, truth, head } = await finished()
    const before = await pictureOf(history)
    store.refuseWrites({ code: 'disk-full', message: 'full' })
    expect(await history.adopt(head, truth.hashes)).toMatchObject({ ok: false, error: { code: 'disk-full' } })
    expect(await pictureOf(history)).toEqual(before)
    const again = reload(store, createNodeKey())
    expect([again.rows, again.record.download]).toEqual([10, { head, hashes: truth.hashes }])
    store.refuseWrites(null)
    await must(history.adopt(head, truth.hashes))
    expect(await must(reload(store, createNodeKey()).read(0, rows.length))).toEqual(rows)
  })

  it('never takes back a row that came while it ran', async () => {
    const { store, history, rows } = await withRows(10)
    const { head, hashes } = history.record
    if (head === null) throw new Error('no head')
    const row: Row = { form: 'observation', time: 0 as Micros, value: '1' }
    const { head: newer } = await must(history.append(row))
    await must(history.adopt(head, hashes))
    expect(history.record.head).toEqual(newer)
    expect(await must(reload(store, alice).read(0, 11))).toEqual([...rows, row])
  })
})

describe('[D8] a damaged page', () => {
  it('is taken out of reach without a word about rows that are being added', async () => {
    const { store } = await withRows(PAGE_ROWS + 1)
    const damages: Promise<unknown>[] = []
    // The damage is noticed while the row is being written.
    const slow: HistoryStore = {
      ...store,
      commit: async (change) => {
        if (damages.length === 0) damages.push(history.quarantine(first))
        await Promise.resolve()
        return store.commit(change)
      },
    }
    const history = openHistory(slow, alice, store.sync.records())
    const first = splitPageList(history.record.hashes)[0] ?? new Uint8Array(0)
    const appended = await must(history.append({ form: 'observation', time: 0 as Micros, value: '1' }))
    await Promise.all(damages)
    expect(store.sync.records()).toMatchObject([{ head: appended.head }])
    expect(await must(store.has([first]))).toEqual([false])
  })

  const damages: Readonly<Record<string, (bytes: Bytes) => Bytes>> = {
    'with one byte altered': (bytes) => bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte)),
    'that is cut short': (bytes) => bytes.slice(0, -1),
    'that is another page': () => encodePage({ form: 'observation', number: 0, rows: rowsOf(5).reverse() }),
    'that is empty': () => new Uint8Array(0),
  }
  for (const [damage, spoil] of Object.entries(damages))
    it(`${damage} is neither read, served nor built on`, async () => {
      const { store, history } = await withRows(5)
      const [hash] = splitPageList(history.record.hashes)
      if (hash === undefined) throw new Error('no page')
      store.sync.stage([{ hash, bytes: spoil(store.sync.page(hash) ?? new Uint8Array(0)) }])
      const again = reload(store, alice)
      for (const answer of [await again.read(0, 5), await again.pageBytes(0, 5), await again.leavesAt(4), await again.builder(), await again.append({ form: 'observation', time: 0 as Micros, value: '1' })])
        expect(answer).toMatchObject({ ok: false, error: { code: 'damaged-page', hash } })
    })

  it('that is read again is verified again, however often it was good', async () => {
    const { store, history } = await withRows(5)
    const [hash] = splitPageList(history.record.hashes)
    if (hash === undefined) throw new Error('no page')
    await must(history.pageBytes(0, 5))
    store.sync.stage([{ hash, bytes: new Uint8Array(1) }])
    expect(await history.pageBytes(0, 5)).toMatchObject({ ok: false, error: { code: 'damaged-page' } })
  })
})

describe('[D10] rows that were built on a history', () => {
  it('are not signed when another of as many rows has taken its place: they would follow rows that are not there', async () => {
    const { history } = await withRows(PAGE_ROWS + 2)
    const built = await must(history.builder())
    await built.push(rowsOf(1))
    const { head, hashes } = history.record
    if (head === null) throw new Error('no head')
    await must(history.adopt(head, hashes))
    expect(await history.extend(built, PAGE_ROWS + 2)).toMatchObject({ ok: false, error: { code: 'changed-meanwhile' } })
  })

  it('are not signed when its page list has turned out damaged since', async () => {
    const { history } = await withRows(PAGE_ROWS + 2)
    const built = await must(history.builder())
    await built.push(rowsOf(1))
    history.distrust({ code: 'damaged-list', message: 'damaged' })
    expect(await history.extend(built, PAGE_ROWS + 2)).toMatchObject({ ok: false, error: { code: 'damaged-list' } })
  })
})

describe('a history that is doubted', () => {
  const forged = { code: 'forged-head', message: 'forged' } as const

  it('shows nothing where its head is forged, and is doubted until it begins anew', async () => {
    const { history } = await withRows(PAGE_ROWS + 2)
    expect([history.isDoubted, history.rows]).toEqual([false, PAGE_ROWS + 2])
    history.distrust(forged)
    expect([history.isDoubted, history.rows, history.record.head]).toEqual([true, 0, null])
    await history.beginAnew()
    expect(history.isDoubted).toBe(false)
  })

  it('is doubted no more when another one takes its place', async () => {
    const { history } = await withRows(PAGE_ROWS + 2)
    const { head, hashes } = history.record
    if (head === null) throw new Error('no head')
    history.distrust({ code: 'damaged-list', message: 'damaged' })
    expect([history.isDoubted, history.rows]).toEqual([true, PAGE_ROWS + 2])
    await must(history.adopt(head, hashes))
    expect([history.isDoubted, history.rows]).toEqual([false, PAGE_ROWS + 2])
  })
})

describe('[D20] a row that waits for its turn while evidence of a fork is put on record', () => {
  it('is not taken', async () => {
    const store = createMemoryStore()
    const publisher = openHistory(createMemoryStore(), alice)
    const [first, second] = rowsOf(2)
    if (first === undefined || second === undefined) throw new Error('no rows')
    const [one, two] = [await must(publisher.append(first)), await must(publisher.append(second))]
    const reader = openHistory(store, createNodeKey())
    await must(reader.adopt(one.head, publisher.record.hashes.slice(0, 0)))
    const fork = evidenceOfHeads(two.head, two.head)
    const [, taken] = await Promise.all([reader.condemn(fork, 0), reader.receive(two)])
    expect(taken).toMatchObject({ ok: false, error: { code: 'forked' } })
  })
})
