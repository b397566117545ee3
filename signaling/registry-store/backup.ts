import Database from 'libsql'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, failureOf, ok, type Result } from '../../src/base/result.ts'
import { DATABASE_FILE, lockFolder, openDatabase, type DataDirFailure } from './sqlite.ts'

/** Copies the database of a folder into a new file, at one moment, while a server may be using it. */
export const backUp = (folder: string, file: string): Result<null, DataDirFailure> => {
  const source = join(folder, DATABASE_FILE)
  if (!existsSync(source)) return fail('data-dir', `There is no ${source} to back up.`)
  if (existsSync(file)) return fail('data-dir', `${file} is there already; a backup replaces nothing.`)
  return guarded(file, () => copy(source, file))
}

/**
 * Puts a backup in the place of a folder's database: the copy is made and checked first and then moved, so that a failure
 * changes nothing. A server that uses the folder must be stopped.
 */
export const restore = (folder: string, file: string): Result<null, DataDirFailure> => {
  if (!existsSync(file)) return fail('data-dir', `There is no ${file} to restore.`)
  const locked = lockFolder(folder)
  if (!locked.ok) return locked
  const target = join(folder, DATABASE_FILE)
  const fresh = `${target}.new`
  const restored = guarded(file, () => {
    rmSync(fresh, { force: true })
    copy(file, fresh)
    const opened = openDatabase(fresh)
    if (!opened.ok) throw new Error(opened.error.message)
    // Everything into the one file that is moved.
    opened.value.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;')
    opened.value.close()
    for (const side of ['-wal', '-shm']) rmSync(target + side, { force: true })
    renameSync(fresh, target)
  })
  locked.value.close()
  return restored
}

const copy = (source: string, target: string): void => {
  const database = new Database(source)
  try {
    const [check] = database.prepare('PRAGMA quick_check').raw().all() as readonly (readonly unknown[])[]
    if (check?.[0] !== 'ok') throw new Error(String(check?.[0]))
    database.prepare('VACUUM INTO ?').run(target)
  } finally {
    database.close()
  }
}

const guarded = (file: string, run: () => void): Result<null, DataDirFailure> => {
  try {
    run()
    return ok(null)
  } catch (thrown) {
    return fail('data-dir', `${file}: ${failureOf(thrown).message}`)
  }
}
