import type { ClockDep } from '../ports/clock.ts'
import type { StartupStep } from './snapshot.ts'

type Name = StartupStep['name']

/** The start-up as one visible, ordered list of steps (M24). */
export interface Startup {
  readonly steps: readonly StartupStep[]
  begin(name: Name): void
  end(name: Name, error?: string): void
  /** A step that was done before the neuron was there. */
  took(name: Name, tookMs: number): void
}

/** In the order in which they happen. */
const NAMES: readonly Name[] = ['browser', 'data', 'identity', 'engine', 'server', 'streams']

export const createStartup = ({ clock, changed }: ClockDep & { readonly changed: () => void }): Startup => {
  const began = new Map<Name, number>()
  let steps: readonly StartupStep[] = NAMES.map((name) => ({ name, state: 'waiting', tookMs: null, error: null }))
  const change = (name: Name, patch: Partial<StartupStep>): void => {
    steps = steps.map((step) => (step.name === name ? { ...step, ...patch } : step))
    changed()
  }
  // A step that is done stays done: losing the server later is the server's state, not the start-up's.
  const isDone = (name: Name): boolean => steps.some((step) => step.name === name && step.state === 'done')
  return {
    get steps() {
      return steps
    },
    begin: (name) => {
      if (isDone(name)) return
      began.set(name, clock.now())
      change(name, { state: 'running', error: null })
    },
    took: (name, tookMs) => {
      change(name, { state: 'done', tookMs: Math.round(tookMs) })
    },
    end: (name, error) => {
      if (isDone(name)) return
      const tookMs = Math.round(clock.now() - (began.get(name) ?? clock.now()))
      change(name, { state: error === undefined ? 'done' : 'failed', tookMs, error: error ?? null })
    },
  }
}
