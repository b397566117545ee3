import { expect, it } from 'vitest'
import { createSeededRandom, type Random } from '../../../src/base/random.ts'
import { bounded, createLooseLedger } from '../../../src/consensus/loose-ledger.ts'
import { isSettled, type LooseChange, type LooseRow } from '../../../src/consensus/loose-row.ts'
import type { Micros } from '../../../src/domain/time.ts'
import { rowAt } from './walker.ts'

const randomRow = (random: Random): LooseRow => ({
  row: rowAt(random.below(60), `v${random.below(3)}`),
  number: null,
  mark: random.below(2) === 0 ? 'quorum' : 'provisional',
  own: random.below(4) === 0,
  before: 'unknown',
})

/** Small changes and, now and then, one of many rows. */
const randomChange = (random: Random): LooseChange => {
  const many = random.below(8) === 0 ? 25 : 3
  const rows = new Map(Array.from({ length: random.below(many + 1) }, () => randomRow(random)).map((row) => [row.row.time, row]))
  return { put: [...rows.values()], drop: [...new Set(Array.from({ length: random.below(many + 1) }, () => random.below(60) as Micros))] }
}

/** What the rows are after a change, oldest first. */
const changed = (rows: readonly LooseRow[], { put, drop }: LooseChange): readonly LooseRow[] => {
  const byTime = new Map(rows.filter(({ row }) => !drop.includes(row.time)).map((row) => [row.row.time, row]))
  for (const row of put) byTime.set(row.row.time, row)
  return [...byTime.values()].sort((a, b) => a.row.time - b.row.time)
}

it('[C12] loose rows are in the order of their times, one a time, whatever is put and dropped: each view is that of a plain list', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = createSeededRandom(seed)
    const ledger = createLooseLedger()
    let rows: readonly LooseRow[] = []
    for (let step = 0; step < 30; step++) {
      const change = randomChange(random)
      ledger.apply(change)
      rows = changed(rows, change)
      const [from, to] = [random.below(60) as Micros, random.below(60) as Micros]
      const start = random.below(70) - 5
      const within = (low: number, high: number): readonly LooseRow[] => rows.filter(({ row: { time } }) => low < time && time < high).toReversed()
      expect({
        seed,
        size: ledger.size,
        provisional: ledger.provisional,
        settled: ledger.settled,
        ends: [ledger.oldest, ledger.newest],
        at: ledger.at(from),
        beside: [ledger.before(from), ledger.after(from), ledger.before(null)],
        between: [ledger.between(from, to), ledger.between(null, to), ledger.between(from, null)],
        slice: ledger.slice(start, 5),
      }).toEqual({
        seed,
        size: rows.length,
        provisional: rows.filter(({ mark }) => mark === 'provisional').length,
        settled: rows.filter(isSettled).length,
        ends: [rows[0] ?? null, rows.at(-1) ?? null],
        at: rows.find(({ row }) => row.time === from) ?? null,
        beside: [rows.findLast(({ row }) => row.time < from) ?? null, rows.find(({ row }) => row.time > from) ?? null, rows.at(-1) ?? null],
        between: [within(from, to), within(-1, to), within(from, 99)],
        slice: rows.slice(Math.max(0, start), Math.max(0, start) + 5),
      })
    }
    expect(createLooseLedger(rows).slice(0, rows.length)).toEqual(rows)
  }
})

it('[C12] of a change that would leave too many rows the newest are left, and what was before the oldest of them is not known', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createSeededRandom(seed)
    const most = 1 + random.below(8)
    const ledger = createLooseLedger(changed([], { put: randomChange(random).put, drop: [] }).slice(-most).map((row) => ({ ...row, before: 'beginning' })))
    const change = randomChange(random)
    const whole = changed(ledger.slice(0, most), change)
    ledger.apply(bounded(ledger, change, most))
    const [oldest, ...newer] = whole.slice(-most)
    const left = oldest === undefined ? [] : [whole.length > most ? { ...oldest, before: 'unknown' } : oldest, ...newer]
    expect({ seed, rows: ledger.slice(0, most + 1) }).toEqual({ seed, rows: left })
  }
})
