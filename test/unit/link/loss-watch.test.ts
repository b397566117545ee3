import { describe, expect, it } from 'vitest'
import { createLossWatch } from '../../../src/link/loss-watch.ts'

const KIB = 1024
/** What 1 % loss leaves: 14 KiB on the way, the rest of the window waits. */
const LOSSY = { unconsumed: 64 * KIB, queued: 50 * KIB }
/** A line that takes what it gets, however slow it is or its reader. */
const SLOW = { unconsumed: 64 * KIB, queued: 0 }

/** Milliseconds at which another connection was asked for, looking every 100. */
const askedAt = (seen: (now: number) => { readonly unconsumed: number; readonly queued: number }, untilMs: number): readonly number[] => {
  const watch = createLossWatch()
  const asked: number[] = []
  for (let now = 0; now <= untilMs; now += 100) if (watch.look(seen(now), now)) asked.push(now)
  return asked
}

describe('[L37] a sender that is held back by loss', () => {
  it('asks after two seconds, and every five as long as it lasts', () => {
    expect(askedAt(() => LOSSY, 12_000)).toEqual([2_000, 7_000, 12_000])
    expect(askedAt(() => ({ unconsumed: 80 * KIB, queued: 32 * KIB }), 2_000)).toEqual([2_000])
  })

  it('does not ask on a slow line, before a slow reader, or where little waits', () => {
    expect(askedAt(() => SLOW, 60_000)).toEqual([])
    expect(askedAt(() => ({ unconsumed: 300 * KIB, queued: 200 * KIB }), 60_000)).toEqual([])
    expect(askedAt(() => ({ unconsumed: 40 * KIB, queued: 31 * KIB }), 60_000)).toEqual([])
  })

  it('does not ask for a beginning, or a hiccup', () => {
    expect(askedAt((now) => (now % 2_000 === 1_900 ? SLOW : LOSSY), 60_000)).toEqual([])
  })
})
