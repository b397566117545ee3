import { equalBytes } from '../../base/bytes.ts'
import type { Failure } from '../../base/result.ts'
import type { Sha256 } from '../../domain/hash.ts'
import type { SignedHead } from '../../domain/head.ts'
import { merkleRoot } from '../../domain/merkle.ts'
import { pagesOf } from '../../domain/page.ts'
import { splitPageList } from '../../domain/page-list.ts'
import type { HistoryShape } from '../../domain/shape.ts'
import { streamIdOf } from '../../domain/stream.ts'
import type { ArchivedHistory, HistoryRecord } from '../../ports/history-store.ts'
import type { Verify } from '../../ports/identity.ts'
import { judgeHead } from '../history/judge-head.ts'
import { judgeEvidence } from './forks.ts'

/** Why a record cannot be trusted: it is another stream's, its head is not the publisher's, its page list not that of its head. */
export type RecordFailure = Failure<'wrong-identity' | 'forged-head' | 'damaged-list'>

export interface RecordJudge {
  readonly sha256: Sha256
  readonly verify: Verify
  readonly shape: HistoryShape
}

export interface JudgedRecord {
  /** Without the archived histories that cannot be trusted: nobody could mend them. */
  readonly record: HistoryRecord
  readonly archivesLost: number
  /** The evidence of a fork that is on record still proves it. */
  readonly isProof: boolean
  /** Null: the record can be trusted. */
  readonly trouble: RecordFailure | null
  /** The head of a download that was under way, and the one that its publisher was told of, when they are the publisher's. */
  readonly aims: readonly SignedHead[]
}

/**
 * Judges a record from storage like the word of a stranger (M4): its pages are judged when they are loaded. A signature check a
 * head and two hashes a page: a million rows cost some 5 ms at the start.
 */
export const judgeRecord = async (record: HistoryRecord, judge: RecordJudge): Promise<JudgedRecord> => {
  const troubles = await Promise.all(record.archive.map((kept) => troubleOf(kept, record, judge)))
  const archive = record.archive.filter((_, index) => troubles[index] === null)
  const { head, hashes, download, fork, toldOf } = record
  const judgedAim = async (aim: SignedHead | null): Promise<readonly SignedHead[]> =>
    aim !== null && (await judgeHead(aim, record, judge.verify)).ok ? [aim] : []
  const aims = await Promise.all([download?.head ?? null, toldOf].map(judgedAim))
  const isProof = fork !== null && (await judgeEvidence(fork, record.identity, judge)).ok
  const isOwn = streamIdOf(record.identity, judge.sha256) === record.stream
  return {
    record: { ...record, archive },
    archivesLost: record.archive.length - archive.length,
    isProof,
    trouble: !isOwn ? wrongIdentity : head === null ? null : await troubleOf({ head, hashes }, record, judge),
    aims: aims.flat(),
  }
}

const troubleOf = async (kept: ArchivedHistory, record: HistoryRecord, judge: RecordJudge): Promise<RecordFailure | null> => {
  const signed = await judgeHead(kept.head, record, judge.verify)
  if (!signed.ok) return signed.error
  const { rows, root } = kept.head.head
  const list = splitPageList(kept.hashes)
  const isList = list.length === pagesOf(rows, judge.shape.pageRows) && equalBytes(merkleRoot(list, judge.sha256), root)
  return isList ? null : wrongList
}

const wrongIdentity: RecordFailure = {
  code: 'wrong-identity',
  message: 'A stored history is not of the stream it is kept under and is left alone.',
}

export const wrongList: RecordFailure = { code: 'damaged-list', message: 'The page hashes on record do not lead to the signed root.' }
