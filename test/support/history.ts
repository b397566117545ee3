import { sha256 } from '@noble/hashes/sha2.js'
import { createSeededRandom, type Random } from '../../src/base/random.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import { concatBytes } from '../../src/base/bytes.ts'
import type { Head } from '../../src/domain/head.ts'
import { SIGNATURE_BYTES, type Sha256 } from '../../src/domain/hash.ts'
import { merkleRoot } from '../../src/domain/merkle.ts'
import { encodePage, PAGE_ROWS } from '../../src/domain/page.ts'
import { rowBytes, type ObservationRow } from '../../src/domain/row.ts'
import { streamIdOf, type PublicKey, type StreamId, type StreamIdentity } from '../../src/domain/stream.ts'
import type { Micros } from '../../src/domain/time.ts'

export const hash: Sha256 = (bytes) => new Uint8Array(sha256(bytes))

/** A history as its publisher has it: everything that can be derived from its rows. */
export interface TestHistory {
  readonly identity: StreamIdentity
  readonly stream: StreamId
  readonly rows: readonly ObservationRow[]
  readonly pageRows: number
  readonly pages: readonly Bytes[]
  readonly pageHashes: readonly Bytes[]
  /** All page hashes in one, as a record keeps them. */
  readonly hashes: Bytes
  readonly root: Bytes
  readonly head: Head
}

export interface HistoryOptions {
  readonly seed: number
  readonly rows: number
  readonly pageRows?: number
  readonly author?: PublicKey
}

const SECOND = 1_000_000
const INTERVALS = [1, 60, 600, 3_600, 86_400].map((seconds) => seconds * SECOND)

/**
 * Rows as sensors, markets and people make them: a daily rhythm, a wandering level and noise, printed with a fixed
 * number of decimals; now and then a gap, a repeated time, a step back, or a word where a number should be.
 */
export const createRows = (random: Random, count: number): ObservationRow[] => {
  const interval = INTERVALS[random.below(INTERVALS.length)] ?? SECOND
  const decimals = random.below(5)
  const scale = 10 ** (random.below(5) - 1)
  let time = (random.below(60) * 365 - 4_000) * 86_400 * SECOND
  let level = scale * (random.next() - 0.3) * 10
  return Array.from({ length: count }, () => {
    const chance = random.next()
    time += chance < 0.01 ? interval * (2 + random.below(50)) : chance < 0.015 ? 0 : chance < 0.018 ? -interval : interval
    level += (random.next() - 0.5) * scale
    const rhythm = Math.sin((time / (86_400 * SECOND)) * 2 * Math.PI) * scale
    const value = random.next() < 0.003 ? 'n/a' : (level + rhythm + (random.next() - 0.5) * scale * 0.2).toFixed(decimals)
    return { form: 'observation', time: time as Micros, value }
  })
}

/** The first `count` rows of a history, with the head they had. */
export const historyOf = (
  identity: StreamIdentity,
  rows: readonly ObservationRow[],
  pageRows: number,
  count = rows.length,
  sha256: Sha256 = hash,
): TestHistory => {
  const stream = streamIdOf(identity, sha256)
  const kept = rows.slice(0, count)
  const pages: Bytes[] = []
  for (let from = 0; from < kept.length; from += pageRows)
    pages.push(encodePage({ form: 'observation', number: from / pageRows, rows: kept.slice(from, from + pageRows) }))
  const pageHashes = pages.map((page) => sha256(page))
  const [first] = kept
  if (first === undefined) throw new RangeError('a history has at least one row')
  const root = merkleRoot(pageHashes, sha256)
  const origin = sha256(rowBytes(0, first))
  const head: Head = { stream, epoch: 0, rows: kept.length, origin, root, time: 1_700_000_000_000_000 as Micros, continues: null }
  return { identity, stream, rows: kept, pageRows, pages, pageHashes, hashes: concatBytes(pageHashes), root, head }
}

export const TEST_AUTHOR = 'a'.repeat(64) as PublicKey

export const createHistory = (options: HistoryOptions): TestHistory => {
  const { seed, rows, pageRows = PAGE_ROWS, author = TEST_AUTHOR } = options
  const identity = { source: 'test', author, stream: `series ${seed}`, target: '' }
  return historyOf(identity, createRows(createSeededRandom(seed), rows), pageRows)
}

/** A signature of the right shape, for tests in which nobody verifies heads. */
export const blankSignature = (): Bytes => new Uint8Array(SIGNATURE_BYTES)
