import { geometricMean, type BacktestResult } from '../../../src/engine/backtest.ts'
import type { BandResult } from '../../../src/engine/first-rows.ts'

/** One stream's figures, as far as means are made of them. */
export interface ScoredStream extends Omit<BacktestResult, 'predictions'> {
  readonly group: string
}

export interface StreamResult extends ScoredStream {
  readonly file: string
  /** Lines that could not be read. */
  readonly lineErrors: number
  /** Why the next row cannot be forecast; null where it can. */
  readonly notPredictable: string | null
  /** With --first: how forecasts after few rows do. */
  readonly first: readonly BandResult[]
}

export interface GroupSummary {
  readonly group: string
  readonly streams: number
  readonly scored: number
  /** Geometric mean over the streams. */
  readonly relMae: number | null
  /** Over the scored rows. */
  readonly coverage: number | null
  /** Geometric mean over the streams. */
  readonly width: number | null
  /** Over the rows read. */
  readonly microsPerRow: number | null
}

export interface Summary<T extends ScoredStream = StreamResult> {
  /** Geometric mean over the groups. */
  readonly overall: number | null
  readonly groups: readonly GroupSummary[]
  readonly streams: readonly T[]
}

/** A group with fewer scored rows is shown, but left out of the overall mean: chance would speak as loud as the engine. */
const MIN_GROUP_ROWS = 100

export const counts = (group: Pick<GroupSummary, 'scored'>): boolean => group.scored >= MIN_GROUP_ROWS

export const summarise = <T extends ScoredStream>(streams: readonly T[]): Summary<T> => {
  const groups = groupsOf(streams).map(([group, members]) => summariseGroup(group, members))
  return { overall: geometricMean(groups.flatMap((group) => (counts(group) ? (group.relMae ?? []) : []))), groups, streams }
}

/** In the order of their first member. */
export const groupsOf = <T extends { readonly group: string }>(members: readonly T[]): readonly (readonly [string, readonly T[]])[] =>
  [...new Set(members.map(({ group }) => group))].map((group) => [group, members.filter((member) => member.group === group)] as const)

const summariseGroup = (group: string, members: readonly ScoredStream[]): GroupSummary => ({
  group,
  streams: members.length,
  scored: members.reduce((sum, { scored }) => sum + scored, 0),
  relMae: geometricMean(members.flatMap(({ relMae }) => relMae ?? [])),
  coverage: weightedMean(members.map(({ coverage, scored }) => [coverage, scored])),
  width: geometricMean(members.flatMap(({ width }) => width ?? [])),
  microsPerRow: weightedMean(members.map(({ microsPerRow, rows }) => [microsPerRow, rows])),
})

/** Of those that have a value; null when none has. */
const weightedMean = (pairs: readonly (readonly [value: number | null, weight: number])[]): number | null => {
  const known = pairs.flatMap(([value, weight]) => (value === null ? [] : [{ value, weight }]))
  const total = known.reduce((sum, { weight }) => sum + weight, 0)
  return total > 0 ? known.reduce((sum, { value, weight }) => sum + (value * weight) / total, 0) : null
}
