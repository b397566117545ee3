import { createFrame, MAX_FEATURES } from './frame.ts'
import type { Panel } from './panel.ts'
import { createRidge, type Ridge, type RidgeOptions } from './ridge.ts'
import { clamp } from './state.ts'
import type { View } from './view.ts'

/** While rehearsing, coefficients (needed for Huber weights only) are renewed every this many rows. */
const REHEARSAL_STRIDE = 16

/** Ridge autoregressions on the features of one view; silent before `minRows`. */
export function createRegression(view: View, prefix: string, variants: readonly RidgeOptions[], minRows = 0): Panel {
  const frame = createFrame()
  const ridges = variants.map((options) => createRidge(options, MAX_FEATURES))
  const s = new Float64Array(3) // rows pushed, 1 while the last row is visible, last plain value

  function solve(rows: number, rehearsal: boolean): void {
    ridges.forEach((ridge, i) => {
      const stride = rehearsal ? REHEARSAL_STRIDE : solveStride(ridge.options, rows)
      // Not all on the same row: their turns are spread by their place.
      if ((rows + i) % stride === 0) ridge.solve(frame.dim())
    })
  }

  return {
    names: variants.map((options) => prefix + options.name),
    state: [...view.state, ...frame.state, ...ridges.flatMap((ridge) => ridge.state), s],
    push(value, rehearsal, time) {
      const seen = view.see(value)
      const visible = Number.isFinite(seen)
      const rows = (s[0] ?? 0) + 1
      s.set([rows, visible ? 1 : 0, value])
      if (!visible) return
      if (frame.scale() > 0) learn(ridges, frame.x, frame.dim(), (seen - frame.last()) / frame.scale())
      frame.push(seen, time)
      solve(rows, rehearsal)
    },
    write(out, offset) {
      ridges.forEach((ridge, i) => {
        const step = ridge.predict(frame.x, frame.dim()) * frame.scale()
        const forecast = s[1] === 1 ? view.back(frame.cap(frame.last() + step)) : s[2] ?? 0
        out[offset + i] = (s[0] ?? 0) < minRows ? NaN : forecast
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

/** Rows from one solving to the next: what has seen hundreds of rows hardly moves with one more, and solving is most of the cost. */
function solveStride({ forget }: RidgeOptions, rows: number): number {
  if (rows < 100 || forget < 0.99) return 1
  return forget < 0.997 ? 2 : forget < 0.999 ? 8 : 16
}

/** A target beyond this many usual steps teaches no more than one at the limit. */
const MAX_TARGET = 50

function learn(ridges: readonly Ridge[], x: Float64Array, dim: number, target: number): void {
  for (const ridge of ridges) ridge.learn(x, dim, clamp(target, -MAX_TARGET, MAX_TARGET))
}
