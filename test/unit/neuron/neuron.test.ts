import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../../src/base/random.ts'
import type { EngineControl } from '../../../src/neuron/engine-side.ts'
import { createNeuron } from '../../../src/neuron/neuron.ts'
import type { DataClient } from '../../../src/ports/data-client.ts'
import { createVirtualClock } from '../../support/virtual-clock.ts'
import { sampleIdentity } from '../../vectors/samples.ts'
import { remedies } from '../../../src/swarm/remedies.ts'
import { atHand } from '../../support/at-hand.ts'

/** A node whose server never answers and whose data process has nothing to tell. */
const begin = () => {
  const clock = createVirtualClock()
  const data = { watch: () => undefined, onNewestWanted: () => undefined } as unknown as DataClient
  const neuron = createNeuron({
    clock,
    random: createSeededRandom(1),
    profile: 'main',
    version: 'test',
    serverUrl: 'ws://127.0.0.1/signaling',
    publicKey: sampleIdentity.author,
    paused: false,
    engineSettings: null,
    ownPeerServer: false,
    took: { browser: 1, data: 2, identity: 3 },
    data,
    sha256,
    verify: () => Promise.resolve(true),
    openSocket: () => ({ send: () => undefined, close: () => undefined, listen: () => undefined }),
    dialer: { open: () => undefined, signal: () => undefined, abandon: () => undefined, reach: () => undefined, woke: () => undefined },
    remedies: atHand(remedies),
    knownPeers: null,
    keepPeers: () => undefined,
    getSample: () => Promise.resolve(new Response('[]')),
  })
  const stepOf = async (name: string): Promise<string> => {
    const step = (await neuron.commands.snapshot()).startup.find((one) => one.name === name)
    return `${step?.state} ${step?.tookMs} ${step?.error}`
  }
  return { clock, neuron, stepOf }
}

const engine = (listen: EngineControl['listen']): EngineControl => ({ setShare: () => Promise.resolve(), listen })

describe('the start-up step of the engine', () => {
  it('runs until the engine answers, and tells how long that took', async () => {
    const { clock, neuron, stepOf } = begin()
    expect(await stepOf('engine')).toBe('running null null')
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => (answer = resolve))
    neuron.attachEngine(engine(() => answered), (callback) => callback)
    clock.advance(140)
    expect(await stepOf('engine')).toBe('running null null')
    answer()
    await answered
    expect(await stepOf('engine')).toBe('done 140 null')
  })

  it('says what is wrong when it does not start, and is done when the next one does', async () => {
    const { neuron, stepOf } = begin()
    neuron.attachEngine(engine(() => Promise.reject(new Error('no memory'))), (callback) => callback)
    await Promise.resolve()
    expect(await stepOf('engine')).toBe('failed 0 Error: no memory')
    neuron.attachEngine(engine(() => Promise.resolve()), (callback) => callback)
    await Promise.resolve()
    expect(await stepOf('engine')).toBe('done 0 null')
  })
})

describe('[D44] [D45] how much the engine may take', () => {
  const shares = () => {
    const { neuron } = begin()
    const told: number[] = []
    // Said again, it changes nothing.
    const setShare = async (share: number): Promise<void> => {
      if (told.at(-1) !== share) told.push(share)
    }
    neuron.attachEngine({ setShare, listen: () => Promise.resolve() }, (callback) => callback)
    return { neuron, told }
  }

  it('is told to it when it starts, and whenever person or battery change it; a pause is a share of nothing', async () => {
    const { neuron, told } = shares()
    expect(told).toEqual([0.5])
    expect(await neuron.commands.setEngine({ intensity: 80 })).toEqual({ intensity: 80, sparesBattery: true })
    neuron.battery(true)
    await neuron.commands.setPaused(null, true)
    neuron.battery(false)
    await neuron.commands.setPaused(null, false)
    expect(told).toEqual([0.5, 0.8, 0.1, 0, 0.8])
    expect((await neuron.commands.snapshot()).engine).toEqual({ intensity: 80, sparesBattery: true, onBattery: false, used: 0 })
  })

  it('is not changed by what is no setting', async () => {
    const { neuron, told } = shares()
    await expect(neuron.commands.setEngine({ intensity: 0 })).rejects.toMatchObject({ code: 'bad-argument' })
    expect(told.at(-1)).toBe(0.5)
    expect((await neuron.commands.snapshot()).engine).toMatchObject({ intensity: 50 })
  })
})
