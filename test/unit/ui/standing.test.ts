import { describe, expect, it } from 'vitest'
import type { LooseView, StreamView, TransferView } from '../../../src/neuron/snapshot.ts'
import { checkWords, emptyWords, helpFor, isTroubled, isUnmended, looseWords, lostRowsOf, lostWords, mayAdd } from '../../../src/ui/standing.ts'
import { fakeStreams } from '../../support/fake-streams.ts'

const named = (name: string): StreamView => {
  const stream = fakeStreams().find((one) => one.name === name)
  if (stream === undefined) throw new Error(`no stream is called ${name}`)
  return stream
}
const own = named('Temperature on the roof')
const transfer = (rowsTotal: number, phase: TransferView['phase'] = 'wanted'): TransferView => ({
  rowsDone: 0, rowsTotal, share: 0, bytesPerSecond: 0, rowsPerSecond: 0, etaSeconds: null, peers: 0, phase,
})
const damage = { code: 'damaged-page', message: '' }

describe('rows that their own publisher lost', () => {
  it('are those that it signed and does not have', () => {
    const lost = lostRowsOf({ ...own, rows: 480, transfer: transfer(500) })
    expect(lost).toEqual({ here: 480, signed: 500, arriving: false })
    expect(lost && lostWords(lost)).toBe('20 rows')
  })

  it('are on their way while a peer serves them', () => {
    expect(lostRowsOf({ ...own, rows: 480, transfer: transfer(500, 'fetching') })?.arriving).toBe(true)
  })

  it('can be all of them, or of a later epoch that is shorter', () => {
    expect([lostRowsOf({ ...own, rows: 0, transfer: transfer(1) }), lostRowsOf({ ...own, rows: 9, transfer: transfer(5) })].map((lost) => lost && lostWords(lost)))
      .toEqual(['1 row', 'the newer rows'])
  })

  it('are not what is missing of somebody else’s stream, of a forked one or of one that is whole', () => {
    const missing = { rows: 480, transfer: transfer(500) }
    expect([
      lostRowsOf({ ...own, ...missing, own: false }),
      lostRowsOf({ ...own, ...missing, forked: true }),
      lostRowsOf(own),
    ]).toEqual([null, null, null])
  })

  it('a damaged page is fetched again and nothing is lost; with rows missing beside it, there is', () => {
    expect(lostRowsOf({ ...own, rows: 500, transfer: transfer(500), problem: damage })).toBeNull()
    expect(lostRowsOf({ ...own, rows: 480, transfer: transfer(500), problem: damage })).not.toBeNull()
  })
})

describe('a row may be added', () => {
  it('to an own stream that contradicts nothing signed before', () => {
    expect([own, { ...own, own: false }, { ...own, forked: true }, { ...own, rows: 480, transfer: transfer(500) }].map(mayAdd))
      .toEqual([true, false, false, false])
  })

  it('and a person is told when something is the matter', () => {
    expect([own, { ...own, forked: true }, { ...own, problem: damage }, { ...own, rows: 1, transfer: transfer(2) }].map(isTroubled))
      .toEqual([false, true, true, true])
  })
})

describe('in words', () => {
  const loose = (rows: number, provisional: number): LooseView => ({ rows, provisional, walking: false, edition: 1, forecast: null })

  it('on what rows without a signature are believed', () => {
    expect([loose(12, 12), loose(12, 0), loose(1, 0), loose(12, 3)].map(looseWords)).toEqual([
      '12 rows, believed on the word of one peer.',
      '12 rows; most of those asked agree on each.',
      '1 row; most of those asked agree on it.',
      '12 rows: most of those asked agree on 9, 3 on the word of one peer.',
    ])
  })

  it('what a check has found', () => {
    expect([{ good: 1, bad: 0 }, { good: 20, bad: 0 }, { good: 19, bad: 1 }, { good: 0, bad: 2 }].map((found) => checkWords(found, { own: false }))).toEqual([
      'The one page was read: it is as it was signed.',
      'All 20 pages were read: every one is as it was signed.',
      '1 of 20 pages is not as it was signed and is fetched again from peers. There is nothing you need to do.',
      '2 of 2 pages are not as they were signed and are fetched again from peers. There is nothing you need to do.',
    ])
    expect(checkWords({ good: 19, bad: 1 }, { own: true })).not.toContain('nothing you need to do')
  })

  it('what helps, where the problem does not say so itself', () => {
    const help = (code: string): string => helpFor({ ...own, own: false, problem: { code, message: '' } })
    expect(help('damaged-page')).toContain('nothing you need to do')
    expect(help('wrong-origin')).toContain('begins it anew')
    expect(help('disk-full')).toBe('')
  })

  it('[D52] a publisher whose own history is damaged is told that it can go on without, unless it is being mended or forked', () => {
    for (const code of ['damaged-page', 'damaged-list', 'forged-head']) {
      const damaged = { ...own, problem: { code, message: '' } }
      expect([damaged, { ...damaged, own: false }, { ...damaged, forked: true }, { ...damaged, transfer: transfer(own.rows, 'fetching') }].map(isUnmended))
        .toEqual([true, false, false, false])
      expect(helpFor(damaged)).toContain('go on without it')
    }
    expect([own, { ...own, problem: { code: 'diverged', message: '' } }, { ...own, rows: 1, transfer: transfer(2), problem: damage }].map(isUnmended)).toEqual([false, false, false])
  })

  it('what makes rows appear of a stream that nobody signs: no history, ever', () => {
    const keyless = named('Old counts of sparrows')
    for (const subscribed of [true, false]) expect(emptyWords({ ...keyless, subscribed })).toContain('one by one')
    expect(emptyWords({ ...own, subscribed: true })).toContain('history arrives')
    expect(emptyWords({ ...own, subscribed: false, knownRows: 5 })).toContain('fetch 5 rows')
  })
})
