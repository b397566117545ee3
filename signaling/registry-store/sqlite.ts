import Database from 'libsql'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { fail, failureOf, ok, type Failure, type Result } from '../../src/base/result.ts'
import type { StreamId } from '../../src/domain/stream.ts'
import type { Clock } from '../clock.ts'
import { storedListing, type RegistryStore, type StoredListing, type StoreFailure } from './registry-store.ts'

/** The layout of the tables; a file of a later one is not touched. */
const LAYOUT = 1

/** Writes wait this long for others, milliseconds: fifty times a second on the disk, however many streams there are. */
const GROUP_MS = 20

export const DATABASE_FILE = 'registry.sqlite'
const LOCK_FILE = 'lock.sqlite'

const TABLES = `
  CREATE TABLE IF NOT EXISTS listings (
    id TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    head TEXT NOT NULL,
    recent TEXT NOT NULL,
    seen_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${LAYOUT};
`

export type DataDirFailure = Failure<'data-dir'>

/**
 * Listings in one SQLite file of a folder that this process alone may use. A write is answered when the transaction it was
 * grouped into is on disk (WAL, synchronous FULL).
 */
export const openSqliteStore = (
  folder: string,
  deps: { readonly clock: Clock; readonly onSkipped: (id: unknown) => void },
): Result<RegistryStore, DataDirFailure> => {
  const locked = lockFolder(folder)
  if (!locked.ok) return locked
  const opened = openDatabase(join(folder, DATABASE_FILE))
  if (!opened.ok) {
    locked.value.close()
    return opened
  }
  return ok(storeOver(opened.value, locked.value, deps))
}

/** The lock is the system's: it ends with the process, however that ends. */
export const lockFolder = (folder: string): Result<Database.Database, DataDirFailure> => {
  let lock: Database.Database | null = null
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    lock = new Database(join(folder, LOCK_FILE))
    lock.exec('BEGIN EXCLUSIVE')
    return ok(lock)
  } catch (thrown) {
    lock?.close()
    const { message } = failureOf(thrown)
    return message.includes('locked')
      ? fail('data-dir', `DATA_DIR=${folder} is in use by another server; stop it, or give this one a folder of its own.`)
      : fail('data-dir', `DATA_DIR=${folder} cannot be used: ${message}`)
  }
}

export const openDatabase = (file: string): Result<Database.Database, DataDirFailure> => {
  let database: Database.Database | null = null
  try {
    database = new Database(file)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    const layout = layoutOf(database)
    if (layout > LAYOUT) throw new Error(`it was written by a later version (layout ${layout}, known ${LAYOUT})`)
    database.exec(TABLES)
    return ok(database)
  } catch (thrown) {
    database?.close()
    return fail('data-dir', `${file} cannot be used: ${failureOf(thrown).message}`)
  }
}

const layoutOf = (database: Database.Database): number => {
  const row = database.prepare('PRAGMA user_version').get() as { readonly user_version: number }
  return row.user_version
}

const storeOver = (
  database: Database.Database,
  lock: Database.Database,
  { clock, onSkipped }: { readonly clock: Clock; readonly onSkipped: (id: unknown) => void },
): RegistryStore => {
  const upsert = database.prepare(
    `INSERT INTO listings (id, identity, head, recent, seen_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET head = excluded.head, recent = excluded.recent, seen_at = excluded.seen_at`,
  )
  const erase = database.prepare('DELETE FROM listings WHERE id = ?')
  const commit = database.transaction((changes: ReadonlyMap<StreamId, StoredListing | null>) => {
    for (const [id, listing] of changes) {
      if (listing === null) erase.run(id)
      else upsert.run(id, JSON.stringify(listing.identity), listing.head, listing.recent.join(' '), listing.seenAt)
    }
  })
  let group = new Map<StreamId, StoredListing | null>()
  let waiting: ((kept: Result<null, StoreFailure>) => void)[] = []
  let cancel: (() => void) | null = null
  let closed = false

  const flush = (): void => {
    const [changes, told] = [group, waiting]
    group = new Map()
    waiting = []
    cancel = null
    const kept = attempt(() => commit(changes))
    for (const tell of told) tell(kept)
  }
  const change = (id: StreamId, listing: StoredListing | null): Promise<Result<null, StoreFailure>> => {
    if (closed) return Promise.resolve(fail('not-kept', 'The store is closed.'))
    group.set(id, listing)
    cancel ??= clock.after(GROUP_MS, flush)
    return new Promise((resolve) => waiting.push(resolve))
  }

  return {
    load: () => {
      const rows = database.prepare('SELECT * FROM listings ORDER BY seen_at, id').all()
      return Promise.resolve(rows.flatMap((row) => readRow(row, onSkipped)))
    },
    put: (listing) => change(listing.id, listing),
    remove: (id) => change(id, null),
    follow: () => undefined,
    isReachable: true,
    close: () => {
      if (closed) return Promise.resolve()
      closed = true
      cancel?.()
      flush()
      // Everything into the one file that people copy; where that fails, the next start does it.
      attempt(() => database.exec('PRAGMA wal_checkpoint(TRUNCATE)'))
      database.close()
      lock.close()
      return Promise.resolve()
    },
  }
}

const attempt = (run: () => void): Result<null, StoreFailure> => {
  try {
    run()
    return ok(null)
  } catch (thrown) {
    return fail('not-kept', `The server could not write to its disk: ${failureOf(thrown).message}`)
  }
}

const storedRow = v.object({
  id: v.string(),
  identity: v.string(),
  head: v.string(),
  recent: v.string(),
  seen_at: v.number(),
})

const readRow = (row: unknown, onSkipped: (id: unknown) => void): readonly StoredListing[] => {
  const judged = v.safeParse(storedRow, row)
  const { identity, recent, seen_at: seenAt, ...rest } = judged.success ? judged.output : NO_ROW
  const listing = v.safeParse(storedListing, {
    ...rest,
    identity: parse(identity),
    recent: recent.split(' ').filter((live) => live !== ''),
    seenAt,
  })
  if (listing.success) return [listing.output]
  onSkipped(rest.id)
  return []
}

const NO_ROW: v.InferOutput<typeof storedRow> = { id: '', identity: '', head: '', recent: '', seen_at: 0 }

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    // Judged as what it is: no identity.
    return null
  }
}
