import type { Result } from '../../base/result.ts'
import type { StreamId } from '../../domain/stream.ts'
import type { ClockDep } from '../../ports/clock.ts'
import type { LogDep } from '../../ports/log.ts'
import type { Catalogue } from '../streams/catalogue.ts'
import { mayExtend, type Entry } from '../streams/entry.ts'

/** How long peers may give back what an own prediction stream has lost, while some are linked and while none is, milliseconds. */
export const GIVE_UP_MS = 120_000
export const GIVE_UP_ALONE_MS = 600_000

const LOOK_EVERY_MS = 5_000

/**
 * Own prediction streams that cannot go on (rows that were signed are gone, two histories were signed, a page is damaged): nobody presses a
 * button for them, and predictions of long ago are worth less than those that are not made meanwhile. What no peer has given back
 * after a while is given up in a new epoch. O(streams) every five seconds.
 */
export interface StuckPredictions {
  tick(): void
  /** While it is held nothing is given up, and no time counts: another holder of the key may go on with what is stuck here. */
  hold(held: boolean): void
}

export interface StuckPredictionsDeps extends ClockDep, LogDep {
  readonly catalogue: Pick<Catalogue, 'all'>
  readonly hasLinks: () => boolean
  readonly beginEpoch: (stream: StreamId) => Promise<Result<unknown>>
}

export const watchStuckPredictions = ({ catalogue, clock, log, hasLinks, beginEpoch }: StuckPredictionsDeps): StuckPredictions => {
  let since = new WeakMap<Entry, number>()
  let isHeld = false
  let lookAt = 0
  const giveUp = async (entry: Entry): Promise<void> => {
    const { stream } = entry.history.record
    const begun = await beginEpoch(stream)
    // A peer has them after all: they are being fetched.
    if (!begun.ok && begun.error.code !== 'still-served') log({ level: 'error', stream, message: begun.error.message })
  }
  const look = (entry: Entry): void => {
    const now = clock.now()
    if (!isStuck(entry)) {
      since.delete(entry)
      return
    }
    const began = since.get(entry) ?? now
    since.set(entry, began)
    if (now - began < (hasLinks() ? GIVE_UP_MS : GIVE_UP_ALONE_MS)) return
    since.set(entry, now)
    void giveUp(entry)
  }
  return {
    tick: () => {
      if (isHeld || clock.now() < lookAt) return
      lookAt = clock.now() + LOOK_EVERY_MS
      for (const entry of catalogue.all()) if (entry.own && entry.history.form === 'prediction') look(entry)
    },
    hold: (held) => {
      isHeld = held
      since = new WeakMap()
    },
  }
}

const isStuck = (entry: Entry): boolean => entry.damaged || entry.history.isDoubted || !mayExtend(entry).ok
