import { equalBytes, type Bytes } from '../base/bytes.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { headBytes, isNewer, sameHistory, type Head, type SignedHead } from '../domain/head.ts'
import { createMerkleFrontier, type MerkleFrontier } from '../domain/merkle.ts'
import { PAGE_ROWS, pagesOf, rowsInPage } from '../domain/page.ts'
import { joinPageList, splitPageList } from '../domain/page-list.ts'
import { rowBytes, type Row } from '../domain/row.ts'
import { formOf, type RowForm, type StreamId } from '../domain/stream.ts'
import { microsOfMillis } from '../domain/time.ts'
import type { ClockDep } from '../ports/clock.ts'
import type { HistoryRecord, HistoryStore, StoredPage, StoreFailure } from '../ports/history-store.ts'
import type { Identity, Verify } from '../ports/identity.ts'
import type { LiveMessage } from '../protocol/live.ts'
import type { ExpectedPage, PageCache, PageFailure } from './page-cache.ts'
import type { PageClaims } from './page-claims.ts'
import { createPageBuilder, type Digest, type PageBuilder } from './page-builder.ts'
import { createSerial } from './serial.ts'

export interface HistoryDeps extends ClockDep {
  readonly store: HistoryStore
  /** Shared by all histories of the store. */
  readonly claims: PageClaims
  readonly pages: PageCache
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
}

export type HistoryFailure = PageFailure | Failure<'not-own' | 'changed-meanwhile' | 'forged-head' | 'no-rows' | 'diverged'>

export type LiveOutcome = 'appended' | 'known' | 'behind'

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
  /** A finished download becomes the history, unless that has grown past it meanwhile. */
  adopt(head: SignedHead, hashes: Bytes): Promise<Result<null, StoreFailure>>
  /** Deletes a damaged page from the store, so that it is fetched anew; the record still names it. */
  quarantine(page: Bytes): Promise<Result<null, StoreFailure>>
  change(patch: Partial<Pick<HistoryRecord, 'subscribed' | 'paused' | 'download'>>): Promise<Result<null, StoreFailure>>
  /** Page hashes of this history cut at `rows`; null when it is not that long. */
  leavesAt(rows: number): Promise<Result<readonly Bytes[] | null, PageFailure>>
  /** Verified canonical bytes of a page of this history cut at `rows`. */
  pageBytes(number: number, rows: number): Promise<Result<Bytes, PageFailure>>
}

