import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { Bytes } from '../base/bytes.ts'
import type { Failure } from '../base/result.ts'
import type { StoreFailure } from '../ports/history-store.ts'

export interface StoredKeys {
  readonly name: 'identity'
  readonly publicKey: Bytes
  /** Non-extractable. */
  readonly signing: CryptoKey
  /** The seed (PKCS #8), encrypted under `wrapping`; opened only to write a backup. */
  readonly sealedSeed: Bytes
  readonly iv: Bytes
  /** Non-extractable AES-GCM key. */
  readonly wrapping: CryptoKey
}

export interface ZazenDatabase extends DBSchema {
  /** Pages as they rest (`data/history/kept-page`), under the SHA-256 of their canonical bytes. */
  pages: { key: Bytes; value: Bytes }
  /** Encoded `HistoryRecord`s under their stream id. */
  records: { key: string; value: Bytes }
  keys: { key: string; value: StoredKeys }
  /** Encoded `LooseRow`s under their stream id and time. */
  loose: { key: [string, number]; value: Bytes }
  /** What the engine has learnt of a stream, under the stream's id. */
  learnt: { key: string; value: Bytes }
  /** How large each of those is, and in which turn it was written. */
  learntSizes: { key: string; value: LearntSize }
  /** Who may write, under one key. */
  fence: { key: string; value: Holder }
}

export interface Holder {
  readonly generation: number
  /** The tab, by a name of its own choice. */
  readonly tab: string
}

export interface LearntSize {
  readonly bytes: number
  readonly turn: number
}

export type Database = IDBPDatabase<ZazenDatabase>

/**
 * Layout of the database.
 * 1: pages, records, keys.
 * 2: loose beside them.
 * 3: learnt beside them.
 * 4: learntSizes and fence beside them. What version 3 has learnt is in a layout that is read no more, and of unknown size: it goes.
 * 5: pages may rest sealed (`data/history/kept-page`), which older versions would take for damaged. Those of version 4 stay as they are.
 */
const DATABASE_VERSION = 5

/** Opens a profile's database. `onLost` says that it is gone under us: another tab upgrades it, or the browser ended it. */
export const openDatabase = (
  name: string,
  onLost: (failure: Failure<'store-lost'>) => void,
): Promise<Database> =>
  openDB<ZazenDatabase>(name, DATABASE_VERSION, {
    upgrade: (database, from, _to, transaction) => {
      if (from < 1) {
        database.createObjectStore('pages')
        database.createObjectStore('records')
        database.createObjectStore('keys', { keyPath: 'name' })
      }
      if (from < 2) database.createObjectStore('loose')
      if (from < 3) database.createObjectStore('learnt')
      if (from >= 4) return
      if (from === 3) void transaction.objectStore('learnt').clear()
      database.createObjectStore('learntSizes')
      database.createObjectStore('fence')
    },
    blocked: () => {
      onLost({ code: 'store-lost', message: 'Another tab holds an older database open. Close the other Zazen tabs.' })
    },
    // A newer version of the app wants to upgrade: stand aside, else it waits for ever.
    blocking: (_current, _blocked, event) => {
      ;(event.target as IDBDatabase).close()
      onLost({ code: 'store-lost', message: 'A newer version of Zazen opened in another tab. Reload this one.' })
    },
    terminated: () => {
      onLost({ code: 'store-lost', message: 'The browser closed the database. Reload to go on.' })
    },
  })

/** Which event means which failure: the one place that reads a storage exception. */
export const storeFailureOf = (thrown: unknown): StoreFailure => {
  const name = thrown instanceof Error ? thrown.name : ''
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  if (name === 'QuotaExceededError')
    return { code: 'disk-full', message: 'The browser has no room left for this site. Free disk space or remove streams.' }
  if (name === 'SupersededError') return { code: 'superseded', message: detail }
  if (name === 'InvalidStateError' || name === 'AbortError')
    return { code: 'store-lost', message: `The database was closed under us (${detail}). Reload to go on.` }
  if (name === 'VersionError')
    return { code: 'store-lost', message: 'A newer version of this app has used what is kept here. Reload the page to get it.' }
  return { code: 'store-failed', message: `Storage failed: ${name} ${detail}` }
}

/** Deletes a profile's database for good; answers how many other profiles of this app the browser still holds. */
export const eraseDatabase = async (database: Database): Promise<number> => {
  const { name } = database
  database.close()
  await deleteDB(name)
  return (await indexedDB.databases()).filter((other) => other.name?.startsWith('zazen:') === true).length
}
