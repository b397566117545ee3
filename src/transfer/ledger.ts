import { createBitset } from '../base/bitset.ts'
import { concatBytes, type Bytes } from '../base/bytes.ts'
import { HASH_BYTES } from '../domain/hash.ts'
import { runLength } from '../domain/merkle.ts'
import { MAX_HOLDERS } from './download-events.ts'

/**
 * What of a history is known, done and asked for. A run or page is in exactly one place: the pool (nobody was asked),
 * held by questions and judgements, or done.
 */
export interface Ledger {
  readonly pages: number
  pagesDone(): number
  /** Every run of hashes is verified. */
  hashesDone(): boolean
  /** Pages in the pool. */
  unassigned(): number
  runLength(from: number): number
  /** Takes a run out of the pool and holds it. */
  takeRun(now: number): number | null
  /** Whether one more may hold it: it is held, not done, and by fewer than MAX_HOLDERS or for `patienceMs` without another. */
  mayJoinRun(from: number, now: number): boolean
  joinRun(from: number, now: number): boolean
  releaseRun(from: number): void
  /** A verified run; pages that are there already are done. */
  acceptRun(from: number, hashes: readonly Bytes[], have: readonly boolean[]): void
  /** Takes up to `limit` pages out of the pool and holds them. */
  takePages(limit: number, may: (page: number) => boolean, now: number): number[]
  mayJoinPage(page: number, now: number): boolean
  joinPage(page: number, now: number): boolean
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

interface LedgerConfig {
  readonly runLeaves: number
  readonly patienceMs: number
}

export const createLedger = (pages: number, { runLeaves, patienceMs }: LedgerConfig, known: readonly KnownRun[] = []): Ledger => {
  const runs = Math.ceil(pages / runLeaves)
  const verified = new Map<number, Bytes>()
  const done = createBitset(pages)
  // Both pools are taken from at the end, lowest first; what is given back goes first.
  const isKnown = new Set(known.map(({ from }) => from))
  const runPool = Array.from({ length: runs }, (_, index) => (runs - 1 - index) * runLeaves).filter((from) => !isKnown.has(from))
  const pagePool: number[] = []
  const runHolders = createHolders({ pool: runPool, patienceMs, isDone: (from) => verified.has(from) })
  const pageHolders = createHolders({ pool: pagePool, patienceMs, isDone: (page) => done.has(page) })
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
    pagesDone: () => done.size,
    hashesDone: () => verified.size === runs,
    unassigned: () => pagePool.length,
    runLength: lengthOf,
    takeRun: (now) => runHolders.take(1, () => true, now)[0] ?? null,
    mayJoinRun: (from, now) => runHolders.mayJoin(from, now),
    joinRun: (from, now) => runHolders.join(from, now),
    releaseRun: (from) => runHolders.release(from),
    acceptRun,
    takePages: (limit, may, now) => pageHolders.take(limit, may, now),
    mayJoinPage: (page, now) => pageHolders.mayJoin(page, now),
    joinPage: (page, now) => pageHolders.join(page, now),
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
  take(limit: number, may: (item: number) => boolean, now: number): number[]
  mayJoin(item: number, now: number): boolean
  join(item: number, now: number): boolean
  release(item: number): void
  isHeld(item: number): boolean
}

interface HoldersConfig {
  readonly pool: number[]
  readonly patienceMs: number
  readonly isDone: (item: number) => boolean
}

const createHolders = ({ pool, patienceMs, isDone }: HoldersConfig): Holders => {
  const holders = new Map<number, { readonly count: number; readonly lastAt: number }>()
  // One more for every silence, whatever trickles in: those who are slow on purpose must not keep an honest one from it for ever.
  const mayJoin = (item: number, now: number): boolean => {
    const held = holders.get(item)
    return held !== undefined && !isDone(item) && (held.count < MAX_HOLDERS || now - held.lastAt >= patienceMs)
  }
  return {
    mayJoin,
    take(limit, may, now) {
      const taken: number[] = []
      const passed: number[] = []
      while (taken.length < limit) {
        const item = pool.pop()
        if (item === undefined) break
        if (may(item)) taken.push(item)
        else passed.push(item)
      }
      pool.push(...passed.reverse())
      for (const item of taken) holders.set(item, { count: 1, lastAt: now })
      return taken
    },
    join(item, now) {
      if (!mayJoin(item, now)) return false
      holders.set(item, { count: (holders.get(item)?.count ?? 0) + 1, lastAt: now })
      return true
    },
    release(item) {
      const held = holders.get(item)
      if (held !== undefined && held.count > 1) holders.set(item, { ...held, count: held.count - 1 })
      else if (holders.delete(item) && !isDone(item)) pool.push(item)
    },
    isHeld: (item) => holders.has(item),
  }
}
