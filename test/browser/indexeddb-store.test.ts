import { deleteDB, openDB } from 'idb'
import { afterEach, describe, expect, it } from 'vitest'
import { concatBytes } from '../../src/base/bytes.ts'
import { HASH_BYTES } from '../../src/domain/hash.ts'
import type { HistoryStore } from '../../src/ports/history-store.ts'
import type { LogEntry } from '../../src/ports/log.ts'
import { openDatabase, storeFailureOf, type Database } from '../../src/store/database.ts'
import { claimFence, type Fence } from '../../src/store/fence.ts'
import { createIndexedDbStore } from '../../src/store/indexeddb-store.ts'
import { createKeyVault } from '../../src/store/key-vault.ts'
import type { LooseRow } from '../../src/consensus/loose-row.ts'
import type { Micros } from '../../src/domain/time.ts'
import { MAX_LEARNT_BYTES } from '../../src/protocol/limits.ts'
import { encodeLoose } from '../../src/store/loose-row.ts'
import { encodeRecord } from '../../src/store/record.ts'
import { describeHistoryStore } from '../contract/history-store-suite.ts'
import { createHistory, hash, blankSignature } from '../support/history.ts'

type Told = Pick<LogEntry, 'message'> & Partial<LogEntry>

const opened: { readonly name: string; readonly database: Database }[] = []
let next = 1

const freshName = (): string => `store test ${next++}`

const openNamed = async (name: string, onLost: (message: string) => void = () => undefined): Promise<Database> => {
  const database = await openDatabase(name, (failure) => onLost(failure.message))
  opened.push({ name, database })
  return database
}

const fenceOf = (database: Database, { tab = 'a tab', first = true, onSuperseded = (): void => undefined } = {}): Promise<Fence> =>
  claimFence(database, { tab, first }, onSuperseded)

const storeOver = async (database: Database, told: Told[] = []): Promise<HistoryStore> =>
  createIndexedDbStore(database, await fenceOf(database), { log: (entry) => void told.push(entry) })

afterEach(async () => {
  for (const { database } of opened) database.close()
  for (const { name } of opened.splice(0)) await deleteDB(name)
})

/** Bytes whose buffer was given away: nothing can be stored of them. */
const detached = (): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(8)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

const bench = async () => {
  const name = freshName()
  const database = await openNamed(name)
  const store = await storeOver(database)
  return {
    store,
    reopened: async () => {
      store.close()
      return storeOver(await openNamed(name))
    },
    commitThatFails: (change: Parameters<HistoryStore['commit']>[0]) => {
      const impossible = { hash: hash(new Uint8Array([9])), bytes: detached() }
      return store.commit({ ...change, pages: [...(change.pages ?? []), impossible] })
    },
  }
}

describeHistoryStore('the store of the browser', bench)

const history = createHistory({ seed: 1, rows: 8, pageRows: 4 })
const record = {
  stream: history.stream,
  identity: history.identity,
  subscribed: true,
  paused: false,
  head: { head: history.head, signature: blankSignature() },
  hashes: history.hashes,
  download: null,
  archive: [],
  fork: null,
  checkedAt: null,
  toldOf: null,
}

describe('a record of another layout', () => {
  /** The first byte says which layout it is. */
  const ofAnotherLayout = (): Uint8Array<ArrayBuffer> => Uint8Array.from(encodeRecord(record), (byte, index) => (index === 0 ? 9 : byte))

  it('is reported with its number and left alone, and the others are read', async () => {
    const database = await openNamed(freshName())
    const told: Told[] = []
    const store = await storeOver(database, told)
    const other = createHistory({ seed: 2, rows: 8, pageRows: 4 })
    await store.commit({ record: { ...record, stream: other.stream, identity: other.identity } })
    await database.put('records', ofAnotherLayout(), record.stream)
    const records = await store.records()
    expect(records).toMatchObject({ ok: true, value: [{ stream: other.stream }] })
    expect(told).toEqual([{ level: 'error', message: expect.stringContaining('record layout 9, this version reads up to 3') as string }])
    expect(await database.get('records', record.stream)).toEqual(ofAnotherLayout())
  })

  it('may name any page: nothing is collected while it is there', async () => {
    const database = await openNamed(freshName())
    const store = await storeOver(database)
    await database.put('records', ofAnotherLayout(), record.stream)
    await store.stage([{ hash: hash(new Uint8Array([1])), bytes: new Uint8Array(10) }])
    expect(await store.collect()).toEqual({ ok: true, value: 0 })
    expect(await store.has([hash(new Uint8Array([1]))])).toEqual({ ok: true, value: [true] })
  })

  it('cannot make us take more memory than it has bytes', async () => {
    const database = await openNamed(freshName())
    const told: Told[] = []
    await database.put('records', Uint8Array.from([1, ...new Uint8Array(60).fill(255)]), record.stream)
    expect(await (await storeOver(database, told)).records()).toEqual({ ok: true, value: [] })
    expect(told).toHaveLength(1)
  })
})

