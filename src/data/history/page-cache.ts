import { equalBytes, toHex, type Bytes } from '../../base/bytes.ts'
import { err, ok, type Failure, type Result } from '../../base/result.ts'
import { decodePage, type Page } from '../../domain/page.ts'
import type { RowForm } from '../../domain/stream.ts'
import type { HistoryStore, StoreFailure } from '../../ports/history-store.ts'
import { wrapPage } from '../../transfer/parcel.ts'
import { openKept, parcelAtRest, type Digest } from './kept-page.ts'

/** Decoded pages kept, least recently used out first, the last ones of streams that grow among them: at 0.4 kB a row 48 MiB at most. */
const MAX_PAGES_CACHED = 128

/** A page that is not what its hash says, or not there at all. */
export interface DamagedPage extends Failure<'damaged-page'> {
  readonly hash: Bytes
}

export type LoadFailure = StoreFailure | DamagedPage

/** `damaged-list`, `forged-head`: the record that names the page is not to be trusted. */
export type PageFailure = LoadFailure | Failure<'damaged-list' | 'forged-head'>

export interface ExpectedPage {
  readonly hash: Bytes
  readonly form: RowForm
  readonly number: number
  readonly rows: number
}

/** The one cache of the node (M5): pages read from the store, each verified against its hash every time it is loaded. */
export interface PageCache {
  load(expected: ExpectedPage): Promise<Result<Page, PageFailure>>
  /** The page's canonical bytes, freshly read and verified. */
  loadBytes(expected: ExpectedPage): Promise<Result<Bytes, LoadFailure>>
  /** The page as it travels to who reads these encodings, freshly read; verified, or as it was sealed when it was ([T49]). */
  loadParcel(expected: ExpectedPage, encodings: readonly number[]): Promise<Result<Bytes, LoadFailure>>
  /** A page took the place of another on disk: its rows are at hand, those of the other are needed no more. */
  grown(before: Bytes | null, hash: Bytes | null, page: Page): void
}

export const createPageCache = (store: HistoryStore, digest: Digest): PageCache => {
  const cached = new Map<string, Page>()
  const keep = (key: string, page: Page): void => {
    cached.delete(key)
    cached.set(key, page)
    const [oldest] = cached.keys()
    if (cached.size > MAX_PAGES_CACHED && oldest !== undefined) cached.delete(oldest)
  }
  const readKept = async ({ hash, number }: ExpectedPage): Promise<Result<Bytes, LoadFailure>> => {
    const kept = await store.page(hash)
    if (!kept.ok) return kept
    return kept.value === null ? damaged(hash, `Page ${number} is missing from storage.`) : ok(kept.value)
  }
  const verified = async (kept: Bytes, expected: ExpectedPage): Promise<Result<Bytes, LoadFailure>> => {
    const { hash, number } = expected
    const stored = openKept(kept, expected)
    if (!stored.ok) return damaged(hash, `Page ${number} in storage does not open: ${stored.error.message}.`)
    if (!equalBytes(await digest(stored.value), hash))
      return damaged(hash, `Page ${number} in storage does not have its hash: it was altered or damaged.`)
    return stored
  }
  const loadBytes = async (expected: ExpectedPage): Promise<Result<Bytes, LoadFailure>> => {
    const kept = await readKept(expected)
    return kept.ok ? verified(kept.value, expected) : kept
  }
  return {
    loadBytes,
    loadParcel: async (expected, encodings) => {
      const { hash } = expected
      const kept = await readKept(expected)
      if (!kept.ok) return kept
      const parcel = await parcelAtRest(kept.value, hash, digest)
      if (parcel !== null && encodings.includes(parcel[0] ?? 0)) return ok(parcel)
      // Where the seal alone was hit the rows are whole, and nobody else may have them: only their own hash tells.
      const bytes = await verified(kept.value, expected)
      return bytes.ok ? ok(wrapPage(bytes.value, expected, encodings)) : bytes
    },
    grown: (before, hash, page) => {
      if (before !== null) cached.delete(toHex(before))
      if (hash !== null) keep(toHex(hash), page)
    },
    load: async (expected) => {
      const key = toHex(expected.hash)
      const known = cached.get(key)
      if (known !== undefined) {
        keep(key, known)
        return ok(known)
      }
      const bytes = await loadBytes(expected)
      if (!bytes.ok) return bytes
      const page = decodePage(bytes.value, expected)
      if (!page.ok) return damaged(expected.hash, page.error.message)
      keep(key, page.value)
      return page
    },
  }
}

const damaged = (hash: Bytes, message: string): Result<never, DamagedPage> => err({ code: 'damaged-page', message, hash })
