import { clamp, warmRate, type Stateful } from './state.ts'

/** Beyond this the experts' squares would overflow. */
const MODEL_LIMIT = 1e150

/** A jump of more than this many usual steps is first taken for a glitch; mean |step| of a heavy tail stays below it. */
const MAX_JUMP = 1000

/** So many far values in a row are no glitch: the stream has moved. */
const MAX_GLITCHES = 2

const WARMUP_ROWS = 20

const COUNT = 0
const SCALE = 1
const RAW = 2
const MODELLED = 3
const BEFORE = 4
const GLITCHES = 5

/** Stands between stream and experts: they are never shown a value so far out that it would own their sums for long. */
export interface Gate extends Stateful {
  /** What the experts are told of `raw`. */
  admit(raw: number): number
  /** Turns the experts' forecast of the next value into one of the stream, always finite. */
  release(forecast: number): number
}

export function createGate(): Gate {
  const s = new Float64Array(6)
  const cell = (index: number) => s[index] ?? 0
  return {
    state: [s],
    admit(raw) {
      const limited = clamp(raw, -MODEL_LIMIT, MODEL_LIMIT)
      const room = MAX_JUMP * cell(SCALE)
      const far = cell(COUNT) >= WARMUP_ROWS && room > 0 && Math.abs(limited - cell(MODELLED)) > room
      s[GLITCHES] = far ? cell(GLITCHES) + 1 : 0
      const capped = far && cell(GLITCHES) <= MAX_GLITCHES
      const modelled = capped ? clamp(limited, cell(MODELLED) - room, cell(MODELLED) + room) : limited
      s[COUNT] = cell(COUNT) + 1
      s[BEFORE] = cell(COUNT) === 1 ? modelled : cell(MODELLED)
      if (cell(COUNT) > 1) s[SCALE] = cell(SCALE) + warmRate(0.01, cell(COUNT) - 1) * (Math.abs(modelled - cell(BEFORE)) - cell(SCALE))
      s[RAW] = raw
      s[MODELLED] = modelled
      return modelled
    },
    release(forecast) {
      const hidden = cell(RAW) - cell(MODELLED)
      if (hidden === 0) return finite(forecast)
      // Forecasts that stay at the far value stay at all of it; those that return to where it came from return all the way.
      const jump = cell(MODELLED) - cell(BEFORE)
      const share = jump === 0 ? 1 : clamp((forecast - cell(BEFORE)) / jump, 0, 1)
      return finite(forecast + share * hidden)
    },
  }
}

function finite(value: number): number {
  return clamp(value, -Number.MAX_VALUE, Number.MAX_VALUE)
}
