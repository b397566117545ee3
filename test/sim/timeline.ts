import type { Mutable } from '../../src/base/mutable.ts'

/** Virtual time: things happen in the order of their time, and of their making where times are equal. */
export interface Timeline {
  readonly now: number
  /** Things that are still to happen. */
  pending(): number
  after(delayMs: number, run: () => void): void
  /** Runs the next thing; false when there is none up to `until`. */
  next(until: number): boolean
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

export const createTimeline = (): Timeline => {
  const heap: Entry[] = []
  let order = 0
  const at = (index: number): Entry => {
    const entry = heap[index]
    if (entry === undefined) throw new RangeError(`nothing at ${index}`)
    return entry
  }
  const sift = (from: number, entry: Entry): void => {
    let hole = from
    for (let child = 2 * hole + 1; child < heap.length; child = 2 * hole + 1) {
      if (child + 1 < heap.length && isBefore(at(child + 1), at(child))) child++
      if (!isBefore(at(child), entry)) break
      heap[hole] = at(child)
      hole = child
    }
    heap[hole] = entry
  }
  const push = (entry: Entry): void => {
    let hole = heap.length
    heap.push(entry)
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      if (!isBefore(entry, at(parent))) break
      heap[hole] = at(parent)
      hole = parent
    }
    heap[hole] = entry
  }
  const timeline: Mutable<Timeline> = {
    now: 0,
    pending: () => heap.length,
    after: (delayMs, run) => push({ at: timeline.now + delayMs, order: order++, run }),
    next(until) {
      const [first] = heap
      if (first === undefined || first.at > until) return false
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) sift(0, last)
      timeline.now = first.at
      first.run()
      return true
    },
  }
  return timeline
}
