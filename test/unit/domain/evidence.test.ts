import { describe, expect, it } from 'vitest'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import type { Bytes } from '../../../src/base/bytes.ts'
import { decode, encode } from '../../../src/base/codec.ts'
import { judgeEvidence } from '../../../src/data/streams/forks.ts'
import { cutPage, epochOfEvidence, evidenceCodec, evidenceOfHeads, evidenceOfPage, readEvidence, type Evidence, type Side } from '../../../src/domain/evidence.ts'
import { contradicts, headBytes, type Head, type SignedHead } from '../../../src/domain/head.ts'
import { maxPageBytes, PAGE_ROWS } from '../../../src/domain/page.ts'
import type { ObservationRow } from '../../../src/domain/row.ts'
import type { HistoryShape } from '../../../src/domain/shape.ts'
import { NO_AUTHOR } from '../../../src/domain/stream.ts'
import { MAX_EVIDENCE_BYTES } from '../../../src/protocol/limits.ts'
import { verify } from '../../support/data-node.ts'
import { createRows, historyOf, type TestHistory } from '../../support/history.ts'
import { createNodeKey, identityOf, idOf, sha256 } from '../../support/node-key.ts'

const key = createNodeKey()
const identity = identityOf(key)

const signed = (head: Head): SignedHead => ({ head, signature: key.sign(headBytes(head)) })

const sides = new WeakMap<TestHistory, Side>()

const sideOf = (history: TestHistory): Side => {
  const side = sides.get(history) ?? { signed: signed(history.head), leaves: history.pageHashes }
  sides.set(history, side)
  return side
}

interface Pair {
  readonly shape: HistoryShape
  readonly shorter: TestHistory
  readonly longer: TestHistory
}

const other = (row: ObservationRow): ObservationRow => ({ ...row, value: row.value === '7' ? '8' : '7' })

/** Two histories with the same first `common` rows. */
const pairOf = (random: Random, at: { readonly pageRows: number; readonly short: number; readonly long: number; readonly common: number }): Pair => {
  const { pageRows, short, long, common } = at
  const rows = createRows(random, Math.max(short, long))
  const forked = rows.map((row, number) => (number < common ? row : other(row)))
  return { shape: { pageRows, runLeaves: 4 }, shorter: historyOf(identity, rows, pageRows, short), longer: historyOf(identity, forked, pageRows, long) }
}

/** Random lengths and page sizes; `common`: given the shorter length, how many rows agree. */
const randomPair = (seed: number, commonOf: (random: Random, short: number) => number): Pair => {
  const random = createSeededRandom(seed)
  const pageRows = 1 + random.below(6)
  const short = 1 + random.below(40)
  const long = short + 1 + random.below(40)
  return pairOf(random, { pageRows, short, long, common: commonOf(random, short) })
}

const fork = (random: Random, short: number): number => random.below(short)
const honest = (): number => Number.MAX_SAFE_INTEGER

/** As evidence of page `page`, whatever is true of it. */
const claim = ({ shape, shorter, longer }: Pair, page: number, isWithin = (page + 1) * shape.pageRows > shorter.rows.length): Bytes =>
  evidenceOfPage(sideOf(shorter), sideOf(longer), { page, bytes: isWithin ? (longer.pages[page] ?? new Uint8Array(0)) : null }, sha256)

const partingPage = ({ shorter, longer, shape }: Pair): number => {
  const first = shorter.rows.findIndex((row, number) => row.value !== longer.rows[number]?.value)
  return Math.floor(first / shape.pageRows)
}

const judge = (evidence: Bytes, { shape }: Pair) => judgeEvidence(evidence, identity, { verify, sha256, shape })

const reworded = (evidence: Bytes, change: (evidence: Evidence) => unknown): Bytes => {
  const read = decode(evidenceCodec, evidence, 'evidence')
  if (!read.ok) throw new Error(read.error.message)
  return encode(evidenceCodec, change(read.value) as Evidence)
}

/** Thousands of signatures and hashes: a second on a machine that has nothing else to do. */
const PATIENCE_MS = 30_000