describe('a loose row that is not what it was', () => {
  const row: LooseRow = { row: { form: 'observation', time: 5 as Micros, value: '1' }, number: null, mark: 'quorum', own: false, before: 'unknown' }

  it('is left out and said: altered, of another layout, under another time, or after what is not before it', async () => {
    const database = await openNamed(freshName())
    const told: Told[] = []
    const store = await storeOver(database, told)
    await store.changeLoose(record.stream, { put: [row], drop: [] })
    const bytes = encodeLoose(row)
    await database.put('loose', bytes.subarray(1), [record.stream, 1])
    await database.put('loose', Uint8Array.from([9, ...bytes.subarray(1)]), [record.stream, 2])
    await database.put('loose', bytes, [record.stream, 6])
    await database.put('loose', encodeLoose({ ...row, row: { ...row.row, time: 7 as Micros }, before: 7 as Micros }), [record.stream, 7])
    expect(await store.looseRows(record.stream)).toEqual({ ok: true, value: [row] })
    expect(told).toEqual([{ level: 'error', stream: record.stream, message: '4 stored loose rows cannot be read and are left out' }])
  })
})

describe('a database that is lost under us', () => {
  const named = [{ hash: history.pageHashes[0] ?? new Uint8Array(HASH_BYTES), bytes: history.pages[0] ?? new Uint8Array(0) }]

  it('leaves nothing of a transaction that was aborted on its way', async () => {
    const name = freshName()
    const database = await openNamed(name)
    const kill = { isNext: false }
    const transaction = database.transaction.bind(database)
    // The abort comes when all writes are asked for: the last moment at which a process can be killed.
    const ending = new Proxy(database, {
      get: (target, property) => {
        if (property !== 'transaction') return Reflect.get(target, property, target) as unknown
        return (...given: Parameters<typeof transaction>) => {
          const begun = transaction(...given)
          if (kill.isNext) queueMicrotask(() => begun.abort())
          return begun
        }
      },
    })
    const store = await storeOver(ending)
    kill.isNext = true
    await expect(store.commit({ record, pages: named })).resolves.toMatchObject({ ok: false, error: { code: 'store-lost' } })
    kill.isNext = false
    expect(await store.records()).toEqual({ ok: true, value: [] })
    expect(await store.has([named[0]?.hash ?? new Uint8Array(0)])).toEqual({ ok: true, value: [false] })
  })

  it('answers every verb with a failure when it is closed', async () => {
    const store = await storeOver(await openNamed(freshName()))
    store.close()
    store.close()
    const answers = await Promise.all([
      store.records(),
      store.page(hash(new Uint8Array(1))),
      store.has([hash(new Uint8Array(1))]),
      store.stage(named),
      store.commit({ record }),
      store.remove(record.stream),
      store.looseRows(record.stream),
      store.changeLoose(record.stream, { put: [], drop: [] }),
      store.dropLoose(record.stream),
      store.learnt(record.stream),
      store.learntKept(),
      store.changeLearnt({ put: null, drop: [record.stream] }),
      store.collect(),
    ])
    for (const answer of answers) expect(answer).toMatchObject({ ok: false, error: { code: 'store-lost' } })
  })

  it('stands aside for a newer version and says so (blocking)', async () => {
    const name = freshName()
    const told: string[] = []
    await openNamed(name, (message) => void told.push(message))
    const newer = await upgrade(name, 6)
    newer.close()
    expect(told).toEqual([expect.stringContaining('newer version')])
  })

  it('says that another tab is in the way when that does not stand aside (blocked)', async () => {
    const name = freshName()
    const older = await upgrade(name, 1)
    const told: string[] = []
    const database = await openNamed(name, (message) => {
      told.push(message)
      older.close()
    })
    expect(told).toEqual([expect.stringContaining('Another tab')])
    expect(await (await storeOver(database)).records()).toEqual({ ok: true, value: [] })
  })

  it.each([1, 2, 3, 4])('of layout %i keeps what it has and gets room for what is new', async (layout) => {
    const name = freshName()
    const older = await upgrade(name, layout)
    const written = older.transaction(['records', 'pages'], 'readwrite')
    written.objectStore('records').put(encodeRecord(record), record.stream)
    written.objectStore('pages').put(new Uint8Array([122, 9]), hash(new Uint8Array([3])))
    await new Promise((resolve) => (written.oncomplete = resolve))
    older.close()
    const store = await storeOver(await openNamed(name))
    expect(await store.records()).toMatchObject({ ok: true, value: [{ stream: record.stream }] })
    expect(await store.looseRows(record.stream)).toEqual({ ok: true, value: [] })
    expect(await store.page(hash(new Uint8Array([3])))).toEqual({ ok: true, value: new Uint8Array([122, 9]) })
    // What version 3 has learnt is of no known size.
    expect(await store.learnt(record.stream)).toEqual({ ok: true, value: null })
    expect(await store.learntKept()).toEqual({ ok: true, value: [] })
    await store.changeLearnt({ put: { stream: record.stream, bytes: new Uint8Array(5), turn: 1 }, drop: [] })
    expect(await store.learntKept()).toEqual({ ok: true, value: [{ stream: record.stream, bytes: 5, turn: 1 }] })
  })

  it('[D55] takes a size that is none for the largest, written first of all', async () => {
    const database = await openNamed(freshName())
    await database.put('learntSizes', { bytes: -1, turn: 7 }, record.stream)
    expect(await (await storeOver(database)).learntKept()).toEqual({ ok: true, value: [{ stream: record.stream, bytes: MAX_LEARNT_BYTES, turn: 0 }] })
  })

  it('says that the browser ended it (terminated)', async () => {
    const told: string[] = []
    const database = await openNamed(freshName(), (message) => void told.push(message))
    // The event that a browser sends when the person clears the site's data.
    database.dispatchEvent(new Event('close'))
    expect(told).toEqual([expect.stringContaining('The browser closed the database')])
  })
})

