import { fail, ok, type Failure, type Result } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import type { Head, SignedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle.ts'
import { pagesOf } from '../../domain/page.ts'
import { cutPageList, splitPageList } from '../../domain/page-list.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import { microsOfMillis } from '../../domain/time.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { StoreFailure } from '../../ports/history-store.ts'
import type { Identity } from '../../ports/identity.ts'
import { archiveOf, type KeptRecord } from './kept-record.ts'
import type { PageCache, PageFailure } from './page-cache.ts'
import type { PageClaims } from './page-claims.ts'
import { countWholeRows, originOnDisk } from './whole-pages.ts'

export type NewEpochFailure = PageFailure | Failure<'not-own' | 'changed-meanwhile' | 'no-rows'>

/** How a publisher goes on where rows of its history are lost, or counts for nothing any more. */
export interface NewEpoch {
  /** Rows before the first page that is damaged or missing, also where the record itself proves nothing. O(pages), each read. */
  wholeRows(): Promise<Result<number, StoreFailure>>
  /**
   * Own streams: the rows that are here, as far as their pages are whole, go on in an epoch after `past`; without any, the next rows
   * begin it. What cannot be read is given up, and kept aside; but no more than the caller knows of: so many rows are whole.
   */
  beginEpoch(past: () => number, whole: number): Promise<Result<SignedHead | null, NewEpochFailure>>
  /** Own streams: the next row begins an epoch without any, and what is here is kept aside then. Answers the epoch that it ends. */
  beginAnew(): Promise<number>
}

export interface NewEpochDeps extends ClockDep {
  readonly claims: PageClaims
  readonly pages: PageCache
  readonly identity: Identity
  readonly sha256: Sha256
  readonly shape: HistoryShape
}

/** Nothing else may change the record while one of these runs: the history runs them in turn. */
export const createNewEpoch = (kept: KeptRecord, deps: NewEpochDeps): NewEpoch => {
  const { claims, pages, identity, sha256, clock } = deps
  const { pageRows } = deps.shape
  const shelf = { pages, form: kept.form, pageRows, sha256 }

  const wholeRows = (): Promise<Result<number, StoreFailure>> => countWholeRows(kept.onDisk(), shelf)
  const beginEpoch: NewEpoch['beginEpoch'] = async (pastNow, known) => {
    if (kept.current.identity.author !== identity.publicKey) return fail('not-own', 'Only its publisher can begin a new epoch of a stream.')
    const before = kept.onDisk().head?.head ?? null
    const whole = await wholeRows()
    if (!whole.ok) return whole
    if (whole.value < known) return fail('changed-meanwhile', 'More of its pages turned out damaged. Try again.')
    // After the reading, which may take seconds: a later epoch by the same key may have been heard of meanwhile.
    const past = pastNow()
    const epoch = Math.max(past, before?.epoch ?? 0) + 1
    if (before !== null && whole.value > 0) return continueWith(whole.value, before, epoch)
    kept.beginAnew(epoch, before?.epoch ?? past)
    return ok(null)
  }
  const continueWith = async (rows: number, before: Head, epoch: number): Promise<Result<SignedHead, NewEpochFailure>> => {
    const isAll = rows === before.rows && kept.doubt === null
    // A copy: what is given up is not kept in memory by what goes on.
    const hashes = cutPageList(kept.onDisk().hashes, pagesOf(rows, pageRows)).slice()
    const root = isAll ? before.root : merkleRoot(splitPageList(hashes), sha256)
    const origin = isAll ? ok(before.origin) : await originOnDisk(kept.onDisk(), shelf)
    if (!origin.ok) return origin
    const continues = { epoch: before.epoch, rows, root }
    const head: Head = { ...before, epoch, rows, origin: origin.value, root, continues, time: microsOfMillis(clock.now()) }
    const signed = { head, signature: await identity.signHead(head) }
    const isAside = !isAll && kept.doubt === null
    const given = kept.current
    const committed = await kept.replace({ ...given, head: signed, hashes, download: null, fork: null, archive: archiveOf(given, isAside) })
    if (!committed.ok) return committed
    if (isAside) claims.claimLast(hashes)
    if (!isAll) kept.tookPlace()
    return ok(signed)
  }

  return {
    wholeRows,
    beginEpoch,
    beginAnew: () => {
      const past = kept.onDisk().head?.head.epoch ?? 0
      kept.beginAnew(past + 1, past)
      return Promise.resolve(past)
    },
  }
}
