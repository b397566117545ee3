import { describe, expect, it } from 'vitest'
import type { Snapshot } from '../../../src/neuron/snapshot.ts'
import { createAlerts } from '../../../src/ui/alerts.ts'
import { attentionOf, type Attention, type Surroundings } from '../../../src/ui/attention.ts'
import { createFakeNeuron, type FakeScene } from '../../support/fake-neuron.ts'

const CALM: Surroundings = { storage: { persisted: true, usedBytes: 1, quotaBytes: 100 }, overBudget: null, isBackedUp: true }

const snapshotOf = (scene: FakeScene): Promise<Snapshot> => createFakeNeuron(scene).snapshot()
const linesOf = (items: readonly Attention[]): readonly string[] => items.map(({ kind, key, about }) => [kind, key.replace(/[0-9a-f]{64}/, 'id'), about].filter((part) => part !== null).join(' '))

describe('what needs attention', () => {
  it('is every stream with a problem, worst first, and then advice', async () => {
    const items = attentionOf(await snapshotOf('full'), { ...CALM, isBackedUp: false })
    expect(linesOf(items)).toEqual([
      'bad stream/id/forked Bikes on the bridge',
      'bad stream/id/lost Visitors of the museum',
      'bad stream/id/forked Wind at the pier',
      'bad stream/id/damaged-page Noise at the crossing',
      'advice backup',
      'advice copies',
    ])
  })

  it('says of each what to do', async () => {
    for (const scene of ['full', 'disconnected', 'failed'] as const)
      for (const { help } of attentionOf(await snapshotOf(scene), { storage: { persisted: false, usedBytes: 95, quotaBytes: 100 }, overBudget: null, isBackedUp: false })) expect(help).not.toBe('')
  })

  it('is nothing on an empty node, and nothing that was settled', async () => {
    expect(attentionOf(await snapshotOf('empty'), { storage: null, overBudget: null, isBackedUp: false })).toEqual([])
    const full = await snapshotOf('full')
    const healthy = { ...full, streams: full.streams.filter(({ name }) => name === 'Carbon dioxide, Mauna Loa') }
    expect(attentionOf(healthy, CALM)).toEqual([])
  })

  it('is a server that is away, an identity that is used elsewhere or still learns what it signed, and a full disk', async () => {
    const empty = await snapshotOf('empty')
    const of = (change: Partial<Snapshot>, around: Partial<Surroundings> = {}) => linesOf(attentionOf({ ...empty, ...change }, { ...CALM, ...around }))
    expect(of({ server: (await snapshotOf('disconnected')).server })).toEqual(['bad server'])
    expect(of({ server: { ...empty.server, state: 'replaced' } })).toEqual(['bad replaced'])
    expect(of({ recovering: true })).toEqual(['bad recovering'])
    expect(of({}, { storage: { persisted: true, usedBytes: 91, quotaBytes: 100 } })).toEqual(['bad storage'])
    expect(of({}, { overBudget: 5 })).toEqual(['bad budget'])
    expect(of({}, { storage: { persisted: true, usedBytes: 0, quotaBytes: 0 } })).toEqual([])
  })
})

describe('alerts', () => {
  const item = (key: string, kind: Attention['kind'] = 'bad', about: string | null = null): Attention => ({ key, kind, about, what: `${key}.`, help: '', href: null })
  const begin = (isWanted = true) => {
    const told: string[] = []
    const badges: number[] = []
    let now = 0
    const alerts = createAlerts({ now: () => now, isWanted: () => isWanted, notify: (text) => void told.push(text), badge: (count) => void badges.push(count) })
    return { told, badges, heard: alerts.heard, wait: (ms: number) => void (now += ms) }
  }

  it('tell what is new, together, once', () => {
    const { told, heard } = begin()
    heard([item('a', 'bad', 'Rain'), item('b'), item('c', 'advice')])
    heard([item('a', 'bad', 'Rain'), item('b')])
    heard([item('a', 'bad', 'Rain'), item('d')])
    expect(told).toEqual(['Rain: a. And 1 more.', 'd.'])
  })

  it('do not ring again within the hour for what comes and goes', () => {
    const { told, heard, wait } = begin()
    for (let i = 0; i < 10; i++) {
      heard([item('server')])
      wait(60_000)
      heard([])
    }
    expect(told).toHaveLength(1)
    wait(3_600_000)
    heard([item('server')])
    expect(told).toHaveLength(2)
  })

  it('are silent while nobody wants them or somebody looks, and count on the icon all the same', () => {
    const { told, badges, heard } = begin(false)
    for (const items of [[item('a')], [item('a'), item('b')], [item('a'), item('b')], []]) heard(items)
    expect([told, badges]).toEqual([[], [1, 2, 0]])
  })
})
