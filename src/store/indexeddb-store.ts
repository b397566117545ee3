import { toHex } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import { splitPageList } from '../domain/page-list.ts'
import type { HistoryRecord, HistoryStore, StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { LogDep } from '../ports/log.ts'
import { storeFailureOf, type Database } from './database.ts'
import { createGathering } from './gathering.ts'
import { decodeRecord, encodeRecord } from './record.ts'

const guarded = async <T>(work: () => Promise<T>): Promise<Result<T, StoreFailure>> => {
  try {
    return ok(await work())
  } catch (thrown) {
    return err(storeFailureOf(thrown))
  }
}

/** The history store over IndexedDB. What `commit` answered is on disk: `durability: 'strict'` costs 5 % (measured). */
export const createIndexedDbStore = (database: Database, { log }: LogDep): HistoryStore => ({
  records: () => guarded(() => readRecords(database, log)),
  page: (hash) => guarded(async () => (await database.get('pages', hash)) ?? null),
  has: (hashes) =>
    guarded(async () => {
      const pages = database.transaction('pages').store
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
  remove: (stream) =>
    guarded(async () => {
      await database.delete('records', stream)
      return null
    }),
  collect: () => guarded(() => collectPages(database)),
  close: () => {
    database.close()
  },
})

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

/** O(pages): one read of all keys, and nothing is deleted unless every record could be read. */
const collectPages = async (database: Database): Promise<number> => {
  const transaction = database.transaction(['records', 'pages'], 'readwrite')
  const named = new Set<string>()
  for (const stored of await transaction.objectStore('records').getAll()) {
    const judged = decodeRecord(stored)
    if (!judged.ok) return 0
    for (const list of [judged.value.hashes, judged.value.download?.hashes])
      for (const hash of list === undefined ? [] : splitPageList(list)) named.add(toHex(hash))
  }
  const pages = transaction.objectStore('pages')
  const keys = await pages.getAllKeys()
  const unnamed = keys.filter((key) => !named.has(toHex(new Uint8Array(key as unknown as ArrayBuffer))))
  await Promise.all([...unnamed.map((key) => pages.delete(key)), transaction.done])
  return unnamed.length
}
