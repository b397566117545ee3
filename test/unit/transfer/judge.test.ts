import { describe, expect, it } from 'vitest'
import { verifyRun } from '../../../src/domain/merkle.ts'
import { judgePage, runAnswer } from '../../../src/transfer/judge.ts'
import { createHistory, hash } from '../../support/history.ts'

const history = createHistory({ seed: 1, rows: 50, pageRows: 8 })
const [page = new Uint8Array(0)] = history.pages
const [pageHash = new Uint8Array(0)] = history.pageHashes
const expected = { hash: pageHash, form: 'observation', number: 0, rows: 8 } as const

describe('a page', () => {
  it('[T9] with the hash and the shape that are expected is good', () => {
    expect(judgePage(page, hash(page), expected).ok).toBe(true)
  })

  it('[T9] with any wrong byte is bad', () => {
    for (let at = 0; at < page.length; at++) {
      const bytes = page.slice()
      bytes[at] = (bytes[at] ?? 0) ^ 1
      expect(judgePage(bytes, hash(bytes), expected)).toMatchObject({ ok: false, error: { code: 'bad-page' } })
    }
  })

  it('[T9] that was signed with nonsense in it is bad too', () => {
    const nonsense = new Uint8Array([1, 2, 3])
    const digest = hash(nonsense)
    expect(judgePage(nonsense, digest, { ...expected, hash: digest })).toMatchObject({ ok: false, error: { code: 'malformed' } })
    expect(judgePage(page, pageHash, { ...expected, number: 1 })).toMatchObject({ ok: false, error: { code: 'malformed' } })
    expect(judgePage(page, pageHash, { ...expected, rows: 7 })).toMatchObject({ ok: false, error: { code: 'malformed' } })
  })
})

describe('a run of page hashes', () => {
  const { pageHashes, root } = history

  it('[T3] leads to the root from every place', () => {
    for (let from = 0; from < pageHashes.length; from += 4) {
      const run = runAnswer(pageHashes, from, hash, 4)
      expect(run).not.toBeNull()
      if (run === null) continue
      expect(verifyRun(run.hashes, { from, leaves: pageHashes.length, root, proof: run.proof }, hash, 4)).toBe(true)
    }
  })

  it('[T3] begins at multiples of the run length inside the history, and nowhere else', () => {
    expect(runAnswer(pageHashes, 2, hash, 4)).toBeNull()
    expect(runAnswer(pageHashes, 8, hash, 4)).toBeNull()
  })
})
