import { describe, expect, it } from 'vitest'
import {
  coverageWords,
  formatAgo,
  formatByteRate,
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatEta,
  formatForecast,
  formatNumber,
  formatRowRate,
  formatShare,
  formatTook,
  formatUtc,
  isOne,
  plural,
  sentence,
  shortHash,
  skillShort,
  skillWords,
  nextTimeWords,
  notNumbersWords,
  waitingWords,
} from '../../../src/ui/format.ts'
import { allLocales } from '../../../src/ui/words/locales/codes.ts'

const NOW = Date.UTC(2024, 4, 1, 12, 0, 0)
const before = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

describe('a count', () => {
  it('is written, and stands as one or as many, as each language of the app has it', () => {
    for (const tag of allLocales) {
      const [numbers, rules] = [new Intl.NumberFormat(tag, { maximumFractionDigits: 0 }), new Intl.PluralRules(tag)]
      // English is spoken here: of the others it holds where nothing has to be grouped.
      for (const count of [...Array(1_000).keys(), ...(tag === 'en' ? [1_000, 12_345, 0.4, 1.6, 1e9] : [])]) {
        expect(formatCount(count), `${tag} ${count}`).toBe(numbers.format(count))
        if (Number.isInteger(count)) expect(isOne(count), `${tag} ${count}`).toBe(rules.select(count) === 'one')
      }
    }
  })
})

describe('a history that waits', () => {
  it('says what is looked for when there is none yet, and what is newer when there is', () => {
    expect([waitingWords(0, 1461), waitingWords(0, 1), waitingWords(0, 0), waitingWords(5, 9)]).toEqual([
      'Looking for a peer that has these 1,461 rows.',
      'Looking for a peer that has this 1 row.',
      'Looking for a peer that has the history.',
      'A newer history of 9 rows is known; waiting for a peer that serves it.',
    ])
  })
})

describe('an empty time', () => {
  it('is said to be the next step, and why', () => {
    expect(nextTimeWords({ time: '2016-01-01T00:00:00Z', lastTime: '2015-12-31T00:00:00Z', step: { seconds: 86_400 } })).toBe(
      'The last row is of 2015-12-31 and rows are 1 d apart: an empty time means 2016-01-01, not now.',
    )
    expect(nextTimeWords({ time: '2016-01-01T00:00:00Z', lastTime: '2015-12-01T00:00:00Z', step: { months: 1 } })).toContain('rows are 1 month apart')
  })
})

describe('values that are no numbers', () => {
  it('are counted, with one of them', () => {
    expect(notNumbersWords(412, 412, '12,5')).toBe('412 of 412 values are not numbers, e.g. “12,5”: they are kept but cannot be learnt from.')
    expect(notNumbersWords(412, 1, 'n/a')).toBe('1 of 412 values is not a number, e.g. “n/a”: it is kept but cannot be learnt from.')
  })
})

describe('counts and rates', () => {
  it('a count groups its thousands and its noun agrees', () => {
    expect([plural(0, 'row'), plural(1, 'row'), plural(200_000, 'row')]).toEqual(['0 rows', '1 row', '200,000 rows'])
  })

  it('bytes keep a readable size at every magnitude, also at the edge between two units', () => {
    expect([0, 999, 1000, 9949, 10_400, 999_499, 999_600, 34_000_000, 5e15].map(formatBytes)).toEqual([
      '0 B', '999 B', '1.0 kB', '9.9 kB', '10 kB', '999 kB', '1.0 MB', '34 MB', '5,000 TB',
    ])
  })

  it('rates name their unit; a slow one keeps a decimal', () => {
    expect([formatByteRate(1_240_000), formatRowRate(41_000), formatRowRate(0.5), formatRowRate(0)]).toEqual([
      '1.2 MB/s', '41,000 rows/s', '0.5 rows/s', '0 rows/s',
    ])
  })

  it('a share says 0 and 100 only when it is true', () => {
    expect([0, 0.0001, 0.425, 199_999 / 200_000, 1].map(formatShare)).toEqual(['0 %', '1 %', '43 %', '99 %', '100 %'])
  })
})

