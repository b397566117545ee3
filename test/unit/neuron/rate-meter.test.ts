import { describe, expect, it } from 'vitest'
import type { StreamId } from '../../../src/domain/stream.ts'
import { createRateMeter } from '../../../src/neuron/rate-meter.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

const STREAM = 'e'.repeat(64) as StreamId
const NOTHING = { bytesPerSecond: 0, rowsPerSecond: 0 }

const begin = () => {
  const clock = createVirtualClock()
  const meter = createRateMeter({ clock }, 1_000)
  const sample = (bytesReceived: number, pagesDone: number, phase: StreamState['phase'] = 'fetching'): void =>
    meter.sample({ stream: STREAM, phase, bytesReceived, pagesDone } as StreamState)
  return { clock, meter, sample, rate: () => meter.rate(STREAM) }
}

describe('the rate of a transfer', () => {
  it('is nothing before there are two samples at two times', () => {
    const { sample, rate } = begin()
    expect(rate()).toEqual(NOTHING)
    sample(100, 0)
    expect(rate()).toEqual(NOTHING)
    sample(200, 1)
    expect(rate()).toEqual(NOTHING)
  })

  it('is bytes and rows over the time they took', () => {
    const { clock, sample, rate } = begin()
    sample(1, 0)
    clock.advance(500)
    sample(4_001, 2)
    expect(rate()).toEqual({ bytesPerSecond: 8_000, rowsPerSecond: 4_000 })
  })

  it('is that of the last three seconds', () => {
    const { clock, sample, rate } = begin()
    for (let second = 0; second < 10; second++) {
      sample(second < 6 ? second * 1_000_000 : 6_000_000 + (second - 6) * 1_000, 0)
      clock.advance(1_000)
    }
    expect(rate().bytesPerSecond).toBe(1_000)
  })

  it('is nothing again when nothing has come for three seconds', () => {
    const { clock, sample, rate } = begin()
    sample(1, 0)
    clock.advance(1_000)
    sample(1_001, 1)
    clock.advance(2_999)
    expect(rate().bytesPerSecond).toBe(1_000)
    clock.advance(1)
    expect(rate()).toEqual(NOTHING)
  })

  it('is never negative when another download begins', () => {
    const { clock, sample, rate } = begin()
    sample(9_000, 9)
    clock.advance(1_000)
    sample(10, 0)
    expect(rate()).toEqual(NOTHING)
  })

  it('is forgotten when the transfer is over', () => {
    const { clock, sample, rate } = begin()
    sample(1, 0)
    clock.advance(1_000)
    sample(1_001, 1)
    sample(1_001, 1, 'idle')
    expect(rate()).toEqual(NOTHING)
  })

  it('does not count the time spent waiting for a peer', () => {
    const { clock, sample, rate } = begin()
    sample(1_000, 1)
    clock.advance(500)
    sample(2_000, 2)
    sample(2_000, 2, 'wanted')
    expect(rate()).toEqual(NOTHING)
    clock.advance(2_000)
    sample(2_000, 2)
    clock.advance(500)
    sample(4_000, 4)
    expect(rate()).toEqual({ bytesPerSecond: 4_000, rowsPerSecond: 4_000 })
  })

  it('does not count pages that were here before the first byte came', () => {
    const { clock, sample, rate } = begin()
    sample(0, 0)
    clock.advance(100)
    sample(0, 500)
    clock.advance(100)
    sample(1_000, 501)
    expect(rate()).toEqual(NOTHING)
    clock.advance(1_000)
    sample(3_000, 503)
    expect(rate()).toEqual({ bytesPerSecond: 2_000, rowsPerSecond: 2_000 })
  })

  it('begins anew when the bytes do', () => {
    const { clock, sample, rate } = begin()
    sample(9_000, 9)
    clock.advance(1_000)
    sample(10, 1)
    clock.advance(1_000)
    sample(1_010, 2)
    expect(rate()).toEqual({ bytesPerSecond: 1_000, rowsPerSecond: 1_000 })
  })
})
