import type { Bytes } from '../../base/bytes.ts'
import type { Mutable } from '../../base/mutable.ts'
import { ok, type Failure, type Result } from '../../base/result.ts'
import { isNewer, type SignedHead } from '../../domain/head.ts'
import { rowBytes, type Row } from '../../domain/row.ts'
import type { RowForm } from '../../domain/stream.ts'
import type { HistoryRecord, StoreFailure } from '../../ports/history-store.ts'
import { createSerial } from '../pace/serial.ts'
import { createHistoryGrowth, isForked, type Duty, type HistoryGrowth, type HistoryGrowthDeps } from './history-growth.ts'
import { createHistoryPages, type HistoryPages, type HistoryPagesDeps } from './history-pages.ts'
import { archiveOf, createKeptRecord, type KeptRecord, type KeptRecordDeps } from './kept-record.ts'
import { createNewEpoch, type NewEpoch, type NewEpochDeps } from './new-epoch.ts'

export interface HistoryDeps extends KeptRecordDeps, HistoryPagesDeps, HistoryGrowthDeps, NewEpochDeps {}

/** Judges what a download brought against the history that it is to replace, while nothing else can change that. */
export type JudgeSuccessor<F> = (record: HistoryRecord) => Promise<Result<{ readonly archive: boolean }, F>>

/**
 * One stream's verified history: the record on disk, and what is needed to read, serve, grow, replace and mend it. What changes it
 * happens in turn, one thing after the other; what reads it does not wait.
 */
export interface History extends HistoryPages, HistoryGrowth, NewEpoch {
  readonly record: HistoryRecord
  readonly form: RowForm
  readonly rows: number
  rowHash(number: number, row: Row): Bytes
  /** A finished download becomes the history, unless that has grown past it meanwhile, or `judge` refuses it. */
  adopt<F extends Failure = never>(head: SignedHead, hashes: Bytes, judge?: JudgeSuccessor<F>): Promise<Result<null, StoreFailure | F>>
  /** The record is wrong: nothing is read from it or built on it before another is adopted. One that nobody signed is out of sight until then. */
  distrust(failure: Failure): void
  /** What is on record proves nothing: `distrust` was the last word about it. */
  readonly isDoubted: boolean
  /** Deletes a damaged page from the store, so that it is fetched anew; the record still names it. */
  quarantine(page: Bytes): Promise<Result<null, StoreFailure>>
  change(patch: Partial<Pick<HistoryRecord, 'subscribed' | 'paused' | 'download' | 'checkedAt' | 'toldOf'>>): Promise<Result<null, StoreFailure>>
  /** Puts evidence of a fork on record, unless the history is in a later epoch when its turn comes: of that it says nothing. */
  condemn(evidence: Bytes, epoch: number): Promise<Result<null, StoreFailure>>
  /** Deletes the record, after what was begun before; whatever is asked of the history afterwards fails and writes nothing. */
  remove(): Promise<Result<null, StoreFailure>>
}

export const createHistory = (initial: HistoryRecord, deps: HistoryDeps, duty: Duty = () => ok(null)): History => {
  const { claims, sha256 } = deps
  const serial = createSerial()
  const kept = createKeptRecord(initial, deps, () => {
    history.record = kept.current
    history.rows = kept.rows
    history.isDoubted = kept.doubt !== null
  })
  const growth = createHistoryGrowth(kept, deps, duty)
  const epoch = createNewEpoch(kept, deps)
  const adopt = createAdoption(kept, deps)

  claims.claimLast(initial.hashes)
  claims.claimLast(initial.download?.hashes)
  for (const { hashes } of initial.archive) claims.claimLast(hashes)

  const history: Mutable<History> = {
    ...createHistoryPages(kept, serial, deps),
    record: kept.current,
    form: kept.form,
    rows: kept.rows,
    rowHash: (number, row) => sha256(rowBytes(number, row)),
    builder: () => serial(growth.builder),
    extend: (built, from) => serial(() => growth.extend(built, from)),
    append: (row) => serial(() => growth.append(row)),
    receive: (live) => serial(() => growth.receive(live)),
    adopt: (head, hashes, judge) => serial(() => adopt(head, hashes, judge)),
    wholeRows: () => serial(epoch.wholeRows),
    beginEpoch: (past, whole) => serial(() => epoch.beginEpoch(past, whole)),
    beginAnew: () => serial(epoch.beginAnew),
    isDoubted: kept.doubt !== null,
    distrust: kept.distrust,
    quarantine: (page) => serial(() => kept.put(kept.current, { drop: [page] })),
    change: (patch) => {
      claims.claimLast(patch.download?.hashes)
      return serial(() => kept.put({ ...kept.current, ...patch }))
    },
    condemn: (fork, epoch) =>
      serial(async () => ((kept.current.head?.head.epoch ?? -1) > epoch ? ok(null) : kept.put({ ...kept.current, fork, download: null }))),
    remove: () => serial(kept.remove),
  }
  return history
}

const createAdoption =
  (kept: KeptRecord, { claims }: Pick<HistoryDeps, 'claims'>) =>
  async <F extends Failure = never>(head: SignedHead, hashes: Bytes, judge?: JudgeSuccessor<F>): Promise<Result<null, StoreFailure | F>> => {
    const before = kept.current
    const isPast = before.head !== null && isNewer(before.head.head, head.head)
    if (isPast || isForked(before, head.head)) return kept.put({ ...before, download: null })
    const judged = await (judge?.(kept.doubt === null ? before : { ...before, head: null }) ?? ok({ archive: false }))
    if (!judged.ok) return judged
    const { archive: isAside } = judged.value
    const next = { ...kept.current, head, hashes, download: null, fork: null, archive: archiveOf(kept.current, isAside) }
    const committed = await kept.replace(next)
    if (!committed.ok) return committed
    // Both may end with the same page: what the new one's growth gives up must not go from under the archive.
    if (isAside) claims.claimLast(next.archive[0]?.hashes)
    kept.tookPlace()
    return committed
  }
