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

/** Comes in beside the first, and is as large. */
const SECOND = fakeHash(905)
const second = (): StreamView => {
  const [arriving] = streams()
  if (arriving === undefined) throw new Error('no stream that arrives')
  return { ...arriving, id: SECOND }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 8; i++) await settle()
}

/** A call that answers when it is told to. */
const hanging = () => {
  let answer = (): void => undefined
  const promise = new Promise<void>((resolve) => (answer = resolve))
  return { promise, answer: () => answer() }
}

const begin = async ({ kept = null as string | null, used = 5_000_000_001, more = [] as readonly StreamView[] } = {}) => {
  const disk = { budget: 5 as ReturnType<HoldingDeps['budget']>, used: used as number | null }
  const calls: string[] = []
  const fake = createFakeNeuron('empty')
  const snapshot: Snapshot = { ...(await fake.snapshot()), streams: [...streams(), ...more] }
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
  const keep = vi.fn<(text: string) => boolean>(() => true)
  const lines: string[] = []
  const { neuron, stop } = holdDownloads(below, { clock, log: ({ message }) => void lines.push(message), budget: () => disk.budget, usedBytes: async () => disk.used, kept, keep })
  const look = async (): Promise<void> => {
    clock.advance(LOOK_MS)
    await turns()
  }
  const told = async (id: string) => {
    const stream = (await neuron.snapshot()).streams.find((one) => one.id === id)
    return [stream?.subscribed, stream?.problem?.code ?? null]
  }
  return { disk, below, calls, lines, snapshot, keep, neuron, stop, look, told, shortOf: (id: string) => id.slice(-3) }
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
    expect(seen).toEqual(Array(2).fill('The download rests until less than 4.75 GB of the disk are used: you allow 5 GB.'))
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

  it.each(['unsubscribe', 'forget'] as const)('one that is let go by %s while another is taken up again does not come back', async (letGo) => {
    const { below, disk, neuron, look, calls, keep, shortOf } = await begin({ kept: `${ARRIVING} ${SECOND}`, more: [second()] })
    const first = hanging()
    vi.mocked(below.subscribe).mockReturnValueOnce(first.promise)
    disk.budget = null
    await look()
    await neuron[letGo](SECOND)
    first.answer()
    await turns()
    expect(calls).toEqual([`${letGo} ${shortOf(SECOND)}`])
    expect(keep.mock.lastCall).toEqual([''])
  })

  it('one that is taken up while it is let go does not come back either', async () => {
    const { below, disk, neuron, look, calls } = await begin({ kept: SECOND })
    const leaving = hanging()
    vi.mocked(below.unsubscribe).mockReturnValueOnce(leaving.promise)
    const left = neuron.unsubscribe(SECOND)
    disk.budget = null
    await look()
    leaving.answer()
    await left
    expect(calls).toEqual([])
  })

  it('one that could not be let go rests on', async () => {
    const { below, neuron, told, keep } = await begin({ kept: ARRIVING })
    vi.mocked(below.unsubscribe).mockRejectedValueOnce({ code: 'no-answer', message: '' })
    await expect(neuron.unsubscribe(ARRIVING)).rejects.toMatchObject({ code: 'no-answer' })
    expect(await told(ARRIVING)).toEqual([true, 'over-budget'])
    expect(keep.mock.lastCall).toEqual([ARRIVING])
  })

  it.each([
    ['forgotten', () => null],
    ['let go', (stream: StreamView) => ({ ...stream, subscribed: false })],
    ['whole', (stream: StreamView) => ({ ...stream, transfer: null })],
  ] as const)('one that is %s while another is held does not rest', async (_what, becomes) => {
    const { below, look, calls, told, keep } = await begin({ more: [second()] })
    const first = hanging()
    vi.mocked(below.unsubscribe).mockReturnValueOnce(first.promise)
    await look()
    const { stream } = below
    below.stream = async (id) => (id === SECOND ? becomes(second()) : stream(id))
    first.answer()
    await turns()
    expect(calls).toEqual([])
    expect(await told(SECOND)).toEqual([true, null])
    expect(keep.mock.lastCall).toEqual([ARRIVING])
  })

  it('one that is held while it is let go is not written down for ever', async () => {
    const { below, neuron, look, keep, told } = await begin()
    const leaving = hanging()
    vi.mocked(below.unsubscribe).mockReturnValueOnce(leaving.promise)
    const left = neuron.unsubscribe(ARRIVING)
    await look()
    leaving.answer()
    await left
    expect(keep.mock.lastCall).toEqual([''])
    expect(await told(ARRIVING)).toEqual([true, null])
  })

  it.each(['subscribe', 'unsubscribe'] as const)('a %s that always fails stops no other, and is told once', async (command) => {
    const { below, disk, look, calls, lines, shortOf } = await begin({ kept: command === 'subscribe' ? `${ARRIVING} ${SECOND}` : null, more: [second()] })
    if (command === 'subscribe') disk.budget = null
    const working = vi.mocked(below[command]).getMockImplementation()
    vi.mocked(below[command]).mockImplementation((id) => (id === ARRIVING ? Promise.reject(Object.assign(new Error('broken'), { code: 'broken' })) : (working?.(id) ?? Promise.resolve())))
    await look()
    await look()
    expect(calls.slice(0, 1)).toEqual([`${command} ${shortOf(SECOND)}`])
    expect(lines.filter((line) => line.includes('broken'))).toHaveLength(1)
  })

  it('one that the node no longer knows is let go, once the node has started', async () => {
    const { below, disk, look, lines, snapshot, keep } = await begin({ kept: `${ARRIVING} ${SECOND}` })
    disk.budget = null
    vi.mocked(below.subscribe).mockRejectedValue({ code: 'unknown-stream', message: 'gone' })
    below.snapshot = async () => ({ ...snapshot, startup: [{ name: 'data', state: 'running', took: null, problem: null } as never] })
    await look()
    expect(keep).not.toHaveBeenCalled()
    below.snapshot = async () => snapshot
    await look()
    expect(keep.mock.lastCall).toEqual([''])
    expect(lines).toHaveLength(2)
  })

  it('what cannot be written down does not rest: after a reload nobody would take it up again', async () => {
    const { keep, look, calls, told, lines } = await begin()
    keep.mockReturnValue(false)
    await look()
    await look()
    expect(calls).toEqual([])
    expect(await told(ARRIVING)).toEqual([true, null])
    expect(lines).toEqual([expect.stringContaining('no room left')])
  })

  it('that it rests, and that it goes on, stands in the log', async () => {
    const { disk, look, lines } = await begin()
    await look()
    disk.budget = null
    await look()
    expect(lines).toEqual(['its download rests: as much of the disk is used as you allow', 'its download goes on'])
  })

  it('another budget is looked at as soon as the window is told anything, and not told before', async () => {
    const { disk, look, neuron, calls, shortOf } = await begin()
    await look()
    disk.budget = 20
    expect((await neuron.snapshot()).streams[0]?.problem?.message).toContain('you allow 5 GB')
    await turns()
    expect(calls.at(-1)).toBe(`subscribe ${shortOf(ARRIVING)}`)
  })

  it('of a node that has ended in the middle of a look nothing is asked or written down any more', async () => {
    const { below, look, stop, calls, keep } = await begin({ more: [second()] })
    const first = hanging()
    vi.mocked(below.unsubscribe).mockReturnValueOnce(first.promise)
    await look()
    keep.mockClear()
    stop()
    first.answer()
    await turns()
    expect([calls, keep.mock.calls]).toEqual([[], []])
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
