import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fail, ok, type Result } from '../../../../src/base/result.ts'
import { openNode, type NodeState } from '../../../../src/neuron/page/open-node.ts'
import type { RunningNode, startNode } from '../../../../src/neuron/page/start-node.ts'
import type { NeuronCommands } from '../../../../src/neuron/neuron-commands.ts'
import type { createLeadership } from '../../../../src/runtime/page/leadership.ts'
import type { TabChannel } from '../../../../src/runtime/page/tab-channel.ts'
import { createFakeNeuron } from '../../../support/fake-neuron.ts'
import { settle } from '../../../support/pipes.ts'
import { createTabChannels } from '../../../support/tab-channels.ts'

/** The parts of the platform that a tab stands on, in the test's hand. */
const page = vi.hoisted(() => ({
  settings: (): unknown => null,
  gain: (): void => undefined,
  lose: (): void => undefined,
  calls: [] as string[],
  crash: (_what: string, _message: string): void => undefined,
  started: (_node: unknown): void => undefined,
  channel: (): unknown => null,
}))

vi.mock('../../../../src/runtime/page/leadership.ts', () => ({
  createLeadership: ((_profile, { onGained, onLost }) => {
    page.gain = onGained
    page.lose = onLost
    const note = (call: string) => () => void page.calls.push(call)
    return { wait: note('wait'), steal: note('steal'), leave: note('leave') }
  }) satisfies typeof createLeadership,
}))
vi.mock('../../../../src/runtime/page/tab-channel.ts', () => ({ openTabChannel: () => page.channel() as TabChannel }))
vi.mock('../../../../src/runtime/page/requirements.ts', () => ({ missingRequirements: async () => [] }))
vi.mock('../../../../src/runtime/page/remembered-pause.ts', () => ({
  rememberPause: () => ({ wasPaused: false, remembering: (neuron: NeuronCommands) => neuron }),
}))
vi.mock('../../../../src/runtime/page/remembered-engine.ts', () => ({
  rememberEngine: () => ({ kept: null, remembering: (neuron: NeuronCommands) => neuron }),
}))
vi.mock('../../../../src/neuron/page/start-node.ts', () => ({
  startNode: ((settings, onCrash) => {
    page.settings = () => settings
    page.crash = onCrash
    return new Promise<Result<RunningNode>>((resolve) => {
      page.started = resolve as (node: unknown) => void
    })
  }) satisfies typeof startNode,
}))

const HOUR_MS = 3_600_000

const wait = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await settle()
}

const open = async (channels = createTabChannels()) => {
  const states: string[] = []
  const shown: NodeState[] = []
  page.channel = channels
  const stop = vi.fn()
  await openNode({
    profile: 'p',
    version: '1',
    baseUrl: 'http://localhost/',
    peerServerUrl: null,
    onState: (state) => {
      shown.push(state)
      states.push(state.is === 'running' ? (state.takeOver === null ? 'runs' : 'watches') : state.is)
    },
  })
  const { gain, lose } = page
  const erase = vi.fn(async () => ok(0))
  const neuron = createFakeNeuron()
  const observed: NeuronCommands = { ...neuron, observe: async (callback) => {
    callback(await neuron.snapshot())
    return neuron.observe(callback)
  } }
  const lead = async (node: Result<unknown> = ok({ neuron: observed, care: { erase }, stop })): Promise<void> => {
    gain()
    await wait()
    page.started(node)
    await wait()
  }
  const running = () => {
    const last = shown.at(-1)
    if (last?.is !== 'running') throw new Error(`it is ${last?.is ?? 'nothing'}`)
    return last
  }
  return { states, stop, lead, lose, gain, erase, neuron, running }
}

beforeEach(() => {
  page.calls.length = 0
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined, removeItem: () => undefined, length: 0, key: () => null })
  vi.stubGlobal('navigator', { serviceWorker: { getRegistrations: async () => [] } })
  vi.stubGlobal('caches', { keys: async () => [] })
  return () => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})

/** A tab that leads and one that watches it. */
const openTwo = async () => {
  const channels = createTabChannels()
  const first = await open(channels)
  await first.lead()
  const second = await open(channels)
  await wait()
  return { first, second }
}

