import { isStreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { BudgetGb } from '../household.ts'
import type { NeuronCommands } from '../neuron-commands.ts'
import type { Snapshot, StreamView } from '../snapshot.ts'
import { isOverBudget } from './budget.ts'

// Downloads rest while the disk's budget is used up, and go on once there is room. What rests is unsubscribed below, which keeps the pages
// that were verified; to the window it stays subscribed, with what is the matter. O(streams) per snapshot, and only while something rests.

/** How often the disk is looked at, milliseconds: a quick line brings some hundred megabytes meanwhile. */
const LOOK_EVERY_MS = 5_000

/** Fewer rows than this are fetched whatever the budget says: less than a megabyte, and the stream is up to date. */
export const SPARED_ROWS = 10_000

/** Room is there again below this part of the budget: what a browser tells wavers. */
const ROOM = 0.95

/** Ids read of what an earlier life has written down: a list altered by hand must not keep the page busy. */
const MAX_HELD = 10_000

export interface HoldingDeps extends ClockDep {
  readonly budget: () => BudgetGb | null
  readonly usedBytes: () => Promise<number | null>
  /** As an earlier life has said by `keep`. */
  readonly kept: string | null
  readonly keep: (text: string) => void
}

export interface Holding {
  readonly neuron: NeuronCommands
  stop(): void
}

export const holdDownloads = (neuron: NeuronCommands, { clock, budget, usedBytes, kept, keep }: HoldingDeps): Holding => {
  const held = new Set((kept ?? '').split(' ').slice(0, MAX_HELD).filter(isStreamId))
  let cancel = (): void => undefined
  let isStopped = false
  const note = (): void => {
    keep([...held].join(' '))
  }
  const hold = async ({ id }: StreamView): Promise<void> => {
    if (!isStreamId(id)) return
    held.add(id)
    note()
    await neuron.unsubscribe(id)
  }
  const release = async (id: string): Promise<void> => {
    await neuron.subscribe(id)
    letGo(id)
  }
  const letGo = (id: string): void => {
    if (isStreamId(id) && held.delete(id)) note()
  }
  const look = async (): Promise<void> => {
    const [most, used] = [budget(), await usedBytes()]
    if (isOverBudget(used, most)) {
      const { streams } = await neuron.snapshot()
      for (const stream of streams) if (isLarge(stream)) await hold(stream)
    } else if (most === null || used === null || used < most * 1_000_000_000 * ROOM) {
      for (const id of [...held]) await release(id)
    }
  }
  const lookAgain = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, () => {
      const due = budget() !== null || held.size > 0 ? look() : Promise.resolve()
      // A node that does not answer now is asked again.
      void due.catch(() => undefined).finally(() => {
        if (!isStopped) lookAgain()
      })
    })
  }
  const seen = (stream: StreamView): StreamView => (isStreamId(stream.id) && held.has(stream.id) ? resting(stream, budget()) : stream)
  const shown = (snapshot: Snapshot): Snapshot => (held.size === 0 ? snapshot : { ...snapshot, streams: snapshot.streams.map(seen) })
  lookAgain()
  return {
    neuron: {
      ...neuron,
      snapshot: async () => shown(await neuron.snapshot()),
      observe: (callback) => neuron.observe((snapshot) => {
        callback(shown(snapshot))
      }),
      stream: async (id) => {
        const stream = await neuron.stream(id)
        return stream && seen(stream)
      },
      unsubscribe: async (id) => {
        await neuron.unsubscribe(id)
        letGo(id)
      },
      forget: async (id) => {
        await neuron.forget(id)
        letGo(id)
      },
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

/** Rows of its own that a publisher has lost are fetched all the same: until they are here it can sign nothing. */
const isLarge = ({ own, subscribed, transfer, rows }: StreamView): boolean =>
  !own && subscribed && transfer !== null && transfer.rowsTotal - rows >= SPARED_ROWS

const resting = (stream: StreamView, budget: BudgetGb | null): StreamView => ({
  ...stream,
  subscribed: true,
  problem: stream.problem ?? {
    code: 'over-budget',
    message: budget === null ? 'The download goes on in a moment.' : `The download rests: more than ${budget} GB of the disk are used, as much as you allow.`,
  },
})
