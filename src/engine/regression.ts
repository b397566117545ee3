import { createFrame, MAX_FEATURES } from './frame.ts'
import type { Panel } from './panel.ts'
import { SHORT_MEMORY, USUAL_WIDTH, type Place } from './place.ts'
import { createRidge, type Ridge, type RidgeOptions } from './ridge.ts'
import { clamp } from './state.ts'
import type { View } from './view.ts'

/** While rehearsing, coefficients are renewed every so many rows. */
const REHEARSAL_STRIDE = 16
const REHEARSAL_STRIDE_SHORT = 4

export type Regression = Required<Panel>

/** Ridge autoregressions on the features of one view, some fixed, some in places for challengers; silent before `minRows`. */
export function createRegression(
  view: View, prefix: string, fixed: readonly RidgeOptions[], minRows = 0, places: readonly Place[] = [],
): Regression {
  const frame = createFrame()
  const challengers = places.map((place) => createRidge(place.options, MAX_FEATURES))
  const ridges = [...fixed.map((options) => createRidge(options, Math.min(MAX_FEATURES, options.width))), ...challengers]
  const s = new Float64Array(3) // rows pushed, 1 while the last row is visible, last plain value

  const inputs = ({ options }: Ridge) => (options.width > USUAL_WIDTH ? frame.fullDim() : frame.dim())

  function learn(target: number): void {
    const counted = clamp(target, -MAX_TARGET, MAX_TARGET)
    for (const ridge of ridges) if (ridge.options.width > 0) ridge.learn(frame.x, inputs(ridge), counted)
  }

  function solve(rows: number, rehearsal: boolean): void {
    ridges.forEach((ridge, i) => {
      const stride = rehearsal ? rehearsalStride(ridge.options) : solveStride(ridge.options, rows)
      // Not all on the same row: their turns are spread by their place.
      if (ridge.options.width > 0 && (rows + i) % stride === 0) ridge.solve(inputs(ridge))
    })
  }

  return {
    names: ridges.map(({ options }) => prefix + options.name),
    challengers,
    state: [...view.state, ...frame.state, ...ridges.flatMap((ridge) => ridge.state), s],
    push(value, rehearsal, time) {
      const seen = view.see(value)
      const visible = Number.isFinite(seen)
      const rows = (s[0] ?? 0) + 1
      s.set([rows, visible ? 1 : 0, value])
      if (!visible) return
      if (frame.scale() > 0) learn((seen - frame.last()) / frame.scale())
      frame.push(seen, time)
      solve(rows, rehearsal)
    },
    write(out, offset) {
      ridges.forEach((ridge, i) => {
        const step = ridge.predict(frame.x, inputs(ridge)) * frame.scale()
        const forecast = s[1] === 1 ? view.back(frame.cap(frame.last() + step)) : s[2] ?? 0
        out[offset + i] = (s[0] ?? 0) < minRows || ridge.options.width === 0 ? NaN : forecast
      })
    },
    restart(periods) {
      view.clear()
      frame.clear(periods)
      s.fill(0)
      for (const ridge of ridges) ridge.clear()
    },
  }
}

function rehearsalStride({ forget }: RidgeOptions): number {
  return forget < SHORT_MEMORY ? REHEARSAL_STRIDE_SHORT : REHEARSAL_STRIDE
}

/** Rows from one solving to the next: what has seen hundreds of rows hardly moves with one more, and solving is most of the cost. */
function solveStride({ forget }: RidgeOptions, rows: number): number {
  if (rows < 100 || forget < SHORT_MEMORY) return 1
  return forget < 0.997 ? 2 : forget < 0.999 ? 8 : 16
}

/** A target beyond this many usual steps teaches no more than one at the limit. */
const MAX_TARGET = 50
