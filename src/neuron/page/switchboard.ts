import type { ClockDep } from '../../ports/clock.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Care } from './household.ts'
import { LEADER_GONE, TAB_CALLS, type TabCalls } from './tab-message.ts'

/** While the node moves from one tab to another, what is asked waits this long, milliseconds: it starts within seconds. */
const MOVING_MS = 60_000

/** A node to speak with: this tab's own, or another tab's as it is seen from here. */
export interface Line {
  readonly neuron: NeuronCommands
  readonly care: Care
}

export interface Switchboard extends Line {
  /** From now on this one is spoken with; null: nobody yet, what is asked waits. */
  connect(line: Line | null): void
}

/** One node for the window, wherever it runs: who watches goes on watching, and what is asked reaches whoever is the node then. */
export const createSwitchboard = ({ clock }: ClockDep): Switchboard => {
  const observers = new Map<number, (snapshot: Snapshot) => void>()
  const waiting = new Set<(line: Line) => void>()
  /** How each call that is not answered yet is given up: a node that was ended answers nothing. */
  const asked = new Set<() => void>()
  let unlisten = (): void => undefined
  let line: Line | null = null
  let next = 1
  const reached = (): Promise<Line> =>
    new Promise((resolve, reject) => {
      if (line !== null) {
        resolve(line)
        return
      }
      const cancel = clock.after(MOVING_MS, () => {
        waiting.delete(go)
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- commands reject with a plain {code, message}
        reject({ code: 'no-answer', message: 'The node did not answer. Reload the page if this goes on.' })
      })
      const go = (there: Line): void => {
        cancel()
        resolve(there)
      }
      waiting.add(go)
    })
  const ask = async (call: keyof TabCalls, args: readonly unknown[]): Promise<unknown> => {
    const { neuron, care } = await reached()
    const run = ({ ...neuron, ...care } as TabCalls)[call] as (...args: readonly unknown[]) => Promise<unknown>
    return unlessGone(run(...args))
  }
  const unlessGone = (answer: Promise<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const forsake = (): void => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- commands reject with a plain {code, message}
        reject(LEADER_GONE.error)
      }
      asked.add(forsake)
      answer.then(resolve, reject).finally(() => asked.delete(forsake))
    })
  /** Every observer of the window hears through one: a node that is gone is no longer listened to. */
  const listenTo = (there: Line): void => {
    const tell = (snapshot: Snapshot): void => {
      if (there === line) for (const observe of observers.values()) observe(snapshot)
    }
    const handle = there.neuron.observe(tell)
    handle.catch(() => undefined) // a node that ends meanwhile: whoever leads next connects anew, and a crash is told by `onState`
    unlisten = () => {
      // A node that has gone has forgotten its watchers by itself.
      handle.then((it) => there.neuron.unobserve(it)).catch(() => undefined)
    }
  }
  const { backUp, restore, erase, ...commands } = Object.fromEntries(
    TAB_CALLS.map((call) => [call, (...args: readonly unknown[]) => ask(call, args)]),
  ) as unknown as TabCalls
  return {
    neuron: {
      ...commands,
      observe: async (callback) => {
        const handle = next++
        observers.set(handle, callback)
        const { neuron } = await reached()
        callback(await neuron.snapshot())
        return handle
      },
      unobserve: (handle) => {
        observers.delete(handle)
        return Promise.resolve()
      },
    },
    care: { backUp, restore, erase },
    connect: (fresh) => {
      line = fresh
      unlisten()
      unlisten = () => undefined
      for (const forsake of asked) forsake()
      asked.clear()
      if (fresh === null) return
      listenTo(fresh)
      for (const go of waiting) go(fresh)
      waiting.clear()
    },
  }
}
