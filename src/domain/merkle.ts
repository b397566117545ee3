import { concatBytes, equalBytes, type Bytes } from '../base/bytes.ts'
import type { Mutable } from '../base/mutable.ts'
import { HASH_BYTES, type Sha256 } from './hash.ts'

// RFC 9162, 2.1: leaves and nodes are hashed behind different first bytes, so that neither can pass for the other.
const LEAF = 0
const NODE = 1

const leafHash = (leaf: Uint8Array, sha256: Sha256): Bytes => {
  const input = new Uint8Array(1 + leaf.length)
  input[0] = LEAF
  input.set(leaf, 1)
  return sha256(input)
}

const nodeHash = (left: Uint8Array, right: Uint8Array, sha256: Sha256): Bytes => {
  const input = new Uint8Array(1 + 2 * HASH_BYTES)
  input[0] = NODE
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return sha256(input)
}

/** The largest power of two smaller than `n` (n ≥ 2): where RFC 9162 splits a tree of n leaves. */
const splitOf = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Merkle tree hash of RFC 9162, 2.1.1 over page hashes. O(n) hashes. The empty tree is SHA-256 of nothing. */
export const merkleRoot = (leaves: readonly Uint8Array[], sha256: Sha256): Bytes => {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  return joined(leaves.map((leaf) => leafHash(leaf, sha256)), sha256)
}

/** The node over those of one level, each over the same power of two of leaves but for the last: RFC 9162 joins them as if they were leaves. */
const joined = (level: readonly Bytes[], sha256: Sha256): Bytes => {
  const climb = (from: number, to: number): Bytes => {
    const only = level[from]
    if (to - from === 1 && only !== undefined) return only
    const middle = from + splitOf(to - from)
    return nodeHash(climb(from, middle), climb(middle, to), sha256)
  }
  return climb(0, level.length)
}

/**
 * The running tree of a history that grows at its end: roots of the complete subtrees, largest first. Adding a leaf and
 * taking the root cost O(log n) hashes, so a live row in a history of a million costs as much as in one of a thousand.
 */
export interface MerkleFrontier {
  readonly leaves: number
  push(leaf: Uint8Array): void
  /** The root with `last` as one more leaf, without keeping it: the partial page that changes with every row. */
  rootWith(last: Uint8Array | null): Bytes
}

export const createMerkleFrontier = (sha256: Sha256): MerkleFrontier => {
  const peaks: { readonly size: number; readonly hash: Bytes }[] = []
  const fold = (hashes: readonly Bytes[]): Bytes => {
    const reversed = [...hashes].reverse()
    const [last, ...rest] = reversed
    if (last === undefined) return sha256(new Uint8Array(0))
    return rest.reduce((right, left) => nodeHash(left, right, sha256), last)
  }
  const frontier: Mutable<MerkleFrontier> = {
    leaves: 0,
    push(leaf) {
      let carried = { size: 1, hash: leafHash(leaf, sha256) }
      for (let top = peaks.at(-1); top?.size === carried.size; top = peaks.at(-1)) {
        peaks.pop()
        carried = { size: carried.size * 2, hash: nodeHash(top.hash, carried.hash, sha256) }
      }
      peaks.push(carried)
      frontier.leaves++
    },
    rootWith: (last) =>
      fold(last === null ? peaks.map((peak) => peak.hash) : [...peaks.map((peak) => peak.hash), leafHash(last, sha256)]),
  }
  return frontier
}

/** Page hashes travel in runs of at most this many leaves: one frame, and always a whole subtree. */
export const RUN_LEAVES = 1024

/** Leaves of the run that begins at `from` (a multiple of `runLeaves`) in a tree of `n`. */
export const runLength = (from: number, n: number, runLeaves = RUN_LEAVES): number =>
  Math.max(0, Math.min(runLeaves, n - from))

/**
 * The sibling hashes from the subtree of the run at `from` up to the root, nearest first. RFC 9162 splits at powers of
 * two, so a run of a power of two leaves that begins at a multiple of it (or the last, shorter one) is a whole subtree.
 */
export const runProof = (
  leaves: readonly Uint8Array[],
  from: number,
  sha256: Sha256,
  runLeaves = RUN_LEAVES,
): readonly Bytes[] => {
  const proof: Bytes[] = []
  const descend = (low: number, high: number): void => {
    if (high - low <= runLeaves) return
    const middle = low + splitOf(high - low)
    const below = from < middle
    if (below) descend(low, middle)
    else descend(middle, high)
    proof.push(below ? merkleRoot(leaves.slice(middle, high), sha256) : merkleRoot(leaves.slice(low, middle), sha256))
  }
  descend(0, leaves.length)
  return proof
}

