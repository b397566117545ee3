import { createBitset } from '../base/bitset.ts'
import { concatBytes, type Bytes } from '../base/bytes.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { runLength } from '../domain/merkle.ts'

/**
 * What of a history is known, done and asked for. A run or page is in exactly one place: the pool (nobody was asked),
 * held by questions and judgements, or done.
 */
export interface Ledger {
  readonly pages: number
  readonly pagesDone: number
  /** Every run of hashes is verified. */
  readonly hashesDone: boolean
  /** Pages in the pool. */
  readonly unassigned: number
  runLength(from: number): number
  /** Takes a run out of the pool and holds it. */
  takeRun(): number | null
  /** Whether one more may hold it: it is held, by fewer than `most`, and not done. */
  mayJoinRun(from: number, most: number): boolean
  joinRun(from: number, most: number): boolean
  releaseRun(from: number): void
  /** A verified run; pages that are there already are done. */
  acceptRun(from: number, hashes: readonly Bytes[], have: readonly boolean[]): void
  /** Takes up to `limit` pages out of the pool and holds them. */
  takePages(limit: number, may: (page: number) => boolean): number[]
  mayJoinPage(page: number, most: number): boolean
  joinPage(page: number, most: number): boolean
  releasePage(page: number): void
  isHeld(page: number): boolean
  isDone(page: number): boolean
  finishPage(page: number): void
  /** Of a page whose run is verified; another is a broken invariant and throws. */
  hashOf(page: number): Bytes
  allHashes(): Bytes
}

/** A run that was verified before the download began. */
export interface KnownRun {
  readonly from: number
  readonly hashes: readonly Bytes[]
  /** Per page of the run: it is in the store already. */
  readonly have: readonly boolean[]
}

export const createLedger = (pages: number, runLeaves: number, known: readonly KnownRun[] = []): Ledger => {
  const runs = Math.ceil(pages / runLeaves)
  const verified = new Map<number, Bytes>()
  const done = createBitset(pages)
  // Both pools are taken from at the end, lowest first; what is given back goes first.
  const isKnown = new Set(known.map(({ from }) => from))
  const runPool = Array.from({ length: runs }, (_, index) => (runs - 1 - index) * runLeaves).filter((from) => !isKnown.has(from))
  const pagePool: number[] = []
  const runHolders = createHolders(runPool, (from) => verified.has(from))
  const pageHolders = createHolders(pagePool, (page) => done.has(page))
  const lengthOf = (from: number): number => runLength(from, pages, runLeaves)
  const acceptRun: Ledger['acceptRun'] = (from, hashes, have) => {
    if (verified.has(from)) return
    verified.set(from, concatBytes(hashes))
    for (let index = lengthOf(from) - 1; index >= 0; index--)
      if (have[index] === true) done.add(from + index)
      else pagePool.push(from + index)
  }
  // The last run first: the pool of pages is taken from at its end.
  for (const { from, hashes, have } of [...known].sort((a, b) => b.from - a.from)) acceptRun(from, hashes, have)
  return {
    pages,
    get pagesDone() {
      return done.size
    },
    get hashesDone() {
      return verified.size === runs
    },
    get unassigned() {
      return pagePool.length
    },
    runLength: lengthOf,
    takeRun: () => runHolders.take(1, () => true)[0] ?? null,
    mayJoinRun: (from, most) => runHolders.mayJoin(from, most),
    joinRun: (from, most) => runHolders.join(from, most),
    releaseRun: (from) => runHolders.release(from),
    acceptRun,
    takePages: (limit, may) => pageHolders.take(limit, may),
    mayJoinPage: (page, most) => pageHolders.mayJoin(page, most),
    joinPage: (page, most) => pageHolders.join(page, most),
    releasePage: (page) => pageHolders.release(page),
    isHeld: (page) => pageHolders.isHeld(page),
    isDone: (page) => done.has(page),
    finishPage: (page) => void done.add(page),
    hashOf(page) {
      const run = verified.get(page - (page % runLeaves))
      if (run === undefined) throw new Error(`the hash of page ${page} is not known`)
      const at = (page % runLeaves) * HASH_BYTES
      return run.slice(at, at + HASH_BYTES)
    },
    allHashes: () => concatBytes([...verified].sort(([a], [b]) => a - b).map(([, run]) => run)),
  }
}

interface Holders {
  take(limit: number, may: (item: number) => boolean): number[]
  mayJoin(item: number, most: number): boolean
  join(item: number, most: number): boolean
  release(item: number): void
  isHeld(item: number): boolean
}

const createHolders = (pool: number[], isDone: (item: number) => boolean): Holders => {
  const holders = new Map<number, number>()
  const mayJoin = (item: number, most: number): boolean => {
    const count = holders.get(item) ?? 0
    return count > 0 && count < most && !isDone(item)
  }
  return {
    mayJoin,
    take(limit, may) {
      const taken: number[] = []
      const passed: number[] = []
      while (taken.length < limit) {
        const item = pool.pop()
        if (item === undefined) break
        if (may(item)) taken.push(item)
        else passed.push(item)
      }
      pool.push(...passed.reverse())
      for (const item of taken) holders.set(item, 1)
      return taken
    },
    join(item, most) {
      if (!mayJoin(item, most)) return false
      holders.set(item, (holders.get(item) ?? 0) + 1)
      return true
    },
    release(item) {
      const count = holders.get(item) ?? 0
      if (count > 1) holders.set(item, count - 1)
      else if (holders.delete(item) && !isDone(item)) pool.push(item)
    },
    isHeld: (item) => holders.has(item),
  }
}
