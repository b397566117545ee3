import type { PredictionRow } from '../domain/row.ts'
import { numericValue } from '../domain/value.ts'

/** How well the predictions did that this node has published, against what came (M28). */
export interface LiveView {
  /** Published predictions whose row came and is a number, of the last ones. */
  readonly scored: number
  /** mean |error| / mean |error of the value before|; null when that never erred. */
  readonly relMae: number | null
  /** Share of them inside their interval; null without any. */
  readonly coverage: number | null
}

/** A published prediction, in numbers. */
export interface Published {
  readonly followsRow: number
  readonly value: number
  readonly lower: number
  readonly upper: number
}

export interface LiveScore {
  /** This was published and waits for its row. */
  expect(published: Published): void
  /** The row has come; `before` is the number of the one before it. */
  came(row: number, value: number | null, before: number | null): void
  /** What was published before, by the row it followed, and the values that came from row `from` on: this is the score now. */
  replay(published: readonly Published[], values: readonly (number | null)[], from: number): void
  view(): LiveView
}

/** Predictions in the score: as many as one answer of the data process brings back after a restart. */
export const SCORED = 200

interface Outcome {
  readonly error: number
  readonly naive: number
  readonly inside: boolean
}

export const createLiveScore = (): LiveScore => {
  const outcomes: Outcome[] = []
  let awaited: Published | null = null
  const expect: LiveScore['expect'] = (published) => {
    // The same row twice: what is on record is what was published.
    if (awaited === null || published.followsRow > awaited.followsRow) awaited = published
  }
  const came: LiveScore['came'] = (row, value, before) => {
    if (awaited === null || row !== awaited.followsRow + 1) return
    const { value: said, lower, upper } = awaited
    awaited = null
    if (value === null || before === null) return
    outcomes.push({ error: Math.abs(value - said), naive: Math.abs(value - before), inside: lower <= value && value <= upper })
    if (outcomes.length > SCORED) outcomes.shift()
  }
  return {
    expect,
    came,
    replay: (published, values, from) => {
      const waiting = awaited
      awaited = null
      outcomes.length = 0
      const value = (row: number): number | null => values[row - from] ?? null
      for (const one of published) {
        awaited = one
        if (one.followsRow + 1 < from + values.length) came(one.followsRow + 1, value(one.followsRow + 1), value(one.followsRow))
      }
      if (waiting !== null) expect(waiting)
    },
    view: () => {
      const sum = (of: (outcome: Outcome) => number): number => outcomes.reduce((total, outcome) => total + of(outcome), 0)
      const naive = sum((outcome) => outcome.naive)
      return {
        scored: outcomes.length,
        relMae: naive > 0 ? sum((outcome) => outcome.error) / naive : null,
        coverage: outcomes.length > 0 ? sum((outcome) => (outcome.inside ? 1 : 0)) / outcomes.length : null,
      }
    },
  }
}

export const publishedOf = ({ followsRow, value, lower, upper }: PredictionRow): Published | null => {
  const [said, low, high] = [numericValue(value), numericValue(lower), numericValue(upper)]
  return said === null || low === null || high === null ? null : { followsRow, value: said, lower: low, upper: high }
}
