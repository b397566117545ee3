import { describe, expect, it } from 'vitest'
import { findingsWords, searchWords } from '../../../src/ui/account-words.ts'

describe('the account of a prediction', () => {
  it('names the cycles, and how often the stream changed', () => {
    expect(findingsWords({ periods: [], driftEvents: 0 })).toBe('No cycle has been found; its ways have not changed.')
    expect(findingsWords({ periods: ['24 rows', 'hour of week'], driftEvents: 1 })).toBe(
      'Cycles found: 24 rows, hour of week; its ways have changed once.',
    )
    expect(findingsWords({ periods: ['24 rows'], driftEvents: 1200 })).toMatch(/1,200 times/)
  })

  it('says what the search has tried, what it took in and what it does now', () => {
    const search = { rounds: 0, tried: 0, entered: 0, now: 'resting until 300 rows', challengers: [] }
    expect(searchWords(search)).toBe('No other settings have been tried yet.')
    expect(searchWords({ ...search, rounds: 5, tried: 40 })).toBe(
      '40 other settings have been tried; none did better than what there is. Now: rest until there are 300 rows.',
    )
    expect(searchWords({ ...search, rounds: 5, tried: 40, entered: 2 })).toMatch(/; 2 times one did better and was taken in\./)
  })
})
