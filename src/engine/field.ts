import { createPlace, type Place } from './place.ts'
import type { RidgeOptions } from './ridge.ts'
import { createLogView, plainView, type View } from './view.ts'

/** A view of the stream with its regressions: incumbents, fixed because they were worth it on real streams, and places for challengers. */
export interface Field {
  readonly name: string
  readonly createView: () => View
  /** Its regressions are silent before this many rows. */
  readonly minRows: number
  readonly incumbents: readonly RidgeOptions[]
  readonly places: readonly Place[]
}

/** Each costs a regression on every row and in every snapshot. */
const PLACES = 2

/** Width 9 is the recent steps and means only. A new incumbent, or another order, is a new SNAPSHOT_VERSION. */
export function createFields(): readonly Field[] {
  const places = () => Array.from({ length: PLACES }, (_, i) => createPlace(`challenger ${String(i + 1)}`))
  return [
    {
      name: 'autoregression', createView: () => plainView, minRows: 0, places: places(),
      incumbents: [
        { name: 'short memory', width: 9, forget: 0.98, shrink: 4, huber: 1.5 },
        { name: 'long memory', width: 99, forget: 0.998, shrink: 1, huber: 1 },
        { name: 'very long memory', width: 99, forget: 0.9995, shrink: 20, huber: 1 },
      ],
    },
    {
      name: 'log autoregression', createView: createLogView, minRows: 60, places: places(),
      incumbents: [
        { name: 'long memory, least squares', width: 99, forget: 0.998, shrink: 5, huber: 3 },
        { name: 'very long memory, robust', width: 99, forget: 0.9995, shrink: 5, huber: 0.5 },
      ],
    },
  ]
}

/** All regressions of a field in the order in which they forecast; an empty place is there too, with width 0. */
export function regressionsOf({ incumbents, places }: Field): readonly RidgeOptions[] {
  return [...incumbents, ...places.map((place) => place.options)]
}
