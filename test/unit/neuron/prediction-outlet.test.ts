import { describe, expect, it } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import type { StreamId } from '../../../src/domain/stream.ts'
import { createPredictionOutlet } from '../../../src/neuron/prediction-outlet.ts'
import type { StreamState } from '../../../src/protocol/local.ts'
import { settle } from '../../support/pipes.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'

/** A server with the subscribers that the test says, and what it heard. */
const setUp = () => {
  const clock = createVirtualClock()
  const heard: string[] = []
  const subscribed = new Set<string>()
  const outlet = createPredictionOutlet({
    clock,
    server: {
      request: async (said) => {
        if (said.type !== 'peers') throw new Error(said.type)
        return ok({ type: 'peers', re: 1, publisher: null, members: subscribed.has(said.stream) ? ['m' as never] : [] })
      },
    },
    publishing: {
      register: ({ stream, rows }) => void heard.push(`head ${stream} ${rows}`),
      publish: (stream, live) => void heard.push(`row ${stream} ${live[0]}`),
    },
  })
  return {
    clock,
    heard,
    subscribed,
    outlet,
    /** A new prediction: as the data process tells of it. */
    predict: async (stream: string, rows: number) => {
      outlet.head({ stream, rows } as StreamState)
      outlet.row(stream as StreamId, Uint8Array.of(rows))
      await settle()
    },
    pass: async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1_000)
        await settle()
      }
    },
  }
}

describe('[D48] what the server hears of predictions', () => {
  it('is no row as long as nobody subscribes, and a head once a minute at most, the last one too', async () => {
    const { heard, predict, pass } = setUp()
    for (let rows = 1; rows <= 20; rows++) {
      await predict('a', rows)
      await pass(5)
    }
    await pass(120)
    expect(heard).toEqual(['head a 1', 'head a 12', 'head a 20'])
  })

  it('is the newest row when somebody subscribes, and every further one', async () => {
    const { heard, predict, outlet } = setUp()
    for (let rows = 1; rows <= 3; rows++) await predict('a', rows)
    outlet.joined('a' as StreamId)
    outlet.joined('a' as StreamId)
    await predict('a', 4)
    await predict('b', 1)
    expect(heard.filter((line) => line.startsWith('row'))).toEqual(['row a 3', 'row a 4'])
  })

  it('is no row any more a minute after the last one left', async () => {
    const { heard, subscribed, predict, pass, outlet } = setUp()
    await predict('a', 1)
    subscribed.add('a')
    outlet.joined('a' as StreamId)
    await pass(61)
    await predict('a', 2)
    subscribed.clear()
    await pass(61)
    await predict('a', 3)
    await pass(61)
    await predict('a', 4)
    expect(heard.filter((line) => line.startsWith('row'))).toEqual(['row a 1', 'row a 2', 'row a 3'])
  })

  it('after a check-in is who subscribed before, without being told that they came', async () => {
    const { heard, subscribed, predict, pass, outlet } = setUp()
    await predict('a', 1)
    subscribed.add('a')
    await pass(5)
    expect(heard).toEqual(['head a 1'])
    outlet.reset()
    outlet.head({ stream: 'a', rows: 1 } as unknown as StreamState)
    await pass(2)
    expect(heard).toEqual(['head a 1', 'head a 1', 'row a 1'])
  })

  it('of a thousand streams is ten heads a second, each in its turn', async () => {
    const { heard, predict, pass } = setUp()
    for (let i = 0; i < 1_000; i++) await predict(`s${i}`, 1)
    const first = heard.length
    await pass(10)
    expect([first <= 10, heard.length]).toEqual([true, first + 100])
    await pass(100)
    expect(new Set(heard).size).toBe(1_000)
    await pass(100)
    expect(heard).toHaveLength(1_000)
  })
})
