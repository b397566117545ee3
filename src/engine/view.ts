import type { Stateful } from './state.ts'

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
        s[1] = (s[1] ?? 0) + (value - (s[1] ?? 0)) / s[0]
        return NaN
      }
      return (s[2] ?? 0) === 1 ? NaN : Math.log(value + offset())
    },
    back: (seen) => Math.exp(seen) - offset(),
    clear: () => { s.fill(0) },
  }
}