export const createHistory = (initial: HistoryRecord, deps: HistoryDeps): History => {
  const { store, claims, pages, identity, verify, sha256, digest, clock } = deps
  const form = formOf(initial.identity)
  const own = initial.identity.author === identity.publicKey
  const serial = createSerial()
  let record = initial
  let hashes: readonly Bytes[] = splitPageList(initial.hashes)
  let frontier: MerkleFrontier | null = null
  let tail: readonly Row[] | null = null

  claimLast(initial.hashes, claims)
  claimLast(initial.download?.hashes, claims)

  const rows = (): number => record.head?.head.rows ?? 0
  const rowHash = (number: number, row: Row): Bytes => sha256(rowBytes(number, row))
  const expected = (number: number): ExpectedPage => ({
    hash: hashes[number] ?? new Uint8Array(0),
    form,
    number,
    rows: rowsInPage(number, rows(), PAGE_ROWS),
  })
  const fullPages = (): number => Math.floor(rows() / PAGE_ROWS)
  /** The last page is replaced on disk when it grows: what is not found may only be that page as it was a moment ago. */
  const settled = async <T>(
    number: number,
    load: (page: ExpectedPage) => Promise<Result<T, PageFailure>>,
  ): Promise<Result<T, PageFailure>> => {
    for (;;) {
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
    const committed = await store.commit({ record: next, ...change })
    if (committed.ok) record = next
    return committed
  }
  const loadTail = async (): Promise<Result<readonly Row[], PageFailure>> => {
    if (tail !== null) return ok(tail)
    if (rows() % PAGE_ROWS === 0) return ok([])
    const page = await pages.load(expected(fullPages()))
    return page.ok ? ok((tail = page.value.rows)) : page
  }
  const frontierNow = (): MerkleFrontier => {
    frontier ??= frontierOf(hashes.slice(0, fullPages()), sha256)
    return frontier
  }
  const builder = async (): Promise<Result<PageBuilder, PageFailure>> => {
    const loaded = await loadTail()
    return loaded.ok ? ok(createPageBuilder({ form, startRows: rows(), tail: loaded.value }, digest)) : loaded
  }
  /** The history with a builder's pages behind it: not yet signed, not yet on disk. */
  const candidate = async (built: PageBuilder) => {
    const partial = await built.partial()
    const whole = [...hashes.slice(0, fullPages()), ...built.filled]
    const tree = built.filled.length === 0 ? frontierNow() : frontierOf(whole, sha256)
    return {
      root: tree.rootWith(partial?.hash ?? null),
      hashes: partial === null ? whole : [...whole, partial.hash],
      partial,
      tree,
      tail: [...built.tail],
    }
  }
  type Candidate = Awaited<ReturnType<typeof candidate>>
  const become = async (next: Candidate, unstaged: readonly StoredPage[], head: SignedHead): Promise<Result<null, StoreFailure>> => {
    // The partial page that grew is no longer named here, and goes with the same commit unless someone else needs it.
    const replaced = hashes.slice(fullPages())
    if (next.partial !== null) claims.claim(next.partial.hash)
    const drop = replaced.filter((hash) => claims.release(hash))
    const pages = next.partial === null ? unstaged : [...unstaged, next.partial]
    const committed = await put({ ...record, head, hashes: joinPageList(next.hashes) }, { pages, drop })
    if (!committed.ok) {
      for (const hash of replaced) claims.claim(hash)
      if (next.partial !== null) claims.release(next.partial.hash)
      return committed
    }
    hashes = next.hashes
    frontier = next.tree
    tail = next.tail
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
    if (from !== rows()) return fail('changed-meanwhile', 'The stream got other rows while these were read. Try again.')
    const origin = originOf(built)
    if (!origin.ok) return origin
    const next = await candidate(built)
    const head: Head = {
      stream: record.stream,
      epoch: record.head?.head.epoch ?? 0,
      rows: built.rows,
      origin: origin.value,
      root: next.root,
      time: microsOfMillis(clock.now()),
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
  const receiveNow = async ({ row, head: signed }: LiveMessage): Promise<Result<LiveOutcome, HistoryFailure>> => {
    const judged = await judgeHead(signed, record, verify)
    if (!judged.ok) return judged
    const { head } = signed
    const mine = record.head?.head
    if (mine !== undefined && !isNewer(head, mine)) return diverges(head, mine) ?? ok('known')
    if (mine?.epoch !== head.epoch || head.rows !== mine.rows + 1 || row.form !== form) return ok('behind')
    const built = await builder()
    if (!built.ok) return built
    const filled = await built.value.push([row])
    const next = await candidate(built.value)
    // Another root at our count plus one: we and the publisher differ before this row. A download finds out where.
    if (!equalBytes(next.root, head.root) || !equalBytes(head.origin, mine.origin)) return ok('behind')
    const committed = await become(next, filled, signed)
    return committed.ok ? ok('appended') : committed
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
    adopt: (head, list) =>
      serial(async () => {
        const isPast = record.head !== null && isNewer(record.head.head, head.head)
        if (isPast) return put({ ...record, download: null })
        const committed = await put({ ...record, head, hashes: list, download: null })
        if (!committed.ok) return committed
        hashes = splitPageList(list)
        frontier = null
        tail = null
        return committed
      }),
    quarantine: (page) => serial(() => put(record, { drop: [page] })),
    change: (patch) => {
      claimLast(patch.download?.hashes, claims)
      return serial(() => put({ ...record, ...patch }))
    },
    read: async (from, count) => {
      const to = Math.min(from + count, rows())
      const found: Row[] = []
      for (let at = Math.max(0, from); at < to; ) {
        const page = await settled(Math.floor(at / PAGE_ROWS), pages.load)
        if (!page.ok) return page
        const slice = page.value.rows.slice(at % PAGE_ROWS, (at % PAGE_ROWS) + (to - at))
        if (slice.length === 0) break
        for (const row of slice) found.push(row)
        at += slice.length
      }
      return ok(found)
    },
    leavesAt: async (wanted) => {
      if (wanted > rows()) return ok(null)
      if (wanted === rows() || wanted % PAGE_ROWS === 0) return ok(hashes.slice(0, pagesOf(wanted, PAGE_ROWS)))
      const last = Math.floor(wanted / PAGE_ROWS)
      const cut = await settled(last, (page) => cutPage(pages, page, rowsInPage(last, wanted, PAGE_ROWS), digest))
      return cut.ok ? ok([...hashes.slice(0, last), cut.value.hash]) : cut
    },
    pageBytes: (number, wanted) =>
      settled(number, async (whole) => {
        const count = rowsInPage(number, wanted, PAGE_ROWS)
        if (count === whole.rows) return pages.loadBytes(whole)
        const cut = await cutPage(pages, whole, count, digest)
        return cut.ok ? ok(cut.value.bytes) : cut
      }),
  }
}

const claimLast = (list: Bytes | undefined, claims: PageClaims): void => {
  const last = list === undefined ? undefined : splitPageList(list).at(-1)
  if (last !== undefined) claims.claim(last)
}

const frontierOf = (hashes: readonly Bytes[], sha256: Sha256): MerkleFrontier => {
  const tree = createMerkleFrontier(sha256)
  for (const hash of hashes) tree.push(hash)
  return tree
}

/** Whether a head is its stream's author's. */
export const judgeHead = async (
  signed: SignedHead,
  record: { readonly stream: StreamId; readonly identity: HistoryRecord['identity'] },
  verify: Verify,
): Promise<Result<null, Failure<'forged-head'>>> => {
  if (signed.head.stream !== record.stream) return fail('forged-head', 'The head is of another stream.')
  const good = await verify(record.identity.author, headBytes(signed.head), signed.signature)
  return good ? ok(null) : fail('forged-head', "The head does not carry its publisher's signature.")
}

/** Two signed heads of one count with other roots: the publisher signed two histories. */
const diverges = (head: Head, mine: Head): Result<never, Failure<'diverged'>> | null =>
  head.epoch === mine.epoch && head.rows === mine.rows && !sameHistory(head, mine)
    ? fail('diverged', 'The publisher signed two different histories of the same length.')
    : null

const cutPage = async (
  pages: PageCache,
  whole: ExpectedPage,
  rows: number,
  digest: Digest,
): Promise<Result<StoredPage, PageFailure>> => {
  const page = await pages.load(whole)
  if (!page.ok) return page
  const builder = createPageBuilder(
    { form: whole.form, startRows: whole.number * PAGE_ROWS + rows, tail: page.value.rows.slice(0, rows) },
    digest,
  )
  const cut = await builder.partial()
  if (cut === null) throw new Error(`page ${whole.number} cut to no rows`)
  return ok(cut)
}
