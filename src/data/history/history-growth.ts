import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import { epochOfEvidence } from '../../domain/evidence.ts'
import { HASH_BYTES, type Sha256 } from '../../domain/hash.ts'
import { contradicts, isNewer, type Head, type SignedHead } from '../../domain/head.ts'
import type { MerkleFrontier } from '../../domain/merkle.ts'
import { cutPageList, joinPageList, splitPageList } from '../../domain/page-list.ts'
import { rowBytes, type Row } from '../../domain/row.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import { microsOfMillis } from '../../domain/time.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { HistoryRecord, StoredPage, StoreFailure } from '../../ports/history-store.ts'
import type { Identity, Verify } from '../../ports/identity.ts'
import type { LiveMessage } from '../../protocol/live.ts'
import { judgeHead } from './judge-head.ts'
import type { Digest } from './kept-page.ts'
import { archiveOf, frontierOf, type KeptRecord } from './kept-record.ts'
import { createPageBuilder, type PageBuilder } from './page-builder.ts'
import type { PageCache, PageFailure } from './page-cache.ts'
import type { PageClaims } from './page-claims.ts'

export type GrowthFailure = PageFailure | Failure<'not-own' | 'changed-meanwhile' | 'forged-head' | 'no-rows' | 'diverged' | 'recover-first' | 'forked'>

export type LiveOutcome = 'appended' | 'known' | 'behind'

/** Whether the publisher may sign now; asked at the last moment before it does. */
export type Duty = () => Result<null, Failure<'recover-first' | 'forked'>>

/** A history as it becomes longer: by rows that this node signs, or one by one by those of another publisher. */
export interface HistoryGrowth {
  /** A builder that continues this history; what it builds becomes history by `extend`. */
  builder(): Promise<Result<PageBuilder, PageFailure>>
  /** Own streams: signs and commits what a builder built from row `from` on; the pages it filled must be staged already. */
  extend(builder: PageBuilder, from: number): Promise<Result<SignedHead, GrowthFailure>>
  /** Own streams: one more row, signed and on disk before it is answered. */
  append(row: Row): Promise<Result<LiveMessage, GrowthFailure>>
  /** A row from elsewhere: becomes history when its head is the publisher's and covers exactly this row more. */
  receive(live: LiveMessage): Promise<Result<LiveOutcome, GrowthFailure>>
}

export interface HistoryGrowthDeps extends ClockDep {
  /** Shared by all histories of the store. */
  readonly claims: PageClaims
  readonly pages: PageCache
  readonly identity: Identity
  readonly verify: Verify
  readonly sha256: Sha256
  readonly digest: Digest
  readonly shape: HistoryShape
}

/** The history with a builder's pages behind it: not yet signed, not yet on disk. */
interface Candidate {
  readonly root: Bytes
  readonly hashes: Bytes
  readonly partial: StoredPage | null
  readonly tree: MerkleFrontier
  readonly tail: readonly Row[]
}

