/** A stretch of the plot's x axis. */
export interface PlotWindow {
  readonly min: number
  readonly max: number
}

/** A finger on the plot, since it or another one came or went. Places are shares of the plot's width: 0 at its left, 1 at its right. */
export interface Finger {
  readonly from: number
  readonly to: number
}

/** A tap: where on the screen, in pixels, and when, in milliseconds. */
export interface Tap {
  readonly x: number
  readonly y: number
  readonly at: number
}

/** What is drawn are some thousands of points: nearer than this there would be nothing to see. */
export const MAX_ZOOM = 1_000

/** Fingers one above the other are this far apart: a share of nothing would zoom without bounds. */
const MIN_APART = 0.05

/** Two taps that are further apart in time or place are two things a person meant. */
const DOUBLE_TAP_MS = 300
const DOUBLE_TAP_PX = 30

/**
 * What is seen after the fingers have moved: what was in the middle between them stays in the middle, and what was as wide as they were apart
 * stays that wide. One finger moves, two zoom as well. Never beyond `whole`.
 */
export const followFingers = (start: PlotWindow, fingers: readonly Finger[], whole: PlotWindow): PlotWindow => {
  const before = spread(fingers.map(({ from }) => from))
  const after = spread(fingers.map(({ to }) => to))
  const width = widthOf(start)
  const wanted = (width * before.apart) / after.apart
  const fitted = Math.min(Math.max(wanted, widthOf(whole) / MAX_ZOOM), widthOf(whole))
  if (fitted === widthOf(whole)) return whole
  const min = start.min + before.middle * width - after.middle * fitted
  const inside = Math.min(Math.max(min, whole.min), whole.max - fitted)
  return { min: inside, max: inside + fitted }
}

/** Whether the second of two taps makes them a double tap. */
export const isDoubleTap = (first: Tap, second: Tap): boolean =>
  second.at - first.at <= DOUBLE_TAP_MS && Math.hypot(second.x - first.x, second.y - first.y) <= DOUBLE_TAP_PX

const widthOf = ({ min, max }: PlotWindow): number => max - min

const spread = (places: readonly number[]): { readonly middle: number; readonly apart: number } => {
  const [left, right] = [Math.min(...places), Math.max(...places)]
  return { middle: (left + right) / 2, apart: Math.max(right - left, MIN_APART) }
}
