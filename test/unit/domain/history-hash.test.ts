import { expect, it } from 'vitest'
import { toHex } from '../../../src/base/bytes.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { historyOf } from '../../support/history.ts'
import { createNodeKey, identityOf } from '../../support/node-key.ts'
import { rowOf } from '../../support/small-world.ts'

const PAGE_ROWS = 4
const identity = identityOf(createNodeKey())
const rows = Array.from('1234567890', (digit, number) => ({ ...rowOf(digit, number), value: `${digit}.50` }))

/** The hash of the history up to `count` rows, where one row may be another. */
const rootOf = (count: number, at: number | null = null, other: { readonly value?: string; readonly time?: Micros } = {}): string =>
  toHex(historyOf(identity, rows.slice(0, count).map((row, number) => (number === at ? { ...row, ...other } : row)), PAGE_ROWS).root)

it('[D15] the hash of a history up to any row covers every row before it, exactly as published, and none after it', () => {
  for (let count = 1; count <= rows.length; count++)
    for (let at = 0; at < rows.length; at++) {
      const { value = '', time = 0 } = rows[at] ?? {}
      // The same number written in another way, and the smallest step of time.
      for (const other of [{ value: value.slice(0, -1) }, { value: `${value}0` }, { time: (time + 1) as Micros }])
        expect(rootOf(count, at, other) === rootOf(count), `row ${at} of ${count}, ${JSON.stringify(other)}`).toBe(at >= count)
    }
})

it('[D15] nor is it the hash of these rows in another order, or of fewer', () => {
  const roots = rows.map((_, at) => rootOf(at + 1))
  expect(new Set(roots).size).toBe(rows.length)
  const swapped = historyOf(identity, [...rows.slice(0, 8), ...rows.slice(8).reverse()], PAGE_ROWS)
  expect(toHex(swapped.root)).not.toBe(roots.at(-1))
})