describe('a tab that is taken over', () => {
  it('while its workers are starting stops them as soon as they have, and never is a second node', async () => {
    const { states, stop, gain, lose } = await open()
    gain()
    await wait()
    lose()
    page.started(ok({ neuron: {}, care: {}, stop }))
    await wait()
    expect(stop).toHaveBeenCalledOnce()
    expect(states).toEqual([])
  })

  it('says nothing of its workers any more, whatever becomes of them', async () => {
    const { states, lead, lose } = await open()
    await lead()
    lose()
    page.crash('The data worker', 'gone')
    expect(states).toEqual(['runs'])
    const late = await open()
    late.gain()
    await wait()
    late.lose()
    page.started(fail('no-answer', 'The neuron worker did not start.'))
    await wait()
    expect(late.states).toEqual([])
  })

  it('stops the node that runs, waits for its turn, and shows the node of the other tab when that has started', async () => {
    const { first, second } = await openTwo()
    page.calls.length = 0
    first.lose()
    expect(first.stop).toHaveBeenCalledOnce()
    expect(page.calls).toEqual(['wait'])
    await second.lead()
    expect([first.states, second.states]).toEqual([['runs', 'watches'], ['watches', 'runs']])
    // What the node that was ended still says is not heard.
    const seen: boolean[] = []
    await first.running().neuron.observe(({ paused }) => seen.push(paused))
    await first.neuron.setPaused(null, true)
    await wait()
    expect(seen).not.toContain(true)
    // The window is the same one: it speaks with whoever is the node now.
    const { id } = (await second.neuron.snapshot()).streams.find(({ own }) => own) ?? { id: '' }
    const { rows = 0 } = (await second.neuron.stream(id)) ?? {}
    await first.running().neuron.append(id, { value: '1' })
    expect((await second.neuron.stream(id))?.rows).toBe(rows + 1)
  })
})

describe('a tab that opens a node which runs elsewhere', () => {
  it('shows it, and is it when that tab ends: what is asked meanwhile waits', async () => {
    const { first, second } = await openTwo()
    expect(second.states).toEqual(['watches'])
    const { neuron } = second.running()
    const seen: boolean[] = []
    await neuron.observe(({ paused }) => seen.push(paused))
    await first.neuron.setPaused(null, true)
    await wait()
    expect(seen.at(-1)).toBe(true)
    second.gain()
    const asked = neuron.samples()
    await wait()
    page.started(ok({ neuron: second.neuron, care: {}, stop: second.stop }))
    await wait()
    expect(second.states).toEqual(['watches', 'runs'])
    expect(second.running().neuron).toBe(neuron)
    expect((await asked).length).toBeGreaterThan(0)
    await second.neuron.setPaused(null, true)
    await second.neuron.setPaused(null, false)
    expect(seen.at(-1)).toBe(false)
  })

  it('starts with the addresses that are kept by then', async () => {
    const { second } = await openTwo()
    expect(page.settings()).toMatchObject({ serverUrl: 'ws://localhost/signaling' })
    const kept = JSON.stringify({ server: 'http://localhost:9000', peerServer: '', iceServers: '' })
    vi.spyOn(localStorage, 'getItem').mockImplementation((key) => (key === 'zazen:p:addresses' ? kept : null))
    second.gain()
    await wait()
    expect(page.settings()).toMatchObject({ serverUrl: 'ws://localhost:9000/signaling' })
  })

  it('says so where that tab does not answer, and takes the node when it is told to', async () => {
    const { states, running, lead } = await open()
    await vi.advanceTimersByTimeAsync(3_000)
    expect(states).toEqual(['elsewhere'])
    await vi.advanceTimersByTimeAsync(HOUR_MS)
    await lead()
    expect(states.at(-1)).toBe('runs')
    expect(running().takeOver).toBeNull()
    const { second } = await openTwo()
    page.calls.length = 0
    second.running().takeOver?.()
    expect(page.calls).toEqual(['steal'])
  })

  it('may erase it: both tabs say so, and nobody waits to be it', async () => {
    const { first, second } = await openTwo()
    page.calls.length = 0
    await second.running().household.erase().catch(() => undefined)
    await wait()
    expect(first.erase).toHaveBeenCalledOnce()
    expect(first.stop).toHaveBeenCalled()
    expect([first.states.at(-1), second.states.at(-1)]).toEqual(['erased', 'erased'])
    expect(page.calls).toContain('leave')
  })

  it('whose workers die says what has happened, and answers nobody', async () => {
    const channels = createTabChannels()
    const first = await open(channels)
    await first.lead()
    page.crash('The data worker', 'gone')
    expect(first.states).toEqual(['runs', 'crashed'])
    const second = await open(channels)
    await wait()
    expect(second.states).toEqual([])
  })
})
