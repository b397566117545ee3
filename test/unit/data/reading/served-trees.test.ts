import { expect, it } from 'vitest'
import { createSeededRandom } from '../../../../src/base/random.ts'
import type { Bytes } from '../../../../src/base/bytes.ts'
import { createServedTrees } from '../../../../src/data/reading/served-trees.ts'
import { joinParts, merkleRoot } from '../../../../src/domain/merkle.ts'
import { sha256 } from '../../../support/node-key.ts'

const random = createSeededRandom(2)
const listOf = (pages: number): readonly Bytes[] => Array.from({ length: pages }, () => random.bytes(32))

it('[T35] the tree of a history is made once, and paid for once', () => {
  let hashes = 0
  const counting = (bytes: Uint8Array): Bytes => {
    hashes++
    return sha256(bytes)
  }
  const trees = createServedTrees(counting)
  const list = listOf(500)
  const root = merkleRoot(list, sha256)
  const node = { from: 0, leaves: 500 }
  expect(trees.costOf(root, 500)).toBeCloseTo(500 / 1_024 + 1 / 64)
  expect(joinParts(node, trees.nodesOf(root, list, node), sha256)).toEqual(root)
  expect(trees.costOf(root, 500)).toBe(1 / 64)
  const made = hashes
  for (let from = 0; from < 480; from += 32) trees.nodesOf(root, list, { from, leaves: 32 })
  expect(hashes).toBe(made)
})

it('[T35] trees take no more memory than their bound, the one asked for longest ago goes first; a larger one is kept alone', () => {
  const trees = createServedTrees(sha256, 100)
  const lists = [listOf(40), listOf(40), listOf(40), listOf(300)]
  const roots = lists.map((list) => merkleRoot(list, sha256))
  const ask = (which: number): void => void trees.nodesOf(roots[which] ?? new Uint8Array(0), lists[which] ?? [], { from: 0, leaves: lists[which]?.length ?? 0 })
  const kept = (): readonly number[] => roots.flatMap((root, which) => (trees.costOf(root, 1_024) < 1 ? [which] : []))
  ask(0)
  ask(1)
  expect(kept()).toEqual([0, 1])
  ask(0)
  ask(2)
  expect(kept()).toEqual([0, 2])
  ask(3)
  expect(kept()).toEqual([3])
  ask(1)
  expect(kept()).toEqual([1])
})
