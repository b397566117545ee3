import { followFingers, isDoubleTap, type Finger, type PlotWindow, type Tap } from './plot-window.ts'

/** As much of a plot as fingers need. */
export interface TouchedPlot {
  /** All there is on the x axis; null: nothing that could be moved. */
  readonly whole: () => PlotWindow | null
  readonly seen: () => PlotWindow | null
  readonly show: (window: PlotWindow) => void
}

/** A finger that stays longer or moves further did not tap. */
const TAP_MS = 300
const TAP_PX = 10

interface Down extends Finger {
  readonly tap: Tap
}

/**
 * One finger moves what is seen, two zoom, two taps show all. Up and down the page scrolls, as anywhere: the element has
 * `touch-action: pan-y`, and a finger that the browser takes for that is cancelled here. Mice and pens are not touched.
 */
export const watchTouch = (element: HTMLElement, plot: TouchedPlot): void => {
  const fingers = new Map<number, Down>()
  let start: PlotWindow | null = null
  let lastTap: Tap | null = null

  /** One more or one less: from here on they move what is seen now. */
  const begin = (): void => {
    start = plot.seen()
    for (const [id, finger] of fingers) fingers.set(id, { ...finger, from: finger.to })
  }
  const down = (event: PointerEvent): void => {
    const place = placeOf(event, element)
    fingers.set(event.pointerId, { from: place, to: place, tap: tapOf(event) })
    begin()
  }
  const move = (event: PointerEvent): void => {
    const finger = fingers.get(event.pointerId)
    if (finger === undefined) return
    fingers.set(event.pointerId, { ...finger, to: placeOf(event, element) })
    const whole = plot.whole()
    if (start !== null && whole !== null) plot.show(followFingers(start, [...fingers.values()], whole))
  }
  const up = (event: PointerEvent): void => {
    const finger = fingers.get(event.pointerId)
    if (finger === undefined) return
    const tap = fingers.size === 1 && isTap(finger.tap, tapOf(event)) ? finger.tap : null
    gone(event)
    const whole = plot.whole()
    if (tap !== null && lastTap !== null && whole !== null && isDoubleTap(lastTap, tap)) plot.show(whole)
    lastTap = tap
  }
  const gone = ({ pointerId }: PointerEvent): void => {
    if (fingers.delete(pointerId)) begin()
  }
  const ofTouch = (handle: (event: PointerEvent) => void) => (event: PointerEvent): void => {
    if (event.pointerType === 'touch') handle(event)
  }
  element.addEventListener('pointerdown', ofTouch(down))
  element.addEventListener('pointermove', ofTouch(move))
  element.addEventListener('pointerup', ofTouch(up))
  element.addEventListener('pointercancel', ofTouch(gone))
}

const placeOf = ({ clientX }: PointerEvent, element: HTMLElement): number => {
  const { left, width } = element.getBoundingClientRect()
  return width === 0 ? 0 : (clientX - left) / width
}

const tapOf = ({ clientX, clientY, timeStamp }: PointerEvent): Tap => ({ x: clientX, y: clientY, at: timeStamp })

const isTap = (down: Tap, up: Tap): boolean => up.at - down.at <= TAP_MS && Math.hypot(up.x - down.x, up.y - down.y) <= TAP_PX