describe('[D18] evidence of a fork', { timeout: PATIENCE_MS }, () => {
  it('proves every fork, of whatever lengths and wherever the histories part', async () => {
    let within = 0
    for (let seed = 1; seed <= 100; seed++) {
      const pair = randomPair(seed, fork)
      const page = partingPage(pair)
      if ((page + 1) * pair.shape.pageRows > pair.shorter.rows.length) within++
      expect(await judge(claim(pair, page), pair), `seed ${seed}`).toMatchObject({ ok: true, value: { epoch: 0 } })
    }
    // The shorter history's last page is where many of them part.
    expect(within).toBeGreaterThan(10)
    expect(within).toBeLessThan(90)
  })

  it('is never made of two heads of one history, whatever page is pointed at', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const pair = randomPair(seed, honest)
      expect((await judge(evidenceOfHeads(sideOf(pair.shorter).signed, sideOf(pair.longer).signed), pair)).ok).toBe(false)
      for (let page = 0; page < pair.shorter.pages.length; page++)
        for (const isWithin of [true, false])
          for (const way of [pair, { ...pair, shorter: pair.longer, longer: pair.shorter }])
            if (readEvidence(claim(way, page, isWithin), identity, { sha256, shape: pair.shape }).ok) expect.fail(`seed ${seed}, page ${page}`)
    }
  })

  it('is none of a full page that both have, though the histories part elsewhere', async () => {
    const pair = pairOf(createSeededRandom(5), { pageRows: 4, short: 14, long: 20, common: 9 })
    const same = await judge(claim(pair, 0), pair)
    expect(same.ok ? '' : same.error.message).toContain('the pages are the same')
    expect(await judge(claim(pair, 2), pair)).toMatchObject({ ok: true })
    expect(await judge(claim(pair, 3), pair)).toMatchObject({ ok: true })
  })

  it('is spoiled by any change of any byte', async () => {
    for (const common of [2, 9]) {
      const pair = pairOf(createSeededRandom(6), { pageRows: 4, short: 10, long: 23, common })
      const evidence = claim(pair, Math.floor(common / 4))
      expect(await judge(evidence, pair)).toMatchObject({ ok: true })
      for (let at = 0; at < evidence.length; at++) {
        const spoiled = evidence.slice()
        spoiled[at] = (spoiled[at] ?? 0) ^ (1 << (at & 7))
        expect((await judge(spoiled, pair)).ok, `byte ${at}`).toBe(false)
      }
    }
  })

  it('is not made of an honest pair by any change of any byte', async () => {
    const pair = pairOf(createSeededRandom(7), { pageRows: 4, short: 10, long: 23, common: 23 })
    for (const page of [1, 2])
      for (const evidence of [claim(pair, page)])
        for (let at = 0; at < evidence.length; at++) {
          const spoiled = evidence.slice()
          spoiled[at] = (spoiled[at] ?? 0) ^ (1 << (at & 7))
          expect((await judge(spoiled, pair)).ok, `page ${page}, byte ${at}`).toBe(false)
        }
  })

  it('is judged without an error thrown, whatever the bytes are', () => {
    const random = createSeededRandom(8)
    const pair = randomPair(9, fork)
    const evidence = claim(pair, partingPage(pair))
    for (let round = 0; round < 1_000; round++) {
      const bytes = round % 2 === 0 ? random.bytes(random.below(2_000)) : evidence.slice(0, random.below(evidence.length))
      expect(readEvidence(bytes, identity, { sha256, shape: pair.shape }).ok).toBe(false)
    }
  })

  const pair = pairOf(createSeededRandom(10), { pageRows: 4, short: 10, long: 23, common: 9 })
  const real = claim(pair, 2)
  const full = claim({ ...pair, longer: historyOf(identity, pair.longer.rows.map(other), 4) }, 1)
  const stranger = createNodeKey()
  const spoilt: Readonly<Record<string, () => Bytes>> = {
    'a page where none is needed': () => reworded(full, (evidence) => ({ ...evidence, parting: { ...evidence.parting, bytes: pair.longer.pages[1] } })),
    'no page where one is needed': () => reworded(real, (evidence) => ({ ...evidence, parting: { ...evidence.parting, bytes: null } })),
    'a page that another head commits to': () => reworded(real, (evidence) => ({ ...evidence, parting: { ...evidence.parting, bytes: pair.shorter.pages[2] } })),
    'the heads the other way round': () => reworded(real, ({ shorter, longer, parting }) => ({ shorter: longer, longer: shorter, parting })),
    'a head signed by somebody else': () =>
      reworded(real, (evidence) => ({ ...evidence, longer: { ...evidence.longer, signature: stranger.sign(headBytes(evidence.longer.head)) } })),
    'a shorter head signed by somebody else': () =>
      reworded(real, (evidence) => ({ ...evidence, shorter: { ...evidence.shorter, signature: stranger.sign(headBytes(evidence.shorter.head)) } })),
    'heads of two epochs': () =>
      reworded(real, (evidence) => ({ ...evidence, longer: signed({ ...evidence.longer.head, epoch: 1, continues: { epoch: 0, rows: 1, root: evidence.longer.head.root } }) })),
    'heads of one count, and a page': () =>
      reworded(real, (evidence) => ({ ...evidence, shorter: signed({ ...evidence.shorter.head, rows: evidence.longer.head.rows }) })),
    'a head of another stream': () =>
      reworded(real, (evidence) => ({ ...evidence, longer: signed({ ...evidence.longer.head, stream: idOf(identityOf(key, 'another')) }) })),
    'no page, and heads that can both be true': () => reworded(real, (evidence) => ({ ...evidence, parting: null })),
    'no page, and the longer head first': () => {
      const { shorter, longer } = { shorter: pair.shorter.head, longer: { ...pair.longer.head, origin: pair.longer.head.root } }
      return encode(evidenceCodec, { shorter: signed(longer), longer: signed(shorter), parting: null })
    },
  }
  for (const [what, make] of Object.entries(spoilt))
    it(`is none with ${what}`, async () => {
      expect(await judge(real, pair)).toMatchObject({ ok: true })
      expect(await judge(full, pair)).toMatchObject({ ok: true })
      expect(await judge(make(), pair)).toMatchObject({ ok: false, error: { code: 'bad-evidence' } })
    })

  it('is none of a stream that nobody signs', () => {
    const deps = { sha256, shape: pair.shape }
    const nobody = { ...identity, author: NO_AUTHOR }
    const stream = idOf(nobody)
    const evidence = reworded(real, ({ shorter, longer, parting }) => ({
      shorter: { ...shorter, head: { ...shorter.head, stream } },
      longer: { ...longer, head: { ...longer.head, stream } },
      parting,
    }))
    const judged = readEvidence(evidence, nobody, deps)
    expect(judged.ok ? '' : judged.error.message).toContain('nobody signs')
  })

  it('fits its bound when the page is the largest there is and the proofs are the longest', () => {
    const hash = new Uint8Array(32)
    const leaf = { hash, proof: Array.from({ length: 32 }, () => hash) }
    const head = signed({ ...pair.longer.head, epoch: 1, continues: { epoch: 0, rows: 1, root: hash } })
    const largest = { shorter: head, longer: head, parting: { page: 0, shorter: leaf, longer: leaf, bytes: new Uint8Array(maxPageBytes('prediction', PAGE_ROWS)) } }
    expect(encode(evidenceCodec, largest).length).toBeLessThanOrEqual(MAX_EVIDENCE_BYTES)
  })

  it('tells which epoch it is about, as far as it can be read', () => {
    expect(epochOfEvidence(real)).toBe(0)
    expect(epochOfEvidence(real.slice(1))).toBeNull()
  })

  it('cuts a page only where there is one', () => {
    const page = pair.longer.pages[2] ?? new Uint8Array(0)
    expect(cutPage(page, { form: 'observation', number: 2, rows: 4 }, 2)).toMatchObject({ ok: true })
    expect(cutPage(page, { form: 'observation', number: 3, rows: 4 }, 2)).toMatchObject({ ok: false })
  })
})

