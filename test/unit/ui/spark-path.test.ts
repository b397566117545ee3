import { describe, expect, it } from 'vitest'
import { sparkPath } from '../../../src/ui/spark-path.ts'

describe('a stream as one line', () => {
  it('spans the box, the largest value on top', () => {
    expect(sparkPath([1, 3, 2])).toBe('M0.00 19.00L50.00 1.00L100.00 10.00')
  })

  it('a gap lifts the pen', () => {
    expect(sparkPath([1, null, 2])).toBe('M0.00 19.00M100.00 1.00')
  })

  it('a flat line runs through the middle', () => {
    expect(sparkPath([5, 5])).toBe('M0.00 10.00L100.00 10.00')
  })

  it('one number is no line', () => {
    expect([sparkPath([]), sparkPath([4]), sparkPath([null, null])]).toEqual(['', '', ''])
  })
})

it('has a line for the largest numbers there are, too', () => {
  expect(sparkPath([-1.7e308, 1.7e308])).toBe('M0.00 19.00L100.00 1.00')
})
