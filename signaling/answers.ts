/**
 * Answers of one connection, in the order of its requests though some wait for the disk. SPEC [S16], [S27].
 * What is done `inTurn` happens when everything asked before it has been answered.
 */
export interface Answers {
  inTurn(run: () => void): void
  /** Takes its turn now and runs when `kept` is settled; requests behind it may be under way meanwhile. */
  whenKept<T>(kept: Promise<T>, run: (outcome: T) => void): void
}

interface Turn {
  run: (() => void) | null
}

/** `onBroken` hears what a turn throws: a broken invariant of ours, which must not stop the others' turns. */
export const createAnswers = (onBroken: (thrown: unknown) => void): Answers => {
  const turns: Turn[] = []
  let running = false

  const take = (run: () => void): void => {
    running = true
    try {
      run()
    } catch (thrown) {
      onBroken(thrown)
    }
    running = false
  }
  const proceed = (): void => {
    if (running) return
    for (let run = turns[0]?.run; run; run = turns[0]?.run) {
      turns.shift()
      take(run)
    }
  }

  return {
    inTurn(run) {
      // Nearly always nobody is before it.
      if (turns.length === 0 && !running) take(run)
      else turns.push({ run })
      proceed()
    },
    whenKept(kept, run) {
      const turn: Turn = { run: null }
      // Asked for by the turn that runs, it goes on with that one: what is queued already was asked after it.
      if (running) turns.unshift(turn)
      else turns.push(turn)
      const arrive = (then: () => void): void => {
        turn.run = then
        proceed()
      }
      kept.then(
        (outcome) => arrive(() => run(outcome)),
        (thrown: unknown) => arrive(() => onBroken(thrown)),
      )
    },
  }
}
