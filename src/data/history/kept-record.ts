import type { Bytes } from '../../base/bytes.ts'
import type { Mutable } from '../../base/mutable.ts'
import { fail, type Failure, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import type { Continuation } from '../../domain/head.ts'
import { createMerkleFrontier, merkleRoot, type MerkleFrontier } from '../../domain/merkle.ts'
import { rowsInPage } from '../../domain/page.ts'
import { cutPageList, hashInList, pagesInList, splitPageList } from '../../domain/page-list.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import { formOf, type RowForm, type StreamId, type StreamIdentity } from '../../domain/stream.ts'
import type { HistoryRecord, HistoryStore, StoredPage, StoreFailure } from '../../ports/history-store.ts'
import { MAX_ARCHIVED } from '../../protocol/limits.ts'
import type { ExpectedPage } from './page-cache.ts'

/** The part of a record that names pages. */
export type Named = Pick<HistoryRecord, 'head' | 'hashes'>

/** How the first head begins of an epoch that starts without any row. */
interface Anew {
  readonly epoch: number
  readonly continues: Continuation
  /** What was given up for it and is kept aside with its first row. */
  readonly aside: Named | null
}

interface Change {
  readonly pages?: readonly StoredPage[]
  readonly drop?: readonly Bytes[]
}

/** The record of one history: what is on disk, and what of it counts. Nothing else changes either. */
export interface KeptRecord {
  readonly form: RowForm
  /** What counts: read, served and built upon. Its page hashes are held once, 32 bytes a page, O(rows / 1,024). */
  readonly current: HistoryRecord
  /** What is on disk, in sight or not. */
  onDisk(): Named
  readonly rows: number
  readonly fullPages: number
  /** Why nothing is read from it or built on it; null: it holds. */
  readonly doubt: Failure<'damaged-list' | 'forged-head'> | null
  /** An epoch that begins without any row; null: none does. It is not on disk, as no row of it is. */
  readonly anew: Anew | null
  /** How often another history took this one's place. */
  readonly replaced: number
  page(number: number): ExpectedPage
  /** The page hashes one by one, some 100 bytes a page: made when a peer is served of them, and gone when they change. */
  leaves(): readonly Bytes[]
  /** The tree over the full pages. */
  frontier(): MerkleFrontier
  /** On disk, and current from then on. What is out of sight stays on disk beneath it. */
  put(next: HistoryRecord, change?: Change): Promise<Result<null, StoreFailure>>
  /** The same, in the place of what is out of sight too. */
  replace(next: HistoryRecord, change?: Change): Promise<Result<null, StoreFailure>>
  /** It grew: the tree need not be built again. */
  grew(tree: MerkleFrontier): void
  /** Other pages are the history now: what was doubted is gone. */
  tookPlace(): void
  distrust(failure: Failure): void
  /** Nothing is left: the next row begins `epoch`, and what is on disk is out of sight until then. */
  beginAnew(epoch: number, past: number): void
  /** Whatever is put afterwards fails and writes nothing. */
  remove(): Promise<Result<null, StoreFailure>>
}

export interface KeptRecordDeps {
  readonly store: HistoryStore
  readonly sha256: Sha256
  readonly shape: HistoryShape
}

/** `changed` is called whenever `current` or `doubt` was set. */
export const createKeptRecord = (initial: HistoryRecord, { store, sha256, shape }: KeptRecordDeps, changed: () => void): KeptRecord => {
  const { pageRows } = shape
  const form = formOf(initial.identity)
  let leaves: readonly Bytes[] | null = null
  let frontier: MerkleFrontier | null = null
  let isRemoved = false
  /** What is out of sight while it is doubted stays on disk: an own stream must not look as if it had never begun. */
  let hidden: Named | null = null

  const rowsOf = ({ head }: HistoryRecord): number => head?.head.rows ?? 0
  const fullPagesOf = (record: HistoryRecord): number => Math.floor(rowsOf(record) / pageRows)
  const onDisk = (): Named => hidden ?? kept.current
  const become = (next: HistoryRecord): void => {
    if (next.hashes !== kept.current.hashes) leaves = frontier = null
    kept.current = next
    kept.rows = rowsOf(next)
    kept.fullPages = fullPagesOf(next)
    changed()
  }
  const hide = (): void => {
    const { head, hashes } = onDisk()
    hidden = { head, hashes }
    become({ ...kept.current, head: null, hashes: new Uint8Array(0) })
  }
  const tookPlace = (): void => {
    kept.doubt = null
    kept.replaced++
    changed()
  }
  const put: KeptRecord['put'] = async (next, change = {}) => {
    if (isRemoved) return fail('store-failed', 'The stream was forgotten.')
    const committed = await store.commit({ record: { ...next, ...hidden }, ...change })
    if (committed.ok) become(next)
    return committed
  }
  const kept: Mutable<KeptRecord> = {
    form,
    current: initial,
    onDisk,
    rows: rowsOf(initial),
    fullPages: fullPagesOf(initial),
    doubt: null,
    anew: null,
    replaced: 0,
    page: (number) => ({ hash: hashInList(kept.current.hashes, number), form, number, rows: rowsInPage(number, kept.rows, pageRows) }),
    // As they are: never changed in place, and a copy for every page that is served would be O(pages²) a download.
    leaves: () => (leaves ??= splitPageList(kept.current.hashes)),
    frontier: () => (frontier ??= frontierOf(cutPageList(kept.current.hashes, kept.fullPages), sha256)),
    put,
    replace: async (next, change) => {
      const aside = hidden
      hidden = null
      const committed = await put(next, change)
      if (!committed.ok) hidden = aside
      return committed
    },
    grew: (tree) => {
      frontier = tree
    },
    tookPlace,
    distrust: (failure) => {
      const code = failure.code === 'forged-head' ? 'forged-head' : 'damaged-list'
      kept.doubt = { code, message: failure.message }
      changed()
      if (code === 'forged-head') hide()
    },
    beginAnew: (epoch, past) => {
      const { head, hashes } = onDisk()
      kept.anew = { epoch, continues: { epoch: past, rows: 0, root: merkleRoot([], sha256) }, aside: kept.doubt === null ? { head, hashes } : null }
      hide()
      tookPlace()
    },
    remove: async () => {
      const removed = await store.remove(kept.current.stream)
      isRemoved = removed.ok
      return removed
    },
  }
  return kept
}

/** Of a stream of which nothing is here yet. */
export const emptyRecord = (stream: StreamId, identity: StreamIdentity): HistoryRecord => ({
  stream,
  identity,
  subscribed: false,
  paused: false,
  head: null,
  hashes: new Uint8Array(0),
  download: null,
  archive: [],
  fork: null,
  checkedAt: null,
  toldOf: null,
})

/** Histories kept aside after this one has gone, newest first. */
export const archiveOf = ({ head, hashes, archive }: HistoryRecord, keeps: boolean): HistoryRecord['archive'] =>
  keeps && head !== null ? [{ head, hashes }, ...archive].slice(0, MAX_ARCHIVED) : archive

export const frontierOf = (list: Bytes, sha256: Sha256): MerkleFrontier => {
  const tree = createMerkleFrontier(sha256)
  for (let page = 0; page < pagesInList(list); page++) tree.push(hashInList(list, page))
  return tree
}
