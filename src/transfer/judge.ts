import { equalBytes, type Bytes } from '../base/bytes.ts'
import { fail, type Failure, type Result } from '../base/result.ts'
import type { Sha256 } from '../domain/hash.ts'
import { RUN_LEAVES, runLength, runProof } from '../domain/merkle.ts'
import { checkPage } from '../domain/page.ts'
import type { RowForm } from '../domain/stream.ts'

export interface ExpectedPage {
  /** From a run of page hashes that was verified against the head. */
  readonly hash: Bytes
  readonly form: RowForm
  readonly number: number
  readonly rows: number
}

/**
 * Judges the bytes of a page that came from anywhere. `digest` is their SHA-256: computed by the caller, because the
 * platform's is asynchronous. What has the expected hash was written by the publisher; its rows are looked at all the
 * same, because a publisher may sign nonsense.
 */
export const judgePage = (
  bytes: Bytes,
  digest: Uint8Array,
  expected: ExpectedPage,
): Result<null, Failure<'bad-page' | 'malformed'>> => {
  if (!equalBytes(digest, expected.hash))
    return fail('bad-page', `page ${expected.number}: its bytes do not have the hash that the head commits to`)
  return checkPage(bytes, expected)
}

/** The answer to a `hashes-request` over the page hashes of a history; null when no run begins at `from`. */
export const runAnswer = (
  leaves: readonly Bytes[],
  from: number,
  sha256: Sha256,
  runLeaves = RUN_LEAVES,
): { readonly from: number; readonly hashes: readonly Bytes[]; readonly proof: readonly Bytes[] } | null => {
  const length = runLength(from, leaves.length, runLeaves)
  if (from % runLeaves !== 0 || length === 0) return null
  return { from, hashes: leaves.slice(from, from + length), proof: runProof(leaves, from, sha256, runLeaves) }
}
