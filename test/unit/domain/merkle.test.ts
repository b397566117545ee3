import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Bytes } from '../../../src/base/bytes.ts'
import { createSeededRandom } from '../../../src/base/random.ts'
import { createMerkleFrontier, merkleRoot, runLength, runProof, verifyRun } from '../../../src/domain/merkle.ts'
import { joinPageList, splitPageList } from '../../../src/domain/page-list.ts'
import { hash } from '../../support/history.ts'

const leavesOf = (n: number, seed = 1): Bytes[] => {
  const random = createSeededRandom(seed)
  return Array.from({ length: n }, () => random.bytes(32))
}

/** RFC 9162, 2.1.1, as it stands there. */
const naiveRoot = (leaves: readonly Uint8Array[]): Buffer => {
  const sha = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
  if (leaves.length === 0) return sha()
  const [only] = leaves
  if (leaves.length === 1 && only !== undefined) return sha(new Uint8Array([0]), only)
  const k = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return sha(new Uint8Array([1]), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

const ROOTS_200 = leavesOf(200)

it('the root is that of RFC 9162, for every count up to 200', () => {
  for (let n = 0; n <= 200; n++) {
    const leaves = ROOTS_200.slice(0, n)
    if (!naiveRoot(leaves).equals(merkleRoot(leaves, hash))) expect.fail(`${n} leaves`)
  }
})

it('the roots are those of the reference implementations of certificate transparency', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
  const leaves = inputs.map((hex) => Buffer.from(hex, 'hex'))
  const roots = leaves.map((_, i) => Buffer.from(merkleRoot(leaves.slice(0, i + 1), hash)).toString('hex'))
  expect(roots).toEqual([
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ])
})

it('the growing tree has the root of the whole one, for every count up to 200, with and without a last leaf', () => {
  const frontier = createMerkleFrontier(hash)
  for (let n = 0; n <= 200; n++) {
    expect(frontier.leaves).toBe(n)
    const last = leavesOf(1, n + 2)
    if (!naiveRoot(ROOTS_200.slice(0, n)).equals(frontier.rootWith(null))) expect.fail(`${n} leaves`)
    if (!naiveRoot([...ROOTS_200.slice(0, n), ...last]).equals(frontier.rootWith(last[0] ?? null))) expect.fail(`${n} leaves and one`)
    const next = ROOTS_200[n]
    if (next !== undefined) frontier.push(next)
  }
})

it('adding a leaf costs a logarithm of hashes', () => {
  let hashes = 0
  const frontier = createMerkleFrontier((bytes) => {
    hashes++
    return hash(bytes)
  })
  for (const leaf of leavesOf(1024)) frontier.push(leaf)
  expect(hashes).toBe(2047)
  hashes = 0
  frontier.rootWith(leavesOf(1)[0] ?? null)
  expect(hashes).toBe(2)
})

describe('a run of page hashes', () => {
  const trees = [2, 4, 8].flatMap((runLeaves) => [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 77, 100].map((n) => ({ runLeaves, n })))
  const claimOf = (n: number, from: number, runLeaves: number) => {
    const leaves = ROOTS_200.slice(0, n)
    const claim = { from, leaves: n, root: merkleRoot(leaves, hash), proof: runProof(leaves, from, hash, runLeaves) }
    return { run: leaves.slice(from, from + runLeaves), claim }
  }
  const eachRun = (check: (n: number, from: number, runLeaves: number) => void): void => {
    for (const { n, runLeaves } of trees) for (let from = 0; from < n; from += runLeaves) check(n, from, runLeaves)
  }
  const flip = (bytes: Uint8Array, at: number): Bytes => {
    const changed = new Uint8Array(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    return changed
  }

  it('is believed in its place', () => {
    eachRun((n, from, runLeaves) => {
      const { run, claim } = claimOf(n, from, runLeaves)
      if (!verifyRun(run, claim, hash, runLeaves)) expect.fail(`run ${from} of ${n} by ${runLeaves}`)
      expect(run.length).toBe(runLength(from, n, runLeaves))
      expect(claim.proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(Math.max(2, n / runLeaves))) + 1)
    })
  })

  it('is not believed with any hash or sibling changed, left out, doubled or swapped', () => {
    eachRun((n, from, runLeaves) => {
      const { run, claim } = claimOf(n, from, runLeaves)
      const lies: [string, boolean][] = []
      const tell = (what: string, otherRun: readonly Uint8Array[], proof: readonly Uint8Array[]): void => {
        lies.push([what, verifyRun(otherRun, { ...claim, proof }, hash, runLeaves)])
      }
      run.forEach((one, i) => tell(`hash ${i}`, run.with(i, flip(one, (i * 7) % 32)), claim.proof))
      claim.proof.forEach((one, i) => tell(`sibling ${i}`, run, claim.proof.with(i, flip(one, (i * 5) % 32))))
      claim.proof.forEach((one, i) => tell(`short sibling ${i}`, run, claim.proof.with(i, one.slice(1))))
      claim.proof.forEach((one, i) => tell(`long sibling ${i}`, run, claim.proof.with(i, new Uint8Array([...one, 0]))))
      tell('one hash less', run.slice(0, -1), claim.proof)
      tell('one hash more', [...run, new Uint8Array(32)], claim.proof)
      if (claim.proof.length > 0) tell('one sibling less', run, claim.proof.slice(1))
      tell('one sibling more', run, [...claim.proof, new Uint8Array(32)])
      if (run.length > 1) tell('swapped', [...run].reverse(), claim.proof)
      if (claim.proof.length > 1) tell('siblings swapped', run, [...claim.proof].reverse())
      const believed = lies.find(([, is]) => is)
      if (believed !== undefined) expect.fail(`${believed[0]} of run ${from} of ${n} by ${runLeaves}`)
    })
  })

  it('is not believed for another place, count or root', () => {
    eachRun((n, from, runLeaves) => {
      const { run, claim } = claimOf(n, from, runLeaves)
      const places = [from - runLeaves, from + runLeaves, from + 1, from + 0.5, -from, -1, Number.NaN, Infinity].filter((other) => other !== from)
      // −0 is 0.
      for (const other of places.filter((place) => place !== 0 || from !== 0))
        if (verifyRun(run, { ...claim, from: other }, hash, runLeaves)) expect.fail(`from ${other} for ${from} of ${n} by ${runLeaves}`)
      if (verifyRun(run, { ...claim, root: flip(claim.root, 31) }, hash, runLeaves)) expect.fail('another root')
      if (verifyRun(run, { ...claim, root: claim.root.slice(1) }, hash, runLeaves)) expect.fail('a short root')
    })
  })

  it('with another count is believed only where it makes the same tree above the run', () => {
    eachRun((n, from, runLeaves) => {
      const { run, claim } = claimOf(n, from, runLeaves)
      for (const count of [0, 1, n - 1, n + 1, 2 * n]) {
        if (count === n || !verifyRun(run, { ...claim, leaves: count }, hash, runLeaves)) continue
        // The counts agree on this run's path: only leaves that stand elsewhere differ, and they are other runs' to prove.
        expect(runLength(from, count, runLeaves)).toBe(run.length)
        expect(from + run.length).toBeLessThan(Math.max(n, count))
      }
    })
  })

  it('a tree that is one run needs no proof', () => {
    const { run, claim } = claimOf(7, 0, 8)
    expect(claim.proof).toEqual([])
    expect(verifyRun(run, claim, hash, 8)).toBe(true)
    expect(verifyRun([], { ...claim, leaves: 0 }, hash, 8)).toBe(false)
  })
})

it('a page list goes into one run of bytes and back', () => {
  const leaves = leavesOf(5)
  expect(splitPageList(joinPageList(leaves))).toEqual(leaves)
  expect(splitPageList(joinPageList([]))).toEqual([])
})
