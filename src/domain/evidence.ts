import { equalBytes, type Bytes } from '../base/bytes.ts'
import { array, bytes, decode, encode, fixed, nullable, struct, u32, type Codec } from '../base/codec.ts'
import { fail, ok, type Failure, type Result } from '../base/result.ts'
import { HASH_BYTES, type Sha256 } from './hash.ts'
import { contradicts, signedHeadCodec, type SignedHead } from './head.ts'
import { runProof, verifyRun } from './merkle.ts'
import { decodePage, encodePage, maxPageBytes, PAGE_ROWS, pagesOf, rowsInPage } from './page.ts'
import type { HistoryShape } from './shape.ts'
import { formOf, isKeyless, streamIdOf, type RowForm, type StreamIdentity } from './stream.ts'

/**
 * What proves to anybody that a publisher signed two histories of one epoch: two heads of which the shorter one's rows
 * are not the first rows of the longer one. O(log n) hashes and at most one page, however long the histories are.
 */
export interface Evidence {
  readonly shorter: SignedHead
  readonly longer: SignedHead
  /** Where the histories part; null where the heads alone contradict each other. */
  readonly parting: Parting | null
}

/** A page of which the two heads commit to different rows. */
export interface Parting {
  readonly page: number
  readonly shorter: Leaf
  readonly longer: Leaf
  /** The longer history's page, where the shorter one ends within it: cut there, it must have had the shorter one's hash. */
  readonly bytes: Bytes | null
}

/** A page hash and the siblings that lead from it to its head's root. */
export interface Leaf {
  readonly hash: Bytes
  readonly proof: readonly Bytes[]
}

/** A history as far as evidence needs it: its head, and all its page hashes. */
export interface Side {
  readonly signed: SignedHead
  readonly leaves: readonly Bytes[]
}

/** A tree of 2^32 leaves has no more levels. */
const MAX_PROOF_HASHES = 32

const leaf: Codec<Leaf> = struct({
  hash: fixed(HASH_BYTES),
  proof: array(fixed(HASH_BYTES), MAX_PROOF_HASHES),
})

const partingCodec: Codec<Parting> = struct({
  page: u32,
  shorter: leaf,
  longer: leaf,
  bytes: nullable(bytes(maxPageBytes('prediction', PAGE_ROWS))),
})

export const evidenceCodec: Codec<Evidence> = struct({
  shorter: signedHeadCodec,
  longer: signedHeadCodec,
  parting: nullable(partingCodec),
})

/** Of two heads that contradict each other whatever their rows are. */
export const evidenceOfHeads = (a: SignedHead, b: SignedHead): Bytes => {
  const [shorter, longer] = a.head.rows <= b.head.rows ? [a, b] : [b, a]
  return encode(evidenceCodec, { shorter, longer, parting: null })
}

/** Of two histories that part at `page`; `bytes`: that page of the longer one, where the shorter one ends within it. O(n) hashes. */
export const evidenceOfPage = (
  shorter: Side,
  longer: Side,
  at: { readonly page: number; readonly bytes: Bytes | null },
  sha256: Sha256,
): Bytes => {
  const leafOf = ({ leaves }: Side): Leaf => {
    const hash = leaves[at.page]
    if (hash === undefined) throw new RangeError(`no page ${at.page} in a history of ${leaves.length}`)
    return { hash, proof: runProof(leaves, at.page, sha256, 1) }
  }
  const parting = { ...at, shorter: leafOf(shorter), longer: leafOf(longer) }
  return encode(evidenceCodec, { shorter: shorter.signed, longer: longer.signed, parting }, 4096 + (at.bytes?.length ?? 0))
}

export interface EvidenceDeps {
  readonly sha256: Sha256
  readonly shape: HistoryShape
}

type Refusal = Failure<'bad-evidence'>

/**
 * Judges everything but the two signatures, which the caller verifies before it believes a word: they are the dear part,
 * and verifying is not everywhere done at once. Total; two heads of one honest history never pass.
 */
export const readEvidence = (
  given: Uint8Array,
  identity: StreamIdentity,
  deps: EvidenceDeps,
): Result<Evidence, Refusal> => {
  const read = decode(evidenceCodec, given, 'evidence')
  if (!read.ok) return bad(read.error.message)
  const evidence = read.value
  const { shorter, longer } = evidence
  const stream = streamIdOf(identity, deps.sha256)
  if (isKeyless(identity)) return bad('nobody signs this stream')
  if (shorter.head.stream !== stream || longer.head.stream !== stream) return bad('a head of another stream')
  if (shorter.head.epoch !== longer.head.epoch) return bad('heads of different epochs')
  const { parting } = evidence
  const flaw = parting === null ? flawOfHeads(evidence) : flawOfParting(evidence, parting, formOf(identity), deps)
  return flaw === null ? ok(evidence) : bad(flaw)
}

const bad = (what: string): Result<never, Refusal> => fail('bad-evidence', `No proof of a fork: ${what}.`)

const flawOfHeads = ({ shorter, longer }: Evidence): string | null => {
  if (shorter.head.rows > longer.head.rows) return 'the longer head stands first'
  return contradicts(shorter.head, longer.head) ? null : 'the heads do not contradict each other'
}

const flawOfParting = (
  evidence: Evidence,
  at: Parting,
  form: RowForm,
  { sha256, shape }: EvidenceDeps,
): string | null => {
  const { pageRows } = shape
  const shorterRows = evidence.shorter.head.rows
  const longerRows = evidence.longer.head.rows
  // Of one count the roots say it all; and the wrong way round, the longer one cut would look like another history.
  if (shorterRows >= longerRows) return 'no head is longer than the other'
  const leads = ({ hash, proof }: Leaf, { head }: SignedHead): boolean =>
    verifyRun([hash], { from: at.page, leaves: pagesOf(head.rows, pageRows), root: head.root, proof }, sha256, 1)
  if (!leads(at.shorter, evidence.shorter) || !leads(at.longer, evidence.longer))
    return 'a page hash does not lead to its head'
  const kept = rowsInPage(at.page, shorterRows, pageRows)
  const there = rowsInPage(at.page, longerRows, pageRows)
  if (kept === there) {
    if (at.bytes !== null) return 'a page that nothing is seen in'
    return equalBytes(at.shorter.hash, at.longer.hash) ? 'the pages are the same' : null
  }
  if (at.bytes === null) return 'the page in which they part is missing'
  if (!equalBytes(sha256(at.bytes), at.longer.hash)) return 'the page is not the one that the head commits to'
  const cut = cutPage(at.bytes, { form, number: at.page, rows: there }, kept)
  if (!cut.ok) return cut.error.message
  return equalBytes(sha256(cut.value), at.shorter.hash) ? 'the shorter history is the beginning of the longer one' : null
}

/** The canonical bytes of a page's first `kept` rows. */
export const cutPage = (
  page: Uint8Array,
  expected: { readonly form: RowForm; readonly number: number; readonly rows: number },
  kept: number,
): Result<Bytes, Failure<'malformed'>> => {
  const read = decodePage(page, expected)
  return read.ok ? ok(encodePage({ ...read.value, rows: read.value.rows.slice(0, kept) })) : read
}

/** The epoch that evidence is about; null when it cannot be read. */
export const epochOfEvidence = (given: Uint8Array): number | null => {
  const read = decode(evidenceCodec, given, 'evidence')
  return read.ok ? read.value.shorter.head.epoch : null
}
