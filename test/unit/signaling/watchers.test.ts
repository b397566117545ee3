import { describe, expect, it } from 'vitest'
import { LISTED_PER_TICK, LISTED_SENDS_PER_TICK, MAX_WATCHES_PER_NODE } from '../../../signaling/limits.ts'
import { createWatchers } from '../../../signaling/watchers.ts'
import type { PublicKey, StreamId } from '../../../src/domain/stream.ts'

const stream = (number: number): StreamId => number.toString(16).padStart(64, '0') as StreamId
const node = (number: number): PublicKey => number.toString(16).padStart(64, '0') as PublicKey

describe('news of the directory', () => {
  it('[S26] are told once each, to those who watch that directory', () => {
    const watchers = createWatchers()
    watchers.watch(node(1), null)
    watchers.watch(node(2), stream(7))
    for (let i = 0; i < 3; i++) watchers.changed(stream(1), null)
    watchers.changed(stream(2), stream(7))
    watchers.changed(stream(3), stream(8))
    expect(watchers.due()).toEqual([
      { stream: stream(1), to: [node(1)] },
      { stream: stream(2), to: [node(2)] },
    ])
    expect(watchers.due()).toEqual([])
  })

  it('[S26] come in bounded portions, and none is lost', () => {
    const watchers = createWatchers()
    watchers.watch(node(1), null)
    for (let i = 0; i < LISTED_PER_TICK + 5; i++) watchers.changed(stream(i), null)
    expect(watchers.due()).toHaveLength(LISTED_PER_TICK)
    expect(watchers.due()).toHaveLength(5)
  })

  it('[S26] to a crowd are spread over time', () => {
    const watchers = createWatchers()
    for (let i = 0; i < LISTED_SENDS_PER_TICK; i++) watchers.watch(node(i), null)
    watchers.changed(stream(1), null)
    watchers.changed(stream(2), null)
    expect(watchers.due()).toHaveLength(1)
    expect(watchers.due()).toHaveLength(1)
  })

  it('a node watches a bounded number of directories and nothing once it has gone', () => {
    const watchers = createWatchers()
    for (let i = 0; i <= MAX_WATCHES_PER_NODE; i++) watchers.watch(node(1), stream(i))
    watchers.changed(stream(1_000), stream(0))
    watchers.changed(stream(1_001), stream(1))
    expect(watchers.due().map((notice) => notice.stream)).toEqual([stream(1_001)])
    watchers.gone(node(1))
    watchers.changed(stream(1_001), stream(1))
    expect(watchers.due()).toEqual([])
  })
})