/** Judges a run of leaves against the root of a tree of `n` leaves. Total: any wrong length or hash is false. */
export const verifyRun = (
  run: readonly Uint8Array[],
  claim: { readonly from: number; readonly leaves: number; readonly root: Uint8Array; readonly proof: readonly Uint8Array[] },
  sha256: Sha256,
  runLeaves = RUN_LEAVES,
): boolean => {
  const { from, leaves, root, proof } = claim
  if (from < 0 || from % runLeaves !== 0 || from >= leaves || run.length !== runLength(from, leaves, runLeaves)) return false
  const sides: boolean[] = []
  for (let low = 0, high = leaves; high - low > runLeaves; ) {
    const middle = low + splitOf(high - low)
    const below = from < middle
    sides.unshift(below)
    if (below) high = middle
    else low = middle
  }
  if (proof.length !== sides.length || proof.some((sibling) => sibling.length !== HASH_BYTES)) return false
  const climbed = sides.reduce((hash, below, level) => {
    const sibling = proof[level] ?? new Uint8Array(0)
    return below ? nodeHash(hash, sibling, sha256) : nodeHash(sibling, hash, sha256)
  }, merkleRoot(run, sha256))
  return equalBytes(climbed, root)
}

/** A node of a tree, named by the leaves under it: `from` … `from + leaves − 1`. */
export interface Subtree {
  readonly from: number
  readonly leaves: number
}

/**
 * Parts that a node is divided into on the way down, a power of two: five levels of the tree, 1 kB, at a time. More would
 * send what nobody needs, fewer cost round trips.
 */
export const PARTS_PER_NODE = 32

/**
 * What a node is divided into, from left to right: at most PARTS_PER_NODE nodes of 32^k leaves, the largest such power
 * below the node's own count, and a shorter last one. They are nodes of RFC 9162, because it splits at powers of two.
 * Both sides of a descent divide alike, so that a list of hashes needs no names.
 */
export const partsOf = ({ from, leaves }: Subtree): readonly Subtree[] => {
  let size = 1
  while (size * PARTS_PER_NODE < leaves) size *= PARTS_PER_NODE
  return Array.from({ length: Math.ceil(leaves / size) }, (_, part) => ({
    from: from + part * size,
    leaves: Math.min(size, leaves - part * size),
  }))
}

/** Whether a tree of `n` leaves has a node that a descent from its root can come to. */
export const isPart = (node: Subtree, n: number): boolean => {
  let at: Subtree | undefined = { from: 0, leaves: n }
  while (at !== undefined && (at.from !== node.from || at.leaves !== node.leaves))
    at = at.leaves > 1 ? partsOf(at).find(({ from, leaves }) => from <= node.from && node.from < from + leaves) : undefined
  return at !== undefined
}

/**
 * The hash of a node from those of its parts; null when they are not as many. A part that is one leaf is given by the leaf
 * itself, the page hash: whoever goes down wants that, and it leads up all the same.
 */
export const joinParts = (node: Subtree, given: readonly Uint8Array[], sha256: Sha256): Bytes | null => {
  const parts = partsOf(node)
  if (given.length !== parts.length || given.some((hash) => hash.length !== HASH_BYTES)) return null
  const level = given.map((hash, index) => (parts[index]?.leaves === 1 ? leafHash(hash, sha256) : new Uint8Array(hash)))
  return joined(level, sha256)
}

/** All complete subtrees of a list of page hashes, hashed once: O(n) hashes and 64 bytes a leaf; any node of it is then O(log n). */
export interface MerkleTree {
  readonly leaves: number
  /** The hash of a node within the list; also of one that only a longer or shorter tree has. */
  hashOf(node: Subtree): Bytes
  /** What a descent is answered: the hash of each part, of a single leaf the leaf. */
  hashesOf(parts: readonly Subtree[]): readonly Bytes[]
}

export const createMerkleTree = (leaves: readonly Bytes[], sha256: Sha256): MerkleTree => {
  const { length } = leaves
  const given = concatBytes(leaves)
  // Level k holds the subtrees of 2^k leaves that begin at multiples of it, one after the other: an object each would take ten times as much.
  const levels: Bytes[] = [concatBytes(leaves.map((leaf) => leafHash(leaf, sha256)))]
  for (let below = levels[0] ?? NONE; below.length > HASH_BYTES; ) {
    const level = new Uint8Array((below.length >> 1) - ((below.length >> 1) % HASH_BYTES))
    for (let at = 0; at < level.length; at += HASH_BYTES)
      level.set(nodeHash(below.subarray(2 * at, 2 * at + HASH_BYTES), below.subarray(2 * at + HASH_BYTES, 2 * at + 2 * HASH_BYTES), sha256), at)
    levels.push(level)
    below = level
  }
  const hashOf = ({ from, leaves: count }: Subtree): Bytes => {
    const level = Math.log2(count)
    const whole = Number.isInteger(level) && from % count === 0 ? hashAt(levels[level], from / count) : null
    if (whole !== null) return whole
    if (count <= 1) throw new RangeError(`leaf ${from} of ${length}`)
    const left = splitOf(count)
    return nodeHash(hashOf({ from, leaves: left }), hashOf({ from: from + left, leaves: count - left }), sha256)
  }
  return {
    leaves: length,
    hashOf,
    hashesOf: (parts) => parts.map((part) => (part.leaves === 1 ? hashAt(given, part.from) : null) ?? hashOf(part)),
  }
}

/** A copy, so that nobody who keeps it keeps the whole tree; null beyond the end. */
const hashAt = (list: Bytes | undefined, at: number): Bytes | null =>
  list === undefined || (at + 1) * HASH_BYTES > list.length ? null : list.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES)

const NONE = new Uint8Array(0)
