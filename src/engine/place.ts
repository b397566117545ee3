import type { RidgeOptions } from './ridge.ts'
import type { Stateful } from './state.ts'

/** What tells one ridge regression from another. */
export type Configuration = Omit<RidgeOptions, 'name'>

/** All usual inputs, however many the cycles make; regressions wider than this are given the older steps too. */
export const USUAL_WIDTH = 99
export const FULL_WIDTH = 199

/** Memories shorter than a hundred rows: their coefficients move with every row. */
export const SHORT_MEMORY = 0.99

/** Numbers that a configuration is kept as. */
export const CONFIGURATION_CELLS = 4

/** A place for a challenger among the regressions of a view. What sits there is state, not code; an empty place neither learns nor speaks. */
export interface Place extends Stateful {
  readonly options: RidgeOptions
  occupied(): boolean
  take(configuration: Configuration): void
}

export function createPlace(name: string): Place {
  const cells = new Float64Array(CONFIGURATION_CELLS)
  const cell = (index: number) => cells[index] ?? 0
  const options: RidgeOptions = {
    name,
    get width() { return cell(0) },
    get forget() { return cell(1) },
    get shrink() { return cell(2) },
    get huber() { return cell(3) },
  }
  return {
    state: [cells],
    options,
    occupied: () => cell(0) > 0,
    take: (configuration) => { writeConfiguration(cells, 0, configuration) },
  }
}

export function writeConfiguration(cells: Float64Array, index: number, { width, forget, shrink, huber }: Configuration): void {
  cells.set([width, forget, shrink, huber], index * CONFIGURATION_CELLS)
}

export function readConfiguration(cells: Float64Array, index: number): Configuration {
  const cell = (k: number) => cells[index * CONFIGURATION_CELLS + k] ?? 0
  return { width: cell(0), forget: cell(1), shrink: cell(2), huber: cell(3) }
}

/** In words, for people. */
export function configurationName({ width, forget, shrink, huber }: Configuration): string {
  const inputs = width > USUAL_WIDTH ? 'usual inputs and older steps' : width === USUAL_WIDTH ? 'usual inputs' : `first ${String(width)} inputs`
  return `${inputs}, memory of ${String(Math.round(1 / (1 - forget)))} rows, shrinkage ${shrink.toPrecision(2)}, residuals capped at ${huber.toPrecision(2)} medians`
}
