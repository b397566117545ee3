import { expect, it } from 'vitest'
import { reachedByMost, type Answer } from '../../../src/consensus/vote.ts'
import { rowAt } from './walker.ts'

const at = (time: number, number: number | null = null): Answer => ({ row: rowAt(time), number })

it('[C5] two thirds have reached the place that two thirds are at or beyond, whoever answered first, by time and by number', () => {
  expect(reachedByMost([at(10), at(40), at(30), at(20)])).toEqual({ time: 20, number: null })
  expect(reachedByMost([at(10, 1), at(20, 2), at(30, 3)])).toEqual({ time: 20, number: 2 })
  expect(reachedByMost([at(10), at(20, 2), at(30, 3)])).toEqual({ time: 20, number: 2 })
  expect(reachedByMost([at(10), at(20), at(30, 3)])).toEqual({ time: 20, number: null })
  expect(reachedByMost([null, null, at(30, 3)])).toBeNull()
})
