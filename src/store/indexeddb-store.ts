import { toHex, type Bytes } from '../base/bytes.ts'
import { err, ok, type Result } from '../base/result.ts'
import type { LooseRow } from '../consensus/loose-row.ts'
import { splitPageList } from '../domain/page-list.ts'
import type { StreamId } from '../domain/stream.ts'
import type { HistoryRecord, HistoryStore, KeptLearnt, StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { LogDep } from '../ports/log.ts'
import { MAX_LEARNT_BYTES } from '../protocol/limits.ts'
import { storeFailureOf, type Database } from './database.ts'
import type { Fence, WriteTransaction } from './fence.ts'
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
export const createIndexedDbStore = (database: Database, fence: Fence, { log }: LogDep): HistoryStore => {
  const readPage = createGatheredRead((hashes: readonly Bytes[]) => readPages(database, hashes))
  const writing: Writing = (...write) =>
    guarded(async () => {
      await fence.write(...write)
      return null
    })
  return {
    records: () => guarded(() => readRecords(database, log)),
    page: (hash) => guarded(async () => (await readPage(hash)) ?? null),
    has: (hashes) => guarded(() => whichAreThere(database, hashes)),
    stage: createGathering((pages: readonly StoredPage[]) =>
      writing(['pages'], (transaction) => pages.map((page) => () => transaction.objectStore('pages').put(page.bytes, page.hash)))),
    ...changes(writing),
    looseRows: (stream) => guarded(() => readLoose(database, log, stream)),
    learnt: (stream) => guarded(async () => (await database.get('learnt', stream)) ?? null),
    learntKept: () => guarded(() => readLearntKept(database)),
    collect: () => guarded(() => collectPages(fence)),
    close: () => {
      database.close()
    },
  }
}

type Writing = (...write: Parameters<Fence['write']>) => Promise<Result<null, StoreFailure>>

const changes = (writing: Writing): Pick<HistoryStore, 'commit' | 'changeLoose' | 'dropLoose' | 'changeLearnt' | 'remove'> => ({
  commit: ({ record, pages = [], drop = [] }) =>
    writing(['records', 'pages'], (transaction) => [
      ...drop.map((hash) => () => transaction.objectStore('pages').delete(hash)),
      ...pages.map((page) => () => transaction.objectStore('pages').put(page.bytes, page.hash)),
      () => transaction.objectStore('records').put(encodeRecord(record), record.stream),
    ], { durability: 'strict' }),
  changeLoose: (stream, { put, drop }) =>
    writing(['loose'], (transaction) => [
      ...drop.map((time) => () => transaction.objectStore('loose').delete([stream, time])),
      ...put.map((row) => () => transaction.objectStore('loose').put(encodeLoose(row), [stream, row.row.time])),
    ]),
  dropLoose: (stream) => writing(['loose'], (transaction) => [() => transaction.objectStore('loose').delete(looseOf(stream))]),
  changeLearnt: ({ put, drop }) =>
    writing(['learnt', 'learntSizes'], (transaction) => [
      ...drop.flatMap((stream) => [() => transaction.objectStore('learnt').delete(stream), () => transaction.objectStore('learntSizes').delete(stream)]),
      ...(put === null ? [] : [
        () => transaction.objectStore('learnt').put(put.bytes, put.stream),
        () => transaction.objectStore('learntSizes').put({ bytes: put.bytes.length, turn: put.turn }, put.stream),
      ]),
    ]),
  remove: (stream) =>
    writing(['records', 'loose', 'learnt', 'learntSizes'], (transaction) => [
      () => transaction.objectStore('records').delete(stream),
      () => transaction.objectStore('loose').delete(looseOf(stream)),
      () => transaction.objectStore('learnt').delete(stream),
      () => transaction.objectStore('learntSizes').delete(stream),
    ]),
})

const whichAreThere = async (database: Database, hashes: readonly Bytes[]): Promise<readonly boolean[]> => {
  const pages = database.transaction('pages').store
  // A node that has little yet is asked for all it has: a question for each of a thousand hashes takes 40 ms (measured).
  if ((await pages.count()) <= MANY_KEYS * hashes.length) {
    const there = new Set((await pages.getAllKeys()).map(hexOfKey))
    return hashes.map((hash) => there.has(toHex(hash)))
  }
  const found = await Promise.all(hashes.map((hash) => pages.getKey(hash)))
  return found.map((key) => key !== undefined)
}

const readPages = async (database: Database, hashes: readonly Bytes[]): Promise<readonly (Bytes | undefined)[]> => {
  const pages = database.transaction('pages').store
  return Promise.all(hashes.map((hash) => pages.get(hash)))
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

/** A size that is none counts as the largest there may be, written first of all: it makes room first. */
const readLearntKept = async (database: Database): Promise<KeptLearnt[]> => {
  const { store } = database.transaction('learntSizes')
  const [streams, sizes] = await Promise.all([store.getAllKeys(), store.getAll()])
  return sizes.map((size, at) => {
    const isWhole = [size.bytes, size.turn].every((number) => Number.isSafeInteger(number) && number >= 0)
    return { stream: streams[at] as StreamId, ...(isWhole ? { bytes: size.bytes, turn: size.turn } : { bytes: MAX_LEARNT_BYTES, turn: 0 }) }
  })
}

/** O(pages): one read of all keys, and nothing is deleted unless every record could be read. */
const collectPages = async (fence: Fence): Promise<number> => {
  let unnamed: readonly Bytes[] = []
  await fence.write(['records', 'pages'], (transaction) => [
    async () => {
      unnamed = await unnamedIn(transaction)
      await Promise.all(unnamed.map((key) => transaction.objectStore('pages').delete(key)))
    },
  ])
  return unnamed.length
}

const unnamedIn = async (transaction: WriteTransaction): Promise<readonly Bytes[]> => {
  const named = new Set<string>()
  for (const stored of await transaction.objectStore('records').getAll()) {
    const judged = decodeRecord(stored)
    if (!judged.ok) return []
    const { hashes, download, archive } = judged.value
    for (const list of [hashes, download?.hashes, ...archive.map((kept) => kept.hashes)])
      for (const hash of list === undefined ? [] : splitPageList(list)) named.add(toHex(hash))
  }
  return (await transaction.objectStore('pages').getAllKeys()).filter((key) => !named.has(hexOfKey(key)))
}

/** A key comes back as a bare buffer. */
const hexOfKey = (key: Bytes): string => toHex(new Uint8Array(key as unknown as ArrayBuffer))

/** A list of all keys is the cheaper question up to so many keys for each hash asked about. */
const MANY_KEYS = 4
