import type { ClockDep } from '../ports/clock.ts'
import type { WorkerCommands } from './neuron-commands.ts'
import type { Snapshot } from './snapshot.ts'

/** The window sees a new snapshot at most this often, milliseconds. */
const SNAPSHOT_EVERY_MS = 200

/** Shows the window what has changed: however much does, a few times a second. */
export interface SnapshotOutlet {
  /** Something in the snapshot is another: it is shown soon. */
  changed(): void
  readonly commands: Pick<WorkerCommands, 'snapshot' | 'observe' | 'unobserve'>
}

/** `take` makes the snapshot of this moment. */
export const createSnapshotOutlet = ({ clock, take }: ClockDep & { readonly take: () => Snapshot }): SnapshotOutlet => {
  const observers = new Map<number, (snapshot: Snapshot) => void>()
  let nextObserver = 1
  let announced = false
  return {
    changed: () => {
      if (announced) return
      announced = true
      clock.after(SNAPSHOT_EVERY_MS, () => {
        announced = false
        const now = take()
        for (const observe of observers.values()) observe(now)
      })
    },
    commands: {
      snapshot: () => Promise.resolve(take()),
      observe: (callback) => {
        const handle = nextObserver++
        observers.set(handle, callback)
        callback(take())
        return Promise.resolve(handle)
      },
      unobserve: (handle) => {
        observers.delete(handle)
        return Promise.resolve()
      },
    },
  }
}
