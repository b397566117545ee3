import { equalBytes, type Bytes } from '../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../base/result.ts'
import { HASH_BYTES, type Sha256 } from '../domain/hash.ts'
import { epochOfEvidence } from '../domain/evidence.ts'
import { contradicts, isNewer, type Continuation, type Head, type SignedHead } from '../domain/head.ts'
import { createMerkleFrontier, merkleRoot, type MerkleFrontier } from '../domain/merkle.ts'
import { pagesOf, rowsInPage } from '../domain/page.ts'
import { cutPageList, hashInList, joinPageList, pagesInList, splitPageList } from '../domain/page-list.ts'
import { rowBytes, type Row } from '../domain/row.ts'
import type { HistoryShape } from '../domain/shape.ts'
import { formOf, type RowForm } from '../domain/stream.ts'
import { microsOfMillis } from '../domain/time.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { HistoryRecord, HistoryStore, StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import { MAX_ARCHIVED } from '../protocol/limits.ts'
import type { LiveMessage } from '../protocol/live.ts'
import { wrapPage } from '../transfer/parcel.ts'
import { judgeHead } from './judge-head.ts'
import type { ExpectedPage, PageCache, PageFailure } from './page-cache.ts'
import type { PageClaims } from './page-claims.ts'
import type { Digest } from './kept-page.ts'
import { createPageBuilder, type PageBuilder } from './page-builder.ts'
import { readRows } from './read-rows.ts'
import { createSerial } from './serial.ts'
import { countWholeRows, originOnDisk } from './whole-pages.ts'

export interface HistoryDeps extends ClockDep {
  readonly store: HistoryStore
  /** Shared by all histories of the store. */
  readonly claims: PageClaims
  readonly pages: PageCache
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
  readonly shape: HistoryShape
}

export type HistoryFailure = PageFailure | Failure<'not-own' | 'changed-meanwhile' | 'forged-head' | 'no-rows' | 'diverged' | 'recover-first' | 'forked'>

export type LiveOutcome = 'appended' | 'known' | 'behind'

/** Whether the publisher may sign now; asked at the last moment before it does. */
export type Duty = () => Result<null, Failure<'recover-first' | 'forked'>>

/** Judges what a download brought against the history that it is to replace, while nothing else can change that. */
export type JudgeSuccessor<F> = (record: HistoryRecord) => Promise<Result<{ readonly archive: boolean }, F>>

/** One stream's verified history: the record on disk, and what is needed to grow, read and serve it. */
export interface History {
  readonly record: HistoryRecord
  readonly form: RowForm
  readonly rows: number
  rowHash(number: number, row: Row): Bytes
  /** Rows `from` … `from + count − 1`, as far as there are any. */
  read(from: number, count: number): Promise<Result<readonly Row[], PageFailure>>
  /** A builder that continues this history; what it builds becomes history by `extend`. */
  builder(): Promise<Result<PageBuilder, PageFailure>>
  /** Own streams: signs and commits what a builder built from row `from` on; the pages it filled must be staged already. */
  extend(builder: PageBuilder, from: number): Promise<Result<SignedHead, HistoryFailure>>
  /** Own streams: one more row, signed and on disk before it is answered. */
  append(row: Row): Promise<Result<LiveMessage, HistoryFailure>>
  /** A row from elsewhere: becomes history when its head is the publisher's and covers exactly this row more. */
  receive(live: LiveMessage): Promise<Result<LiveOutcome, HistoryFailure>>
  /** A finished download becomes the history, unless that has grown past it meanwhile, or `judge` refuses it. */
  adopt<F extends Failure = never>(head: SignedHead, hashes: Bytes, judge?: JudgeSuccessor<F>): Promise<Result<null, StoreFailure | F>>
  /** Rows before the first page that is damaged or missing, also where the record itself proves nothing. O(pages), each read. */
  wholeRows(): Promise<Result<number, StoreFailure>>
  /**
   * Own streams: the rows that are here, as far as their pages are whole, go on in an epoch after `past`; without any, the next rows
   * begin it. What cannot be read is given up, and kept aside; but no more than the caller knows of: so many rows are whole.
   */
  beginEpoch(past: () => number, whole: number): Promise<Result<SignedHead | null, HistoryFailure>>
  /** Own streams: the next row begins an epoch without any, and what is here is kept aside then. Answers the epoch that it ends. */
  beginAnew(): Promise<number>
  /** Rows of a history kept aside; 0 is the newest. */
  readArchived(which: number, from: number, count: number): Promise<Result<readonly Row[], PageFailure>>
  /** The record is wrong: nothing is read from it or built on it before another is adopted. One that nobody signed is out of sight until then. */
  distrust(failure: Failure): void
  /** What is on record proves nothing: `distrust` was the last word about it. */
  readonly isDoubted: boolean
  /** Deletes a damaged page from the store, so that it is fetched anew; the record still names it. */
  quarantine(page: Bytes): Promise<Result<null, StoreFailure>>
  change(patch: Partial<Pick<HistoryRecord, 'subscribed' | 'paused' | 'download' | 'fork' | 'checkedAt'>>): Promise<Result<null, StoreFailure>>
  /** Deletes the record, after what was begun before; whatever is asked of the history afterwards fails and writes nothing. */
  remove(): Promise<Result<null, StoreFailure>>
  /** Page hashes of this history cut at `rows`; null when it is not that long. */
  leavesAt(rows: number): Promise<Result<readonly Bytes[] | null, PageFailure>>
  /** Verified canonical bytes of a page of this history cut at `rows`. */
  pageBytes(number: number, rows: number): Promise<Result<Bytes, PageFailure>>
  /** The same page as it travels to who reads these encodings. */
  parcel(number: number, rows: number, encodings: readonly number[]): Promise<Result<Bytes, PageFailure>>
}