describe('times', () => {
  it('a duration shows its two largest units', () => {
    expect([0, 4.4, 60, 200, 3599, 3600, 7500, 90_000, 1e6].map(formatDuration)).toEqual([
      '0 s', '4 s', '1 min', '3 min 20 s', '59 min', '1 h', '2 h 5 min', '1 d 1 h', '11 d',
    ])
  })

  it('an estimate that is not known is called that', () => {
    expect([null, Number.POSITIVE_INFINITY, 0.4, 200].map(formatEta)).toEqual([
      'time left not known yet', 'time left not known yet', 'almost done', 'about 3 min 20 s left',
    ])
  })

  it('a step tells its time from milliseconds to minutes', () => {
    expect([12.4, 1400, 61_000].map(formatTook)).toEqual(['12 ms', '1.4 s', '1 min 1 s'])
  })

  it('relative times look both ways and stay silent on what is no time', () => {
    expect([0, 9, 43, 300, 7300, 86_400, 400 * 86_400, 66 * 31_557_600, -3600].map((s) => formatAgo(before(s), NOW))).toEqual([
      'just now', 'just now', '43 seconds ago', '5 minutes ago', '2 hours ago', '1 day ago', '400 days ago', '66 years ago', 'in 1 hour',
    ])
    expect(formatAgo('yesterday', NOW)).toBe('')
  })

  it('UTC is shown as the row holds it: no zone moves a day', () => {
    expect(['2024-05-01T00:00:00Z', '2024-05-01T12:30:00.000Z', '1958-03-01T01:02:03.000010Z', '<b>'].map(formatUtc)).toEqual([
      '2024-05-01', '2024-05-01 12:30:00', '1958-03-01 01:02:03.00001', '<b>',
    ])
    expect(formatClock('2024-05-01T12:30:07.123Z')).toBe('12:30:07')
  })
})

describe('values', () => {
  it('a hash shows both of its ends', () => {
    expect([shortHash('3fa9c01e'), shortHash(`3fa9c0${'0'.repeat(54)}beef`)]).toEqual(['3fa9c01e', '3fa9c0…beef'])
  })

  it('a number keeps six digits and never a screenful', () => {
    expect([0, 0.1 + 0.2, 1_234_567.89, 1e15, 1e-9, Number.NaN].map(formatNumber)).toEqual([
      '0', '0.3', '1234568', '1.000e+15', '1.000e-9', '–',
    ])
  })

  it('a forecast is cut to the decimals its interval leaves meaningful', () => {
    const cut = (value: string, lower: string, upper: string) => Object.values(formatForecast({ value, lower, upper })).join(' ')
    expect(cut('15.283946192', '14.1', '16.6')).toBe('15.3 14.1 16.6')
    expect(cut('0.0012345', '0.00121', '0.00126')).toBe('0.001234 0.001210 0.001260')
    expect(cut('312456.7', '311000', '314000')).toBe('312457 311000 314000')
    expect(cut('5', '5', '5')).toBe('5 5 5')
    expect(cut('many', '1', '2')).toBe('many 1 2')
  })
})

describe('skill in words', () => {
  it('is told against guessing "no change", in both directions', () => {
    expect([0.72, 1.002, 1.05, 2.6, null].map(skillWords)).toEqual([
      'errors are 28 % smaller than guessing “no change”',
      'errors are as large as when guessing “no change”',
      'errors are 5 % larger than guessing “no change”',
      'errors are 2.6 times those of guessing “no change”',
      'not known yet how errors compare with guessing “no change”',
    ])
  })

  it('fits on a card', () => {
    expect([0.72, 1, 1.05, 2.6, null].map(skillShort)).toEqual([
      '28 % better than “no change”', 'as good as “no change”', '5 % worse than “no change”', '2.6 × the error of “no change”', 'no score yet',
    ])
  })

  it('coverage says what the interval held', () => {
    expect([0.912, null].map(coverageWords)).toEqual(['the 90 % interval held 91 % of the time', 'no interval has been tested yet'])
  })

  it('a reason becomes a sentence', () => {
    expect(sentence('not predictable, because no row so far holds a number')).toMatch(/^Not predictable/)
    expect(sentence('')).toBe('')
  })
})
