import type { Random } from '../base/random.ts'
import { FULL_WIDTH, SHORT_MEMORY, USUAL_WIDTH, type Configuration } from './place.ts'
import { clamp } from './state.ts'

/** A spread over all that can be chosen: what the first round of a stream tries, before there is anything to be near to. */
export const FIRST_ROUND: readonly Configuration[] = [
  { width: FULL_WIDTH, forget: 0.9995, shrink: 20, huber: 1 },
  { width: FULL_WIDTH, forget: 0.9995, shrink: 5, huber: 0.4 },
  { width: FULL_WIDTH, forget: 0.998, shrink: 10, huber: 1 },
  { width: USUAL_WIDTH, forget: 0.9997, shrink: 3, huber: 0.3 },
  { width: USUAL_WIDTH, forget: 0.9995, shrink: 1, huber: 3 },
  { width: USUAL_WIDTH, forget: 0.995, shrink: 8, huber: 1 },
  { width: 20, forget: 0.9995, shrink: 3, huber: 0.5 },
  { width: 9, forget: 0.9995, shrink: 1, huber: 0.3 },
]

const MOST_SHORT_WIDTH = 15
const WIDTHS = [5, 9, 15, 20, USUAL_WIDTH, FULL_WIDTH]

/** Anywhere in the space. */
export function drawWide(random: Random): Configuration {
  const between = (low: number, high: number) => low * (high / low) ** random.next()
  return sensible({ width: drawWidth(random), forget: 1 - between(0.0003, 0.03), shrink: between(0.3, 60), huber: between(0.2, 4) })
}

/** A few steps from one that is known to work. */
export function drawNear(near: Configuration, random: Random): Configuration {
  const times = (spread: number) => spread ** (2 * random.next() - 1)
  return sensible({
    width: random.next() < 0.25 ? drawWidth(random) : near.width,
    forget: 1 - clamp((1 - near.forget) * times(2.5), 0.0002, 0.05),
    shrink: clamp(near.shrink * times(3), 0.1, 200),
    huber: clamp(near.huber * times(2), 0.1, 6),
  })
}

/** A memory of less than a hundred rows cannot carry many inputs, and has to be solved so often that many are dear. */
function sensible(drawn: Configuration): Configuration {
  return drawn.forget < SHORT_MEMORY ? { ...drawn, width: Math.min(drawn.width, MOST_SHORT_WIDTH) } : drawn
}

function drawWidth(random: Random): number {
  return WIDTHS[random.below(WIDTHS.length)] ?? USUAL_WIDTH
}
