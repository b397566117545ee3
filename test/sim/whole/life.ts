import type { Mutable } from '../../../src/base/mutable.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Timeline } from '../timeline.ts'

/**
 * One life of a node: from a start of its processes to their end. Everything that reaches a node or leaves it passes here, so
 * that a crash between any two of these steps ends the life at once: the disk is as it is, and nothing else is left.
 */
export interface Life {
  readonly isAlive: boolean
  readonly clock: Clock
  /** The true time, milliseconds since the world began. */
  at(): number
  /** Timers that have not fired and were not cancelled. */
  readonly timers: number
  /** One step more; true: the node has died before it. */
  step(where: string): boolean
  /** Settles later; never, when the node has died by then. */
  pause(delayMs: number): Promise<void>
  die(): void
}

/** A promise of a process that is gone. */
export const never = <T>(): Promise<T> => new Promise(() => undefined)

export interface LifeOptions {
  readonly timeline: Timeline
  /** What the node's clock is ahead of the true time. */
  readonly skew: () => number
  /** It dies at this step; Infinity: of nothing. */
  readonly steps: number
  /** Nothing kills it any more. */
  readonly isSafe: () => boolean
  readonly onDeath: (where: string) => void
}

/** The true time when a world begins: heads and rows have ordinary dates. */
export const BEGINNING = 1_700_000_000_000

export const createLife = ({ timeline, skew, steps, isSafe, onDeath }: LifeOptions): Life => {
  let left = steps
  const life: Mutable<Life> = {
    isAlive: true,
    timers: 0,
    at: () => timeline.now,
    clock: {
      now: () => Math.floor(BEGINNING + timeline.now + skew()),
      after: (delayMs, run) => {
        let isWaiting = true
        life.timers++
        const settle = (): boolean => {
          const was = isWaiting
          if (was) life.timers--
          isWaiting = false
          return was && life.isAlive
        }
        timeline.after(delayMs, () => {
          if (settle()) run()
        })
        return () => void settle()
      },
    },
    step: (where) => {
      if (life.isAlive && --left <= 0 && !isSafe()) {
        life.isAlive = false
        onDeath(where)
      }
      return !life.isAlive
    },
    pause: (delayMs) =>
      new Promise((resolve) => {
        timeline.after(delayMs, () => {
          if (life.isAlive) resolve()
        })
      }),
    die: () => {
      life.isAlive = false
    },
  }
  return life
}
