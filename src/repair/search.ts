import { equalBytes, type Bytes } from '../base/bytes.ts'
import type { Sha256 } from '../domain/hash.ts'
import { createMerkleTree, joinParts, partsOf, type Subtree } from '../domain/merkle.ts'

/** A node of the target's tree that is not ours, under the hash that was verified for it. */
export interface Differing extends Subtree {
  readonly hash: Bytes
}

/**
 * What of the target's page list is known, and which nodes still have to be looked into. Nothing enters that does not
 * lead to the root of the target.
 */
export interface Search {
  /** Nodes that have to be looked into, taken or not. */
  waiting(): number
  /** Every page hash is found, or left to runs. */
  isDone(): boolean
  /** The next node in the order of pages; it comes back by `giveBack`, or is settled by `settle`. */
  take(): Differing | null
  giveBack(node: Differing): void
  /** Judges the hashes of a node's parts; when they lead up to it, what is ours is taken over and the rest is opened. */
  settle(node: Differing, given: readonly Bytes[]): boolean
  hashes(): readonly (Bytes | null)[]
}

export interface SearchStart {
  readonly root: Bytes
  /** Pages of the target. */
  readonly pages: number
  /** Our own page list, right or wrong, of any length. */
  readonly own: readonly Bytes[]
  readonly runLeaves: number
}

/**
 * O(own pages) hashes at the start. What waits is at most a row of parts for each level of the tree and each node that is
 * asked about at a time: the lowest node goes first, and its own parts before its neighbours.
 */
export const createSearch = ({ root, pages, own, runLeaves }: SearchStart, sha256: Sha256): Search => {
  const tree = createMerkleTree(own, sha256)
  const found: (Bytes | null)[] = Array.from({ length: pages }, () => null)
  /** Lowest last. */
  const open: Differing[] = []
  let taken = 0

  const isOurs = ({ from, leaves, hash }: Differing): boolean =>
    from + leaves <= own.length && equalBytes(tree.hashOf({ from, leaves }), hash)
  const takeOver = ({ from, leaves }: Subtree): void => {
    for (let page = from; page < from + leaves; page++) found[page] = own[page] ?? null
  }
  const insert = (node: Differing): void => {
    const place = open.findLastIndex((other) => other.from > node.from)
    open.splice(place + 1, 0, node)
  }
  const meet = (node: Differing): void => {
    if (isOurs(node)) takeOver(node)
    else if (!isLeft(node)) insert(node)
  }
  /** Whole runs of which we have nothing: one question for a run tells as much as thirty-three for its nodes. */
  const isLeft = ({ from, leaves }: Subtree): boolean =>
    from >= own.length && from % runLeaves === 0 && (leaves % runLeaves === 0 || from + leaves === pages)
  meet({ from: 0, leaves: pages, hash: root })
  return {
    waiting: () => taken + open.length,
    isDone: () => taken === 0 && open.length === 0,
    take: () => {
      const node = open.pop() ?? null
      if (node !== null) taken++
      return node
    },
    giveBack: (node) => {
      taken--
      insert(node)
    },
    settle: (node, given) => {
      const joined = joinParts(node, given, sha256)
      if (joined === null || !equalBytes(joined, node.hash)) return false
      taken--
      partsOf(node).forEach((part, index) => {
        const hash = given[index]
        if (hash === undefined) throw new Error(`part ${index} has no hash`)
        if (part.leaves === 1) found[part.from] = hash
        else meet({ ...part, hash })
      })
      return true
    },
    hashes: () => found,
  }
}
