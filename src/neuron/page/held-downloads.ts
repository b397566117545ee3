import { fail, failureOf, type Failure } from '../../base/result.ts'
import { isStreamId, type StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { LogDep } from '../../ports/log.ts'
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

export interface HoldingDeps extends ClockDep, LogDep {
  readonly budget: () => BudgetGb | null
  readonly usedBytes: () => Promise<number | null>
  /** As an earlier life has said by `keep`. */
  readonly kept: string | null
  /** Whether it is written down now; where not, what was written before still stands. */
  readonly keep: (text: string) => boolean
}

export interface Holding {
  readonly neuron: NeuronCommands
  stop(): void
}

export const holdDownloads = (neuron: NeuronCommands, { clock, log, budget, usedBytes, kept, keep }: HoldingDeps): Holding => {
  const held = new Set((kept ?? '').split(' ').slice(0, MAX_HELD).filter(isStreamId))
  /** Told in the log: what goes on failing is tried every few seconds. */
  const failing = new Set<StreamId>()
  /** By which was judged what rests. */
  let judged = budget()
  let cancel = (): void => undefined
  let isLooking = false
  let isStopped = false
  const note = (): boolean => !isStopped && keep([...held].join(' '))
  const letGo = (id: string): boolean => {
    const was = isStreamId(id) && held.delete(id)
    if (was) note()
    return was
  }
  const hold = async (stream: StreamId): Promise<void> => {
    // A person may have let it go since the look began, or it is here.
    const now = await neuron.stream(stream)
    if (isStopped || now === null || !isLarge(now)) return
    const isNew = !held.has(stream)
    held.add(stream)
    // What is not written down would rest for ever after a reload.
    if (!note()) {
      if (isNew) held.delete(stream)
      throw fail('disk-full', 'The browser has no room left for this site.').error
    }
    await neuron.unsubscribe(stream)
    log({ stream, message: 'its download rests: as much of the disk is used as you allow' })
  }
  const release = async (stream: StreamId): Promise<void> => {
    if (!held.has(stream)) return
    await neuron.subscribe(stream)
    if (letGo(stream)) log({ stream, message: 'its download goes on' })
  }
  /** One after the other; what fails is tried again at the next look, and keeps no other from its turn. */
  const each = async (ids: readonly string[], act: (stream: StreamId) => Promise<void>): Promise<void> => {
    for (const stream of ids.filter(isStreamId)) {
      if (isStopped) return
      await act(stream).then(() => failing.delete(stream), (thrown: unknown) => onFailed(stream, failureOf(thrown)))
    }
  }
  const onFailed = async (stream: StreamId, { code, message }: Failure): Promise<void> => {
    // While it starts the node does not know yet what it keeps.
    if (code === 'unknown-stream' && (await neuron.snapshot()).startup.every(({ state }) => state === 'done')) letGo(stream)
    if (!failing.has(stream)) log({ level: 'warn', stream, message: `its download can neither rest nor go on: ${message}` })
    failing.add(stream)
  }
  const look = async (): Promise<void> => {
    const [most, used] = [budget(), await usedBytes()]
    judged = most
    if (isOverBudget(used, most)) {
      const { streams } = await neuron.snapshot()
      await each(streams.filter(isLarge).map(({ id }) => id), hold)
    } else if (most === null || used === null || used < roomBytes(most)) await each([...held], release)
  }
  const lookNow = (): void => {
    cancel()
    isLooking = true
    const due = budget() !== null || held.size > 0 ? look() : Promise.resolve()
    // A node that does not answer now is asked again.
    void due.catch(() => undefined).finally(() => {
      isLooking = false
      if (!isStopped) lookAgain()
    })
  }
  const lookAgain = (): void => {
    cancel = clock.after(LOOK_EVERY_MS, lookNow)
  }
  const seen = (stream: StreamView): StreamView => (isStreamId(stream.id) && held.has(stream.id) ? resting(stream, judged) : stream)
  const shown = (snapshot: Snapshot): Snapshot => {
    if (held.size === 0) return snapshot
    if (budget() !== judged && !isLooking && !isStopped) lookNow()
    return { ...snapshot, streams: snapshot.streams.map(seen) }
  }
  /** Before, so that nothing begins it again meanwhile; and after, should a look have held it meanwhile. */
  const lettingGo = (command: (id: string) => Promise<void>) => async (id: string): Promise<void> => {
    const was = letGo(id)
    try {
      await command(id)
    } catch (thrown) {
      if (was && isStreamId(id)) {
        held.add(id)
        note()
      }
      throw thrown
    }
    letGo(id)
  }
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
      unsubscribe: lettingGo(neuron.unsubscribe),
      forget: lettingGo(neuron.forget),
    },
    stop: () => {
      isStopped = true
      cancel()
    },
  }
}

/** Below this many bytes there is room again. */
const roomBytes = (budget: BudgetGb): number => budget * 1_000_000_000 * ROOM

/** Rows of its own that a publisher has lost are fetched all the same: until they are here it can sign nothing. */
const isLarge = ({ own, subscribed, transfer, rows }: StreamView): boolean =>
  !own && subscribed && transfer !== null && transfer.rowsTotal - rows >= SPARED_ROWS

const resting = (stream: StreamView, budget: BudgetGb | null): StreamView => ({
  ...stream,
  subscribed: true,
  problem: stream.problem ?? {
    code: 'over-budget',
    message: budget === null ? 'The download goes on in a moment.' : `The download rests until less than ${budget * ROOM} GB of the disk are used: you allow ${budget} GB.`,
  },
})
