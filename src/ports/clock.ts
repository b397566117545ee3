/** Time as it is given to everything that waits. Only entries make a real one. */
export interface Clock {
  /** Milliseconds since 1970; may step when the machine's clock is set. */
  now(): number
  /** Calls `run` once after `delayMs`; the answer cancels. */
  after(delayMs: number, run: () => void): () => void
}

export interface ClockDep {
  readonly clock: Clock
}
