import { describe, expect, it } from 'vitest'
import { fail, ok } from '../../../../src/base/result.ts'
import type { Care } from '../../../../src/neuron/page/household.ts'
import { createSwitchboard, type Line } from '../../../../src/neuron/page/switchboard.ts'
import { createFakeNeuron } from '../../../support/fake-neuron.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const care: Care = { backUp: async () => ok(new Uint8Array()), restore: async () => fail('not-a-backup', 'No.'), erase: async () => ok(0) }

const lineOf = (more: Partial<Line['neuron']> = {}) => {
  const neuron = createFakeNeuron()
  const listeners = new Set<number>()
  const line: Line = {
    care,
    neuron: {
      ...neuron,
      observe: async (callback) => {
        const handle = await neuron.observe(callback)
        listeners.add(handle)
        return handle
      },
      unobserve: async (handle) => {
        listeners.delete(handle)
        await neuron.unobserve(handle)
      },
      ...more,
    },
  }
  return { line, neuron, listeners }
}

describe('the node as the window speaks with it', () => {
  it('lets nothing hang that was asked of one that ended: here, or in another tab', async () => {
    const board = createSwitchboard({ clock: createVirtualClock() })
    board.connect(lineOf({ recheck: () => new Promise(() => undefined) }).line)
    const asked = board.neuron.recheck('id')
    const gone = expect(asked).rejects.toMatchObject({ code: 'leader-gone' })
    await settle()
    board.connect(null)
    await gone
    const waits = board.neuron.samples()
    board.connect(lineOf().line)
    expect((await waits).length).toBeGreaterThan(0)
  })

  it('answers what was answered before the end', async () => {
    const board = createSwitchboard({ clock: createVirtualClock() })
    board.connect(lineOf().line)
    const answer = await board.neuron.samples()
    await expect(board.neuron.append('id', { value: 'bad' })).rejects.toMatchObject({ code: 'bad-value' })
    board.connect(null)
    expect(answer.length).toBeGreaterThan(0)
  })

  it('is listened to once, however often it comes and goes, and not at all when another has its place', async () => {
    const board = createSwitchboard({ clock: createVirtualClock() })
    const [one, other] = [lineOf(), lineOf()]
    let heard = 0
    for (let i = 0; i < 3; i++) {
      board.connect(one.line)
      await settle()
      board.connect(null)
      await settle()
    }
    board.connect(one.line)
    await board.neuron.observe(() => heard++)
    heard = 0
    await one.neuron.setPaused(null, true)
    expect([one.listeners.size, heard]).toEqual([1, 1])
    board.connect(other.line)
    await settle()
    expect([one.listeners.size, other.listeners.size]).toEqual([0, 1])
  })
})
