import { describe, expect, it } from 'vitest'
import { equalBytes, type Bytes } from '../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createMerkleTree, isPart, joinParts, merkleRoot, partsOf, PARTS_PER_NODE, type Subtree } from '../../../src/domain/merkle.ts'
import { sha256 as hash } from '../../support/node-key.ts'

const NONE = new Uint8Array(0)
const random = createSeededRandom(5)
const LEAVES: readonly Bytes[] = Array.from({ length: 2_100 }, () => random.bytes(32))

/** Sizes at which something ends: a level, a part, the tree. */
const SIZES = [...Array.from({ length: 70 }, (_, n) => n + 1), 127, 128, 129, 200, 1_023, 1_024, 1_025, 1_055, 1_056, 1_057, 2_047, 2_048, 2_100]

/** Every node that a descent can come to. */
const nodesOf = (n: number): readonly Subtree[] => {
  const reached: Subtree[] = []
  const visit = (node: Subtree): void => {
    reached.push(node)
    if (node.leaves > 1) partsOf(node).forEach(visit)
  }
  visit({ from: 0, leaves: n })
  return reached
}

describe('the parts of a node', () => {
  it('[T28] are at most 32, of 32^k leaves but for the last, and cover it from left to right', () => {
    expect(partsOf({ from: 0, leaves: 1 })).toEqual([{ from: 0, leaves: 1 }])
    expect(partsOf({ from: 64, leaves: 3 })).toEqual([{ from: 64, leaves: 1 }, { from: 65, leaves: 1 }, { from: 66, leaves: 1 }])
    expect(partsOf({ from: 0, leaves: 70 })).toEqual([{ from: 0, leaves: 32 }, { from: 32, leaves: 32 }, { from: 64, leaves: 6 }])
    expect(partsOf({ from: 0, leaves: 1_025 })).toEqual([{ from: 0, leaves: 1_024 }, { from: 1_024, leaves: 1 }])
    for (const n of SIZES) {
      const parts = partsOf({ from: 0, leaves: n })
      expect(parts.length).toBeLessThanOrEqual(PARTS_PER_NODE)
      expect(parts.reduce((at, part) => (part.from === at ? at + part.leaves : Number.NaN), 0)).toBe(n)
      const [first] = parts
      for (const part of parts.slice(0, -1)) expect(part.leaves).toBe(first?.leaves)
    }
  })

  it('are nodes of RFC 9162: they lead up to its root, for every count up to 70 and where levels end', () => {
    for (const n of SIZES) {
      const leaves = LEAVES.slice(0, n)
      const tree = createMerkleTree(leaves, hash)
      for (const node of nodesOf(n)) {
        const root = merkleRoot(leaves.slice(node.from, node.from + node.leaves), hash)
        const joined = joinParts(node, tree.hashesOf(partsOf(node)), hash) ?? NONE
        if (!equalBytes(tree.hashOf(node), root) || !equalBytes(joined, root)) expect.fail(`${node.leaves} from ${node.from} of ${n}`)
      }
    }
  })

  it('of which one hash is another, one is missing or one too many do not', () => {
    for (const n of [1, 2, 33, 70, 1_025]) {
      const node = { from: 0, leaves: n }
      const tree = createMerkleTree(LEAVES.slice(0, n), hash)
      const given = tree.hashesOf(partsOf(node))
      const other = LEAVES[2_000] ?? new Uint8Array(32)
      given.forEach((_, at) => expect(joinParts(node, given.with(at, other), hash)).not.toEqual(tree.hashOf(node)))
      expect(joinParts(node, given.slice(1), hash)).toBeNull()
      expect(joinParts(node, [...given, other], hash)).toBeNull()
      expect(joinParts(node, given.with(0, other.slice(1)), hash)).toBeNull()
    }
  })

  it('that are one leaf are given as the leaf; its tree hash in its place does not lead up', () => {
    const tree = createMerkleTree(LEAVES.slice(0, 3), hash)
    expect(tree.hashesOf(partsOf({ from: 0, leaves: 3 }))).toEqual(LEAVES.slice(0, 3))
    const inner = partsOf({ from: 0, leaves: 3 }).map((part) => tree.hashOf(part))
    expect(joinParts({ from: 0, leaves: 3 }, inner, hash)).not.toEqual(tree.hashOf({ from: 0, leaves: 3 }))
  })

  it('are found again by name, and nothing else is', () => {
    for (const n of [1, 2, 32, 33, 70, 1_025]) {
      const names = new Set(nodesOf(n).map(({ from, leaves }) => `${from} ${leaves}`))
      for (let from = 0; from <= 70; from++)
        for (let leaves = 0; leaves <= 70; leaves++)
          if (isPart({ from, leaves }, n) !== names.has(`${from} ${leaves}`)) expect.fail(`${leaves} from ${from} of ${n}`)
    }
    expect(isPart({ from: 2 ** 32 - 1, leaves: 2 ** 32 - 1 }, 5)).toBe(false)
  })
})

it('a tree has the hashes of nodes that only a shorter one has', () => {
  const tree = createMerkleTree(LEAVES.slice(0, 200), hash)
  for (let n = 1; n <= 200; n++)
    if (!equalBytes(tree.hashOf({ from: 0, leaves: n }), merkleRoot(LEAVES.slice(0, n), hash))) expect.fail(`the first ${n}`)
})
