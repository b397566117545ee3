import { beforeEach, describe, expect, it } from 'vitest'
import { watchTouch } from '../../../src/ui/plot-touch.ts'
import type { PlotWindow } from '../../../src/ui/plot-window.ts'

const WHOLE: PlotWindow = { min: 0, max: 1_000 }

/** An element of 100 pixels that begins 50 pixels from the left. */
class FakeElement extends EventTarget {
  getBoundingClientRect(): { readonly left: number; readonly width: number } {
    return { left: 50, width: 100 }
  }
}

describe('fingers on a plot', () => {
  let element: FakeElement
  let seen: PlotWindow
  let at: number

  beforeEach(() => {
    element = new FakeElement()
    seen = { min: 400, max: 600 }
    at = 0
    watchTouch(element as unknown as HTMLElement, { whole: () => WHOLE, seen: () => seen, show: (window) => (seen = window) })
  })

  /** A finger at this share of the width; a hundredth of a second after the one before. */
  const finger = (type: 'pointerdown' | 'pointermove' | 'pointerup' | 'pointercancel', pointerId: number, place: number, pointerType = 'touch'): void => {
    at += 10
    const facts = { pointerId, pointerType, clientX: 50 + 100 * place, clientY: 0, timeStamp: at }
    element.dispatchEvent(Object.defineProperties(new Event(type), Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value }]))))
  }
  const tap = (place: number): void => {
    finger('pointerdown', 1, place)
    finger('pointerup', 1, place)
  }

  it('one moves what is seen, by as much as it has moved since it came', () => {
    finger('pointerdown', 1, 0.5)
    finger('pointermove', 1, 0.6)
    finger('pointermove', 1, 0.75)
    expect(seen).toEqual({ min: 350, max: 550 })
    finger('pointerup', 1, 0.75)
    finger('pointermove', 1, 0)
    expect(seen).toEqual({ min: 350, max: 550 })
  })

  it('when a second one comes or goes, nothing leaps: they go on from what is seen then', () => {
    finger('pointerdown', 1, 0.25)
    finger('pointermove', 1, 0.5)
    const moved = seen
    finger('pointerdown', 2, 0.75)
    expect(seen).toEqual(moved)
    finger('pointermove', 2, 1)
    expect(seen).toEqual({ min: 400, max: 500 })
    const zoomed = seen
    finger('pointerup', 2, 1)
    finger('pointermove', 1, 0.5)
    expect(seen).toEqual(zoomed)
    finger('pointermove', 1, 0.6)
    expect(seen).toEqual({ min: zoomed.min - 10, max: zoomed.max - 10 })
  })

  it('one that the browser takes to scroll the page moves nothing any more', () => {
    finger('pointerdown', 1, 0.5)
    finger('pointercancel', 1, 0.5)
    finger('pointermove', 1, 0.9)
    expect(seen).toEqual({ min: 400, max: 600 })
  })

  it('two taps show all; one does not, nor two far apart in time, nor one that follows a drag', () => {
    tap(0.5)
    at += 1_000
    tap(0.5)
    expect(seen).toEqual({ min: 400, max: 600 })
    at += 1_000
    finger('pointerdown', 1, 0.2)
    finger('pointermove', 1, 0.5)
    finger('pointerup', 1, 0.5)
    const dragged = seen
    tap(0.5)
    expect(seen).toEqual(dragged)
    tap(0.5)
    expect(seen).toEqual(WHOLE)
  })

  it('two fingers that are set down and lifted at once are no double tap', () => {
    tap(0.5)
    finger('pointerdown', 1, 0.5)
    finger('pointerdown', 2, 0.6)
    finger('pointerup', 2, 0.6)
    finger('pointerup', 1, 0.5)
    expect(seen).toEqual({ min: 400, max: 600 })
  })

  it('a mouse and a pen are none', () => {
    for (const pointerType of ['mouse', 'pen']) {
      finger('pointerdown', 1, 0.5, pointerType)
      finger('pointermove', 1, 0.9, pointerType)
      finger('pointerup', 1, 0.9, pointerType)
    }
    expect(seen).toEqual({ min: 400, max: 600 })
  })
})
