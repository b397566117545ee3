import { describe, expect, it, vi } from 'vitest'
import { fail, ok } from '../../../../src/base/result.ts'
import type { Care } from '../../../../src/neuron/page/household.ts'
import { followLeader } from '../../../../src/neuron/page/tab-follower.ts'
import { serveTabs } from '../../../../src/neuron/page/tab-leader.ts'
import { decodeTabMessage } from '../../../../src/neuron/page/tab-message.ts'
import type { NeuronCommands } from '../../../../src/neuron/neuron-commands.ts'
import type { Snapshot } from '../../../../src/neuron/snapshot.ts'
import { createFakeNeuron } from '../../../support/fake-neuron.ts'
import { settle } from '../../../support/pipes.ts'
import { createTabChannels } from '../../../support/tab-channels.ts'
import { createVirtualClock } from '../../../support/virtual-clock.ts'

const care: Care = {
  backUp: async (passphrase) => (passphrase === '' ? fail('too-short', 'No.') : ok(new Uint8Array([1, 2]))),
  restore: async () => fail('not-a-backup', 'No.'),
  erase: async () => ok(3),
}

const begin = ({ app = '1' } = {}) => {
  const clock = createVirtualClock()
  const open = createTabChannels()
  const fake = createFakeNeuron()
  const watched = { now: 0 }
  const counted: NeuronCommands = {
    ...fake,
    // As the real one: the first snapshot is told at once.
    observe: async (callback) => {
      watched.now++
      callback(await fake.snapshot())
      return fake.observe(callback)
    },
    unobserve: (handle) => {
      watched.now--
      return fake.unobserve(handle)
    },
  }
  const lead = (more: Partial<NeuronCommands> = {}) => serveTabs({ channel: open(), clock, app: '1', neuron: { ...counted, ...more }, care })
  const follow = (tab: string) => {
    const told: string[] = []
    const channel = open()
    const follower = followLeader({
      ...{ channel, clock, app, tab },
      onSeen: () => told.push('seen'),
      onBlind: (why) => told.push(why),
      onErased: (others) => told.push(`erased ${others}`),
    })
    return { ...follower, told, channel }
  }
  return { clock, open, fake, watched, lead, follow }
}

const failing = (call: Promise<unknown>): Promise<unknown> => call.then(() => 'it worked', (thrown: unknown) => thrown)

/** Lets both sides say what they have to, without time passing. */
const talk = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await settle()
}

describe('a tab that watches the node of another', () => {
  it('sees every snapshot that comes, from the first on', async () => {
    const { fake, lead, follow } = begin()
    const { neuron, told } = follow('a')
    await talk()
    expect(told).toEqual([])
    lead()
    await talk()
    expect(told).toEqual(['seen'])
    const seen: Snapshot[] = []
    const handle = await neuron.observe((snapshot) => seen.push(snapshot))
    await fake.setPaused(null, true)
    await talk()
    expect(seen.map(({ paused }) => paused).at(-1)).toBe(true)
    expect((await neuron.snapshot()).paused).toBe(true)
    await neuron.unobserve(handle)
    const before = seen.length
    await fake.setPaused(null, false)
    await talk()
    expect(seen).toHaveLength(before)
  })

  it('has done there what it asks: with answers, failures and what is told meanwhile, each tab its own', async () => {
    const { lead, follow, fake } = begin()
    const { id } = (await fake.snapshot()).streams.find(({ own }) => own) ?? { id: '' }
    lead()
    const [one, other] = [follow('a'), follow('b')]
    await talk()
    const [row, progress] = [(await fake.history(id, { last: 1 }))[0]?.row, [] as number[]]
    expect(await one.neuron.append(id, { value: '1' })).toMatchObject({ row: (row ?? 0) + 1 })
    expect(await failing(other.neuron.append(id, { value: 'bad' }))).toEqual({ code: 'bad-value', message: 'The value has a control character.' })
    const csv = await other.neuron.exportCsv(id, 'plain', (share) => progress.push(share))
    expect([await csv.text(), progress]).toEqual([expect.stringContaining('time,value'), [1]])
    expect(await one.care.backUp('twelve letters')).toEqual(ok(new Uint8Array([1, 2])))
    expect(await one.care.backUp('')).toMatchObject({ error: { code: 'too-short' } })
  })

  it('costs the node nothing once nobody watches any more', async () => {
    const { clock, fake, watched, lead, follow } = begin()
    lead()
    expect(watched.now).toBe(0)
    const { close } = follow('a')
    await talk()
    expect(watched.now).toBe(1)
    // As long as it says so, also where a hidden tab speaks once a minute only.
    clock.advance(140_000)
    await fake.setPaused(null, true)
    await talk()
    expect(watched.now).toBe(1)
    close()
    clock.advance(160_000)
    await fake.setPaused(null, false)
    await talk()
    expect(watched.now).toBe(0)
  })

  it('says when nobody answers, once, and shows the node again when somebody does', async () => {
    const { clock, lead, follow } = begin()
    const { told } = follow('a')
    clock.advance(300_000)
    expect(told).toEqual(['silent'])
    lead()
    await talk()
    expect(told).toEqual(['silent', 'seen'])
  })

  it('lets nothing hang that it has asked of a node that moved on', async () => {
    const { lead, follow } = begin()
    const first = lead({ recheck: () => new Promise(() => undefined) })
    const { neuron, care: remote, close } = follow('a')
    await talk()
    const asked = failing(neuron.recheck('id'))
    await talk()
    first.stop()
    lead({ samples: () => new Promise(() => undefined) })
    await talk()
    expect(await asked).toMatchObject({ code: 'leader-gone' })
    const [again, erasing] = [failing(neuron.samples()), remote.erase()]
    close()
    expect(await again).toMatchObject({ code: 'leader-gone' })
    expect(await erasing).toMatchObject({ ok: false, error: { code: 'leader-gone' } })
  })

  it('does not take another version for silence, however long it is there', async () => {
    const { clock, lead, follow } = begin({ app: '2' })
    lead()
    const { told } = follow('a')
    for (let i = 0; i < 12; i++) {
      await talk()
      clock.advance(15_000)
    }
    expect(told).toEqual(['other-version'])
  })

  it('is told why it was refused, whatever it asked', async () => {
    const { lead, follow } = begin()
    lead({ stream: () => new Promise(() => undefined) })
    const { neuron, care: remote } = follow('a')
    await talk()
    for (let i = 0; i < 64; i++) void failing(neuron.stream('id'))
    expect(await remote.erase()).toMatchObject({ ok: false, error: { code: 'too-many' } })
  })

  it('hears that the node was erased', async () => {
    const { lead, follow } = begin()
    const leader = lead()
    const { told } = follow('a')
    await talk()
    leader.ended(2)
    await talk()
    expect(told).toEqual(['seen', 'erased 2'])
  })

  it('does not understand another version, and says so once; those of one version are not disturbed by it; others who watch are not the node', async () => {
    const { lead, follow } = begin({ app: '2' })
    lead()
    const [one, other] = [follow('a'), follow('b')]
    await talk()
    expect([one.told, other.told]).toEqual([['other-version'], ['other-version']])
    const leading = begin()
    leading.lead({ recheck: () => new Promise(() => undefined) })
    const mine = leading.follow('a')
    await talk()
    const asked = vi.fn()
    void failing(mine.neuron.recheck('id')).then(asked)
    leading.open().post({ app: '2', from: 'watcher', is: 'watch' })
    await talk()
    expect(asked).not.toHaveBeenCalled()
    const alone = begin({ app: '2' })
    const { told } = alone.follow('a')
    alone.open().post({ app: '1', from: 'watcher', is: 'watch' })
    await talk()
    expect(told).toEqual([])
  })
})

