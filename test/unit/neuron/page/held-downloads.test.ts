import { describe, expect, it, vi } from 'vitest'
import { holdDownloads, SPARED_ROWS, type HoldingDeps } from '../../../../src/neuron/page/held-downloads.ts'
import type { NeuronCommands } from '../../../../src/neuron/neuron-commands.ts'
import type { Snapshot, StreamView } from '../../../../src/neuron/snapshot.ts'
import { createFakeNeuron } from '../../../support/fake-neuron.ts'
import { fakeHash, fakeStreams } from '../../../support/fake-streams.ts'
import { settle } from '../../../support/pipes.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const LOOK_MS = 5_000
const [ARRIVING, SMALL, OWN, COMPLETE] = [fakeHash(901), fakeHash(902), fakeHash(903), fakeHash(904)]

const transfer = (rowsTotal: number): StreamView['transfer'] =>
  ({ rowsDone: 0, rowsTotal, share: 0, bytesPerSecond: 0, rowsPerSecond: 0, etaSeconds: null, peers: 1, phase: 'fetching' })

/** One history that arrives, one that lacks a little, an own one that is recovered, and one that is whole. */
const streams = (): readonly StreamView[] => {
  const [model] = fakeStreams()
  if (model === undefined) throw new Error('no stream to start from')
  const kept = { ...model, own: false, subscribed: true, problem: null, rows: 0, transfer: null, forked: false }
  return [
    { ...kept, id: ARRIVING, transfer: transfer(SPARED_ROWS) },
    { ...kept, id: SMALL, transfer: transfer(SPARED_ROWS - 1) },
    { ...kept, id: OWN, own: true, transfer: transfer(SPARED_ROWS) },
    { ...kept, id: COMPLETE, rows: SPARED_ROWS },
  ]
}

const begin = async ({ kept = null as string | null, used = 5_000_000_001 } = {}) => {
  const disk = { budget: 5 as ReturnType<HoldingDeps['budget']>, used: used as number | null }
  const calls: string[] = []
  const fake = createFakeNeuron('empty')
  const snapshot: Snapshot = { ...(await fake.snapshot()), streams: streams() }
  const note = (name: string) => async (id: string) => void calls.push(`${name} ${id.slice(-3)}`)
  const below: NeuronCommands = {
    ...fake,
    snapshot: async () => snapshot,
    stream: async (id) => snapshot.streams.find((stream) => stream.id === id) ?? null,
    observe: async (callback) => {
      callback(snapshot)
      return 1
    },
    subscribe: vi.fn(note('subscribe')),
    unsubscribe: vi.fn(note('unsubscribe')),
    forget: note('forget'),
  }
  const clock = createVirtualClock()
  const keep = vi.fn<(text: string) => void>()
  const { neuron, stop } = holdDownloads(below, { clock, budget: () => disk.budget, usedBytes: async () => disk.used, kept, keep })
  const look = async (): Promise<void> => {
    clock.advance(LOOK_MS)
    for (let i = 0; i < 4; i++) await settle()
  }
  const told = async (id: string) => {
    const stream = (await neuron.snapshot()).streams.find((one) => one.id === id)
    return [stream?.subscribed, stream?.problem?.code ?? null]
  }
  return { disk, below, calls, keep, neuron, stop, look, told, shortOf: (id: string) => id.slice(-3) }
}

describe('downloads while the disk’s budget is used up', () => {
  it('those that bring much rest, and say why; what lacks little, and what its publisher lost, goes on', async () => {
    const { calls, look, told, keep, shortOf } = await begin()
    await look()
    expect(calls).toEqual([`unsubscribe ${shortOf(ARRIVING)}`])
    expect(await told(ARRIVING)).toEqual([true, 'over-budget'])
    for (const id of [SMALL, COMPLETE]) expect(await told(id)).toEqual([true, null])
    expect(keep.mock.lastCall).toEqual([ARRIVING])
  })

  it('every way in which the window is told of a stream tells the same', async () => {
    const { look, neuron } = await begin()
    await look()
    const seen: (string | undefined)[] = []
    await neuron.observe((snapshot) => seen.push(snapshot.streams[0]?.problem?.message))
    seen.push((await neuron.stream(ARRIVING))?.problem?.message)
    expect(seen).toEqual(Array(2).fill('The download rests: more than 5 GB of the disk are used, as much as you allow.'))
    expect(await neuron.stream(fakeHash(999))).toBeNull()
  })

  it.each([
    ['there is room', (disk: { used: number | null }) => void (disk.used = 4_000_000_000)],
    ['more is allowed', (disk: { budget: unknown }) => void (disk.budget = 20)],
    ['all is allowed', (disk: { budget: unknown }) => void (disk.budget = null)],
    ['the browser no longer tells', (disk: { used: number | null }) => void (disk.used = null)],
  ] as const)('they go on once %s', async (_what, change) => {
    const { calls, look, told, disk, keep, shortOf } = await begin()
    await look()
    change(disk)
    await look()
    expect(calls).toEqual([`unsubscribe ${shortOf(ARRIVING)}`, `subscribe ${shortOf(ARRIVING)}`])
    expect(await told(ARRIVING)).toEqual([true, null])
    expect(keep.mock.lastCall).toEqual([''])
  })

  it('a hair’s breadth of room begins nothing that would have to rest again at once', async () => {
    const { calls, look, disk } = await begin()
    await look()
    disk.used = 4_900_000_000
    await look()
    expect(calls).toHaveLength(1)
  })

  it.each(['unsubscribe', 'forget'] as const)('of one that is let go by %s nothing begins again', async (letGo) => {
    const { calls, look, neuron, disk, told } = await begin()
    await look()
    await neuron[letGo](ARRIVING)
    disk.budget = null
    await look()
    expect(calls.some((call) => call.startsWith('subscribe'))).toBe(false)
    expect(await told(ARRIVING)).toEqual([true, null])
  })

  it('they rest over a reload; a list that was altered by hand does no harm', async () => {
    const { look, told, disk, calls, shortOf } = await begin({ kept: `nonsense ${ARRIVING} ../x` })
    expect(await told(ARRIVING)).toEqual([true, 'over-budget'])
    disk.budget = null
    await look()
    expect(calls).toEqual([`subscribe ${shortOf(ARRIVING)}`])
  })

  it('a node that does not answer is asked again', async () => {
    const { below, look, calls } = await begin()
    vi.mocked(below.unsubscribe).mockRejectedValueOnce({ code: 'no-answer', message: '' })
    await look()
    await look()
    expect(calls).toHaveLength(1)
  })

  it('without a budget nobody looks at the disk, and after the end of the node nobody does', async () => {
    const { look, disk, calls, stop } = await begin()
    disk.budget = null
    await look()
    disk.budget = 1
    stop()
    await look()
    expect(calls).toEqual([])
  })
})