/** Nothing else may change the record while one of these runs: the history runs them in turn. */
export const createHistoryGrowth = (kept: KeptRecord, deps: HistoryGrowthDeps, duty: Duty): HistoryGrowth => {
  const { claims, pages, identity, verify, sha256, digest, clock } = deps
  const { pageRows } = deps.shape
  const { form } = kept
  const own = kept.current.identity.author === identity.publicKey
  /** After which history of this stream each builder began: another one of as many rows may have others. */
  const bases = new WeakMap<PageBuilder, number>()

  const builder = async (): Promise<Result<PageBuilder, PageFailure>> => {
    if (kept.doubt !== null) return err(kept.doubt)
    const loaded = await loadTail()
    if (!loaded.ok) return loaded
    const built = createPageBuilder({ form, pageRows, startRows: kept.rows, tail: loaded.value }, digest)
    bases.set(built, kept.replaced)
    return ok(built)
  }
  const loadTail = async (): Promise<Result<readonly Row[], PageFailure>> => {
    if (kept.rows % pageRows === 0) return ok([])
    const page = await pages.load(kept.page(kept.fullPages))
    return page.ok ? ok(page.value.rows) : page
  }

  const extend = async (built: PageBuilder, from: number, unstaged: readonly StoredPage[] = []): Promise<Result<SignedHead, GrowthFailure>> => {
    if (!own) return fail('not-own', 'Only its publisher can add rows to a stream.')
    // Since the builder was made.
    if (kept.doubt !== null) return err(kept.doubt)
    if (from !== kept.rows || bases.get(built) !== kept.replaced)
      return fail('changed-meanwhile', 'The stream got other rows while these were read. Try again.')
    const origin = originOf(built)
    if (!origin.ok) return origin
    const next = await candidate(built)
    const may = duty()
    if (!may.ok) return may
    const head = headOf(built.rows, origin.value, next.root)
    const signed = { head, signature: await identity.signHead(head) }
    const committed = await become(next, unstaged, signed)
    return committed.ok ? ok(signed) : committed
  }
  const append = async (row: Row): Promise<Result<LiveMessage, GrowthFailure>> => {
    const built = await builder()
    if (!built.ok) return built
    const from = kept.rows
    const head = await extend(built.value, from, await built.value.push([row]))
    return head.ok ? ok({ row, head: head.value }) : head
  }
  const receive = async ({ row, head: signed }: LiveMessage): Promise<Result<LiveOutcome, GrowthFailure>> => {
    const judged = await judgeHead(signed, kept.current, verify)
    if (!judged.ok) return judged
    const { head } = signed
    const mine = kept.current.head?.head
    if (mine !== undefined && contradicts(head, mine)) return fail('diverged', 'The publisher signed two heads of which one must be false.')
    if (mine !== undefined && !isNewer(head, mine)) return ok('known')
    if (kept.doubt !== null) return ok('behind')
    // Evidence that came while this row waited for its turn.
    if (isForked(kept.current, head)) return fail('forked', 'Its publisher signed two different histories of this epoch.')
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

  const originOf = (built: PageBuilder): Result<Bytes, GrowthFailure> => {
    const { head } = kept.current
    if (head !== null) return ok(head.head.origin)
    return built.first === null ? fail('no-rows', 'A history needs at least one row.') : ok(sha256(rowBytes(0, built.first)))
  }
  const headOf = (rows: number, origin: Bytes, root: Bytes): Head => {
    const { stream, head } = kept.current
    return {
      stream,
      epoch: head?.head.epoch ?? kept.anew?.epoch ?? 0,
      rows,
      origin,
      root,
      time: microsOfMillis(clock.now()),
      continues: head === null ? (kept.anew?.continues ?? null) : head.head.continues,
    }
  }
  const candidate = async (built: PageBuilder): Promise<Candidate> => {
    const partial = await built.partial()
    const whole = joinPageList([cutPageList(kept.current.hashes, kept.fullPages), ...built.filled])
    const tree = built.filled.length === 0 ? kept.frontier() : frontierOf(whole, sha256)
    const hashes = partial === null ? whole : joinPageList([whole, partial.hash])
    return { root: tree.rootWith(partial?.hash ?? null), hashes, partial, tree, tail: [...built.tail] }
  }
  const become = async (next: Candidate, unstaged: readonly StoredPage[], head: SignedHead): Promise<Result<null, StoreFailure>> => {
    // The partial page that grew is no longer named here, and goes with the same commit unless someone else needs it.
    const before = splitPageList(kept.current.hashes.subarray(kept.fullPages * HASH_BYTES))
    if (next.partial !== null) claims.claim(next.partial.hash)
    const drop = before.filter((hash) => claims.release(hash))
    const written = next.partial === null ? unstaged : [...unstaged, next.partial]
    const committed = await kept.replace({ ...kept.current, ...givenUp(kept), head, hashes: next.hashes }, { pages: written, drop })
    if (!committed.ok) {
      for (const hash of before) claims.claim(hash)
      if (next.partial !== null) claims.release(next.partial.hash)
      return committed
    }
    kept.grew(next.tree)
    pages.grown(before[0] ?? null, next.partial?.hash ?? null, { form, number: kept.fullPages, rows: next.tail })
    return committed
  }

  return { builder, extend: (built, from) => extend(built, from), append, receive }
}

/** Whether its publisher has signed two histories of this epoch, or of a later one. */
export const isForked = ({ fork }: HistoryRecord, { epoch }: Head): boolean => fork !== null && (epochOfEvidence(fork) ?? -1) >= epoch

/** With the first row of an epoch that begins without any, what it gave up is over. */
const givenUp = ({ current, anew }: KeptRecord): Partial<HistoryRecord> =>
  current.head === null && anew !== null ? { download: null, fork: null, archive: archiveOf({ ...current, ...anew.aside }, anew.aside !== null) } : {}
