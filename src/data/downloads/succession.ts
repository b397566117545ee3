import { equalBytes, type Bytes } from '../../base/bytes.ts'
import { err, fail, ok, type Failure, type Result } from '../../base/result.ts'
import { cutPage, evidenceOfHeads, evidenceOfPage } from '../../domain/evidence.ts'
import { HASH_BYTES } from '../../domain/hash.ts'
import { contradicts, type Continuation, type SignedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle.ts'
import { decodePage, pagesOf, rowsInPage } from '../../domain/page.ts'
import { splitPageList } from '../../domain/page-list.ts'
import { rowBytes } from '../../domain/row.ts'
import { formOf, type RowForm } from '../../domain/stream.ts'
import type { HistoryRecord } from '../../ports/history-store.ts'
import type { LogDep } from '../../ports/log.ts'
import type { Digest } from '../history/kept-page.ts'
import type { ExpectedPage, PageCache, PageFailure } from '../history/page-cache.ts'
import { judgeEvidence, type JudgeDeps, type Proven } from '../streams/forks.ts'

/** What is to take a history's place: a verified head and its verified page list, all of whose pages are in the store. */
export interface Successor {
  readonly target: SignedHead
  readonly hashes: Bytes
}

export interface Succeeds {
  /** The history that is replaced has rows that its successor has not. */
  readonly archive: boolean
}

export type SuccessionFailure = PageFailure | ForkFound | Failure<'wrong-origin' | 'wrong-continuation'>

export interface ForkFound extends Failure<'forked'> {
  readonly proven: Proven
}

/** Judges what a download brought before it becomes the history: signed it is, but is it what its publisher signed before? */
export interface Succession {
  /** O(pages) comparisons; O(pages) hashes only for a later epoch or a fork. */
  judge(record: HistoryRecord, next: Successor): Promise<Result<Succeeds, SuccessionFailure>>
  /** A fork that the page list alone shows, while pages are still missing. */
  foresee(record: HistoryRecord, next: Successor): Promise<ForkFound | null>
}

export interface SuccessionDeps extends JudgeDeps, LogDep {
  readonly pages: PageCache
  readonly digest: Digest
}

/** A history as its record or a download has it. */
interface Extent {
  readonly signed: SignedHead
  readonly leaves: readonly Bytes[]
  readonly form: RowForm
}

interface PartingPage {
  readonly page: number
  readonly bytes: Bytes | null
}

export const createSuccession = (deps: SuccessionDeps): Succession => {
  const { pages, digest, sha256, log } = deps
  const { pageRows } = deps.shape

  const expectedOf = ({ leaves, form, signed }: Extent, number: number): ExpectedPage => ({
    hash: leaves[number] ?? new Uint8Array(0),
    form,
    number,
    rows: rowsInPage(number, signed.head.rows, pageRows),
  })
  /** Hash of a page of a history cut to `kept` rows. */
  const cutHash = async (of: Extent, number: number, kept: number): Promise<Result<{ hash: Bytes; whole: Bytes }, PageFailure>> => {
    const expected = expectedOf(of, number)
    const whole = await pages.loadBytes(expected)
    if (!whole.ok) return whole
    const cut = cutPage(whole.value, expected, kept)
    if (!cut.ok) return err({ code: 'damaged-page', message: cut.error.message, hash: expected.hash })
    return ok({ hash: await digest(cut.value), whole: whole.value })
  }
  /** The first page of which two histories do not agree as far as the shorter one goes; null: it is the beginning of the longer one. */
  const partingOf = async (shorter: Extent, longer: Extent): Promise<Result<PartingPage | null, PageFailure>> => {
    const { rows } = shorter.signed.head
    for (let page = 0; page < pagesOf(rows, pageRows); page++) {
      const [mine, theirs] = [shorter.leaves[page], longer.leaves[page]]
      if (mine !== undefined && theirs !== undefined && equalBytes(mine, theirs)) continue
      const kept = rowsInPage(page, rows, pageRows)
      if (mine === undefined || kept === rowsInPage(page, longer.signed.head.rows, pageRows)) return ok({ page, bytes: null })
      const cut = await cutHash(longer, page, kept)
      if (!cut.ok) return cut
      return ok(equalBytes(cut.value.hash, mine) ? null : { page, bytes: cut.value.whole })
    }
    return ok(null)
  }
  const provenOf = async (mine: Extent, next: Extent, at: PartingPage, record: HistoryRecord): Promise<ForkFound | null> => {
    // A page list that ends early, on a damaged disk.
    if (mine.leaves[at.page] === undefined) return null
    const isPlain = contradicts(mine.signed.head, next.signed.head)
    const bytes = isPlain ? evidenceOfHeads(mine.signed, next.signed) : evidenceOfPage(mine, next, at, sha256)
    const judged = await judgeEvidence(bytes, record.identity, deps)
    // What proves nothing is our own record, damaged: it is replaced by what is verified.
    if (!judged.ok) return null
    return { code: 'forked', message: 'The publisher signed two different histories of one epoch.', proven: judged.value }
  }
  const forkOf = async (mine: Extent, next: Extent, record: HistoryRecord): Promise<Result<ForkFound | null, PageFailure>> => {
    const parting = await partingOf(mine, next)
    if (!parting.ok) return parting
    return ok(parting.value === null ? null : await provenOf(mine, next, parting.value, record))
  }
  /** Whether row 0 is where the head says that the history begins. */
  const hasOrigin = async (next: Extent): Promise<Result<boolean, PageFailure>> => {
    const expected = expectedOf(next, 0)
    const bytes = await pages.loadBytes(expected)
    if (!bytes.ok) return bytes
    const page = decodePage(bytes.value, expected)
    const first = page.ok ? page.value.rows[0] : undefined
    return ok(first !== undefined && equalBytes(sha256(rowBytes(0, first)), next.signed.head.origin))
  }
  const rootAt = async (of: Extent, rows: number): Promise<Result<Bytes, PageFailure>> => {
    const full = Math.floor(rows / pageRows)
    const whole = rows === of.signed.head.rows ? of.leaves : of.leaves.slice(0, full)
    if (rows === of.signed.head.rows || rows % pageRows === 0) return ok(merkleRoot(whole, sha256))
    const cut = await cutHash(of, full, rows % pageRows)
    return cut.ok ? ok(merkleRoot([...whole, cut.value.hash], sha256)) : cut
  }
  const sayRewritten = async (mine: Extent, continues: Continuation, record: HistoryRecord): Promise<void> => {
    if (continues.epoch !== mine.signed.head.epoch || continues.rows > mine.signed.head.rows) return
    const root = await rootAt(mine, continues.rows)
    if (!root.ok || equalBytes(root.value, continues.root)) return
    const message =
      `The new epoch continues rows that are not those signed in epoch ${continues.epoch}: ` +
      'its publisher rewrote its history. The old one is kept aside.'
    log({ level: 'warn', stream: record.stream, message })
  }

  return {
    judge: async (record, { target, hashes }) => {
      const form = formOf(record.identity)
      const next: Extent = { signed: target, leaves: splitPageList(hashes), form }
      const mine: Extent | null = record.head === null ? null : { signed: record.head, leaves: splitPageList(record.hashes), form }
      if (mine !== null && mine.signed.head.epoch === target.head.epoch) {
        const fork = await forkOf(mine, next, record)
        if (!fork.ok) return fork
        return fork.value === null ? ok({ archive: false }) : err(fork.value)
      }
      const origin = await hasOrigin(next)
      if (!origin.ok) return origin
      if (!origin.value)
        return fail('wrong-origin', 'Its first row is not the one that its publisher signed as the beginning: this is not that stream.')
      const { continues } = target.head
      if (continues !== null) {
        const root = await rootAt(next, continues.rows)
        if (!root.ok) return root
        if (!equalBytes(root.value, continues.root))
          return fail('wrong-continuation', `Its first ${continues.rows} rows are not those that its publisher says it continues.`)
        if (mine !== null) await sayRewritten(mine, continues, record)
      }
      if (mine === null) return ok({ archive: false })
      if (target.head.rows < mine.signed.head.rows) return ok({ archive: true })
      const parting = await partingOf(mine, next)
      return parting.ok ? ok({ archive: parting.value !== null }) : parting
    },
    foresee: async (record, { target, hashes }) => {
      const { head } = record
      if (head === null || head.head.epoch !== target.head.epoch || head.head.rows > target.head.rows) return null
      if (hashes.length < pagesOf(target.head.rows, pageRows) * HASH_BYTES) return null
      const leaves = splitPageList(hashes)
      const form = formOf(record.identity)
      const fork = await forkOf({ signed: head, leaves: splitPageList(record.hashes), form }, { signed: target, leaves, form }, record)
      return fork.ok ? fork.value : null
    },
  }
}