describe('the node of a tab', () => {
  it('answers so many questions at once and no more', async () => {
    const { lead, follow } = begin()
    let go = (): void => undefined
    const gate = new Promise<null>((resolve) => {
      go = () => {
        resolve(null)
      }
    })
    lead({ stream: () => gate })
    const { neuron } = follow('a')
    await talk()
    const asked = Array.from({ length: 65 }, () => failing(neuron.stream('id')))
    await talk()
    go()
    const codes = (await Promise.all(asked)).map((answer) => (answer === 'it worked' ? answer : (answer as { code: string }).code))
    expect(codes.filter((code) => code === 'it worked')).toHaveLength(64)
    expect(codes[64]).toBe('too-many')
    expect(await failing(neuron.stream('id'))).toBe('it worked')
  })

  it('does only what the window can ask, and is silent once another tab leads', async () => {
    const { lead, open } = begin()
    const heard: unknown[] = []
    const channel = open()
    channel.listen((data) => heard.push((data as { is: string }).is))
    const leader = lead()
    const ask = { app: '1', from: 'watcher', is: 'ask', tab: 'x', number: 1, call: 'snapshot', args: [], listens: false }
    const wrong = [{ call: 'constructor' }, { call: 'observe' }, { args: [1, 2, 3, 4, 5] }, { tab: 'x'.repeat(65) }, { number: 0.5 }, { from: 'leader' }, { listens: 1 }]
    for (const one of wrong) channel.post({ ...ask, ...one })
    for (const one of [null, 1, 'text', [], {}, { app: '1' }, { app: 1, from: 'watcher' }, { app: '1', from: 'watcher', is: 'x' }]) channel.post(one)
    await talk()
    expect(heard).toEqual(['leads'])
    channel.post(ask)
    await talk()
    expect(heard).toEqual(['leads', 'answer'])
    leader.stop()
    channel.post(ask)
    channel.post({ app: '1', from: 'watcher', is: 'watch' })
    await talk()
    expect(heard).toEqual(['leads', 'answer'])
  })

  it('and the tabs judge what they hear, whatever it is', () => {
    const said = { app: '1', from: 'leader', is: 'snapshot', snapshot: {} }
    const decode = (data: unknown) => decodeTabMessage(data, { app: '1', hears: 'leader' })
    expect(decode(said)).toMatchObject({ is: 'snapshot' })
    expect(decode({ ...said, app: '2' })).toBe('other-version')
    for (const wrong of [{ from: 'watcher' }, { snapshot: null }, { snapshot: 'x' }, { is: 'answer' }, { is: 'answer', tab: 'a', number: 1, answer: { ok: false, error: 'x' } }, { is: 'ended', others: 'x' }])
      expect(decode({ ...said, ...wrong }), JSON.stringify(wrong)).toBeNull()
  })
})