export const createHistory = (initial: HistoryRecord, deps: HistoryDeps, duty: Duty = () => ok(null)): History => {
  const { store, claims, pages, identity, verify, sha256, digest, clock } = deps
  const { pageRows } = deps.shape
  const form = formOf(initial.identity)
  const own = initial.identity.author === identity.publicKey
  const serial = createSerial()
  let record = initial
  /** All page hashes, held once: 32 bytes a page, O(rows / 1,024). */
  let hashes = initial.hashes
  /** The same one by one, some 100 bytes a page: made when a peer is served of them, and gone when they change. */
  let leaves: readonly Bytes[] | null = null
  let frontier: MerkleFrontier | null = null
  let isRemoved = false
  let doubt: Failure<'damaged-list' | 'forged-head'> | null = null
  /** What is out of sight while it is doubted stays on record: an own stream must not look as if it had never begun. */
  let hidden: Pick<HistoryRecord, 'head' | 'hashes'> | null = null
  /** Rows that were lost entirely and given up: how the first head of what comes next begins. Forgotten with the process, as no row was. */
  let anew: { readonly epoch: number; readonly continues: Continuation; readonly aside: Pick<HistoryRecord, 'head' | 'hashes'> | null } | null = null

  /** How often another history took this one's place, and after which of them each builder began: one of as many rows may have others. */
  let adopted = 0
  const bases = new WeakMap<PageBuilder, number>()

  claimLast(initial.hashes, claims)
  claimLast(initial.download?.hashes, claims)
  for (const kept of initial.archive) claimLast(kept.hashes, claims)

  const rows = (): number => record.head?.head.rows ?? 0
  const rowHash = (number: number, row: Row): Bytes => sha256(rowBytes(number, row))
  const expected = (number: number): ExpectedPage => ({
    hash: hashInList(hashes, number),
    form,
    number,
    rows: rowsInPage(number, rows(), pageRows),
  })
  const fullPages = (): number => Math.floor(rows() / pageRows)
  /** The last page is replaced on disk when it grows: what is not found may only be that page as it was a moment ago. */
  const settled = async <T>(
    number: number,
    load: (page: ExpectedPage) => Promise<Result<T, PageFailure>>,
  ): Promise<Result<T, PageFailure>> => {
    for (;;) {
      if (doubt !== null) return err(doubt)
      const page = expected(number)
      const loaded = await load(page)
      if (loaded.ok || loaded.error.code !== 'damaged-page') return loaded
      await serial(() => Promise.resolve())
      if (equalBytes(expected(number).hash, page.hash)) return loaded
    }
  }

  const put = async (
    next: HistoryRecord,
    change: { readonly pages?: readonly StoredPage[]; readonly drop?: readonly Bytes[] } = {},
  ): Promise<Result<null, StoreFailure>> => {
    if (isRemoved) return fail('store-failed', 'The stream was forgotten.')
    const committed = await store.commit({ record: { ...next, ...hidden }, ...change })
    if (committed.ok) record = next
    return committed
  }
  const loadTail = async (): Promise<Result<readonly Row[], PageFailure>> => {
    if (rows() % pageRows === 0) return ok([])
    const page = await pages.load(expected(fullPages()))
    return page.ok ? ok(page.value.rows) : page
  }
  const frontierNow = (): MerkleFrontier => {
    frontier ??= frontierOf(cutPageList(hashes, fullPages()), sha256)
    return frontier
  }
  const cutPage = async (whole: ExpectedPage, count: number): Promise<Result<StoredPage, PageFailure>> => {
    const page = await pages.load(whole)
    if (!page.ok) return page
    const start = { form, pageRows, startRows: whole.number * pageRows + count, tail: page.value.rows.slice(0, count) }
    const cut = await createPageBuilder(start, digest).partial()
    if (cut === null) throw new Error(`page ${whole.number} cut to no rows`)
    return ok(cut)
  }
  const builder = async (): Promise<Result<PageBuilder, PageFailure>> => {
    if (doubt !== null) return err(doubt)
    const loaded = await loadTail()
    if (!loaded.ok) return loaded
    const built = createPageBuilder({ form, pageRows, startRows: rows(), tail: loaded.value }, digest)
    bases.set(built, adopted)
    return ok(built)
  }
  /** The history with a builder's pages behind it: not yet signed, not yet on disk. */
  const candidate = async (built: PageBuilder) => {
    const partial = await built.partial()
    const whole = joinPageList([cutPageList(hashes, fullPages()), ...built.filled])
    const tree = built.filled.length === 0 ? frontierNow() : frontierOf(whole, sha256)
    return {
      root: tree.rootWith(partial?.hash ?? null),
      hashes: partial === null ? whole : joinPageList([whole, partial.hash]),
      partial,
      tree,
      tail: [...built.tail],
    }
  }
  type Candidate = Awaited<ReturnType<typeof candidate>>
  const become = async (next: Candidate, unstaged: readonly StoredPage[], head: SignedHead): Promise<Result<null, StoreFailure>> => {
    // The partial page that grew is no longer named here, and goes with the same commit unless someone else needs it.
    const replaced = splitPageList(hashes.subarray(fullPages() * HASH_BYTES))
    if (next.partial !== null) claims.claim(next.partial.hash)
    const drop = replaced.filter((hash) => claims.release(hash))
    const written = next.partial === null ? unstaged : [...unstaged, next.partial]
    // The first row of an epoch that begins without any: what it gave up is over.
    const given = record.head === null && anew !== null ? { download: null, fork: null, archive: archiveOf({ ...record, ...anew.aside }, anew.aside !== null) } : {}
    const aside = hidden
    hidden = null
    const committed = await put({ ...record, ...given, head, hashes: next.hashes }, { pages: written, drop })
    if (!committed.ok) {
      hidden = aside
      for (const hash of replaced) claims.claim(hash)
      if (next.partial !== null) claims.release(next.partial.hash)
      return committed
    }
    hashes = next.hashes
    leaves = null
    frontier = next.tree
    pages.grown(replaced[0] ?? null, next.partial?.hash ?? null, { form, number: fullPages(), rows: next.tail })
    return committed
  }
  const originOf = (built: PageBuilder): Result<Bytes, HistoryFailure> => {
    if (record.head !== null) return ok(record.head.head.origin)
    return built.first === null ? fail('no-rows', 'A history needs at least one row.') : ok(rowHash(0, built.first))
  }
  const extendNow = async (
    built: PageBuilder,
    unstaged: readonly StoredPage[],
    from: number,
  ): Promise<Result<SignedHead, HistoryFailure>> => {
    if (!own) return fail('not-own', 'Only its publisher can add rows to a stream.')
    // Since the builder was made.
    if (doubt !== null) return err(doubt)
    if (from !== rows() || bases.get(built) !== adopted) return fail('changed-meanwhile', 'The stream got other rows while these were read. Try again.')
    const origin = originOf(built)
    if (!origin.ok) return origin
    const next = await candidate(built)
    const may = duty()
    if (!may.ok) return may
    const head: Head = {
      stream: record.stream,
      epoch: record.head?.head.epoch ?? anew?.epoch ?? 0,
      rows: built.rows,
      origin: origin.value,
      root: next.root,
      time: microsOfMillis(clock.now()),
      continues: record.head === null ? (anew?.continues ?? null) : record.head.head.continues,
    }
    const signed = { head, signature: await identity.signHead(head) }
    const committed = await become(next, unstaged, signed)
    return committed.ok ? ok(signed) : committed
  }
  const appendNow = async (row: Row): Promise<Result<LiveMessage, HistoryFailure>> => {
    const built = await builder()
    if (!built.ok) return built
    const from = rows()
    const head = await extendNow(built.value, await built.value.push([row]), from)
    return head.ok ? ok({ row, head: head.value }) : head
  }
  const isForked = ({ epoch }: Head): boolean => record.fork !== null && (epochOfEvidence(record.fork) ?? -1) >= epoch
  const receiveNow = async ({ row, head: signed }: LiveMessage): Promise<Result<LiveOutcome, HistoryFailure>> => {
    const judged = await judgeHead(signed, record, verify)
    if (!judged.ok) return judged
    const { head } = signed
    const mine = record.head?.head
    if (mine !== undefined && contradicts(head, mine)) return fail('diverged', 'The publisher signed two heads of which one must be false.')
    if (mine !== undefined && !isNewer(head, mine)) return ok('known')
    if (doubt !== null) return ok('behind')
    // Evidence that came while this row waited for its turn.
    if (isForked(head)) return fail('forked', 'Its publisher signed two different histories of this epoch.')
    if (mine?.epoch !== head.epoch || head.rows !== mine.rows + 1 || row.form !== form) return ok('behind')
    const built = await builder()
    if (!built.ok) return built
    const filled = await built.value.push([row])
    const next = await candidate(built.value)
    // Another root at our count plus one: we and the publisher differ before this row. A download finds out where.
    if (!equalBytes(next.root, head.root)) return ok('behind')
    const committed = await become(next, filled, signed)
    return committed.ok ? ok('appended') : committed
  }
  /** What is on record, in sight or not. */
  const onRecord = (): Pick<HistoryRecord, 'head' | 'hashes'> => hidden ?? record
  const wholeRows = (): Promise<Result<number, StoreFailure>> => countWholeRows(onRecord(), { pages, form, pageRows })
  /** Where nothing is left: the next row begins the epoch. Nothing is signed yet, so after a crash it must still be known that there was more. */
  const beginWithNone = (epoch: number, past: number): void => {
    const { head, hashes: list } = onRecord()
    anew = { epoch, continues: { epoch: past, rows: 0, root: merkleRoot([], sha256) }, aside: doubt === null ? { head, hashes: list } : null }
    hidden = { head, hashes: list }
    record = { ...record, head: null, hashes: new Uint8Array(0) }
    takePlace(record.hashes)
  }
  /** Other pages are the history from now on. */
  const takePlace = (list: Bytes): void => {
    doubt = null
    adopted++
    hashes = list
    leaves = null
    frontier = null
  }
  const beginEpochNow = async (past: number, known: number): Promise<Result<SignedHead | null, HistoryFailure>> => {
    if (!own) return fail('not-own', 'Only its publisher can begin a new epoch of a stream.')
    const { head: before, hashes: list } = onRecord()
    const whole = await wholeRows()
    if (!whole.ok) return whole
    if (whole.value < known) return fail('changed-meanwhile', 'More of its pages turned out damaged. Try again.')
    const epoch = Math.max(past, before?.head.epoch ?? 0) + 1
    if (before === null || whole.value === 0) {
      beginWithNone(epoch, before?.head.epoch ?? past)
      return ok(null)
    }
    const isAll = whole.value === before.head.rows && doubt === null
    // A copy: what is given up is not kept in memory by what goes on.
    const kept = cutPageList(list, pagesOf(whole.value, pageRows)).slice()
    const root = isAll ? before.head.root : merkleRoot(splitPageList(kept), sha256)
    const continues = { epoch: before.head.epoch, rows: whole.value, root }
    const origin = isAll ? ok(before.head.origin) : await originOnDisk(onRecord(), { pages, form, pageRows, sha256 })
    if (!origin.ok) return origin
    const head: Head = { ...before.head, epoch, rows: whole.value, origin: origin.value, root, continues, time: microsOfMillis(clock.now()) }
    const signed = { head, signature: await identity.signHead(head) }
    const isAside = !isAll && doubt === null
    const archive = archiveOf(record, isAside)
    const aside = hidden
    hidden = null
    const committed = await put({ ...record, head: signed, hashes: kept, download: null, fork: null, archive })
    if (!committed.ok) {
      hidden = aside
      return committed
    }
    if (isAside) claimLast(record.hashes, claims)
    if (!isAll) takePlace(kept)
    return ok(signed)
  }

  return {
    get record() {
      return record
    },
    form,
    get rows() {
      return rows()
    },
    rowHash,
    builder: () => serial(builder),
    extend: (built, from) => serial(() => extendNow(built, [], from)),
    append: (row) => serial(() => appendNow(row)),
    receive: (live) => serial(() => receiveNow(live)),
    adopt: (head, list, judge) =>
      serial(async () => {
        const isPast = record.head !== null && isNewer(record.head.head, head.head)
        if (isPast || isForked(head.head)) return put({ ...record, download: null })
        const judged = await (judge?.(doubt === null ? record : { ...record, head: null }) ?? ok({ archive: false }))
        if (!judged.ok) return judged
        const aside = hidden
        hidden = null
        const committed = await put({ ...record, head, hashes: list, download: null, fork: null, archive: archiveOf(record, judged.value.archive) })
        if (!committed.ok) {
          hidden = aside
          return committed
        }
        // Both may end with the same page: what the new one's growth gives up must not go from under the archive.
        if (judged.value.archive) claimLast(record.archive[0]?.hashes, claims)
        takePlace(list)
        return committed
      }),
    wholeRows: () => serial(wholeRows),
    beginEpoch: (past, whole) => serial(() => beginEpochNow(past(), whole)),
    beginAnew: () =>
      serial(async () => {
        const past = onRecord().head?.head.epoch ?? 0
        beginWithNone(past + 1, past)
        return past
      }),
    readArchived: async (which, from, count) => {
      const kept = record.archive[which]
      if (kept === undefined) return ok([])
      const total = kept.head.head.rows
      return readRows({ pageRows, from, count, total }, (number) =>
        pages.load({ hash: hashInList(kept.hashes, number), form, number, rows: rowsInPage(number, total, pageRows) }),
      )
    },
    get isDoubted() {
      return doubt !== null
    },
    distrust: (failure) => {
      const code = failure.code === 'forged-head' ? 'forged-head' : 'damaged-list'
      doubt = { code, message: failure.message }
      if (code === 'damaged-list') return
      hidden = { head: record.head, hashes: record.hashes }
      record = { ...record, head: null, hashes: new Uint8Array(0) }
      hashes = record.hashes
      leaves = null
    },
    quarantine: (page) => serial(() => put(record, { drop: [page] })),
    change: (patch) => {
      claimLast(patch.download?.hashes, claims)
      return serial(() => put({ ...record, ...patch }))
    },
    remove: () =>
      serial(async () => {
        const removed = await store.remove(record.stream)
        isRemoved = removed.ok
        return removed
      }),
    read: (from, count) => readRows({ pageRows, from, count, total: rows() }, (number) => settled(number, pages.load)),
    leavesAt: async (wanted) => {
      if (doubt !== null) return err(doubt)
      if (wanted > rows()) return ok(null)
      // As it is: never changed in place, and a copy for every page that is served would be O(pages²) a download.
      leaves ??= splitPageList(hashes)
      if (wanted === rows()) return ok(leaves)
      if (wanted % pageRows === 0) return ok(leaves.slice(0, pagesOf(wanted, pageRows)))
      const last = Math.floor(wanted / pageRows)
      const before = leaves.slice(0, last)
      const cut = await settled(last, (page) => cutPage(page, rowsInPage(last, wanted, pageRows)))
      return cut.ok ? ok([...before, cut.value.hash]) : cut
    },
    pageBytes: (number, wanted) =>
      settled(number, async (whole) => {
        const count = rowsInPage(number, wanted, pageRows)
        if (count === whole.rows) return pages.loadBytes(whole)
        const cut = await cutPage(whole, count)
        return cut.ok ? ok(cut.value.bytes) : cut
      }),
    parcel: (number, wanted, encodings) =>
      settled(number, async (whole) => {
        const count = rowsInPage(number, wanted, pageRows)
        if (count === whole.rows) return pages.loadParcel(whole, encodings)
        const cut = await cutPage(whole, count)
        return cut.ok ? ok(wrapPage(cut.value.bytes, { form, number, rows: count }, encodings)) : cut
      }),
  }
}

/** Histories kept aside after this one has gone, newest first. */
const archiveOf = ({ head, hashes, archive }: HistoryRecord, keeps: boolean): HistoryRecord['archive'] =>
  keeps && head !== null ? [{ head, hashes }, ...archive].slice(0, MAX_ARCHIVED) : archive

const claimLast = (list: Bytes | undefined, claims: PageClaims): void => {
  if (list !== undefined && list.length > 0) claims.claim(hashInList(list, pagesInList(list) - 1))
}

const frontierOf = (list: Bytes, sha256: Sha256): MerkleFrontier => {
  const tree = createMerkleFrontier(sha256)
  for (let page = 0; page < pagesInList(list); page++) tree.push(hashInList(list, page))
  return tree
}
