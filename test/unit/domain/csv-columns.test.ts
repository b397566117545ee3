import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { guessColumns } from '../../../src/domain/csv-columns.ts'
import { createCsvReader } from '../../../src/domain/csv.ts'

fc.configureGlobal({ seed: 9, numRuns: 300 })

const guess = (...lines: readonly string[]) => guessColumns(lines.map((line) => line.split(',')))

describe('the columns of a CSV are guessed', () => {
  it.each([
    ['as the reader tells them from a header', ['station,date,temp', 'roof,2024-05-01,1.5'], { hasHeader: true, time: 1, value: 2 }],
    ['as the reader tells them without one', ['2024-05-01,1.5', '2024-05-02,2'], { hasHeader: false, time: 0, value: 1 }],
    ['by what stands in them, where nothing names them', ['roof,1.5,2024-05-01', 'roof,2,2024-05-02'], { hasHeader: false, time: 2, value: 1 }],
    ['by what stands under names that say nothing', ['ort,grad,wann', 'roof,1.5,2024-05-01', 'roof,2,2024-05-02'], { hasHeader: true, time: 2, value: 1 }],
    ['with an epoch among other numbers', ['a,7,1.5,1714521600000', 'a,8,2.5,1714521700000'], { hasHeader: false, time: 3, value: 1 }],
    ['with a date before an epoch', ['x,1714521600,2024-05-01', 'x,1714521700,2024-05-02'], { hasHeader: false, time: 2, value: 1 }],
    ['with names in the first line that the reader does not know', ['wann,wert', '2024-05-01,1'], { hasHeader: true, time: 0, value: 1 }],
    ['past blank lines', ['', ' , ', 'time,value', '2024-05-01,1'], { hasHeader: true, time: 0, value: 1 }],
    ['as the first two where nothing tells', ['a,b', 'c,d'], { hasHeader: true, time: 0, value: 1 }],
    ['as the first two of one line alone', ['2024-05-01'], { hasHeader: false, time: 0, value: 1 }],
  ])('%s', (_, lines, expected) => {
    expect(guess(...lines)).toEqual({ ...expected, times: 'guessed' })
  })

  it('so that they can be read with, whatever the lines are', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }), { maxLength: 5 }), (lines) => {
        const choice = guessColumns(lines)
        expect(choice.time).not.toBe(choice.value)
        const reader = createCsvReader(choice)
        for (const fields of lines) reader.read(fields)
      }),
    )
  })
})
