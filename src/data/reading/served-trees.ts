import { toHex, type Bytes } from '../../base/bytes.ts'
import type { Sha256 } from '../../domain/hash.ts'
import { createMerkleTree, partsOf, RUN_LEAVES, type MerkleTree, type Subtree } from '../../domain/merkle.ts'

/** Page hashes in the trees that are kept, with their trees 96 bytes each: 25 MB, or one tree however large it is. */
export const MAX_LEAVES_KEPT = 262_144

/** Of the budget: to find the parts of a node in a tree that is at hand. */
const LOOK_COST = 1 / 64

/**
 * The trees of the histories that peers descend in, under their roots: made once, O(pages) hashes, and shared by all links.
 * The one that was asked for longest ago goes first.
 */
export interface ServedTrees {
  /** In thousands of hashes, about. */
  costOf(root: Bytes, pages: number): number
  /** What a `nodes-request` is answered, of the tree of this root, which is over these page hashes. */
  nodesOf(root: Bytes, leaves: readonly Bytes[], node: Subtree): readonly Bytes[]
}

export const createServedTrees = (sha256: Sha256, maxLeaves = MAX_LEAVES_KEPT): ServedTrees => {
  const trees = new Map<string, MerkleTree>()
  let kept = 0
  const drop = (key: string): void => {
    kept -= trees.get(key)?.leaves ?? 0
    trees.delete(key)
  }
  const treeOf = (key: string, leaves: readonly Bytes[]): MerkleTree => {
    const tree = trees.get(key) ?? createMerkleTree(leaves, sha256)
    drop(key)
    trees.set(key, tree)
    kept += tree.leaves
    for (const oldest of [...trees.keys()]) if (kept > maxLeaves && oldest !== key) drop(oldest)
    return tree
  }
  return {
    costOf: (root, pages) => LOOK_COST + (trees.has(toHex(root)) ? 0 : pages / RUN_LEAVES),
    nodesOf: (root, leaves, node) => treeOf(toHex(root), leaves).hashesOf(partsOf(node)),
  }
}