describe('[D18] two heads alone', () => {
  const { head } = historyOf(identity, createRows(createSeededRandom(1), 9), 4)
  const later: Head = { ...head, epoch: 2, continues: { epoch: 1, rows: 3, root: head.root } }
  const hash = sha256(new Uint8Array(1))
  const cases: readonly (readonly [string, Head, Head, boolean])[] = [
    ['of one count and other roots contradict each other', head, { ...head, root: hash }, true],
    ['with other beginnings contradict each other, whatever their counts', head, { ...head, rows: 20, root: hash, origin: hash }, true],
    ['that continue other rows', later, { ...later, rows: 12, continues: { epoch: 1, rows: 2, root: head.root } }, true],
    ['that continue other epochs', later, { ...later, rows: 12, continues: { epoch: 0, rows: 3, root: head.root } }, true],
    ['that continue another root', later, { ...later, rows: 12, continues: { epoch: 1, rows: 3, root: hash } }, true],
    ['of one history signed at another time do not', head, { ...head, time: (head.time + 1) as Head['time'] }, false],
    ['of other counts need a page', head, { ...head, rows: 10, root: hash }, false],
    ['of two epochs do not', { ...head, epoch: 1, root: hash, continues: later.continues }, later, false],
    ['of two streams do not', head, { ...head, root: hash, stream: idOf(identityOf(key, 'another')) }, false],
  ]
  for (const [rule, a, b, isProof] of cases)
    it(rule, async () => {
      expect(contradicts(a, b)).toBe(isProof)
      expect(contradicts(b, a)).toBe(isProof)
      const judged = await judgeEvidence(evidenceOfHeads(signed(b), signed(a)), identity, { verify, sha256, shape: { pageRows: 4, runLeaves: 4 } })
      expect(judged.ok).toBe(isProof)
    })
})
