import { toHex, type Bytes } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LooseRow } from '../consensus/loose-row.ts'
import { splitPageList } from '../domain/page-list.ts'
import type { StreamId } from '../domain/stream.ts'
import type { HistoryRecord, HistoryStore, StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { LogDep } from '../ports/log.ts'
import { storeFailureOf, type Database } from './database.ts'
import { createGatheredRead, createGathering } from './gathering.ts'
import { decodeLoose, encodeLoose } from './loose-row.ts'
import { decodeRecord, encodeRecord } from './record.ts'

const guarded = async <T>(work: () => Promise<T>): Promise<Result<T, StoreFailure>> => {
  try {
    return ok(await work())
  } catch (thrown) {
    return err(storeFailureOf(thrown))
  }
}

/** The history store over IndexedDB. What `commit` answered is on disk: `durability: 'strict'` costs 5 % (measured). */
export const createIndexedDbStore = (database: Database, { log }: LogDep): HistoryStore => {
  const readPage = createGatheredRead((hashes: readonly Bytes[]) => readPages(database, hashes))
  return createStore(database, log, readPage)
}

const createStore = (database: Database, log: LogDep['log'], readPage: (hash: Bytes) => Promise<Bytes | undefined>): HistoryStore => ({
  records: () => guarded(() => readRecords(database, log)),
  page: (hash) => guarded(async () => (await readPage(hash)) ?? null),
  has: (hashes) =>
    guarded(async () => {
      const pages = database.transaction('pages').store
      // A node that has little yet is asked for all it has: a question for each of a thousand hashes takes 40 ms (measured).
      if ((await pages.count()) <= MANY_KEYS * hashes.length) {
        const there = new Set((await pages.getAllKeys()).map(hexOfKey))
        return hashes.map((hash) => there.has(toHex(hash)))
      }
      const found = await Promise.all(hashes.map((hash) => pages.getKey(hash)))
      return found.map((key) => key !== undefined)
    }),
  stage: createGathering((pages: readonly StoredPage[]) =>
    guarded(async () => {
      const transaction = database.transaction('pages', 'readwrite')
      await allOrNothing(transaction, pages.map((page) => () => transaction.store.put(page.bytes, page.hash)))
      return null
    })),
  commit: ({ record, pages = [], drop = [] }) =>
    guarded(async () => {
      const transaction = database.transaction(['records', 'pages'], 'readwrite', { durability: 'strict' })
      const pageStore = transaction.objectStore('pages')
      await allOrNothing(transaction, [
        ...drop.map((hash) => () => pageStore.delete(hash)),
        ...pages.map((page) => () => pageStore.put(page.bytes, page.hash)),
        () => transaction.objectStore('records').put(encodeRecord(record), record.stream),
      ])
      return null
    }),
  looseRows: (stream) => guarded(() => readLoose(database, log, stream)),
  changeLoose: (stream, { put, drop }) =>
    guarded(async () => {
      const transaction = database.transaction('loose', 'readwrite')
      const { store } = transaction
      await allOrNothing(transaction, [
        ...drop.map((time) => () => store.delete([stream, time])),
        ...put.map((row) => () => store.put(encodeLoose(row), [stream, row.row.time])),
      ])
      return null
    }),
  dropLoose: (stream) =>
    guarded(async () => {
      await database.delete('loose', looseOf(stream))
      return null
    }),
  learnt: (stream) => guarded(async () => (await database.get('learnt', stream)) ?? null),
  keepLearnt: (stream, bytes) =>
    guarded(async () => {
      if (bytes === null) await database.delete('learnt', stream)
      else await database.put('learnt', bytes, stream)
      return null
    }),
  remove: (stream) =>
    guarded(async () => {
      const transaction = database.transaction(['records', 'loose', 'learnt'], 'readwrite')
      await allOrNothing(transaction, [
        () => transaction.objectStore('records').delete(stream),
        () => transaction.objectStore('loose').delete(looseOf(stream)),
        () => transaction.objectStore('learnt').delete(stream),
      ])
      return null
    }),
  collect: () => guarded(() => collectPages(database)),
  close: () => {
    database.close()
  },
})

const readPages = async (database: Database, hashes: readonly Bytes[]): Promise<readonly (Bytes | undefined)[]> => {
  const pages = database.transaction('pages').store
  return Promise.all(hashes.map((hash) => pages.get(hash)))
}

interface Atomic {
  readonly done: Promise<void>
  readonly error: DOMException | null
  abort(): void
}

/** A write that cannot even be asked for (what it would store has no clone) takes back those asked for before it. */
const allOrNothing = async (transaction: Atomic, writes: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const asked: Promise<unknown>[] = [transaction.done]
  let refused: { readonly thrown: unknown } | null = null
  try {
    for (const write of writes) asked.push(write())
  } catch (thrown) {
    refused = { thrown }
    transaction.abort()
  }
  const ends = await Promise.allSettled(asked)
  if (refused !== null) throw refused.thrown
  const failed = ends.find((end) => end.status === 'rejected')
  // Every request of an aborted transaction says only that it was aborted; the transaction knows why.
  if (failed !== undefined) throw transaction.error ?? failed.reason
}

const readRecords = async (database: Database, log: LogDep['log']): Promise<HistoryRecord[]> => {
  const records: HistoryRecord[] = []
  for (const stored of await database.getAll('records')) {
    const judged = decodeRecord(stored)
    if (judged.ok) records.push(judged.value)
    else log({ level: 'error', message: `A stored history cannot be read and is left alone: ${judged.error.message}` })
  }
  return records
}

/** Every key of a stream: lists are after numbers. */
const looseOf = (stream: StreamId): IDBKeyRange => IDBKeyRange.bound([stream], [stream, []])

const readLoose = async (database: Database, log: LogDep['log'], stream: StreamId): Promise<LooseRow[]> => {
  const { store } = database.transaction('loose')
  const [keys, values] = await Promise.all([store.getAllKeys(looseOf(stream)), store.getAll(looseOf(stream))])
  const read = values.map((stored, i) => decodeLoose(stored, keys[i]?.[1] ?? NaN))
  const unread = read.filter((row) => !row.ok).length
  if (unread > 0) log({ level: 'error', stream, message: `${unread} stored loose rows cannot be read and are left out` })
  return read.flatMap((row) => (row.ok ? [row.value] : []))
}

/** O(pages): one read of all keys, and nothing is deleted unless every record could be read. */
const collectPages = async (database: Database): Promise<number> => {
  const transaction = database.transaction(['records', 'pages'], 'readwrite')
  const named = new Set<string>()
  for (const stored of await transaction.objectStore('records').getAll()) {
    const judged = decodeRecord(stored)
    if (!judged.ok) return 0
    const { hashes, download, archive } = judged.value
    for (const list of [hashes, download?.hashes, ...archive.map((kept) => kept.hashes)])
      for (const hash of list === undefined ? [] : splitPageList(list)) named.add(toHex(hash))
  }
  const pages = transaction.objectStore('pages')
  const keys = await pages.getAllKeys()
  const unnamed = keys.filter((key) => !named.has(hexOfKey(key)))
  await Promise.all([...unnamed.map((key) => pages.delete(key)), transaction.done])
  return unnamed.length
}

/** A key comes back as a bare buffer. */
const hexOfKey = (key: Bytes): string => toHex(new Uint8Array(key as unknown as ArrayBuffer))

/** A list of all keys is the cheaper question up to so many keys for each hash asked about. */
const MANY_KEYS = 4
