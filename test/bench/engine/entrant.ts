import { createForecaster, type EngineRow } from '../../../src/engine/forecaster.ts'

/** Shown the rows of one stream in order, it says the value of the next. */
export interface OneStep {
  observe(row: EngineRow): void
  /** Null: it has nothing to say. */
  predict(): number | null
}

export interface Entrant {
  readonly name: string
  /** For a new stream; `seasons` are cycles that its pace suggests, in rows, the shortest first. */
  create(seasons: readonly number[]): OneStep
}

const MINUTE = 60
const DAY = 86_400
const YEAR = 365.2425 * DAY

/** Cycles of the calendar that a person would try first at a given pace, seconds: only where at least two rows and not thousands make one. */
const CYCLES = [{ seconds: 60 * MINUTE, upTo: 5 * MINUTE }, { seconds: DAY, upTo: DAY / 4 }, { seconds: 7 * DAY, upTo: DAY }, { seconds: YEAR, upTo: 95 * DAY }]
const MAX_SEASON_ROWS = 2100

/** Told from the median gap between rows. */
export const seasonsOf = (rows: readonly EngineRow[]): readonly number[] => {
  const gaps = rows.slice(1).map(({ time }, before) => time - (rows[before]?.time ?? time)).sort((one, other) => one - other)
  const gap = (gaps[Math.floor(gaps.length / 2)] ?? 0) / 1e6
  if (gap <= 0) return []
  const seasons = CYCLES.filter(({ upTo }) => gap <= upTo).map(({ seconds }) => Math.round(seconds / gap))
  return seasons.filter((season) => season >= 2 && season <= MAX_SEASON_ROWS)
}

/** The engine as it is hosted. */
export const zazen: Entrant = {
  name: 'zazen',
  create: () => {
    const { observe, forecast } = createForecaster()
    return {
      observe,
      predict: () => {
        const outcome = forecast()
        return outcome.ok ? outcome.forecast.value : null
      },
    }
  },
}

/** The value stays. */
export const naive: Entrant = {
  name: 'naive',
  create: () => {
    let last: number | null = null
    return { observe: ({ value }) => void (last = value ?? last), predict: () => last }
  },
}

/** The value of one season ago, of the shortest one; naive where the pace suggests none or it is not yet over. */
export const seasonalNaive: Entrant = {
  name: 'seasonal naive',
  create: ([season = 1]) => {
    const values: number[] = []
    return {
      observe: ({ value }) => {
        if (value !== null) values.push(value)
      },
      predict: () => values[values.length - season] ?? values.at(-1) ?? null,
    }
  },
}

/** Fits a model to the newest `rows` values before each forecast and asks it for one step; naive where it cannot be fitted. */
export const refitted = (rows: number, fit: (values: Float64Array) => number | null): OneStep => {
  const values: number[] = []
  return {
    observe: ({ value }) => {
      if (value !== null) values.push(value)
      if (values.length > rows) values.shift()
    },
    predict: () => fit(Float64Array.from(values)) ?? values.at(-1) ?? null,
  }
}
