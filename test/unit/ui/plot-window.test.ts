import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { followFingers, isDoubleTap, MAX_ZOOM, type PlotWindow } from '../../../src/ui/plot-window.ts'

const WHOLE: PlotWindow = { min: 1_000, max: 2_000 }
const HALF: PlotWindow = { min: 1_200, max: 1_700 }

/** What of the axis is at this share of the plot's width. */
const at = ({ min, max }: PlotWindow, place: number): number => min + place * (max - min)

describe('fingers on the plot', () => {
  it('one moves what is seen: what was under it stays under it, and nothing is zoomed', () => {
    const seen = followFingers(HALF, [{ from: 0.5, to: 0.7 }], WHOLE)
    expect(seen.max - seen.min).toBe(500)
    expect(at(seen, 0.7)).toBeCloseTo(at(HALF, 0.5))
    expect(seen).toEqual({ min: 1_100, max: 1_600 })
  })

  it('two zoom: what was under each of them stays there, however they are named', () => {
    for (const turn of [false, true]) {
      const fingers = [{ from: 0.4, to: 0.3 }, { from: 0.6, to: 0.8 }]
      const seen = followFingers(HALF, turn ? fingers.reverse() : fingers, WHOLE)
      expect(at(seen, 0.3)).toBeCloseTo(at(HALF, 0.4))
      expect(at(seen, 0.8)).toBeCloseTo(at(HALF, 0.6))
      expect(seen.max - seen.min).toBeCloseTo(200)
    }
  })

  it('two that come together show more, and at last all of it', () => {
    const nearer = followFingers(HALF, [{ from: 0.2, to: 0.3 }, { from: 0.8, to: 0.7 }], WHOLE)
    expect(nearer.max - nearer.min).toBeCloseTo(750)
    expect(followFingers(HALF, [{ from: 0, to: 0.45 }, { from: 1, to: 0.55 }], WHOLE)).toEqual(WHOLE)
  })

  it('nothing is seen beyond the first and the last point, and all of it cannot be moved', () => {
    expect(followFingers(HALF, [{ from: 0.1, to: 0.9 }], WHOLE)).toEqual({ min: 1_000, max: 1_500 })
    expect(followFingers(HALF, [{ from: 0.9, to: 0.1 }], WHOLE)).toEqual({ min: 1_500, max: 2_000 })
    expect(followFingers(WHOLE, [{ from: 0.2, to: 0.6 }], WHOLE)).toEqual(WHOLE)
  })

  it('fingers one above the other move, and a step aside of one of them is no leap', () => {
    const moved = followFingers(HALF, [{ from: 0.5, to: 0.6 }, { from: 0.5, to: 0.6 }], WHOLE)
    expect(moved).toEqual({ min: 1_150, max: 1_650 })
    const aside = followFingers(HALF, [{ from: 0.5, to: 0.5 }, { from: 0.5, to: 0.51 }], WHOLE)
    expect(aside.max - aside.min).toBe(500)
  })

  it('whatever they do, what is seen lies within the whole, forwards, and is no thinner than there is something to see', () => {
    const place = fc.double({ min: -1, max: 2, noNaN: true })
    const fingers = fc.array(fc.record({ from: place, to: place }), { minLength: 1, maxLength: 5 })
    const window = fc.tuple(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.double({ min: 0.001, max: 1, noNaN: true }))
      .map(([from, share]): PlotWindow => ({ min: at(WHOLE, from), max: Math.min(at(WHOLE, from) + share * 1_000, WHOLE.max) }))
    fc.assert(fc.property(window, fingers, (start, moved) => {
      const { min, max } = followFingers(start, moved, WHOLE)
      expect(min).toBeGreaterThanOrEqual(WHOLE.min)
      expect(max).toBeLessThanOrEqual(WHOLE.max + 1e-9)
      expect(max - min).toBeGreaterThanOrEqual(1_000 / MAX_ZOOM - 1e-9)
    }))
  })

  it('two taps are a double tap when they are near in time and place', () => {
    const first = { x: 100, y: 100, at: 1_000 }
    expect(isDoubleTap(first, { x: 110, y: 90, at: 1_250 })).toBe(true)
    expect(isDoubleTap(first, { x: 110, y: 90, at: 1_301 })).toBe(false)
    expect(isDoubleTap(first, { x: 140, y: 100, at: 1_100 })).toBe(false)
    expect(isDoubleTap(first, { x: 100, y: 60, at: 1_100 })).toBe(false)
  })
})