/** Opens a database as another tab does that stands aside for nobody. */
const upgrade = (name: string, version: number): Promise<IDBDatabase> =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open(name, version)
    opening.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion > 0) return
      opening.result.createObjectStore('pages')
      opening.result.createObjectStore('records')
      opening.result.createObjectStore('keys', { keyPath: 'name' })
      if (version > 1) opening.result.createObjectStore('loose')
      if (version === 3) opening.result.createObjectStore('learnt').put(new Uint8Array(9), record.stream)
      if (version < 4) return
      for (const more of ['learnt', 'learntSizes', 'fence']) opening.result.createObjectStore(more)
    }
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error ?? new Error('not opened'))
  })

describe('[D56] a process whose place another tab has taken', () => {
  const page = { hash: hash(new Uint8Array([1])), bytes: new Uint8Array(10) }
  const change = (store: HistoryStore) =>
    [
      () => store.stage([page]),
      () => store.commit({ record }),
      () => store.changeLoose(record.stream, { put: [], drop: [] }),
      () => store.dropLoose(record.stream),
      () => store.changeLearnt({ put: { stream: record.stream, bytes: new Uint8Array(5), turn: 1 }, drop: [] }),
      () => store.remove(record.stream),
      () => store.collect(),
    ] as const

  it('writes nothing any more, is told why, and ends once', async () => {
    const name = freshName()
    const [theirs, ours] = [await openNamed(name), await openNamed(name)]
    let ends = 0
    const fence = await fenceOf(theirs, { tab: 'old', onSuperseded: () => { ends++ } })
    const old = createIndexedDbStore(theirs, fence, { log: () => undefined })
    expect(await old.commit({ record: { ...record, paused: true }, pages: [page] })).toMatchObject({ ok: true })
    const successor = await storeOver(ours)
    for (const write of change(old)) expect(await write()).toMatchObject({ ok: false, error: { code: 'superseded', message: expect.stringMatching(/^Another tab/) as string } })
    await expect(createKeyVault(theirs, fence).replace({} as never)).rejects.toThrow(/Another tab/)
    expect(await ours.get('keys', 'identity')).toBeUndefined()
    expect(ends).toBe(1)
    expect(await successor.records()).toMatchObject({ ok: true, value: [{ paused: true }] })
    expect([await successor.has([page.hash]), await successor.learnt(record.stream)]).toEqual([{ ok: true, value: [true] }, { ok: true, value: null }])
    for (const write of change(successor)) expect(await write()).toMatchObject({ ok: true })
  })

  it('writes all or nothing when it is taken in the middle: what came before counts, and is seen by who comes', async () => {
    const name = freshName()
    const [theirs, ours] = [await openNamed(name), await openNamed(name)]
    const old = createIndexedDbStore(theirs, await fenceOf(theirs), { log: () => undefined })
    const writes = Array.from({ length: 20 }, (_, at) => old.commit({ record: { ...record, checkedAt: at } }))
    const claimed = storeOver(ours)
    const ends = await Promise.all(writes)
    const seen = await (await claimed).records()
    const kept = ends.flatMap((end, at) => (end.ok ? [at] : []))
    expect(seen).toMatchObject({ ok: true, value: kept.length === 0 ? [] : [{ checkedAt: kept.at(-1) }] })
    expect(kept).toEqual(Array.from(kept, (_, at) => at))
  })

  it('does not take it back when it is started anew; the tab that has it does', async () => {
    const name = freshName()
    const [theirs, ours] = [await openNamed(name), await openNamed(name)]
    await fenceOf(theirs, { tab: 'old' })
    const again = await fenceOf(theirs, { tab: 'old', first: false })
    await fenceOf(ours, { tab: 'new' })
    await expect(fenceOf(theirs, { tab: 'old', first: false })).rejects.toMatchObject({ name: 'SupersededError' })
    const later = await fenceOf(ours, { tab: 'new', first: false })
    expect([again.generation, later.generation]).toEqual([2, 4])
  })

  it('is also the process before of the same tab, should it come to life again', async () => {
    const name = freshName()
    const [first, second] = [await openNamed(name), await openNamed(name)]
    const hung = createIndexedDbStore(first, await fenceOf(first, { tab: 'one' }), { log: () => undefined })
    await fenceOf(second, { tab: 'one', first: false })
    expect(await hung.commit({ record })).toMatchObject({ ok: false, error: { code: 'superseded' } })
  })
})

