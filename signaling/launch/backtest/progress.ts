/** For a person who waits: nothing in the first second, then a line a second at most. */
export interface Progress {
  /** One row more has been shown. */
  row(): void
}

export interface ProgressDeps {
  /** Milliseconds. */
  readonly now: () => number
  readonly say: (line: string) => void
}

const EVERY_MS = 1_000

/** Rows between two looks at the clock. */
const LOOK_EVERY = 64

export const createProgress = (totalRows: number, { now, say }: ProgressDeps): Progress => {
  const began = now()
  let told = began
  let done = 0
  return {
    row: () => {
      done++
      if (done % LOOK_EVERY !== 0) return
      const at = now()
      if (at - told < EVERY_MS) return
      told = at
      const perSecond = (done * 1000) / (at - began)
      const left = Math.ceil(Math.max(0, totalRows - done) / perSecond)
      say(`${done} of ${totalRows} rows, ${perSecond.toFixed(0)} a second, about ${left} s left`)
    },
  }
}
