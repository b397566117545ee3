import type { History } from './history.ts'
import type { Panel } from './panel.ts'
import type { Stateful } from './state.ts'

/** Rows replayed per new row: below a millisecond. A change of periods must not hold up a forecast. */
export const REPLAY_ROWS = 24

/** Room left in the ring, so that the rows of a replay are still there when a snapshot of its middle is restored. */
const MARGIN_ROWS = 256

const ACTIVE = 0
const FIRST = 1
const NEXT = 2

/** Panels that depend on periods. When these change, successors learn the history again, a slice per row, and then take over in place. */
export interface Rebuild extends Stateful {
  readonly panels: readonly Panel[]
  /** True while a replay runs. */
  active(): boolean
  /** Begins to learn again for other periods; a replay under way is given up. */
  begin(periods: readonly number[], history: History): void
  /** Learns the newest value of `history`, and a slice of the replay. */
  push(history: History): void
  /** To be called once `state` was filled from outside. */
  restored(periods: readonly number[], history: History): void
}

export function createRebuild(create: () => readonly Panel[]): Rebuild {
  const panels = create()
  const s = new Float64Array(3) // 1 while a replay runs, its first row, its next row
  let successors: readonly Panel[] = []

  function replay(history: History, until: number): void {
    for (let row = s[NEXT] ?? 0; row < until; row++) {
      const lag = history.count() - 1 - row
      const value = history.value(lag)
      for (const panel of successors) panel.push(value, row < history.count() - 1, history.time(lag))
    }
    s[NEXT] = until
  }

  function prepare(periods: readonly number[]): void {
    successors = create()
    for (const panel of successors) panel.restart?.(periods)
  }

  function takeOver(): void {
    panels.forEach((panel, i) => { panel.state.forEach((array, k) => { array.set(successors[i]?.state[k] ?? array) }) })
    successors = []
    s.fill(0)
  }

  return {
    panels,
    active: () => (s[ACTIVE] ?? 0) === 1,
    state: [s, ...panels.flatMap((panel) => panel.state)],
    begin(periods, history) {
      const oldest = Math.max(0, history.count() - history.capacity + MARGIN_ROWS)
      s.set([1, oldest, oldest])
      prepare(periods)
    },
    push(history) {
      for (const panel of panels) panel.push(history.value(0), false, history.time(0))
      if ((s[ACTIVE] ?? 0) === 0) return
      replay(history, Math.min(history.count(), (s[NEXT] ?? 0) + REPLAY_ROWS))
      if ((s[NEXT] ?? 0) === history.count()) takeOver()
    },
    restored(periods, history) {
      successors = []
      if ((s[ACTIVE] ?? 0) === 0) return
      const until = Math.min(history.count(), s[NEXT] ?? 0)
      s[NEXT] = s[FIRST] ?? 0
      prepare(periods)
      replay(history, until)
    },
  }
}
