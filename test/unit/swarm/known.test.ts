import { describe, expect, it } from 'vitest'
import { SWARM_DEFAULTS } from '../../../src/swarm/config.ts'
import { createKnown } from '../../../src/swarm/known.ts'
import { numbered, STREAM, streamNo } from './bench.ts'

const NOW = 1_700_000_000_000
const TOMORROW = NOW + 86_400_000
const { maxKnownPerStream, maxKnownStreams } = SWARM_DEFAULTS

describe('[W17] when the clock was set back by a day', () => {
  it('who was seen before is seen anew with the next sign', () => {
    const known = createKnown([{ stream: STREAM, peers: [{ peer: numbered(1), at: TOMORROW }] }], SWARM_DEFAULTS)
    known.note(STREAM, numbered(1), NOW)
    expect(known.takeNews()).toBe(true)
    expect(known.all()).toEqual([{ stream: STREAM, peers: [{ peer: numbered(1), at: NOW }] }])
    known.note(STREAM, numbered(1), NOW + 599_999)
    expect(known.takeNews()).toBe(false)
  })

  it('who was seen before gives way to who is there now, and then nobody does', () => {
    const known = createKnown([], SWARM_DEFAULTS)
    for (let n = 0; n < maxKnownPerStream; n++) known.note(STREAM, numbered(n), TOMORROW)
    for (let n = 10; n < 20; n++) known.note(STREAM, numbered(n), NOW)
    expect([...known.peersOf(STREAM)]).toEqual(Array.from({ length: maxKnownPerStream }, (_, n) => numbered(10 + n)))
  })

  it('a stream of which nobody was seen since gives way, and one of which somebody was does not', () => {
    const known = createKnown([], SWARM_DEFAULTS)
    for (let n = 0; n < maxKnownStreams; n++) known.note(streamNo(n), numbered(1), TOMORROW)
    for (let n = 1; n < maxKnownStreams; n++) known.note(streamNo(n), numbered(2), NOW)
    known.note(streamNo(100), numbered(1), NOW)
    known.note(streamNo(101), numbered(1), NOW)
    const streams = known.all().map(({ stream }) => stream)
    expect(streams).toHaveLength(maxKnownStreams)
    expect([0, 1, 100, 101].map((n) => streams.includes(streamNo(n)))).toEqual([false, true, true, false])
  })
})
