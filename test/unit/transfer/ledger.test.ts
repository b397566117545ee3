import { describe, expect, it } from 'vitest'
import { createLedger, type Ledger } from '../../../src/transfer/ledger.ts'
import { pageHashes } from '../repair/conversation.ts'

const HASHES = pageHashes(4)
const all = (): boolean => true
const config = (runLeaves: number) => ({ runLeaves, patienceMs: 10_000 })

/** Four pages in one run, which is known. */
const createFour = (): Ledger => createLedger(4, config(4), [{ from: 0, hashes: HASHES, have: [] }])

describe('[T6] a page that is asked for', () => {
  it('is held by as many as may hold it, and nobody joins in what nobody holds', () => {
    const ledger = createFour()
    expect(ledger.mayJoinPage(0, 0)).toBe(false)
    expect(ledger.joinPage(0, 0)).toBe(false)
    expect(ledger.takePages(1, all, 0)).toEqual([0])
    expect(ledger.joinPage(0, 0)).toBe(true)
    expect(ledger.joinPage(0, 0)).toBe(false)
    ledger.releasePage(0)
    expect(ledger.isHeld(0)).toBe(true)
    expect(ledger.takePages(4, all, 0)).toEqual([1, 2, 3])
  })

  it('is one more’s to join whenever nobody new has for a silence', () => {
    const ledger = createFour()
    ledger.takePages(1, all, 0)
    expect([0, 1, 9_999, 10_000, 10_001, 19_999, 20_000].map((now) => ledger.joinPage(0, now))).toEqual([true, false, false, true, false, false, true])
  })

  it('is nobody’s to join once it is done', () => {
    const ledger = createFour()
    ledger.takePages(1, all, 0)
    ledger.finishPage(0)
    expect(ledger.mayJoinPage(0, 0)).toBe(false)
  })

  it('goes back to the pool once, and first, when its last holder lets go of it', () => {
    const ledger = createFour()
    expect(ledger.takePages(2, all, 0)).toEqual([0, 1])
    ledger.releasePage(1)
    ledger.releasePage(1)
    ledger.releasePage(3)
    expect(ledger.unassigned()).toBe(3)
    expect(ledger.takePages(4, all, 0)).toEqual([1, 2, 3])
  })

  it('stays in the pool, at its place, when who takes must pass over it', () => {
    const ledger = createFour()
    expect(ledger.takePages(1, (page) => page > 1, 0)).toEqual([2])
    expect(ledger.takePages(4, all, 0)).toEqual([0, 1, 3])
  })
})

it('[T4] a run counts once, whoever brings it again', () => {
  const ledger = createLedger(4, config(4))
  ledger.takeRun(0)
  for (let times = 0; times < 2; times++) ledger.acceptRun(0, HASHES, [true, false, false, false])
  expect(ledger.unassigned()).toBe(3)
  expect(ledger.pagesDone()).toBe(1)
})

it('[T4] a page is judged by the hash of its place in its run', () => {
  const ledger = createLedger(4, config(2), [{ from: 2, hashes: HASHES.slice(2), have: [] }])
  expect(ledger.hashOf(3)).toEqual(HASHES[3])
  expect(() => ledger.hashOf(1)).toThrow('the hash of page 1 is not known')
})