describe('a full disk', () => {
  it('is told as disk-full, and everything is as it was', async () => {
    const open = indexedDB.open.bind(indexedDB)
    const small = await bucketOf(1_000_000)
    indexedDB.open = (...given) => small.indexedDB.open(...given)
    try {
      const store = await storeOver(await openNamed(freshName()))
      await store.commit({ record: { ...record, paused: true } })
      const pages = Array.from({ length: 8 }, () => {
        const bytes = crypto.getRandomValues(new Uint8Array(new ArrayBuffer(0x1_0000)))
        return { hash: hash(bytes), bytes: concatBytes(Array.from({ length: 16 }, () => bytes)) }
      })
      expect(await store.commit({ record, pages })).toMatchObject({ ok: false, error: { code: 'disk-full' } })
      expect(await store.stage(pages)).toMatchObject({ ok: false, error: { code: 'disk-full' } })
      expect(await store.records()).toMatchObject({ ok: true, value: [{ paused: true }] })
      expect(await store.has(pages.map((page) => page.hash))).toEqual({ ok: true, value: pages.map(() => false) })
      expect(await store.commit({ record })).toEqual({ ok: true, value: null })
    } finally {
      indexedDB.open = open
    }
  })
})

interface Bucket {
  readonly indexedDB: IDBFactory
}

/** A storage bucket with a quota of its own: a disk that is full after so many bytes. */
const bucketOf = (quota: number): Promise<Bucket> =>
  (navigator as unknown as { storageBuckets: { open(name: string, options: object): Promise<Bucket> } }).storageBuckets.open('small', { quota })

describe('which exception means which failure', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [new DOMException('full', 'QuotaExceededError'), 'disk-full'],
    [new DOMException('closing', 'InvalidStateError'), 'store-lost'],
    [new DOMException('gone', 'AbortError'), 'store-lost'],
    [new DOMException('what', 'DataCloneError'), 'store-failed'],
    [new DOMException('what', 'UnknownError'), 'store-failed'],
    ['a text', 'store-failed'],
    [undefined, 'store-failed'],
  ]
  it('what a newer version of the app has used is said to be that', async () => {
    const name = freshName()
    const newer = await openDB(name, 1_000)
    newer.close()
    const thrown: unknown = await openNamed(name).catch((reason: unknown) => reason)
    expect(storeFailureOf(thrown)).toMatchObject({ code: 'store-lost', message: expect.stringContaining('newer version') as string })
    await deleteDB(name)
  })

  for (const [thrown, code] of cases)
    it(`${String(thrown)} is ${code}, with a sentence`, () => {
      const failure = storeFailureOf(thrown)
      expect(failure.code).toBe(code)
      expect(failure.message).toMatch(/^[A-Z].+/)
    })
})
