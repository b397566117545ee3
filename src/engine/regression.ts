import { createFrame, MAX_FEATURES } from './frame.ts'
import type { Panel } from './panel.ts'
import { createRidge, type Ridge, type RidgeOptions } from './ridge.ts'
import { clamp, type Stateful } from './state.ts'

/** How a value is seen by the regressions and how their forecast comes back. `see` may give NaN: not visible. */
export interface View extends Stateful {
  see(value: number): number
  back(seen: number): number
  clear(): void
}

export const plainView: View = { state: [], see: (value) => value, back: (seen) => seen, clear: () => undefined }

/** Rows after which the offset of the logarithm is fixed. */
const LOG_WARMUP = 16

/** log(value + offset) for values never below zero; the offset is a twentieth of the first rows' mean, so the unit does not matter. */
export function createLogView(): View {
  const s = new Float64Array(3) // rows seen, running mean, 1 once a negative value was seen
  const offset = () => 0.05 * (s[1] ?? 0)
  return {
    state: [s],
    see(value) {
      if (value < 0) s[2] = 1
      if ((s[0] ?? 0) < LOG_WARMUP || offset() <= 0) {
        s[0] = (s[0] ?? 0) + 1
        s[1] = (s[1] ?? 0) + (value - (s[1] ?? 0)) / (s[0] ?? 0)
        return NaN
      }
      return (s[2] ?? 0) === 1 ? NaN : Math.log(value + offset())
    },
    back: (seen) => Math.exp(seen) - offset(),
    clear: () => { s.fill(0) },
  }
}

/** While rehearsing, coefficients (needed for Huber weights only) are renewed every this many rows. */
const REHEARSAL_STRIDE = 16

/** Ridge autoregressions on the features of one view. */
export function createRegression(view: View, prefix: string, variants: readonly RidgeOptions[]): Panel {
  const frame = createFrame()
  const ridges = variants.map((options) => createRidge(options, MAX_FEATURES))
  const scalars = new Float64Array(3) // rows pushed, 1 while the last row is visible, last plain value
  return {
    names: variants.map((options) => prefix + options.name),
    state: [...view.state, ...frame.state, ...ridges.flatMap((ridge) => ridge.state), scalars],
    push(value, rehearsal) {
      const seen = view.see(value)
      scalars[0] = (scalars[0] ?? 0) + 1
      scalars[2] = value
      const visible = Number.isFinite(seen)
      scalars[1] = visible ? 1 : 0
      if (!visible) return
      const scale = frame.scale()
      if (scale > 0) learn(ridges, frame.x, frame.dim(), (seen - frame.last()) / scale)
      frame.push(seen)
      ridges.forEach((ridge, i) => {
        if (((scalars[0] ?? 0) + i) % (rehearsal ? REHEARSAL_STRIDE : solveStride(ridge.options, scalars[0] ?? 0)) === 0) ridge.solve(frame.dim())
      })
    },
    write(out, offset) {
      ridges.forEach((ridge, i) => {
        const step = ridge.predict(frame.x, frame.dim()) * frame.scale()
        out[offset + i] = (scalars[1] ?? 0) === 1 ? view.back(frame.cap(frame.last() + step)) : (scalars[2] ?? 0)
      })
    },
    restart(periods) {
      view.clear()
      frame.clear(periods)
      scalars.fill(0)
      for (const ridge of ridges) ridge.clear()
    },
  }
}

/** Rows from one solving to the next: what has seen hundreds of rows hardly moves with one more, and solving is most of the cost. */
function solveStride({ forget }: RidgeOptions, rows: number): number {
  if (rows < 100 || forget < 0.99) return 1
  return forget < 0.997 ? 2 : forget < 0.999 ? 4 : 8
}

/** A target beyond this many usual steps teaches no more than one at the limit. */
const MAX_TARGET = 50

function learn(ridges: readonly Ridge[], x: Float64Array, dim: number, target: number): void {
  for (const ridge of ridges) ridge.learn(x, dim, clamp(target, -MAX_TARGET, MAX_TARGET))
}
